"""Verbs of pledges: who may, what is written down, and what follows."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.errors import Conflict, Forbidden, Invalid, NotFound
from pointsvc.ledger.models import Entry
from pointsvc.permissions import SYSTEM
from pointsvc.pledges import service as pledges
from pointsvc.pledges.lifecycle import STATUSES, STEPS
from pointsvc.pledges.models import PledgeStep
from pointsvc.pledges.service import Said
from tests import factories
from tests.conftest import FrozenClock
from tests.pledges.work import (
    MINUTE,
    SAID,
    act,
    at_status,
    changed,
    decide,
    district,
    log,
    made,
    points,
    refusal,
    row,
)


@pytest.fixture(autouse=True)
def _clock(frozen_clock: FrozenClock) -> None:
    """Everything happens on 15 August 2026."""


def test_a_member_makes_an_own_pledge_as_a_draft_and_hands_it_in(app: Flask) -> None:
    district()
    number = made(submit=False)
    assert (row(number).status, row(number).member_id) == ("draft", factories.member_id("M001"))
    assert row(number).organisation_id == factories.organisation_id("QS0101")
    act("submit", "member", number)
    assert log(number) == [("make", None, "draft"), ("submit", "draft", "submitted")]


def test_the_same_form_sent_twice_makes_one(app: Flask) -> None:
    district()
    assert made(once="1:abc") == made(once="1:abc")
    assert made(once="1:abc") != made(once="1:xyz")


def test_a_secretary_writes_for_a_member_and_for_the_branch_and_nobody_beyond(app: Flask) -> None:
    district()
    assert row(made("secretary", member="M003")).member_id == factories.member_id("M003")
    assert row(made("secretary", organisation="QS0101")).member_id is None
    for who, more in (
        ("secretary", {"member": "M004"}),
        ("secretary", {"organisation": "QS0102"}),
        ("member", {"member": "M002"}),
        ("member", {"organisation": "QS0101"}),
    ):
        with pytest.raises(NotFound):
            made(who, **more)
    with pytest.raises(Invalid) as refused:
        made("secretary")
    assert "member" in refused.value.errors


def test_a_private_number_is_refused_by_field_wherever_it_stands(app: Flask) -> None:
    district()
    bad = changed(witness="王阿姨13800001234", text="看望 110105194912310021 老人")
    with pytest.raises(Invalid) as refused:
        made(said=bad)
    assert set(refused.value.errors) == {"witness", "text"}
    number = at_status("published")
    assert refusal("change", "member", number, said=bad) == "private_number"
    assert refusal("progress", "member", number, text="电话13800001234") == "private_number"
    assert refusal("fulfil", "secretary", number, text="电话13800001234") == "private_number"
    assert refusal("approve", "secretary", made(), minute="13800001234") == "private_number"


@pytest.mark.parametrize("status", STATUSES)
def test_every_role_may_take_from_each_status_what_the_table_says(app: Flask, status: str) -> None:
    district()
    number = at_status(status)
    #        own record    leads the branch  leads above  reads only  another branch
    people = ("member", "secretary", "street", "overseer", "neighbour")
    open_ = {}
    today = clock.today()
    for who in people:
        actor = factories.actor(who)
        try:
            view = pledges.pledge(actor=actor, pledge_id=number, today=today)
        except NotFound:
            open_[who] = None
            continue
        standing = pledges.standings(actor, [view], today)[number]
        open_[who] = pledges.open_to(status, standing) - {"rate"}
    expected = {step: by for (step, before), (_, by) in STEPS.items() if before == status and step != "rate"}
    assert open_["neighbour"] is None
    assert open_["overseer"] == set()
    assert open_["secretary"] == open_["street"] == set(expected)
    assert open_["member"] == {step for step, by in expected.items() if by == "writer"}


def test_nobody_decides_on_the_own_pledge_though_leading_the_branch(app: Flask) -> None:
    district()
    number = made("leader")
    assert refusal("approve", "leader", number) == "own_pledge"
    assert refusal("return", "leader", number) == "own_pledge"
    act("approve", "secretary", number)
    act("publish", "leader", number)
    assert refusal("fulfil", "leader", number) == "own_pledge"
    assert refusal("withdraw", "leader", number) == "own_pledge"


def test_a_branchs_own_pledge_is_decided_one_level_above(app: Flask) -> None:
    district()
    number = made("secretary", organisation="QS0101")
    assert refusal("approve", "secretary", number) == "own_pledge"
    assert refusal("approve", "leader", number) == "own_pledge"
    act("approve", "street", number)
    act("publish", "secretary", number)
    assert refusal("fulfil", "secretary", number) == "own_pledge"
    act("fulfil", "street", number)
    assert points() == []


def test_the_districts_own_pledge_is_decided_by_another_account_of_it(app: Flask) -> None:
    district()
    factories.sign_in("deputy", factories.Role.DISTRICT_ADMIN, "QS")
    number = made("admin", organisation="QS")
    assert refusal("approve", "admin", number) == "own_pledge"
    assert refusal("approve", "deputy", number) == "done"


def test_several_are_approved_by_one_minute_all_or_none(app: Flask) -> None:
    district()
    ids = [made(), made("secretary", member="M003"), made("leader")]
    with pytest.raises(Invalid) as refused:
        act("approve", "leader", *ids)
    assert (refused.value.code, list(refused.value.errors)) == ("none_taken", ["pledges.2"])
    assert [row(number).status for number in ids] == ["submitted"] * 3
    act("approve", "secretary", *ids)
    assert [(row(number).status, row(number).minute) for number in ids] == [("approved", MINUTE)] * 3
    act("publish", "secretary", *ids)
    assert [row(number).published_on for number in ids] == [clock.today()] * 3


def test_a_choice_of_nothing_or_of_one_twice_is_refused(app: Flask) -> None:
    district()
    number = made()
    for ids in ((), (number, number)):
        with pytest.raises(Invalid):
            act("approve", "secretary", *ids)
    with pytest.raises(NotFound):
        act("approve", "secretary", number, 999_999)
    with pytest.raises(Invalid) as refused:
        act("approve", "secretary", number, minute=" ")
    assert "minute" in refused.value.errors


def test_a_returned_pledge_is_written_anew_and_the_log_keeps_what_it_said(app: Flask) -> None:
    district()
    number = at_status("returned")
    act("amend", "member", number, said=changed(target="30次"))
    act("submit", "member", number)
    assert (row(number).target, row(number).status) == ("30次", "submitted")
    before = db.session.scalar(select(PledgeStep.before).where(PledgeStep.step == "amend"))
    assert before["target"] == "24次"


def test_writing_the_same_again_leaves_no_row(app: Flask) -> None:
    district()
    number = made(submit=False)
    act("amend", "member", number)
    assert log(number) == [("make", None, "draft")]


def test_a_change_holds_only_once_it_is_approved(app: Flask) -> None:
    district()
    number = at_status("changing")
    assert row(number).due_on == SAID.due_on
    act("return", "secretary", number)
    assert (row(number).due_on, row(number).status, row(number).proposed) == (SAID.due_on, "published", None)
    act("change", "member", number)
    act("approve", "secretary", number, minute="2026年8月支委会纪要")
    assert (row(number).due_on, row(number).status, row(number).proposed) == (date(2026, 11, 30), "published", None)
    steps = list(db.session.scalars(select(PledgeStep).where(PledgeStep.step == "approve").order_by(PledgeStep.id)))
    assert steps[1].before["due_on"] == SAID.due_on.isoformat()


def test_a_change_must_change_something(app: Flask) -> None:
    district()
    number = at_status("published")
    assert refusal("change", "member", number, said=SAID) == "invalid"


def test_fulfilment_posts_its_points_once(app: Flask) -> None:
    district()
    number = at_status("published")
    act("fulfil", "secretary", number, on=date(2026, 8, 10))
    entry = db.session.scalars(select(Entry)).one()
    assert (entry.source, entry.source_id, entry.points, entry.occurred_on) == (
        "pledge",
        number,
        Decimal("10.00"),
        date(2026, 8, 10),
    )
    assert (row(number).outcome, row(number).settled_on) == ("fulfilled", date(2026, 8, 10))
    assert refusal("fulfil", "secretary", number) == "wrong_status"
    assert refusal("fail", "secretary", number) == "wrong_status"
    assert points() == ["10.00"]


def test_without_cause_posts_the_other_rule_and_an_objective_cause_none(app: Flask) -> None:
    district()
    act("fail", "secretary", at_status("published"))
    act("excuse", "secretary", at_status("published"))
    assert points() == ["-3.00"]


def test_withdrawing_the_settlement_reverses_and_settling_again_posts_again(app: Flask) -> None:
    district()
    number = at_status("fulfilled")
    act("unsettle", "secretary", number)
    assert (row(number).status, row(number).outcome, row(number).settled_on) == ("published", None, None)
    assert points() == ["10.00", "-10.00"]
    act("fail", "secretary", number)
    assert points() == ["10.00", "-10.00", "-3.00"]
    act("close", "secretary", number)
    act("unsettle", "secretary", number)
    assert points() == ["10.00", "-10.00", "-3.00", "3.00"]


def test_without_a_rule_nothing_is_posted(app: Flask) -> None:
    district(rules=False)
    act("fulfil", "secretary", at_status("published"))
    assert points() == []
    assert refusal("fulfil", "secretary", at_status("published"), points=Decimal(3)) == "invalid"


def test_a_rule_that_no_sheet_has_is_told_and_settles_nothing(app: Flask) -> None:
    district()
    decide("pledge_rule_fulfilled", "nothing")
    number = at_status("published")
    with pytest.raises(Invalid) as refused:
        act("fulfil", "secretary", number)
    assert "rule" in refused.value.errors
    assert row(number).status == "published"


def test_a_rule_with_a_range_takes_the_points_of_whoever_settles(app: Flask) -> None:
    district()
    decide("pledge_rule_fulfilled", "advice")
    number = at_status("published")
    assert refusal("fulfil", "secretary", number) == "invalid"
    act("fulfil", "secretary", number, points=Decimal("2.50"))
    assert points() == ["2.50"]


def test_settling_says_why_and_not_in_the_future(app: Flask) -> None:
    district()
    number = at_status("published")
    for more in ({"text": ""}, {"text": " "}, {"text": "雨季", "on": clock.today() + timedelta(days=1)}):
        with pytest.raises(Invalid):
            act("excuse", "secretary", number, **more)
    actor = factories.actor("secretary")
    with pytest.raises(Invalid):
        pledges.settle(actor=actor, at=clock.now(), pledge_id=number, outcome="perhaps")


def test_rating_is_by_others_once_each_and_may_be_thought_over(app: Flask) -> None:
    district()
    factories.sign_in("fellow", factories.Role.MEMBER, "QS0101", member="M003")
    number = at_status("fulfilled")
    assert refusal("rate", "member", number) == "own_pledge"
    act("rate", "fellow", number, grade=3)
    act("rate", "fellow", number, grade=4)
    act("rate", "secretary", number, grade=2)
    with transaction():
        for code in ("a", "b", "a"):
            pledges.rate(actor=SYSTEM, at=clock.now(), pledge_id=number, grade=4, code=code)
    with transaction():
        paper = {4: 20, 3: 2, 1: 0}
        pledges.rate_on_paper(actor=factories.actor("secretary"), at=clock.now(), pledge_id=number, counts=paper)
    found = pledges.ratings([number])[number]
    assert found["member"] == {4: 1, 3: 0, 2: 0, 1: 0}
    assert found["organisation"] == {4: 0, 3: 0, 2: 1, 1: 0}
    assert found["masses"] == {4: 22, 3: 2, 2: 0, 1: 0}


def test_a_paper_vote_typed_in_again_replaces_what_was(app: Flask) -> None:
    district()
    number = at_status("fulfilled")
    secretary = factories.actor("secretary")
    for counts in ({4: 20, 3: 2}, {4: 21}):
        with transaction():
            pledges.rate_on_paper(actor=secretary, at=clock.now(), pledge_id=number, counts=counts)
    assert pledges.ratings([number])[number]["masses"] == {4: 21, 3: 0, 2: 0, 1: 0}
    for counts in ({}, {5: 1}, {4: -1}):
        with pytest.raises(Invalid):
            pledges.rate_on_paper(actor=secretary, at=clock.now(), pledge_id=number, counts=counts)


def test_who_may_not_rate(app: Flask) -> None:
    district()
    number = at_status("fulfilled")
    assert refusal("rate", "overseer", number) == "forbidden"
    assert refusal("rate", "neighbour", number) == "not_found"
    assert refusal("rate", "secretary", number, grade=5) == "invalid"
    assert refusal("rate", "secretary", at_status("published")) == "wrong_status"
    member, secretary = factories.actor("member"), factories.actor("secretary")
    with pytest.raises(Forbidden):
        pledges.rate_on_paper(actor=member, at=clock.now(), pledge_id=number, counts={4: 1})
    with pytest.raises(Forbidden):
        pledges.rate(actor=secretary, at=clock.now(), pledge_id=number, grade=4, code="a")
    act("close", "secretary", number)
    with pytest.raises(Conflict):
        pledges.rate(actor=SYSTEM, at=clock.now(), pledge_id=number, grade=4, code="a")


def test_a_fellow_sees_what_is_published_and_nothing_of_the_review(app: Flask) -> None:
    district()
    factories.sign_in("fellow", factories.Role.MEMBER, "QS0101", member="M003")
    fellow, today = factories.actor("fellow"), clock.today()
    hidden = [at_status(status) for status in ("draft", "submitted", "returned", "approved", "withdrawn")]
    shown = [at_status(status) for status in ("published", "changing", "fulfilled", "closed")]
    found = pledges.pledges(actor=fellow, asked=pledges.Asked(), today=today)
    assert sorted(view.id for view in found) == shown
    with pytest.raises(NotFound):
        pledges.pledge(actor=fellow, pledge_id=hidden[0], today=today)
    standing = pledges.standings(fellow, found, today)[shown[2]]
    assert [step.step for step in pledges.steps(shown[2], standing)] == ["publish", "fulfil"]


def test_lists_are_filtered_and_shared_out(app: Flask) -> None:
    district()
    today = clock.today()
    late = at_status("published", said=changed(due_on=date(2026, 7, 1)))
    soon = at_status("published", said=changed(kind="post"))
    of_branch = made("secretary", organisation="QS0101")
    of_leader = made("leader")

    def ids(who: str, **more: object) -> list[int]:
        found = pledges.pledges(actor=factories.actor(who), asked=pledges.Asked(**more), today=today)  # type: ignore[arg-type]
        return sorted(view.id for view in found)

    assert ids("secretary") == [late, soon, of_branch, of_leader]
    assert ids("secretary", statuses=("published",)) == [late, soon]
    assert ids("secretary", overdue=True) == [late]
    assert ids("secretary", due_by=date(2026, 12, 31)) == [late, soon]
    assert ids("secretary", kind="post") == [soon]
    assert ids("secretary", member="M002") == [of_leader]
    assert ids("leader", own=True) == [of_leader]
    assert ids("far") == []
    assert ids("admin", organisation="QS0101", after=of_leader) == [late, soon, of_branch]
    waiting = {"share": True, "statuses": ("submitted", "changing")}
    assert ids("secretary", **waiting) == [of_leader]
    assert ids("leader", **waiting) == []
    assert ids("street", **waiting) == [of_branch]
    assert ids("admin", **waiting) == []
    with pytest.raises(NotFound):
        ids("secretary", organisation="QS0201")


def test_the_log_cannot_be_rewritten(app: Flask) -> None:
    district()
    made()
    with pytest.raises(DBAPIError), db.session.begin_nested():
        db.session.execute(text("UPDATE pledge_step SET new = 'closed'"))


def test_the_paper_asks_for_no_more_than_what_and_until_when(app: Flask) -> None:
    district()
    assert row(made(said=Said(kind="common", text="不乱停车", due_on=date(2026, 12, 31)))).indicator == ""
