"""E8: the clock jumps by an hour, by days, back and forth; a month ends; the service is away for three months."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.errors import N_
from pointsvc.notices import announcing, reminders
from pointsvc.notices.models import Announcement, Notice
from pointsvc.queues import Job, PeriodRun
from tests import factories
from tests.conftest import FrozenClock
from workers import run, schedule

pytestmark = pytest.mark.faults
WORDS = reminders.Words(N_("The tally of %(period)s is ready"), {"period": "2026-Q3"})


class Service:
    """A scheduler and a worker in this process; the wall clock is the frozen one, the steady one goes by hand."""

    def __init__(self, app: Flask, wall: FrozenClock) -> None:
        self.app, self.wall, self.seconds = app, wall, 100.0
        self.restart()

    def restart(self) -> None:
        """Another scheduler process: it has seen no clock before."""
        self.scheduler = schedule.Scheduler(self.app, holder="this", steady=lambda: self.seconds)

    def pass_time(self, seconds: float, step: float = schedule.TICK) -> None:
        """Let so much time go by, with both at work all the while."""
        for _ in range(int(seconds / step)):
            self.wall.advance(seconds=step)
            self.seconds += step
            self.scheduler.step()
            run.drain(limit=1000)


@pytest.fixture
def service(app: Flask, frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setattr(run, "application", lambda: app)
    factories.district()
    made = Service(app, frozen_clock)
    made.pass_time(60)
    return made


def remind(subject: str, *dues: datetime) -> None:
    reader = factories.actor("secretary").sign_in_id or 0
    with transaction():
        whom = reminders.Whom([reader])
        reminders.plan(at=clock.now(), subject=subject, kind="due", dues=dues, whom=whom, words=WORDS)


def seal(open_at: datetime) -> Announcement:
    reader = factories.actor("secretary").sign_in_id or 0
    with transaction():
        return announcing.write(
            actor=factories.actor("overseer"), at=clock.now(), open_at=open_at, organisation="QS0101",
            audience="named", sign_in_ids=[reader], title="暗访", body="今日到访",
        )  # fmt: skip


def periods() -> list[tuple[str, str]]:
    db.session.rollback()
    rows = db.session.execute(select(PeriodRun.kind, PeriodRun.period).order_by(PeriodRun.kind, PeriodRun.job_id))
    return [(row.kind, row.period) for row in rows]


def told() -> int:
    db.session.rollback()
    return db.session.query(Notice).filter(Notice.dedupe.like("reminder:%")).count()


JUMPS = [timedelta(hours=1), timedelta(days=40), timedelta(hours=-1), timedelta(days=-1)]


@pytest.mark.parametrize("jump", JUMPS, ids=["+1h", "+40d", "-1h", "-1d"])
def test_a_jump_begins_nothing_early_and_is_told_within_a_minute(
    service: Service, frozen_clock: FrozenClock, jump: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    before = periods()
    remind("a", clock.now() + timedelta(minutes=30))
    remind("b", clock.now() + timedelta(days=20))
    sealed = seal(clock.now() + timedelta(minutes=40))
    caplog.clear()
    frozen_clock.instant += jump
    service.pass_time(60)
    alarms = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert len(alarms) == 1
    service.pass_time(300)
    assert (periods(), told()) == (before, 0)
    assert db.session.get_one(Announcement, sealed.id, populate_existing=True).opened_at is None
    # Put right, and ten steady minutes later everything comes at its time.
    frozen_clock.instant -= jump
    service.pass_time(660)
    assert (periods(), told()) == (before, 0)
    service.pass_time(1500)
    assert told() == 1
    assert db.session.get_one(Announcement, sealed.id, populate_existing=True).opened_at is not None
    assert periods() == before


def test_a_restart_over_the_end_of_a_month_in_the_district(service: Service, frozen_clock: FrozenClock) -> None:
    frozen_clock.set(datetime(2026, 8, 31, 15, 59, 30, tzinfo=UTC))
    service.restart()
    service.pass_time(20)
    assert ("standings", "2026-09-01") not in periods()
    frozen_clock.set(datetime(2026, 8, 31, 16, 0, 10, tzinfo=UTC))
    for _ in range(3):
        service.restart()
        service.pass_time(40)
    months = [period for kind, period in periods() if kind == "standings"]
    assert months == ["2026-08-01", "2026-09-01"]


def test_three_months_away(service: Service, frozen_clock: FrozenClock) -> None:
    for number in range(1, 60):
        remind(f"series {number % 20}-{number}", clock.now() + timedelta(days=number))
    sealed = seal(clock.now() + timedelta(days=50))
    asked = len(periods())
    frozen_clock.advance(days=92)
    service.seconds += 10.0
    service.restart()
    for _ in range(3):
        service.pass_time(100)
    found = periods()
    kinds = Counter(kind for kind, _ in found)
    print(f"periods before {asked}, after three months {len(found)}: {dict(kinds)}; reminders told {told()} of 59")
    for kind in kinds:
        several = [period for one, period in found if one == kind]
        assert several == sorted(set(several)), kind
    assert kinds["digests"] == 93
    assert told() == 59
    assert db.session.get_one(Announcement, sealed.id, populate_existing=True).opened_at is not None
    assert set(db.session.scalars(select(Job.status))) == {"done"}
