"""Who is told of an objection: on raise, on the day, after it, at the end; each once, also after an absence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.disputes import service as disputes
from pointsvc.people import service as people
from pointsvc.permissions import SYSTEM, Role
from tests import factories
from tests.conftest import FrozenClock
from tests.disputes.scene import raised, record, row, told
from tests.tallies import sheets
from tests.tallies import work as tally_work
from workers import schedule

EVE = datetime(2026, 9, 30, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock, periodic: Callable[..., None]) -> None:
    periodic("disputes")
    sheets.ruled_district()


def night(frozen_clock: FrozenClock, day: str) -> None:
    """Let it be this day's early morning, and ask for what is due."""
    frozen_clock.set(datetime.fromisoformat(f"{day}T03:10:00+08:00"))
    schedule.ask_for_due()


def uphold(number: int, name: str = "secretary") -> None:
    who = factories.actor(name)
    with transaction():
        disputes.uphold(actor=who, at=clock.now(), dispute_id=number, reply="确有误", reverse=True)


def dismiss(number: int, name: str = "street") -> None:
    who = factories.actor(name)
    with transaction():
        disputes.dismiss(actor=who, at=clock.now(), dispute_id=number, reply="查无此事")


# ---- on raise


def test_the_branch_that_decides_is_told(app: Flask) -> None:
    number = raised(entry_id=record())
    assert told(app, number) == [("secretary", "raised")]


def test_what_another_took_down_is_told_to_the_member_and_decided_one_level_up(app: Flask) -> None:
    number = raised("secretary", entry_id=record(), how="phone")
    assert sorted(told(app, number)) == [("member", "taken"), ("street", "raised")]


def test_whom_it_concerns_is_not_asked_and_who_has_left_neither(app: Flask) -> None:
    factories.sign_in("deputy", Role.SECRETARY, "QS0101", "M001")
    with transaction():
        people.disable_sign_in(actor=SYSTEM, at=clock.now(), name="secretary")
    number = raised(entry_id=record(by="street"))
    assert told(app, number) == [("street", "raised")]


def test_without_anybody_to_decide_it_stands_all_the_same(app: Flask) -> None:
    for name in ("secretary", "street", "admin"):
        with transaction():
            people.disable_sign_in(actor=SYSTEM, at=clock.now(), name=name)
    entry = sheets.record("M001", "talk", "2026-07-01")
    number = raised(entry_id=entry)
    with transaction():
        assert disputes.remind(at=clock.now() + timedelta(days=30)) == 2
    assert told(app, number) == []


# ---- the deadline


def test_on_its_day_and_after_it_each_is_told_once_over_a_holiday(app: Flask, frozen_clock: FrozenClock) -> None:
    frozen_clock.set(EVE)
    # Five working days after the eve of National Day: the 8th, 9th, 10th (a Saturday that is worked), 12th, 13th.
    number = raised(entry_id=record())
    assert row(number).reply_due_on.isoformat() == "2026-10-13"
    first = told(app, number)
    for day, kinds in (
        ("2026-10-12", []),
        ("2026-10-13", [("secretary", "due")]),
        ("2026-10-14", [("secretary", "due"), ("street", "overdue")]),
        ("2026-10-15", [("secretary", "due"), ("street", "overdue")]),
    ):
        night(frozen_clock, day)
        assert told(app, number) == first + kinds, day


def test_after_days_without_service_each_comes_once(app: Flask, frozen_clock: FrozenClock) -> None:
    number = raised(entry_id=record())
    night(frozen_clock, "2026-08-16")
    first = told(app, number)
    night(frozen_clock, "2026-11-01")
    assert told(app, number) == [*first, ("secretary", "due"), ("street", "overdue")]
    night(frozen_clock, "2026-11-02")
    with transaction():
        assert disputes.remind(at=clock.now()) == 0
    assert len(told(app, number)) == len(first) + 2


@pytest.mark.parametrize("end", ["upheld", "dismissed", "withdrawn"])
def test_once_it_has_ended_nobody_is_reminded(app: Flask, frozen_clock: FrozenClock, end: str) -> None:
    number = raised(entry_id=record())
    if end == "upheld":
        uphold(number)
    elif end == "dismissed":
        dismiss(number)
    else:
        who = factories.actor("member")
        with transaction():
            disputes.withdraw(actor=who, at=clock.now(), dispute_id=number)
    before = told(app, number)
    night(frozen_clock, "2026-12-01")
    assert told(app, number) == before


# ---- the outcome


def test_the_member_is_told_what_came_of_it(app: Flask) -> None:
    first, second = raised(entry_id=record()), raised(entry_id=record(by="street"))
    uphold(first)
    dismiss(second, "secretary")
    assert told(app, first)[1:] == [("member", "decided")]
    assert told(app, second)[1:] == [("member", "decided")]


def test_whoever_took_it_down_is_told_to_tell_the_member(app: Flask) -> None:
    number = raised("secretary", entry_id=record("M002"), how="paper")
    uphold(number, "street")
    assert told(app, number)[1:] == [("secretary", "decided")]


def test_who_has_a_tally_to_correct_is_told(app: Flask, frozen_clock: FrozenClock) -> None:
    number, other = raised(entry_id=record()), raised(entry_id=record(by="street"))
    tally_work.publicised("QS", "2026-Q3")
    tally_work.publicised("QS02", "2026-Q3")
    tally_work.publicised("QS", "2026-Q1")
    sealed = tally_work.publicised("QS01", "2026-Q3")
    tally_work.seal(sealed)
    frozen_clock.advance(seconds=1)
    uphold(number)
    # Not the street, whose tally is sealed; and not for the first quarter, before the day of the entry.
    assert told(app, number)[1:] == [("member", "decided"), ("admin", "tally")]
    dismiss(other, "secretary")
    assert ("admin", "tally") not in told(app, other)
