"""The periodic work: one table, each period asked for once, oldest first, also after a long absence.

The scheduler process also sweeps the job table: whatever is due while no bell waits is rung for, so
that a lost ring, a wiped Redis or a job put back costs a moment, never the job. Two schedulers do no
harm: the lease only saves work, the primary key of ``PeriodRun`` makes each period one job.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from pointsvc import clock, create_app, queues
from pointsvc.db import db, transaction
from pointsvc.notices import announcing, reminders

log = logging.getLogger(__name__)

TICK = 20.0
LEASE = timedelta(seconds=60)
# A jump of the clock is a fault until it has lasted this long: time to put the clock right.
JUMP = 60.0
PAUSE = 600.0


@dataclass(frozen=True)
class Periodic:
    """Work that each period needs once: ``period`` names the one that has begun by a local instant.

    ``only_latest``: what was missed while the service was down is not made up for, except the latest.
    """

    kind: str
    topic: str
    period: Callable[[datetime], date]
    following: Callable[[date], date]
    only_latest: bool = False


def _night(local: datetime) -> date:
    """The day whose three o'clock in the morning has passed."""
    return (local - timedelta(hours=3)).date()


def _morning(local: datetime) -> date:
    """The day whose eight o'clock in the morning has passed."""
    return (local - timedelta(hours=8)).date()


def _small_hours(local: datetime) -> date:
    """The day whose ten past two in the morning has passed."""
    return (local - timedelta(hours=2, minutes=10)).date()


def _month(local: datetime) -> date:
    """The first day of the month."""
    return local.date().replace(day=1)


def _quarter(local: datetime) -> date:
    """The first day of the quarter, once its first night has passed."""
    day = (local - timedelta(hours=4)).date()
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


PERIODIC = (
    Periodic("clean_up", queues.CLEAN_UP, _night, lambda day: day + timedelta(days=1)),
    Periodic("declarations", queues.DECLARATIONS_REMIND, _morning, lambda day: day + timedelta(days=1)),
    # It looks at what is there now, so thirty nights in a row would find the same thirty times.
    Periodic("reconcile", queues.RECONCILE, _small_hours, lambda day: day + timedelta(days=1), only_latest=True),
    # In the morning: nobody is to be woken by a reminder.
    Periodic("reviews_remind", queues.REVIEWS_REMIND, _morning, lambda day: day + timedelta(days=1)),
    # After eight, so that quiet hours are over for most.
    Periodic("digests", queues.NOTICE_DIGEST, _morning, lambda day: day + timedelta(days=1)),
    Periodic("exemptions_end", queues.EXEMPTIONS_END, _night, lambda day: day + timedelta(days=1)),
    Periodic("receipts_turn", queues.RECEIPTS_TURN, _night, lambda day: day + timedelta(days=1)),
    # What still helps is told, however many mornings were missed.
    Periodic("pledges_remind", queues.PLEDGES_REMIND, _morning, lambda day: day + timedelta(days=1), only_latest=True),
    Periodic("pledges_close", queues.PLEDGES_CLOSE, _night, lambda day: day + timedelta(days=1), only_latest=True),
    # It looks at what is overdue now: one night does for many that were missed.
    Periodic("spotchecks", queues.SPOTCHECKS_LAPSE, _night, lambda day: day + timedelta(days=1), only_latest=True),
    # A new month may begin a new cycle, whose standings nobody's entry has settled yet.
    Periodic("standings", queues.STANDINGS_SETTLE, _month, lambda day: (day + timedelta(days=31)).replace(day=1)),
    # The quarter that has ended is tallied for the whole tree; each node's own can be asked for any time.
    Periodic("tallies", queues.TALLIES_ASK, _quarter, lambda day: (day + timedelta(days=93)).replace(day=1)),
    # Replies that are due are told in the morning; after an absence one night's look is as good as many.
    Periodic("disputes", queues.DISPUTES_REMIND, _night, lambda day: day + timedelta(days=1)),
    # It looks at what waits now, so the latest morning is enough.
    Periodic("lists", queues.LISTS_REMIND, _morning, lambda day: day + timedelta(days=1), only_latest=True),
    Periodic("service_remind", queues.SERVICE_REMIND, _morning, lambda day: day + timedelta(days=1)),
    # Each quarter that has ended has its cards, also those that ended while the service was down.
    Periodic("service_cards", queues.SERVICE_CARDS, _quarter, lambda day: (day + timedelta(days=93)).replace(day=1)),
)


