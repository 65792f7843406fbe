"""Workers and schedulers as processes: killed, frozen, without Redis, with a Redis that forgot everything."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest
import redis
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from pointsvc import clock, demo, queues, verifying
from pointsvc.audit.models import AuditEvent
from pointsvc.db import LEDGER_LOCK, db, lock_writers, transaction
from pointsvc.notices.models import Notice
from pointsvc.queues import Job, PeriodRun
from pointsvc.tallies.models import Tally
from tests.faults.processes import CLI, Start, eventually

pytestmark = pytest.mark.faults
WORKER = [sys.executable, "-m", "tests.faults.worker"]


def ask(**payload: object) -> int:
    with transaction():
        return queues.enqueue(topic=queues.CLEAN_UP, payload=payload, at=clock.now()).id


def job(job_id: int) -> Job:
    db.session.rollback()
    return db.session.get_one(Job, job_id, populate_existing=True)


def all_done(job_ids: list[int]) -> bool:
    db.session.rollback()
    return set(db.session.scalars(select(Job.status).where(Job.id.in_(job_ids)))) == {"done"}


def freeze(pid: int) -> None:
    """Stop a process between two of its writes.

    One that is stopped within a write keeps SQLite's file locked, which no lease frees: everybody waits for it.
    """
    os.kill(pid, signal.SIGSTOP)
    while db.engine.dialect.name == "sqlite" and not _unlocked(f"{db.engine.url.database}.lock"):
        os.kill(pid, signal.SIGCONT)
        os.kill(pid, signal.SIGSTOP)


def _unlocked(path: str) -> bool:
    with open(path, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def steps_of(job_id: int) -> list[int]:
    events = db.session.scalars(select(AuditEvent).where(AuditEvent.object_id == str(job_id)).order_by(AuditEvent.id))
    return [event.details["step"] for event in events]


@pytest.mark.usefixtures("context")
def test_a_job_whose_worker_is_killed_again_and_again_ends_with_each_step_once(start: Start) -> None:
    job_id = ask(steps=40)
    for at in (8, 16, 24):
        worker = start(WORKER, POINTSVC_REDIS_URL="none")
        eventually(lambda at=at: job(job_id).progress >= at)
        worker.end(signal.SIGKILL)
        assert job(job_id).status == "running"
    start(WORKER, POINTSVC_REDIS_URL="none")
    eventually(lambda: job(job_id).status == "done")
    assert steps_of(job_id) == list(range(40))
    assert job(job_id).token >= 4


@pytest.mark.usefixtures("context")
def test_a_frozen_worker_that_wakes_up_late_changes_nothing(start: Start) -> None:
    job_id = ask(steps=40)
    frozen = start([*WORKER, "--poll"])
    eventually(lambda: job(job_id).progress >= 5)
    freeze(frozen.pid)
    start([*WORKER, "--poll"])
    eventually(lambda: job(job_id).token == 2 and job(job_id).progress >= 10)
    os.kill(frozen.pid, signal.SIGCONT)
    eventually(lambda: job(job_id).status == "done")
    eventually(lambda: "passed to another worker" in frozen.log())
    assert steps_of(job_id) == list(range(40))


HOLDER = """
import signal
from pointsvc import create_app
from pointsvc.db import LEDGER_LOCK, lock_writers, transaction
with create_app().app_context(), transaction():
    lock_writers(LEDGER_LOCK, exclusive=True)
    print("held", flush=True)
    signal.pause()
