"""Periodic work: each period once, in order, after any absence, with any number of schedulers."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import redis
from flask import Flask
from sqlalchemy import select

from pointsvc import clock, queues
from pointsvc.db import db, transaction
from pointsvc.queues import Job, PeriodRun
from tests.conftest import FrozenClock
from workers import schedule

A_DAY = date(2026, 8, 20)


def periods(kind: str) -> list[str]:
    rows = db.session.scalars(select(PeriodRun).where(PeriodRun.kind == kind).order_by(PeriodRun.job_id)).all()
    return [row.period for row in rows]


def test_the_first_start_asks_for_the_present_periods_only(app: Flask, frozen_clock: FrozenClock) -> None:
    assert schedule.ask_for_due() == len(schedule.PERIODIC)
    assert (periods("clean_up"), periods("standings")) == (["2026-08-15"], ["2026-08-01"])
    assert (periods("tallies"), periods("reviews_remind")) == (["2026-07-01"], ["2026-08-15"])
    assert schedule.ask_for_due() == 0


def test_after_months_away_each_period_is_asked_for_once_and_in_order(app: Flask, frozen_clock: FrozenClock) -> None:
    schedule.ask_for_due()
    frozen_clock.set(datetime(2026, 11, 20, 4, tzinfo=UTC))
    schedule.ask_for_due()
    assert periods("standings") == ["2026-08-01", "2026-09-01", "2026-10-01", "2026-11-01"]
    nights = periods("clean_up")
    assert nights == sorted(set(nights))
    assert (nights[0], nights[-1], len(nights)) == ("2026-08-15", "2026-11-20", 98)
    jobs = db.session.scalars(select(Job).where(Job.topic == queues.STANDINGS_SETTLE).order_by(Job.id)).all()
    assert [job.payload for job in jobs] == [{"period": period} for period in periods("standings")]


def test_a_month_begins_at_midnight_of_the_district_and_not_before(app: Flask, frozen_clock: FrozenClock) -> None:
    frozen_clock.set(datetime(2026, 8, 31, 15, 59, 59, tzinfo=UTC))
    schedule.ask_for_due()
    assert periods("standings") == ["2026-08-01"]
    frozen_clock.advance(seconds=1)
    schedule.ask_for_due()
    assert periods("standings") == ["2026-08-01", "2026-09-01"]


def test_a_night_is_due_at_three_in_the_morning(app: Flask, frozen_clock: FrozenClock) -> None:
    frozen_clock.set(datetime(2026, 8, 20, 18, 59, tzinfo=UTC))
    schedule.ask_for_due()
    assert periods("clean_up") == ["2026-08-20"]
    frozen_clock.advance(minutes=1)
    schedule.ask_for_due()
    assert periods("clean_up") == ["2026-08-20", "2026-08-21"]


def test_after_downtime_only_the_latest_night_is_reconciled(app: Flask, frozen_clock: FrozenClock) -> None:
    schedule.ask_for_due()
    frozen_clock.set(datetime(2026, 9, 14, 18, 9, tzinfo=UTC))
    schedule.ask_for_due()
    assert periods("reconcile") == ["2026-08-15", "2026-09-14"]
    # Ten past two of the district, and not a minute before; and each night once.
    frozen_clock.advance(minutes=1)
    for _ in range(2):
        schedule.ask_for_due()
    assert periods("reconcile") == ["2026-08-15", "2026-09-14", "2026-09-15"]


def test_a_quarter_is_tallied_the_night_after_its_end_and_none_is_left_out(
    app: Flask, frozen_clock: FrozenClock
) -> None:
    frozen_clock.set(datetime(2026, 9, 30, 19, 59, tzinfo=UTC))
    schedule.ask_for_due()
    assert periods("tallies") == ["2026-07-01"]
    frozen_clock.advance(minutes=1)
    schedule.ask_for_due()
    assert periods("tallies") == ["2026-07-01", "2026-10-01"]
    frozen_clock.advance(days=400)
    schedule.ask_for_due()
    assert periods("tallies")[2:] == ["2027-01-01", "2027-04-01", "2027-07-01", "2027-10-01"]


def test_a_clock_that_goes_back_asks_for_nothing_twice(app: Flask, frozen_clock: FrozenClock) -> None:
    schedule.ask_for_due()
    for days in (-1, -40, 41):
        frozen_clock.advance(days=days)
        schedule.ask_for_due()
    assert periods("clean_up") == ["2026-08-15"]


class Steady:
    """A clock that cannot be set: it goes on by hand."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def steady() -> Steady:
    return Steady()


