"""Attendance elsewhere is counted once, is reminded of, and lapses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc import clock, queues, workdays
from pointsvc.activities import receipts
from pointsvc.activities.models import AwayReceipt
from pointsvc.db import db, transaction
from pointsvc.errors import Conflict
from pointsvc.ledger import merging
from pointsvc.notices.models import Notice
from pointsvc.people import service as people
from pointsvc.people import settings
from pointsvc.people.models import SignIn
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.activities.away import BODY, URL, confirm, live, mark, statuses, submit
from tests.conftest import FrozenClock
from tests.factories import bearer
from tests.schemes.sheets import published, ruled_district, without
from workers import base, run


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    ruled_district()


# ---- counted once


@pytest.mark.parametrize("value", ["present", "late"])
def test_whoever_came_at_home_is_not_counted_elsewhere(client: FlaskClient, value: str) -> None:
    one = submit()
    mark(value)
    answer = client.post(f"{URL}/{one}/confirm", headers=bearer("secretary"))
    assert (answer.status_code, answer.json["code"]) == (409, "counted_already")
    again = client.post(URL, json=BODY, headers=bearer("member"))
    assert (again.status_code, again.json["code"]) == (409, "counted_already")


@pytest.mark.parametrize(
    "other",
    [
        {"value": "leave"},
        {"value": "absent"},
        {"value": None},
        {"value": "present", "kind": "三会一课"},
        {"value": "present", "number": "M002"},
    ],
)
def test_no_other_mark_stands_against_it(other: dict[str, Any]) -> None:
    one = submit()
    mark(**other)
    confirm(one)
    assert ("themeday", "2.00", "receipt") in live()


def test_a_second_confirmed_receipt_of_the_day_is_refused(client: FlaskClient) -> None:
    confirm(submit())
    answer = client.post(URL, json=BODY, headers=bearer("member"))
    assert (answer.status_code, answer.json["code"]) == (409, "counted_already")
    submit(kind="三会一课")
    submit(held_on=date(2026, 8, 6))


@pytest.mark.parametrize(("value", "more"), [("present", []), ("late", [("late", "-0.50", "meeting")])])
def test_marked_at_home_afterwards_being_present_still_counts_once(value: str, more: list[Any]) -> None:
    confirm(submit())
    mark(value)
    assert live() == [("themeday", "2.00", "receipt"), *more]


def test_it_goes_along_when_two_records_are_merged() -> None:
    confirm(submit("M004"))
    with transaction():
        merging.merge(actor=SYSTEM, at=clock.now(), keep="M001", duplicate="M004", reason="重复")
    assert live() == [("themeday", "2.00", "merge")]


def test_the_home_branch_is_that_of_the_day() -> None:
    with transaction():
        people.transfer(actor=SYSTEM, at=clock.now(), number="M001", to="QS0102", on=date(2026, 8, 6))
    one = submit()
    assert db.session.get_one(AwayReceipt, one).branch_id == factories.organisation_id("QS0101")


def test_a_rule_sheet_without_points_for_it_gives_none() -> None:
    published(document=without("themeday"), starts_on=date(2026, 8, 1))
    found = confirm(submit(kind="主题党日"))
    assert (found.status, found.entry_id) == ("confirmed", None)


@pytest.fixture
def night(app: Flask, frozen_clock: FrozenClock) -> Callable[[date], None]:
    """Let it be the night of this day, and the night's job be done."""
    assert "workers.activities" in run.HANDLERS

    def be(day: date) -> None:
        frozen_clock.set(datetime(day.year, day.month, day.day, 0, tzinfo=UTC))
        with transaction():
            job = queues.enqueue(topic=queues.RECEIPTS_TURN, payload={}, at=clock.now())
        base.run_next(app, only=job.id)
        db.session.expire_all()

    return be


def told() -> list[tuple[str, str]]:
    rows = db.session.execute(select(SignIn.name, Notice.message).join(SignIn, SignIn.id == Notice.sign_in_id))
    return sorted((row[0], row[1]) for row in rows)


# ---- lapsing


def test_what_waits_too_long_is_reminded_of_once_and_then_lapses(night: Any) -> None:
    sent = date(2026, 8, 15)
    one = submit()
    other = submit("M004", kind="三会一课")
    confirm(other)
    before, reminding, last = (workdays.after(sent, n) for n in (14, 15, 20))
    night(before)
    assert told() == []
    for day in (reminding, workdays.after(reminding, 1), last):
        night(day)
        assert told() == [("secretary", receipts.SOON)]
    assert statuses() == ["pending", "confirmed"]
    night(workdays.after(last, 1))
    night(workdays.after(last, 2))
    assert statuses() == ["lapsed", "confirmed"]
    assert told() == [("member", receipts.LAPSED), ("secretary", receipts.SOON)]
    with pytest.raises(Conflict):
        confirm(one)


def test_without_a_secretary_of_its_own_the_next_above_is_reminded(night: Any) -> None:
    submit("M005")
    night(workdays.after(date(2026, 8, 15), 15))
    assert told() == [("far", receipts.SOON)]


def test_the_days_are_those_that_the_organisation_decided(client: FlaskClient) -> None:
    with transaction():
        settings.decide(actor=SYSTEM, at=clock.now(), organisation="QS01", name="review_days", value=2)
    answer = client.post(URL, json=BODY, headers=bearer("member"))
    assert answer.json["lapses_on"] == workdays.after(date(2026, 8, 15), 8).isoformat()


def test_the_member_is_told_what_was_decided(app: Flask) -> None:
    confirm(submit())
    with transaction():
        receipts.refuse(actor=SYSTEM, at=clock.now(), receipt_id=submit(kind="三会一课"), reason="未查实")
    while base.run_next(app):
        pass
    assert [name for name, _ in told()] == ["member", "member"]
