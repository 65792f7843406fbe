"""Check-ins, posts, hours and cards of somebody with two records: moved, counted once, moved back."""

from __future__ import annotations

from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc import clock
from pointsvc.checkins import cards, records, service
from pointsvc.checkins.models import Card, CheckIn, Claim, Record
from pointsvc.checkins.service_card import card
from pointsvc.db import db, transaction
from pointsvc.errors import Conflict
from pointsvc.ledger import checking
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.checkins import scene
from tests.conftest import FrozenClock
from tests.ledger.merges import live, merge, undo

# K002 is K001 once more.
KEPT, DOUBLE = "K001", "K002"
ONCE = [("volunteer", "3.00", "service")]


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    scene.district()


def whose(table: type[CheckIn | Claim | Record | Card]) -> list[str]:
    """The numbers on the rows of this table, in the order of their ids."""
    names = {factories.member_id(number): number for number in (KEPT, DOUBLE, "K003")}
    return [names[one] for one in db.session.scalars(select(table.member_id).order_by(table.id))]


def both_served(community: str = "QS0110") -> int:
    """Both records have the same hours of the same post and day; their check-ins have not met. The double's id."""
    post = scene.post(community=community)
    for number in (KEPT, DOUBLE):
        check_in = scene.checked_in(number, community)
        scene.claimed(post, number)
        made = scene.confirmed(post, member=number)
    with transaction():
        service.end(actor=SYSTEM, at=clock.now(), check_in_id=check_in)
    return made


def test_all_of_it_goes_along_and_comes_back() -> None:
    scene.served(DOUBLE)
    with transaction():
        cards.make(at=clock.now(), before=date(2026, 10, 1))
    found = merge(KEPT, DOUBLE)
    assert [whose(table) for table in (CheckIn, Claim, Record, Card)] == [[KEPT]] * 4
    assert live(KEPT) == [("volunteer", "3.00", "merge")]
    assert card(actor=SYSTEM, at=clock.now(), member=DOUBLE, quarter="2026-Q3").hours == 2.5
    undo(found.id)
    assert [whose(table) for table in (CheckIn, Claim, Record, Card)] == [[DOUBLE]] * 4
    assert (live(KEPT), live(DOUBLE)) == ([], ONCE)
    assert list(checking.faults()) == []


def test_hours_that_both_have_count_once() -> None:
    both_served()
    found = merge(KEPT, DOUBLE)
    assert (live(KEPT), live(DOUBLE)) == (ONCE, [])
    assert whose(Record) == [KEPT, DOUBLE]
    assert card(actor=SYSTEM, at=clock.now(), member=KEPT, quarter="2026-Q3").hours == 2.5
    undo(found.id)
    assert (live(KEPT), live(DOUBLE)) == (ONCE, ONCE)
    assert whose(CheckIn) == [KEPT, DOUBLE]
    again = merge(KEPT, DOUBLE)
    assert (live(KEPT), live(DOUBLE)) == (ONCE, [])
    undo(again.id)
    assert (live(KEPT), live(DOUBLE)) == (ONCE, ONCE)
    assert list(checking.faults()) == []


def test_what_was_left_behind_cannot_be_made_to_count() -> None:
    post = scene.post()
    check_ins = [scene.checked_in(number) for number in (KEPT, DOUBLE)]
    for number in (KEPT, DOUBLE):
        scene.claimed(post, number)
    scene.confirmed(post, member=KEPT)
    waiting = scene.proposed(post, DOUBLE)
    with transaction():
        service.end(actor=SYSTEM, at=clock.now(), check_in_id=check_ins[1])
    found = merge(KEPT, DOUBLE)
    with pytest.raises(Conflict) as refused, transaction():
        records.confirm(actor=SYSTEM, at=clock.now(), record_ids=[waiting])
    assert refused.value.code == "counts_once"
    undo(found.id)
    with transaction():
        records.confirm(actor=SYSTEM, at=clock.now(), record_ids=[waiting])
    assert (live(KEPT), live(DOUBLE)) == (ONCE, ONCE)


def test_a_double_that_was_revoked_meanwhile_does_not_come_back() -> None:
    double = both_served()
    found = merge(KEPT, DOUBLE)
    with transaction():
        records.revoke(actor=SYSTEM, at=clock.now(), record_id=double, reason="重复登记")
    undo(found.id)
    assert (live(KEPT), live(DOUBLE)) == (ONCE, [])


def test_hours_confirmed_while_they_were_one_go_back_with_their_record() -> None:
    scene.checked_in(DOUBLE)
    post = scene.post()
    scene.claimed(post, DOUBLE)
    waiting = scene.proposed(post, DOUBLE)
    found = merge(KEPT, DOUBLE)
    with transaction():
        records.confirm(actor=SYSTEM, at=clock.now(), record_ids=[waiting])
    assert live(KEPT) == ONCE
    undo(found.id)
    assert (live(KEPT), live(DOUBLE)) == ([], ONCE)
    with transaction():
        records.revoke(actor=SYSTEM, at=clock.now(), record_id=waiting, reason="登记有误")
    assert live(DOUBLE) == []


def test_hours_that_were_moved_can_be_revoked() -> None:
    made = scene.served(DOUBLE)
    merge(KEPT, DOUBLE)
    with transaction():
        records.revoke(actor=SYSTEM, at=clock.now(), record_id=made, reason="登记有误")
    assert live(KEPT) == []


def test_two_check_ins_with_one_community_wait_for_people() -> None:
    ends = [scene.checked_in(number) for number in (KEPT, DOUBLE)]
    with pytest.raises(Conflict) as refused:
        merge(KEPT, DOUBLE)
    assert refused.value.code == "not_now"
    with transaction():
        service.end(actor=SYSTEM, at=clock.now(), check_in_id=ends[1])
    merge(KEPT, DOUBLE)
    assert whose(CheckIn) == [KEPT, KEPT]


def test_of_two_cards_of_a_quarter_the_kept_ones_holds() -> None:
    both_served()
    with transaction():
        cards.make(at=clock.now(), before=date(2026, 10, 1))
    found = merge(KEPT, DOUBLE)
    assert whose(Card) == [KEPT, DOUBLE]
    undo(found.id)
    assert whose(Card) == [KEPT, DOUBLE]


def test_a_double_counts_when_what_it_doubled_has_gone_back() -> None:
    """K002 and K003 have the same hours and go into K001, which has none: undoing the first lets the second count."""
    post = scene.post(3)
    for number in (DOUBLE, "K003"):
        check_in = scene.checked_in(number)
        scene.claimed(post, number)
        scene.confirmed(post, member=number)
    with transaction():
        service.end(actor=SYSTEM, at=clock.now(), check_in_id=check_in)
    first, second = merge(KEPT, DOUBLE), merge(KEPT, "K003")
    moved = [("volunteer", "3.00", "merge")]
    assert live(KEPT) == moved
    undo(first.id)
    assert (live(DOUBLE), live(KEPT), live("K003")) == (ONCE, moved, [])
    undo(second.id)
    assert (live(DOUBLE), live(KEPT), live("K003")) == (ONCE, [], ONCE)
    assert list(checking.faults()) == []
