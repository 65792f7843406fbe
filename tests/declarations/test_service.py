"""Declare, amend and withdraw: by each role, with the ledger's words for what is wrong."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.declarations import service as declarations
from pointsvc.errors import Invalid, NotFound
from pointsvc.ledger import service as ledger
from tests import factories
from tests.conftest import FrozenClock
from tests.declarations.work import DAY, act, count, declared, deed, district, entries, refusal, seen, status
from tests.schemes.sheets import published, sheet


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    district()


# ---- declaring


def test_a_member_declares_and_nothing_counts_yet() -> None:
    view = seen(declared(note="给独居老人送药"))
    assert (view.member, view.branch, view.rule, view.occurred_on) == ("M001", "QS0101", "volunteer", DAY)
    assert (view.status, view.points, view.quantity, view.proxy) == ("pending", Decimal("2.40"), Decimal(2), False)
    assert (view.declared_by, view.note, view.entry) == ("member", "给独居老人送药", None)
    assert entries() == 0


@pytest.mark.parametrize(
    ("who", "member", "wanted"),
    [
        ("member", "M001", "own"),
        ("member", "M002", "not_found"),
        ("secretary", "M001", "proxy"),
        ("secretary", "M004", "not_found"),
        ("leader", "M002", "own"),
        ("leader", "M001", "proxy"),
        ("street", "M004", "proxy"),
        ("admin", "M005", "proxy"),
        ("neighbour", "M001", "not_found"),
        ("far", "M001", "not_found"),
    ],
)
def test_who_declares_for_whom(who: str, member: str, wanted: str) -> None:
    if wanted == "not_found":
        with pytest.raises(NotFound):
            declared(who, member=member)
        return
    assert ("proxy" if seen(declared(who, member=member)).proxy else "own") == wanted


def test_the_own_record_may_lie_beyond_the_own_role() -> None:
    factories.sign_in("visitor", "secretary", "QS0102", member="M005")  # type: ignore[arg-type] # as the column has it
    made = declared("visitor", member="M005")
    assert (seen(made).branch, seen(made).proxy) == ("QS0201", False)
    visitor = factories.actor("visitor")
    assert declarations.declaration(actor=visitor, declaration_id=made).id == made
    assert [view.id for view in declarations.declarations(actor=visitor, asked=declarations.Asked(own=True))] == [made]
    assert [view.id for view in declarations.declarations(actor=visitor, asked=declarations.Asked(member="M005"))] == [
        made
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rule": "nothing"}, "rule"),
        ({"rule": "meeting"}, "rule"),
        ({"rule": "absent"}, "rule"),
        ({"rule": "crime"}, "rule"),
        ({"occurred_on": date(2026, 8, 16)}, "occurred_on"),
        ({"occurred_on": date(1999, 12, 31)}, "occurred_on"),
        ({"occurred_on": date(2025, 12, 31)}, "rule"),
        ({"quantity": Decimal(0)}, "quantity"),
        ({"tier": "city"}, "tier"),
        ({"points": Decimal(2)}, "points"),
        ({"rule": "advice"}, "points"),
        ({"rule": "advice", "points": Decimal("3.51")}, "points"),
        ({"rule": "award"}, "tier"),
        ({"rule": "award", "tier": "moon"}, "tier"),
        ({"sheet": "00018"}, "line"),
        ({"line": 1}, "sheet"),
        ({"sheet": "00018", "line": 1}, "sheet"),
    ],
)
def test_what_is_wrong_is_told_at_once_by_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        declared(**changes)
    assert list(refused.value.errors) == [field]
    assert count() == 0


def test_the_words_are_the_ledgers() -> None:
    for more in ({"rule": "award"}, {"quantity": Decimal(0)}, {"occurred_on": date(2026, 8, 16)}, {"rule": "nothing"}):
        with pytest.raises(Invalid) as refused:
            declared(**more)  # type: ignore[arg-type] # of several kinds
        one = deed(**more)  # type: ignore[arg-type]
        with pytest.raises(Invalid) as by_ledger, transaction():
            ledger.record(
                actor=factories.actor("secretary"),
                at=clock.now(),
                member=one.member,
                rule=one.rule,
                occurred_on=one.occurred_on,
                quantity=one.quantity,
            )
        assert str(refused.value) == str(by_ledger.value)


def test_a_rule_of_other_categories_is_refused() -> None:
    changed = sheet()
    next(rule for rule in changed["rules"] if rule["code"] == "volunteer")["applies_to"] = ["retired"]
    published(document=changed)
    with pytest.raises(Invalid) as refused:
        declared()
    assert list(refused.value.errors) == ["rule"]
    assert status(declared("secretary", member="M003")) == "pending"


def test_a_form_that_is_sent_twice_declares_once() -> None:
    first = declared(once="1:k")
    assert declared(once="1:k") == first
    assert declared(once="2:k") != first
    assert count() == 2


# ---- amending


@pytest.mark.parametrize(
    ("who", "wanted"),
    [
        ("member", "done"),
        ("secretary", "done"),
        ("deputy", "forbidden"),
        ("leader", "forbidden"),
        ("admin", "forbidden"),
        ("auditor", "forbidden"),
        ("neighbour", "not_found"),
    ],
)
def test_who_amends_and_sends_again_what_was_typed_in_and_returned(who: str, wanted: str) -> None:
    made = declared("secretary", member="M001")
    act("return", "deputy", made)
    assert refusal("resend", who, made) == wanted
    assert status(made) == ("pending" if wanted == "done" else "returned")


@pytest.mark.parametrize("step", ["approve", "return", "resend", "withdraw"])
@pytest.mark.parametrize("before", ["pending", "approved", "returned", "withdrawn"])
def test_no_step_is_taken_from_a_wrong_status(step: str, before: str) -> None:
    made = declared()
    if before != "pending":
        first = {"approved": "approve", "returned": "return", "withdrawn": "withdraw"}[before]
        act(first, "member" if first == "withdraw" else "secretary", made)
    who = "member" if step in ("resend", "withdraw") else "secretary"
    open_steps = {"pending": {"approve", "return", "withdraw"}, "returned": {"resend", "withdraw"}}
    wanted = "done" if step in open_steps.get(before, set()) else "wrong_status"
    assert refusal(step, who, made) == wanted


def test_a_returned_declaration_is_amended_and_the_log_keeps_what_it_said() -> None:
    made = declared(note="两小时")
    act("return", "secretary", made, reason="时间不对")
    assert (seen(made).reason, seen(made).decided_by) == ("时间不对", "secretary")
    amended = deed(quantity=Decimal(3), note="三小时", occurred_on=date(2026, 7, 6))
    act("resend", "member", made, deed=amended)
    view = seen(made)
    assert (view.status, view.points, view.note, view.occurred_on) == (
        "pending",
        Decimal("3.60"),
        "三小时",
        date(2026, 7, 6),
    )
    assert (view.reason, view.decided_by, view.decided_at) == (None, None, None)
    act("approve", "secretary", made)
    log = declarations.changes(made)
    assert [(row.old, row.new, row.by, row.reason) for row in log] == [
        (None, "pending", "member", None),
        ("pending", "returned", "secretary", "时间不对"),
        ("returned", "pending", "member", None),
        ("pending", "approved", "secretary", None),
    ]
    assert log[2].before == {
        "rule": "volunteer",
        "occurred_on": "2026-07-05",
        "quantity": "2.00",
        "tier": None,
        "matter": None,
        "note": "两小时",
        "points": "2.40",
    }


def test_whoever_sends_it_again_in_place_of_the_member_no_longer_reviews_it() -> None:
    made = declared("secretary", member="M001")
    act("return", "deputy", made)
    act("resend", "member", made)
    assert (seen(made).declared_by, seen(made).proxy) == ("member", False)
    act("return", "secretary", made)
    assert refusal("resend", "secretary", made) == "forbidden"
    act("resend", "member", made)
    act("approve", "secretary", made)


def test_a_wrong_amendment_changes_nothing() -> None:
    made = declared()
    act("return", "secretary", made)
    with pytest.raises(Invalid):
        act("resend", "member", made, deed=deed(rule="meeting"))
    assert (status(made), seen(made).rule) == ("returned", "volunteer")
