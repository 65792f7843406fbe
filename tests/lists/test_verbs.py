"""Sets of lists and exchanges: claimed in parts, given back, done and confirmed."""

from __future__ import annotations

import pytest
from flask import Flask

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.errors import Conflict, Forbidden, Invalid
from pointsvc.lists import service as lists
from pointsvc.lists.models import Item, ListSet
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.conftest import FrozenClock
from tests.lists.scene import act, claim, done, filed, rows, seen, status


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    factories.district()


# ---- sets


def test_a_district_begins_with_its_sets_and_nobody_else_does(app: Flask) -> None:
    assert [one.template for one in lists.sets(actor=SYSTEM)] == ["exchange", "problems", "weak", "villages"]
    assert rows(ListSet) == 4
    assert [one.template for one in lists.sets(actor=factories.actor("secretary"))] == ["exchange", "problems"]
    assert [one.template for one in lists.sets(actor=factories.actor("member"))] == ["exchange"]


def test_another_district_has_its_own_and_sees_nothing_of_this_one(app: Flask) -> None:
    factories.organisation("ZZ", kind="district")
    factories.sign_in("other", factories.Role.DISTRICT_ADMIN, "ZZ")
    need = filed()
    assert rows(ListSet) == 8
    assert seen("other", need) is None
    assert [one.organisation_id for one in lists.sets(actor=factories.actor("other"))] == [
        factories.organisation_id("ZZ")
    ] * 4


# ---- an exchange


def test_a_need_is_claimed_in_parts_and_the_last_part_is_the_last(app: Flask) -> None:
    need = filed(quota=3)
    claim(need, "neighbour", amount=2)
    with pytest.raises(Conflict) as refusal:
        claim(need, "far", amount=2)
    assert refusal.value.code == "full"
    claim(need, "far")
    assert (status(need), db.session.get_one(Item, need).taken) == ("claimed", 3)
    with pytest.raises(Conflict) as refusal:
        claim(need, "neighbour")
    assert refusal.value.code == "full"


def test_the_same_organisation_claims_once_and_never_its_own(app: Flask) -> None:
    need = filed(quota=3)
    claim(need)
    with pytest.raises(Conflict) as refusal:
        claim(need)
    assert refusal.value.code == "claimed_already"
    db.session.rollback()
    with pytest.raises(Forbidden) as own:
        claim(need, "secretary")
    assert own.value.code == "own_item"


def test_giving_back_wants_a_reason_and_opens_the_need_again(app: Flask) -> None:
    need = filed(quota=2)
    first = claim(need, "neighbour")
    claim(need, "far")
    neighbour = factories.actor("neighbour")
    with pytest.raises(Invalid), transaction():
        lists.unclaim(actor=neighbour, at=clock.now(), item_id=need, reason=" ")
    with transaction():
        lists.unclaim(actor=neighbour, at=clock.now(), item_id=need, reason="人手不足")
    assert (status(need), db.session.get_one(Item, need).taken) == ("claimed", 1)
    with pytest.raises(Forbidden), transaction():
        lists.unclaim(actor=neighbour, at=clock.now(), item_id=need, reason="人手不足", claim_id=first)
    far = factories.actor("far")
    with transaction():
        lists.unclaim(actor=far, at=clock.now(), item_id=need, reason="另有安排")
    assert status(need) == "open"
    held = lists.claims([need])[need]
    assert [(one.organisation, one.reason) for one in held] == [("QS0102", "人手不足"), ("QS02", "另有安排")]
    claim(need, "neighbour")


def test_a_need_of_a_unit_goes_all_the_way(app: Flask) -> None:
    need = filed()
    done(need)
    with pytest.raises(Forbidden) as refusal:
        act(need, "confirm", "neighbour", rating="satisfied")
    assert refusal.value.code == "not_yours"
    with pytest.raises(Invalid):
        act(need, "confirm")
    found = act(need, "confirm", rating="satisfied", note="灯都亮了")
    assert (found.status, found.rating, found.thanks, found.confirmed_how) == (
        "confirmed",
        "satisfied",
        "灯都亮了",
        "unit",
    )
    assert act(need, "publicise").status == "publicised"
    steps = [(step.act, step.new, step.by) for step in lists.history(need)]
    assert steps == [
        ("file", "open", "secretary"),
        ("claim", "claimed", "neighbour"),
        ("agree", "agreed", "secretary"),
        ("start", "under_way", "neighbour"),
        ("finish", "done", "neighbour"),
        ("confirm", "confirmed", "secretary"),
        ("publicise", "publicised", "secretary"),
    ]


def test_whoever_called_it_done_does_not_confirm_it_even_from_above(app: Flask) -> None:
    need = filed()
    claim(need)
    act(need, "agree")
    act(need, "start", "street")
    act(need, "finish", "street")
    with pytest.raises(Forbidden) as refusal:
        act(need, "confirm", "street", rating="fair")
    assert refusal.value.code == "own_work"
    assert act(need, "confirm", rating="fair").status == "confirmed"


def test_of_an_offer_those_who_claimed_it_confirm(app: Flask) -> None:
    made = filed("neighbour", "resources", "普法讲座一场")
    claim(made, "secretary")
    act(made, "agree", "neighbour")
    act(made, "start", "neighbour")
    act(made, "finish", "neighbour")
    with pytest.raises(Forbidden):
        act(made, "confirm", "neighbour", rating="fair")
    assert act(made, "confirm", "secretary", rating="satisfied").status == "confirmed"


def test_not_done_yet_goes_back_with_the_reason(app: Flask) -> None:
    need = filed()
    done(need)
    with pytest.raises(Invalid):
        act(need, "return")
    found = act(need, "return", note="二楼还没有装")
    assert (found.status, found.done_at) == ("under_way", None)


def test_supervision_closes_problems_but_does_not_work_on_needs(app: Flask) -> None:
    need = filed()
    claim(need)
    act(need, "agree")
    with pytest.raises(Forbidden):
        act(need, "start", "overseer")
