"""Deadlines of facts and rectifications: told on their mornings, moved with the deadline, stopped by the deed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.inspections import service as inspections
from pointsvc.notices import reminders
from pointsvc.notices.models import Notice
from pointsvc.people import settings
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.conftest import FrozenClock
from tests.inspections import scene
from tests.notices import reminded

# Of facts that both signed on Saturday the 15th: until Wednesday.
FACTS = [date(2026, 8, 18), date(2026, 8, 19)]
# Of an order on the 15th with ten working days: three working days before, the day, and the day after.
AHEAD, DUE, AFTER = date(2026, 8, 25), date(2026, 8, 28), date(2026, 8, 29)
LATER = date(2026, 10, 20)


@pytest.fixture
def told(app: Flask, frozen_clock: FrozenClock) -> Callable[[str, date], list[tuple[str, str]]]:
    """Who was reminded of a subject by the morning of a day."""
    scene.district()
    return lambda subject, day: reminded.on(app, frozen_clock, day, subject)


def signed() -> int:
    number = scene.opened(scene.plan())
    scene.answered(number)
    return scene.signed(number)


def order(days: int = 10) -> int:
    return scene.ordered(scene.settled(scene.plan()), days=days)


# ---- facts


def test_the_unit_is_reminded_of_its_facts_the_day_before_and_on_the_last_day(told: Callable) -> None:
    subject = f"inspection:{signed()}"
    days = [date(2026, 8, 17), *FACTS, LATER]
    assert [len(told(subject, day)) for day in days] == [0, 1, 2, 2]
    assert told(subject, LATER) == [("secretary", "facts")] * 2


@pytest.mark.parametrize("agrees", [True, False])
def test_nobody_is_reminded_once_the_unit_has_spoken(told: Callable, agrees: bool) -> None:
    number = signed()
    scene.confirmed(number, agrees=agrees, comment="已核对")
    assert told(f"inspection:{number}", LATER) == []


def test_nobody_is_reminded_once_the_facts_stand_without_the_unit(told: Callable, frozen_clock: FrozenClock) -> None:
    number = signed()
    frozen_clock.advance(days=5)
    who = factories.actor("overseer")
    with transaction():
        inspections.maintain(actor=who, at=clock.now(), inspection_id=number, reply="逾期未反馈")
    assert told(f"inspection:{number}", LATER) == []


def test_facts_that_are_signed_anew_have_days_of_their_own(told: Callable, frozen_clock: FrozenClock) -> None:
    number = signed()
    subject = f"inspection:{number}"
    assert len(told(subject, FACTS[0])) == 1
    scene.confirmed(number, agrees=False, comment="已召开")
    who = factories.actor("overseer")
    with transaction():
        inspections.reopen(actor=who, at=clock.now(), inspection_id=number)
    assert len(told(subject, date(2026, 8, 24))) == 1
    scene.signed(number)
    # Until Thursday the 27th now.
    assert [len(told(subject, date(2026, 8, day))) for day in (25, 26, 27, 30)] == [1, 2, 3, 3]


def test_facts_of_two_minutes_ago_are_not_brought_to_mind(told: Callable, frozen_clock: FrozenClock) -> None:
    with transaction():
        settings.decide(actor=SYSTEM, at=clock.now(), organisation="QS", name="facts_days", value=1)
    subject = f"inspection:{signed()}"
    assert [len(told(subject, date(2026, 8, day))) for day in (15, 16, 17, 30)] == [0, 0, 1, 1]


# ---- rectifications


def test_the_unit_is_reminded_and_then_those_above_are_told_each_once(told: Callable) -> None:
    subject = f"rectification:{order()}"
    days = [AHEAD - timedelta(days=1), AHEAD, DUE - timedelta(days=1), DUE, AFTER, LATER]
    assert [len(told(subject, day)) for day in days] == [0, 1, 1, 2, 3, 3]
    assert told(subject, LATER) == [("secretary", "due"), ("secretary", "due"), ("street", "overdue")]


def test_how_early_is_a_setting(told: Callable) -> None:
    with transaction():
        settings.decide(actor=SYSTEM, at=clock.now(), organisation="QS", name="rectification_remind_days", value=5)
    subject = f"rectification:{order()}"
    assert [len(told(subject, day)) for day in (date(2026, 8, 20), date(2026, 8, 21), AHEAD, DUE)] == [0, 1, 1, 2]


def test_after_a_long_absence_each_is_told_once(told: Callable) -> None:
    subject = f"rectification:{order()}"
    assert told(subject, LATER) == [("secretary", "due"), ("street", "overdue")]
    assert len(told(subject, LATER + timedelta(days=30))) == 2


def test_the_answer_stops_the_reminders_but_those_above_hear_of_it_when_it_lies(told: Callable) -> None:
    number = order()
    scene.replied(number)
    assert told(f"rectification:{number}", LATER) == [("street", "overdue")]


@pytest.mark.parametrize("act", ["close", "fail"])
def test_nobody_is_reminded_of_what_has_ended(told: Callable, act: str) -> None:
    number = order()
    scene.rechecked(scene.replied(number), act)
    assert told(f"rectification:{number}", LATER) == []


def test_what_is_sent_back_has_days_of_its_own(told: Callable, frozen_clock: FrozenClock) -> None:
    number = order()
    subject = f"rectification:{number}"
    assert [len(told(subject, day)) for day in (AHEAD, DUE, AFTER)] == [1, 2, 3]
    scene.rechecked(scene.replied(number), "send_back", days=10)
    due_on = scene.order_row(number).due_on
    assert due_on == date(2026, 9, 11)
    days = [date(2026, 9, 7), date(2026, 9, 8), due_on, date(2026, 9, 12), LATER]
    assert [len(told(subject, day)) for day in days] == [3, 4, 5, 6, 6]
    assert told(subject, LATER)[3:] == [("secretary", "due"), ("secretary", "due"), ("street", "overdue")]


def test_whoever_leads_by_then_is_told(told: Callable) -> None:
    subject = f"rectification:{order()}"
    reminded.succeeded("secretary", "successor", "QS0101")
    reminded.succeeded("street", "next_street", "QS01")
    assert told(subject, AFTER) == [("successor", "due"), ("next_street", "overdue")]


def test_a_clock_that_goes_back_and_a_job_that_is_done_again_tell_nothing_twice(
    told: Callable, frozen_clock: FrozenClock
) -> None:
    subject = f"rectification:{order()}"
    assert [len(told(subject, day)) for day in (DUE, AHEAD, AFTER, DUE, AFTER)] == [1, 1, 2, 2, 2]
    with transaction():
        reminders.tell_due(at=clock.now(), by=clock.now())
    assert len(reminded.told(subject)) == 2


def test_a_worker_that_dies_before_it_has_told_leaves_it_due(told: Callable, frozen_clock: FrozenClock) -> None:
    subject = f"rectification:{order()}"
    frozen_clock.set(reminders.morning(DUE))
    with suppress(KeyboardInterrupt), transaction():
        assert reminders.tell_due(at=clock.now(), by=clock.now()) == 2
        raise KeyboardInterrupt
    assert db.session.scalar(select(func.count()).where(Notice.dedupe.startswith("reminder:"))) == 0
    assert told(subject, DUE) == [("secretary", "due")]


def test_signed_units_end_the_inspectors_reminders_and_one_opened_again_brings_them_back(
    told: Callable, frozen_clock: FrozenClock
) -> None:
    plan = scene.plan()
    both = [("overseer", "visits"), ("second", "visits")]
    first, second = scene.opened(plan), scene.opened(plan, "QS02")
    for number in (first, second):
        scene.answered(number)
    scene.signed(first)
    subject = f"spot_check:{plan}"
    assert told(subject, date(2026, 9, 28)) == both
    scene.signed(second)
    assert told(subject, date(2026, 9, 30)) == both
    scene.confirmed(second, "far", agrees=False, comment="不属实")
    who = factories.actor("second")
    with transaction():
        inspections.reopen(actor=who, at=clock.now(), inspection_id=second)
    assert told(subject, date(2026, 9, 30)) == both * 2
