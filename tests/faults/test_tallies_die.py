"""E3: the worker that computes a tally is killed and frozen again and again."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from pointsvc import clock, verifying
from pointsvc.db import db, transaction
from pointsvc.ledger.models import Entry
from pointsvc.ledger.service import record_batch
from pointsvc.notices.models import Notice
from pointsvc.people import service as people
from pointsvc.permissions import SYSTEM
from pointsvc.queues import Job
from pointsvc.tallies import service as tallies
from pointsvc.tallies.models import Tally, TallyResult
from tests import factories
from tests.faults.history import until
from tests.faults.processes import Process, Start
from tests.schemes.sheets import ruled_district

pytestmark = pytest.mark.faults
WORKER = [sys.executable, "-m", "tests.faults.worker", "--poll"]
MEMBERS, PERIODS, KILLS, FREEZES = 400, 4, 4, 1


def prepare(rng: random.Random) -> None:
    """A branch of many members, their entries, and the tally of each quarter asked for."""
    ruled_district()
    numbers = [f"X{n:03d}" for n in range(MEMBERS)]
    with transaction():
        people.add_members(
            actor=SYSTEM,
            at=factories.AT,
            rows=[people.NewMember(number, "程不易", "QS0102", "regular") for number in numbers],
        )
    for month in (2, 5, 8, 11):
        with transaction():
            record_batch(
                actor=SYSTEM,
                at=clock.now(),
                members=rng.sample(numbers, 200),
                rule="volunteer",
                quantity=Decimal(rng.randrange(1, 9)),
                occurred_on=date(2026, month, 3),
            )
    for quarter in range(1, PERIODS + 1):
        with transaction():
            tallies.request(actor=SYSTEM, at=clock.now(), organisation="QS", period=f"2026-Q{quarter}")


def tokens() -> dict[int, int]:
    """How often each tally's job has been claimed."""
    db.session.rollback()
    return dict(db.session.execute(select(Job.id, Job.token).where(Job.topic == "tally_compute")).all())


def progress(job_id: int) -> int | None:
    """How far the job is."""
    db.session.rollback()
    return db.session.scalar(select(Job.progress).where(Job.id == job_id))


def in_the_middle(rng: random.Random, known: dict[int, int]) -> Job:
    """Wait until a tally that was claimed after ``known`` has got so far, by chance."""
    after = rng.choice((0, 40, 120, 200))
    query = select(Job).where(Job.topic == "tally_compute", Job.status == "running", Job.progress >= after)
    found: list[Job] = []

    def far_enough() -> bool:
        db.session.rollback()
        jobs = db.session.scalars(query.execution_options(populate_existing=True)).all()
        found[:] = [job for job in jobs if job.token > known[job.id] and job.size]
        return bool(found)

    until(far_enough, seconds=30)
    return found[0]


def freeze(worker: Process, job_id: int, start: Start) -> Process:
    """Stop the worker for longer than its lease: another takes its job over, and it wakes up a zombie."""
    other, taken_over = start(WORKER), False
    while not taken_over:
        os.kill(worker.pid, signal.SIGSTOP)
        token, done = tokens()[job_id], progress(job_id)
        # Stopped within a transaction it would hold the others up, until the server ends it after fifteen
        # seconds: then let it go on before that and do some more, and again.
        taken_over = within(8, lambda token=token: tokens()[job_id] > token)
        os.kill(worker.pid, signal.SIGCONT)
        if not taken_over:
            within(5, lambda done=done: progress(job_id) != done)
    until(lambda: "passed to another worker" in worker.log(), seconds=20)
    worker.end(signal.SIGKILL)
    return other


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Whether it holds within so many seconds."""
    try:
        until(condition, seconds=seconds)
    except AssertionError:
        return False
    return True


@pytest.mark.usefixtures("context")
def test_each_period_is_published_once_and_right(start: Start, rng: random.Random) -> None:
    prepare(rng)
    order = ["kill"] * KILLS + ["freeze"] * FREEZES
    rng.shuffle(order)
    worker, known, fenced = start(WORKER), tokens(), 0
    for what in order:
        job = in_the_middle(rng, known)
        known = tokens()
        if what == "kill":
            worker.end(signal.SIGKILL)
            worker = start(WORKER)
        else:
            worker, fenced = freeze(worker, job.id, start), fenced + 1
    until(
        lambda: db.session.rollback() or not db.session.scalar(select(func.count(Job.id)).where(Job.done_at.is_(None))),
        seconds=40,
    )
    db.session.expire_all()
    found = db.session.scalars(select(Tally).order_by(Tally.period)).all()
    faults = [str(fault) for fault in verifying.faults(at=clock.now())]
    claims = list(db.session.scalars(select(Job.token).where(Job.topic == "tally_compute")))
    told = Counter(
        db.session.execute(select(Notice.link, Notice.sign_in_id).where(Notice.link.like("/tallies/%"))).all()
    )
    results = dict(db.session.execute(select(TallyResult.tally_id, func.count()).group_by(TallyResult.tally_id)).all())
    print(f"periods {len(found)}, kills {KILLS}, freezes {FREEZES}, fenced {fenced}, claims {sum(claims)}")
    print(f"results {sorted(results.values())}, notices {sum(told.values())}, faults of the recount {len(faults)}")
    assert [(tally.status, tally.version) for tally in found] == [("computed", 1)] * PERIODS
    assert faults == []
    assert sum(claims) >= PERIODS + KILLS + FREEZES
    assert fenced == FREEZES
    assert {link for link, _ in told} == {f"/tallies/{tally.id}" for tally in found}
    assert set(told.values()) == {1}
    assert db.session.scalar(select(func.count(Entry.id))) == 4 * 200