def pass_time(frozen_clock: FrozenClock, steady: Steady, seconds: float) -> None:
    frozen_clock.advance(seconds=seconds)
    steady.seconds += seconds


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(days=40), timedelta(hours=-1), timedelta(seconds=61)])
def test_a_jump_of_the_clock_pauses_and_alarms(
    app: Flask, frozen_clock: FrozenClock, steady: Steady, jump: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    scheduler = schedule.Scheduler(app, steady=steady)
    scheduler.step()
    assert periods("standings") == ["2026-08-01"]
    frozen_clock.instant += jump
    for _ in range(20):
        pass_time(frozen_clock, steady, schedule.TICK)
        scheduler.step()
    assert periods("standings") == ["2026-08-01"]
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]
    # Put right: that is a jump too, and nothing was asked for too early.
    frozen_clock.instant -= jump
    for _ in range(32):
        pass_time(frozen_clock, steady, schedule.TICK)
        scheduler.step()
    assert periods("standings") == ["2026-08-01"]
    assert scheduler.watch.trusted()


def test_a_jump_that_stays_is_believed_after_ten_minutes(
    app: Flask, frozen_clock: FrozenClock, steady: Steady, caplog: pytest.LogCaptureFixture
) -> None:
    scheduler = schedule.Scheduler(app, steady=steady)
    scheduler.step()
    frozen_clock.advance(days=40)
    for _ in range(32):
        pass_time(frozen_clock, steady, schedule.TICK)
        scheduler.step()
    assert periods("standings") == ["2026-08-01", "2026-09-01"]


def test_only_the_holder_of_the_lease_ticks_and_another_takes_over(
    app: Flask, frozen_clock: FrozenClock, steady: Steady
) -> None:
    first = schedule.Scheduler(app, holder="first", steady=steady)
    second = schedule.Scheduler(app, holder="second", steady=steady)
    frozen_clock.set(datetime(2026, 8, 20, 18, 59, 45, tzinfo=UTC))
    assert first.tick() == len(schedule.PERIODIC)
    frozen_clock.advance(seconds=30)
    nightly = sum(periodic.period is schedule._night for periodic in schedule.PERIODIC)
    assert (second.tick(), first.tick()) == (0, nightly)
    frozen_clock.advance(days=1)
    daily = sum(periodic.following(date(2026, 8, 1)) == date(2026, 8, 2) for periodic in schedule.PERIODIC)
    assert (second.tick(), first.tick()) == (daily, 0)


def test_a_lease_from_a_clock_that_was_wrong_binds_nobody(app: Flask, frozen_clock: FrozenClock) -> None:
    far = clock.now() + timedelta(days=40)
    with transaction():
        assert queues.lead(name="scheduler", holder="before", at=far, until=far + schedule.LEASE)
    with transaction():
        assert queues.lead(name="scheduler", holder="now", at=clock.now(), until=clock.now() + schedule.LEASE)


def test_two_schedulers_at_once_ask_for_each_of_fifty_periods_once(live_app: Flask, frozen_clock: FrozenClock) -> None:
    with live_app.app_context():
        schedule.ask_for_due()
    frozen_clock.advance(days=47)
    faults: list[BaseException] = []
    gate = threading.Barrier(2)

    def tick() -> None:
        try:
            with live_app.app_context():
                gate.wait()
                schedule.ask_for_due()
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=tick) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with live_app.app_context():
        assert len(periods("clean_up")) == 48
        assert len(periods("standings")) == 3
        assert len(periods("tallies")) == 2
        assert len(periods("disputes")) == 48
        assert periods("reconcile") == ["2026-08-15", "2026-10-01"]
        asked = sum(len(periods(periodic.kind)) for periodic in schedule.PERIODIC)
        assert len(db.session.scalars(select(Job.id)).all()) == asked


def test_the_sweep_rings_for_what_a_wiped_redis_forgot(
    live_app: Flask, redis_url: str, frozen_clock: FrozenClock, steady: Steady
) -> None:
    connection = redis.Redis.from_url(redis_url)
    scheduler = schedule.Scheduler(live_app, steady=steady)
    scheduler.next_tick = 1e9
    assert scheduler.step() == 1.0
    with live_app.app_context(), transaction():
        queues.enqueue(topic=queues.CLEAN_UP, payload={}, at=clock.now())
    assert connection.llen("rq:queue:work") == 1
    connection.flushall()
    assert scheduler.step() == 0.25
    assert scheduler.step() == 0.25
    assert connection.llen("rq:queue:work") == 1
    connection.close()


def test_an_absent_redis_ends_nothing(live_app: Flask, frozen_clock: FrozenClock, steady: Steady) -> None:
    with live_app.app_context(), transaction():
        queues.enqueue(topic=queues.CLEAN_UP, payload={}, at=clock.now())
    queues.connect("unix:///nonexistent/socket")
    try:
        assert schedule.Scheduler(live_app, steady=steady).step() == 1.0
    finally:
        queues.connect("none")
