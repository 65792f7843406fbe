"""Approve and return: by each role, one and several, and held by the database too."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import DatabaseError, IntegrityError

from pointsvc import clock, queues
from pointsvc.db import db, transaction
from pointsvc.declarations import service as declarations
from pointsvc.declarations.models import Declaration, DeclarationChange
from pointsvc.errors import Conflict, Forbidden, Invalid, NotFound
from pointsvc.ledger import service as ledger
from pointsvc.ledger.models import Entry
from pointsvc.people import service as people
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.conftest import FrozenClock
from tests.counting import counted
from tests.declarations.work import DAY, act, declared, district, entries, refusal, seen, status
from tests.schemes.sheets import published, sheet


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    district()


def test_an_approved_declaration_is_one_entry_by_the_reviewer() -> None:
    made = declared(note="河边")
    act("approve", "secretary", made)
    view = seen(made)
    assert (view.status, view.decided_by, view.decided_at) == ("approved", "secretary", clock.now())
    entry = ledger.entry(actor=SYSTEM, entry_id=view.entry or 0)
    assert (entry.member, entry.rule, entry.points, entry.quantity) == ("M001", "volunteer", Decimal("2.40"), 2)
    assert (entry.source, entry.note, entry.recorded_by, entry.occurred_on) == ("declaration", "河边", "secretary", DAY)
    row = db.session.get_one(Entry, view.entry)
    assert (row.source_id, row.natural_key) == (made, f"declaration:{made}")


@pytest.mark.parametrize(
    ("more", "points"),
    [
        ({"rule": "advice", "points": Decimal("2.5")}, "2.50"),
        ({"rule": "award", "tier": "city", "matter": "防汛"}, "10.00"),
        ({"quantity": Decimal("1.25")}, "1.50"),
    ],
)
def test_each_kind_of_rule_gives_its_points(more: dict[str, Any], points: str) -> None:
    made = declared(**more)
    act("approve", "secretary", made)
    assert f"{seen(made).points:.2f}" == points
    assert f"{db.session.get_one(Entry, seen(made).entry).points:.2f}" == points


def test_points_are_those_of_the_rule_in_force_on_the_day_at_approval() -> None:
    made = declared()
    changed = sheet()
    next(rule for rule in changed["rules"] if rule["code"] == "volunteer")["points"] = "1.5"
    later = published(starts_on=DAY, document=changed)
    assert seen(made).points == Decimal("2.40")
    act("approve", "secretary", made)
    assert (seen(made).points, seen(made).scheme_id) == (Decimal("3.00"), later.id)


def test_what_no_longer_fits_is_not_approved() -> None:
    made = declared(rule="advice", points=Decimal(3))
    changed = sheet()
    next(rule for rule in changed["rules"] if rule["code"] == "advice")["range"] = ["1", "2"]
    published(starts_on=DAY, document=changed)
    with pytest.raises(Invalid) as refused:
        act("approve", "secretary", made)
    assert list(refused.value.errors) == ["points"]
    assert (status(made), entries()) == ("pending", 0)


def test_the_branch_of_the_day_reviews_also_after_a_transfer() -> None:
    made = declared()
    with transaction():
        people.transfer(actor=SYSTEM, at=clock.now(), number="M001", to="QS0201", on=date(2026, 8, 1))
    assert refusal("approve", "far", made) == "not_found"
    act("approve", "secretary", made)
    assert seen(made).branch == "QS0101"


# Who may what with a pending declaration: approve, return, withdraw one of the member, one that the
# secretary typed in, and one of the leader (who is M002).
WORDS = {"d": "done", "o": "own_declaration", "f": "forbidden", "n": "not_found"}
WHO = {
    #            the member's | typed in | the leader's
    "member":    "ood           ood        nnn",
    "secretary": "ddf           ood        ddf",
    "deputy":    "ddf           ddf        ddf",
    "leader":    "ddf           ddf        ood",
    "street":    "ddf           ddf        ddf",
    "admin":     "ddf           ddf        ddf",
    "overseer":  "fff           fff        fff",
    "auditor":   "fff           fff        fff",
    "neighbour": "nnn           nnn        nnn",
    "far":       "nnn           nnn        nnn",
}  # fmt: skip
MADE: tuple[dict[str, str], ...] = (
    {"who": "member", "member": "M001"},
    {"who": "secretary", "member": "M001"},
    {"who": "leader", "member": "M002"},
)
STEPS = {"approve": "approved", "return": "returned", "withdraw": "withdrawn"}


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("which", range(3))
def test_who_may_what_with_a_pending_declaration(who: str, which: int) -> None:
    for step, letter in zip(STEPS, WHO[who].split()[which], strict=True):
        made = declared(**MADE[which])
        assert (step, refusal(step, who, made)) == (step, WORDS[letter])
        assert status(made) == (STEPS[step] if letter == "d" else "pending")


def test_an_entry_that_is_taken_back_later_shows_so() -> None:
    made = declared()
    act("approve", "secretary", made)
    with transaction():
        ledger.reverse(actor=factories.actor("secretary"), at=clock.now(), entry_id=seen(made).entry or 0, reason="误")
    view = seen(made)
    assert (view.status, view.reversed_by is not None) == ("approved", True)
    again = declared()
    act("approve", "secretary", again)
    assert entries() == 3


# ---- several at once


def test_several_are_approved_in_one_go_with_few_statements() -> None:
    few = [declared(), declared("secretary", member="M003", rule="advice", points=Decimal(2))]
    many = [declared(occurred_on=date(2026, 7, day)) for day in range(1, 21)]
    sizes = []
    for ids in (few, many):
        deputy, at = factories.actor("deputy"), clock.now()
        with counted() as statements, transaction():
            assert declarations.approve(actor=deputy, at=at, declaration_ids=ids) == ids
        sizes.append(len(statements))
        assert {status(number) for number in ids} == {"approved"}
    assert entries() == 22
    # The updates of the rows are sent as one batch a kind, and so is everything else.
    assert sizes[1] <= sizes[0] + 4


def test_of_several_all_or_none_is_approved_and_each_reason_is_told() -> None:
    good, decided = declared(), declared()
    typed, own = declared("leader", member="M001"), declared("leader", member="M002")
    act("withdraw", "member", decided)
    with pytest.raises(Invalid) as refused:
        act("approve", "leader", good, decided, typed, own)
    assert refused.value.code == "none_approved"
    assert list(refused.value.errors) == ["declarations.1", "declarations.2", "declarations.3"]
    assert (status(good), entries()) == ("pending", 0)


def test_a_stranger_among_several_is_not_found() -> None:
    good, other = declared(), declared("admin", member="M005")
    with pytest.raises(NotFound) as missing:
        act("approve", "secretary", good, other, 999_999)
    assert f"{other}, 999999" in str(missing.value)
    assert status(good) == "pending"


def test_nothing_and_the_same_twice_are_refused() -> None:
    made = declared()
    for ids in ([], [made, made], list(range(1, 300))):
        with pytest.raises(Invalid) as refused:
            act("approve", "secretary", *ids)
        assert list(refused.value.errors) == ["declarations"]


# ---- the database itself


def decided_by(name: str | None, **more: Any) -> Any:
    by = factories.actor(name).sign_in_id if name else None
    return update(Declaration).values(status="returned", decided_at=clock.now(), decided_by_id=by, **more)


@pytest.mark.parametrize(("who", "member"), [("member", "M001"), ("secretary", "M001")])
def test_the_database_lets_nobody_decide_what_they_declared(who: str, member: str) -> None:
    declared(who, member=member)
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(decided_by(who))
    with transaction():
        db.session.execute(decided_by("deputy"))


def test_the_database_lets_nobody_decide_on_what_is_their_own() -> None:
    made = declared("secretary", member="M002")
    with pytest.raises(IntegrityError, match="own declaration"), transaction():
        db.session.execute(decided_by("leader"))
    with transaction():
        db.session.execute(decided_by("deputy"))
    assert status(made) == "returned"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE declaration SET status = 'approved'",
        "UPDATE declaration SET status = 'returned'",
        "UPDATE declaration SET status = 'lost'",
        "UPDATE declaration SET sheet_line = 3",
        "UPDATE declaration_change SET new = 'approved'",
        "DELETE FROM declaration_change",
    ],
)
def test_the_database_refuses_what_cannot_be(statement: str) -> None:
    declared()
    with pytest.raises(DatabaseError), transaction():
        db.session.execute(text(statement))


def test_each_step_asks_for_its_telling_once() -> None:
    made = declared()
    act("return", "secretary", made)
    act("resend", "member", made)
    act("approve", "secretary", made)
    jobs = db.session.scalars(select(queues.Job).where(queues.Job.topic == queues.DECLARATIONS_TELL)).all()
    logged = db.session.scalars(
        select(DeclarationChange.id)
        .where(DeclarationChange.new.in_(["returned", "approved"]))
        .order_by(DeclarationChange.id)
    ).all()
    assert sorted(number for job in jobs for number in job.payload["changes"]) == list(logged)


def test_errors_are_of_the_kinds_that_the_edge_knows() -> None:
    made = declared()
    act("approve", "secretary", made)
    with pytest.raises(Conflict):
        act("approve", "secretary", made)
    with pytest.raises(Forbidden):
        act("approve", "member", made)