def ask_for_due() -> int:
    """Ask for every period that has begun and was not asked for, oldest first; how many there were.

    Where nothing was ever asked for, only the present period is due, not all of history. A clock
    that went back asks for nothing: what it has seen before is done.
    """
    asked = 0
    for periodic in PERIODIC:
        for period in list(_due(periodic)):
            asked += _ask(periodic, period)
    return asked


def ask_for_dated() -> None:
    """Ask for what has a date of its own: reminders that are due, announcements whose time has come.

    Not jobs with a date, which a worker would take whose clock runs ahead.
    """
    at = clock.now()
    with transaction():
        reminders.ask_for_due(at=at)
        announcing.ask_for_due(at=at)


def _due(periodic: Periodic) -> Iterator[date]:
    newest = periodic.period(clock.local(clock.now()))
    last = db.session.scalar(select(func.max(queues.PeriodRun.period)).where(queues.PeriodRun.kind == periodic.kind))
    # The read must not stay open: on SQLite the next transaction would begin with an old picture.
    db.session.rollback()
    period = periodic.following(date.fromisoformat(last)) if last else newest
    if periodic.only_latest:
        period = max(period, newest)
    while period <= newest:
        yield period
        period = periodic.following(period)


def _ask(periodic: Periodic, period: date) -> bool:
    try:
        with transaction():
            return queues.run_once(
                kind=periodic.kind,
                period=period,
                topic=periodic.topic,
                payload={"period": period.isoformat()},
                at=clock.now(),
            )
    except IntegrityError:
        # Another scheduler was faster; the job is its.
        return False


class Watch:
    """Compares the wall clock with one that cannot be set, and says whether the wall clock may be trusted."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self.steady = steady
        self.paused_until: float | None = None
        self.last = (clock.now(), steady())

    def trusted(self) -> bool:
        """False from a jump of more than a minute on, until ten minutes without another one have passed."""
        before, (now, steady) = self.last, (clock.now(), self.steady())
        self.last = (now, steady)
        jump = (now - before[0]).total_seconds() - (steady - before[1])
        if abs(jump) > JUMP:
            log.critical("the clock jumped by %+.0f seconds; nothing periodic is begun for %.0f seconds", jump, PAUSE)
            self.paused_until = steady + PAUSE
        if self.paused_until is not None and steady >= self.paused_until:
            log.warning("the clock has been steady again; periodic work goes on")
            self.paused_until = None
        return self.paused_until is None


class Scheduler:
    """One scheduler: ``step`` does what is to be done now and says how many seconds to wait."""

    def __init__(self, app: Flask, *, holder: str | None = None, steady: Callable[[], float] = time.monotonic) -> None:
        self.app = app
        self.holder = holder or f"{socket.gethostname()[:50]}:{os.getpid()}"
        self.watch = Watch(steady)
        self.next_tick = steady()

    def step(self) -> float:
        """Sweep, and each 20 seconds tick. Nothing that fails here ends the scheduler."""
        with self.app.app_context():
            try:
                trusted = self.watch.trusted()
                if trusted and self.watch.steady() >= self.next_tick:
                    self.next_tick = self.watch.steady() + TICK
                    self.tick()
                return self.sweep()
            except SQLAlchemyError as error:
                log.warning("the database does not answer (%s); trying again", type(error).__name__)
                return 2.0

    def tick(self) -> int:
        """Ask for due periods, unless another scheduler has the lease."""
        at = clock.now()
        try:
            with transaction():
                leads = queues.lead(name="scheduler", holder=self.holder, at=at, until=at + LEASE)
        except IntegrityError:
            leads = False
        if not leads:
            return 0
        ask_for_dated()
        return ask_for_due()

    def sweep(self) -> float:
        """Ring when a job is due and no bell waits. Seconds until the next look."""
        if queues.due(at=clock.now()) and queues.nudge(unless=1):
            return 0.25
        return 1.0


def main() -> None:
    """Tick and sweep until SIGTERM or SIGINT."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: stopping.set())
    scheduler = Scheduler(create_app())
    while not stopping.wait(scheduler.step()):
        pass