"""


@pytest.mark.usefixtures("context")
def test_what_a_frozen_process_holds_falls_free(start: Start, engine_name: str) -> None:
    """A transaction in which nothing happens any more is ended by the server."""
    if engine_name == "sqlite":
        pytest.skip("the kernel frees a file's lock with its process alone")
    frozen = start([sys.executable, "-c", HOLDER])
    eventually(lambda: "held" in frozen.out.read_text())
    os.kill(frozen.pid, signal.SIGSTOP)

    def taken() -> bool:
        try:
            with transaction():
                lock_writers(LEDGER_LOCK, exclusive=True)
        except OperationalError:
            # Waited for as long as a writer waits.
            return False
        return True

    assert not taken()
    eventually(taken, seconds=25)


@pytest.mark.usefixtures("context")
def test_the_job_of_a_killed_worker_dies_with_it_and_redis_workers_take_it_over(start: Start) -> None:
    job_id = ask(steps=60)
    first = start(WORKER)
    eventually(lambda: job(job_id).progress >= 5)
    children = (Path("/proc") / str(first.pid) / "task" / str(first.pid) / "children").read_text().split()
    first.end(signal.SIGKILL)
    assert children
    eventually(lambda: not any((Path("/proc") / pid / "cmdline").exists() for pid in children), seconds=5)
    start(WORKER)
    start([*CLI, "scheduler"])
    eventually(lambda: job(job_id).status == "done")
    assert steps_of(job_id) == list(range(60))


@pytest.mark.usefixtures("context")
def test_sigterm_lets_the_present_job_end_and_begins_no_other(start: Start) -> None:
    first, second = ask(steps=15), ask(steps=15)
    worker = start(WORKER)
    eventually(lambda: job(first).progress >= 3)
    assert worker.end(signal.SIGTERM) == 0
    assert (job(first).status, job(second).status) == ("done", "queued")


@pytest.mark.usefixtures("context")
def test_a_redis_that_forgot_everything_loses_no_job(start: Start, redis_url: str) -> None:
    jobs = [ask(steps=0) for _ in range(20)]
    with redis.Redis.from_url(redis_url) as connection:
        assert connection.llen("rq:queue:work") > 0
        connection.flushall()
    start(WORKER)
    start([*CLI, "scheduler"])
    eventually(lambda: all_done(jobs))
    assert [job(job_id).attempts for job_id in jobs] == [1] * 20


@pytest.mark.usefixtures("context")
def test_without_redis_the_workers_poll(start: Start) -> None:
    worker = start([*CLI, "worker", "--poll"], POINTSVC_REDIS_URL="none")
    for _ in range(2):
        job_id = ask()
        eventually(lambda job_id=job_id: job(job_id).status == "done")
    assert worker.end(signal.SIGTERM) == 0


@pytest.mark.usefixtures("context")
def test_two_schedulers_and_two_workers_started_at_once_do_each_period_once(start: Start) -> None:
    with transaction():
        long_ago = clock.now().replace(year=clock.now().year - 1)
        queues.run_once(
            kind="standings",
            period=long_ago.date().replace(day=1),
            topic=queues.CLEAN_UP,
            payload={"steps": 0},
            at=clock.now(),
        )
    several = [start([*CLI, "scheduler"]) for _ in range(2)] + [start(WORKER) for _ in range(2)]
    eventually(lambda: len(db.session.scalars(select(PeriodRun)).all()) >= 14 or db.session.rollback())
    for process in several:
        process.end(signal.SIGTERM)
    db.session.rollback()
    runs = db.session.scalars(select(PeriodRun).where(PeriodRun.kind == "standings").order_by(PeriodRun.job_id)).all()
    assert [run.period for run in runs] == sorted({run.period for run in runs})
    assert len(runs) == 13
    assert len({run.job_id for run in runs}) == 13
    assert not any("Traceback" in process.log() for process in several[:2])


@pytest.mark.usefixtures("context")
def test_tallies_whose_worker_is_killed_again_and_again_are_published_once_and_right(start: Start) -> None:
    with transaction():
        demo.fill(at=clock.now())
    tallies = db.session.scalars(select(Tally).order_by(Tally.id)).all()
    for tally in tallies:
        eventually_killed(start, tally.job_id)
    start(WORKER, POINTSVC_REDIS_URL="none")
    eventually(lambda: all_done(list(db.session.scalars(select(Job.id)))), seconds=60)
    db.session.expire_all()
    assert [(tally.status, tally.version) for tally in tallies] == [("computed", 1)] * len(tallies)
    assert [str(fault) for fault in verifying.faults(at=clock.now())] == []
    of_tallies = Notice.link.startswith("/tallies/")
    told = Counter(db.session.execute(select(Notice.link, Notice.sign_in_id).where(of_tallies)).all())
    assert {link for link, _ in told} == {f"/tallies/{tally.id}" for tally in tallies}
    assert set(told.values()) == {1}


def eventually_killed(start: Start, job_id: int | None) -> None:
    """Begin this tally and kill the worker in the middle of its results."""
    assert job_id is not None
    worker = start(WORKER, POINTSVC_REDIS_URL="none")
    eventually(lambda: job(job_id).progress >= 120)
    worker.end(signal.SIGKILL)
    assert (job(job_id).status, job(job_id).done_at) == ("running", None)
