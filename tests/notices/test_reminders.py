"""Reminders: once for each date, moved with the deadline, stopped by the deed, and caught up after absence."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.notices import reminders
from pointsvc.notices.models import Notice, Reminder
from pointsvc.people.models import SignIn
from tests import factories
from tests.conftest import FrozenClock
from tests.notices import scene
from workers import run

WORDS = reminders.Words(
    "The objection of %(member)s is to be replied to by the end of %(due_on)s", {"member": "—", "due_on": "2026-09-01"}
)
SUBJECT, KIND = "inspection:7", "reply"


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "application", lambda: app)
    factories.district()


def days(*numbers: int) -> list[datetime]:
    return [datetime.fromisoformat("2026-08-15T02:00:00+00:00") + timedelta(days=number) for number in numbers]


def plan(dues: list[datetime], subject: str = SUBJECT) -> None:
    reader = factories.actor("secretary").sign_in_id or 0
    with transaction():
        reminders.plan(
            at=clock.now(), subject=subject, kind=KIND, dues=dues, whom=reminders.Whom([reader]), words=WORDS
        )


def told(frozen_clock: FrozenClock, day: int) -> int:
    """How many notices there are once everything up to this day's morning is done."""
    frozen_clock.set(days(day)[0])
    scene.work()
    db.session.rollback()
    return db.session.query(Notice).count()


def test_each_comes_on_its_day_and_once(frozen_clock: FrozenClock) -> None:
    plan(days(3, 5))
    plan(days(3, 5))
    assert [told(frozen_clock, day) for day in (0, 2, 3, 4, 5, 9)] == [0, 0, 1, 1, 2, 2]


def test_none_comes_once_somebody_has_acted(frozen_clock: FrozenClock) -> None:
    plan(days(3, 5))
    plan(days(3), subject="inspection:8")
    told(frozen_clock, 3)
    with transaction():
        reminders.stop(at=clock.now(), subject=SUBJECT)
    assert told(frozen_clock, 9) == 2


def test_a_later_deadline_moves_what_was_not_told_and_repeats_what_was(frozen_clock: FrozenClock) -> None:
    plan(days(3, 5))
    assert told(frozen_clock, 3) == 1
    plan(days(13, 15))
    assert [told(frozen_clock, day) for day in (5, 12, 13, 15, 20)] == [1, 1, 2, 3, 3]


def test_an_earlier_deadline_is_told_at_once_and_not_twice(frozen_clock: FrozenClock) -> None:
    plan(days(10, 12))
    assert told(frozen_clock, 4) == 0
    plan(days(1, 6))
    assert [told(frozen_clock, day) for day in (4, 6, 12)] == [1, 2, 2]


def test_fewer_dates_stop_the_rest(frozen_clock: FrozenClock) -> None:
    plan(days(3, 5, 7))
    plan(days(4))
    assert told(frozen_clock, 20) == 1
    rows = db.session.query(Reminder).order_by(Reminder.n).all()
    assert [(row.told_at is not None, row.stopped_at is not None) for row in rows] == [
        (True, False),
        (False, True),
        (False, True),
    ]


def test_after_months_away_the_latest_is_told_and_none_is_left(frozen_clock: FrozenClock) -> None:
    plan(days(3, 5, 7))
    plan(days(60), subject="inspection:8")
    assert told(frozen_clock, 100) == 2
    assert db.session.query(Reminder).filter(Reminder.told_at.is_(None)).count() == 0


def test_a_clock_that_goes_back_tells_nothing_twice(frozen_clock: FrozenClock) -> None:
    plan(days(3, 5))
    assert [told(frozen_clock, day) for day in (3, 2, 0, 3, 5, 4, 5)] == [1, 1, 1, 1, 2, 2, 2]


@pytest.mark.parametrize(
    ("codes", "above", "names"),
    [
        (["QS0101"], False, {"secretary"}),
        # A unit without a secretary of its own: the nearest above.
        (["QS0201"], False, {"far"}),
        (["QS0101", "QS0102", "QS01", "QS0201"], False, {"secretary", "neighbour", "street", "far"}),
        (["QS0101"], True, {"street"}),
        # Not the same people again, but those over them.
        (["QS0201"], True, {"admin", "overseer"}),
        (["QS0102", "QS0201"], True, {"street", "admin", "overseer"}),
        ([], False, set()),
    ],
)
def test_whoever_leads_an_organisation_is_told(
    frozen_clock: FrozenClock, codes: list[str], above: bool, names: set[str]
) -> None:
    whom = reminders.Whom(organisation_ids=[factories.organisation_id(code) for code in codes], above=above)
    with transaction():
        reminders.plan(at=clock.now(), subject=SUBJECT, kind=KIND, dues=days(1), whom=whom, words=WORDS)
    assert told(frozen_clock, 2) == len(names)
    assert set(db.session.scalars(select(SignIn.name).join(Notice, Notice.sign_in_id == SignIn.id))) == names


def test_the_mornings_before_a_last_day_begin_after_its_cause() -> None:
    day, since = date(2026, 9, 11), days(1)[0]
    assert reminders.ahead(day, 3, since=since) == [reminders.morning(date(2026, 9, 8)), reminders.morning(day)]
    assert reminders.ahead(day, 3, since=reminders.morning(date(2026, 9, 8))) == [reminders.morning(day)]
    assert reminders.ahead(day, 3, since=reminders.morning(day)) == []
    assert clock.local(reminders.morning(day)).isoformat() == "2026-09-11T08:00:00+08:00"


def test_more_than_fit_into_one_transaction(frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminders, "AT_ONCE", 2)
    for number in range(5):
        plan(days(1), subject=f"inspection:{number}")
    assert [told(frozen_clock, 2) for _ in range(3)] == [2, 4, 5]
