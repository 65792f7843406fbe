"""Pledges, declarations, receipts, objections and marks of somebody with two records; and what stays on purpose."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc import clock
from pointsvc.activities import receipts
from pointsvc.activities import service as activities
from pointsvc.activities.models import AwayReceipt
from pointsvc.boards import consents
from pointsvc.boards.models import Consent
from pointsvc.db import db, transaction
from pointsvc.declarations import service as declarations
from pointsvc.declarations.models import Declaration
from pointsvc.disputes import service as disputes
from pointsvc.disputes.models import Dispute
from pointsvc.errors import Conflict
from pointsvc.ledger import checking
from pointsvc.people import carrying, exemptions
from pointsvc.people.models import Exemption
from pointsvc.permissions import SYSTEM, Role
from pointsvc.pledges import service as pledges
from pointsvc.pledges import settling
from pointsvc.pledges.models import Pledge
from tests import factories
from tests.conftest import FrozenClock
from tests.declarations.work import deed
from tests.factories import bearer, browser
from tests.ledger.merges import API, BODY, live, merge, record, undo
from tests.pledges import work
from tests.reviews import steps

KEPT_ONE = [("kept", "10.00", "pledge")]


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    work.district()
    factories.sign_in("double", Role.MEMBER, "QS0102", "M004")


def whose(table: type[Pledge | Declaration | AwayReceipt | Dispute | Consent | Exemption]) -> list[str]:
    names = {factories.member_id(number): number for number in ("M001", "M004")}
    return [names[one or 0] for one in db.session.scalars(select(table.member_id).order_by(table.id))]


def published_pledge(who: str, leader: str, said: pledges.Said = work.SAID) -> int:
    made = work.made(who, said)
    work.act("approve", leader, made)
    work.act("publish", leader, made)
    return made


def sent(who: str, member: str) -> int:
    with transaction():
        return declarations.declare(actor=factories.actor(who), at=clock.now(), deed=deed(member))


def away(member: str) -> int:
    values = {"kind": "主题党日", "held_on": date(2026, 8, 5), "host": "舟山市滨江社区党支部", "note": "清理海滩"}
    with transaction():
        made = receipts.submit(actor=SYSTEM, at=clock.now(), member=member, **values)  # type: ignore[arg-type]
    return made.id if made else 0


def confirm(receipt_id: int) -> None:
    with transaction():
        receipts.confirm(actor=SYSTEM, at=clock.now(), receipt_id=receipt_id)


# ---- pledges


def test_a_pledge_goes_along_with_its_points_and_comes_back() -> None:
    one = published_pledge("double", "neighbour")
    work.act("fulfil", "neighbour", one)
    found = merge()
    assert (whose(Pledge), live("M001")) == (["M001"], [("kept", "10.00", "merge")])
    assert [points for _, points in settling.entries(one)] == [Decimal(10)]
    undo(found.id)
    assert (whose(Pledge), live("M001"), live("M004")) == (["M004"], [], KEPT_ONE)
    assert list(checking.faults()) == []


def test_a_settlement_that_was_moved_can_be_taken_back() -> None:
    one = published_pledge("double", "neighbour")
    work.act("fulfil", "neighbour", one)
    found = merge()
    work.act("unsettle", "neighbour", one)
    assert live("M001") == []
    undo(found.id)
    assert live("M004") == []


def test_settled_while_they_were_one_its_points_go_back_with_it() -> None:
    one = published_pledge("double", "neighbour")
    found = merge()
    # The person is of both branches, so it is for whoever is above them; alone neither reaches all of it.
    work.act("fulfil", "street", one)
    assert live("M001") == KEPT_ONE
    undo(found.id)
    assert (live("M001"), live("M004")) == ([], KEPT_ONE)
    work.act("unsettle", "neighbour", one)
    assert live("M004") == []


def test_one_promise_written_down_for_both_counts_once() -> None:
    mine, other = published_pledge("member", "secretary"), published_pledge("double", "neighbour")
    work.act("fulfil", "secretary", mine)
    work.act("fulfil", "neighbour", other)
    found = merge()
    assert (whose(Pledge), live("M001"), live("M004")) == (["M001", "M004"], KEPT_ONE, [])
    undo(found.id)
    assert (live("M001"), live("M004")) == (KEPT_ONE, KEPT_ONE)


def test_the_promise_that_stayed_behind_cannot_be_made_to_count() -> None:
    published_pledge("member", "secretary")
    other = published_pledge("double", "neighbour")
    found = merge()
    assert work.refusal("fulfil", "neighbour", other) == "counts_once"
    undo(found.id)
    assert work.refusal("fulfil", "neighbour", other) == "done"


# ---- declarations, receipts, objections, marks


def test_declarations_go_along_whether_they_are_decided_or_not() -> None:
    ids = [sent("double", "M004"), sent("double", "M004")]
    street = factories.actor("street")
    with transaction():
        declarations.approve(actor=street, at=clock.now(), declaration_ids=ids[:1])
    found = merge()
    assert whose(Declaration) == ["M001", "M001"]
    with transaction():
        declarations.approve(actor=street, at=clock.now(), declaration_ids=ids[1:])
    assert [row[2] for row in live("M001")] == ["merge", "declaration"]
    undo(found.id)
    assert whose(Declaration) == ["M004", "M004"]
    assert (live("M001"), live("M004")) == ([], [("volunteer", "2.40", "declaration")] * 2)


def test_what_the_other_records_own_account_decided_stays_with_the_duplicate() -> None:
    factories.sign_in("judge", Role.SECRETARY, "QS0102", "M001")
    one = sent("double", "M004")
    with transaction():
        declarations.approve(actor=factories.actor("judge"), at=clock.now(), declaration_ids=[one])
    found = merge()
    assert (whose(Declaration), live("M001")) == (["M004"], [("volunteer", "2.40", "merge")])
    undo(found.id)
    assert live("M004") == [("volunteer", "2.40", "declaration")]


def test_a_receipt_that_both_have_counts_once() -> None:
    ones = [("themeday", "2.00", "receipt")]
    for number in ("M001", "M004"):
        confirm(away(number))
    found = merge()
    assert (whose(AwayReceipt), live("M001"), live("M004")) == (["M001", "M004"], ones, [])
    undo(found.id)
    assert (live("M001"), live("M004")) == (ones, ones)


def test_the_receipt_that_stayed_behind_cannot_be_made_to_count() -> None:
    confirm(away("M001"))
    other = away("M004")
    merge()
    with pytest.raises(Conflict) as refused:
        confirm(other)
    assert refused.value.code == "counts_once"


def test_an_objection_goes_along_and_is_decided_by_its_branch() -> None:
    one = record("M004")
    with transaction():
        raised = disputes.raise_dispute(actor=factories.actor("double"), at=clock.now(), text="记错了", entry_id=one)
    found = merge()
    assert whose(Dispute) == ["M001"]
    with transaction():
        disputes.uphold(
            actor=factories.actor("neighbour"), at=clock.now(), dispute_id=raised.id, reply="核实后撤销", reverse=True
        )
    assert live("M001") == []
    undo(found.id)
    assert (whose(Dispute), live("M004")) == (["M004"], [])


def test_a_mark_that_both_have_counts_once() -> None:
    with transaction():
        meeting = activities.open_meeting(
            actor=SYSTEM, at=clock.now(), organisation="QS01", kind="三会一课", held_on=date(2026, 8, 3)
        )
        marks = {"M001": "present", "M004": "present"}
        activities.mark(actor=SYSTEM, at=clock.now(), meeting_id=meeting.id, marks=marks)
    ones = [("meeting", "1.00", "meeting")]
    found = merge()
    assert (live("M001"), live("M004")) == (ones, [])
    undo(found.id)
    assert (live("M001"), live("M004")) == (ones, ones)


# ---- what stays


def test_a_merge_shows_nobody_in_public() -> None:
    for number in ("M001", "M004"):
        with transaction():
            consents.give(actor=SYSTEM, at=clock.now(), member=number, kinds=["display"], how="paper")
    with transaction():
        consents.withdraw(actor=SYSTEM, at=clock.now(), member="M001", kinds=["display"], reason="本人不愿公开")
    found = merge()
    assert whose(Consent) == ["M001", "M004"]
    kept = factories.member_id("M001")
    assert consents.standing(member_ids=[kept]) in ({}, {kept: {}})
    undo(found.id)
    other = factories.member_id("M004")
    assert list(consents.standing(member_ids=[other])[other]) == ["display"]


def test_an_exemption_stays_and_is_told_on_the_kept_records_page(client: FlaskClient) -> None:
    with transaction():
        exemptions.record(
            actor=SYSTEM,
            at=clock.now(),
            number="M004",
            starts_on=date(2026, 7, 1),
            ground="illness",
            decided_on=date(2026, 6, 30),
            decided_by="支部党员大会决议第3号",
        )
    sent("double", "M004")
    merge()
    assert whose(Exemption) == ["M004"]
    browser(client, "admin")
    page = client.get("/members/M001").text
    assert "M004" in page
    for words in ("不计分决定 1", "积分申报：1", "留在 M004 名下的记录"):
        assert words in page


def test_an_open_ballot_of_either_lets_the_merge_wait(client: FlaskClient) -> None:
    steps.branch()
    steps.opened()
    for keep, duplicate in (("M001", "M004"), ("M004", "M001")):
        body = {**BODY, "keep": keep, "duplicate": duplicate}
        answer = client.post(f"{API}/merges", json=body, headers=bearer("admin"))
        assert (answer.status_code, answer.json["code"]) == (409, "not_now")


def test_the_reason_for_waiting_is_told_on_the_page(client: FlaskClient) -> None:
    steps.branch()
    steps.opened()
    token = browser(client, "admin")
    form = {"first": "M001", "second": "M004", "keep": "M001", "reason": "重复建档", "csrf_token": token}
    answer = client.post("/merges/new", data=form)
    assert answer.status_code == 409
    assert "待投票截止后再合并" in answer.text


def test_nothing_is_looked_through_for_one_member_that_is_too_long() -> None:
    assert not [part for part in carrying.behind(factories.member_id("M001")) if part.where is None]
