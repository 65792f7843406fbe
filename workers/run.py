"""The worker process: drains the job table when the doorbell rings, or each second without Redis."""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import logging
import os
import signal
import sys
import threading
import time
from functools import cache
from typing import Any

import redis
import rq
from flask import Flask
from rq.serializers import JSONSerializer
from sqlalchemy.exc import OperationalError

from pointsvc import create_app, queues
from pointsvc.db import db
from workers import base

log = logging.getLogger(__name__)

HANDLERS = (
    "workers.people",
    "workers.notices",
    "workers.tallies",
    "workers.imports",
    "workers.rehearsals",
    "workers.declarations",
    "workers.disputes",
    "workers.exports",
    "workers.audit",
    "workers.reviews",
    "workers.activities",
    "workers.pledges",
    "workers.lists",
    "workers.checkins",
    "workers.spotchecks",
)
for _name in HANDLERS:
    if importlib.util.find_spec(_name):
        importlib.import_module(_name)

DRAIN_SECONDS = 300
_stopping = threading.Event()


@cache
def application() -> Flask:
    """This process's application, made once, before the first job."""
    return create_app()


def drain(limit: int = 100) -> int:
    """Run due jobs until none is left; what the doorbell calls. The number of jobs begun.

    After ``limit`` jobs or five minutes it rings again and ends, so that one call is never without
    end. A failed job does not stop the others; the first failure is raised at the end.
    """
    failures: list[Exception] = []
    begun, until = 0, time.monotonic() + DRAIN_SECONDS
    while not _stopping.is_set():
        if begun >= limit or time.monotonic() > until:
            queues.nudge()
            break
        try:
            if not base.run_next(application()):
                break
        except OperationalError:
            # The database is away or busy: the others would fare no better.
            raise
        except Exception as error:
            failures.append(error)
        begun += 1
    if failures:
        raise failures[0]
    return begun


class PointsWorker(rq.Worker):
    """RQ's worker without its two worst cases: a job that outlives its worker, and death by a Redis blip."""

    # A worker that waited long for Redis shall not go on waiting long after it is back.
    max_connection_wait_time = 5.0
    asked_to_stop = False

    def main_work_horse(self, job: Any, queue: Any) -> None:
        """In the forked process: end with the worker, and share no database connection with it."""
        _die_with(self.pid)
        signal.signal(signal.SIGUSR1, lambda number, frame: _stopping.set())
        app = application()
        with app.app_context():
            db.engine.dispose(close=False)
        super().main_work_horse(job, queue)

    def maintain_heartbeats(self, job: Any, execution: Any) -> None:
        """A short absence of Redis must not end a busy worker."""
        try:
            super().maintain_heartbeats(job, execution)
        except (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError):
            log.warning("Redis is away; the job goes on")

    def handle_warm_shutdown_request(self) -> None:
        """At SIGTERM: finish the present job and begin no other."""
        self.asked_to_stop = True
        if self.horse_pid:
            os.kill(self.horse_pid, signal.SIGUSR1)
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call] # RQ gives it no types


def _die_with(parent: int | None) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(1)


def main(*, poll: bool = False) -> None:
    """Work until SIGTERM or SIGINT; the present job is finished. Ends with 1 when Redis is lost for good."""
    app = application()
    url = app.config["POINTSVC"].redis_url
    connection = None if poll or queues.connection() is None else redis.Redis.from_url(url)
    _poll(until=connection)
    if connection is None or _stopping.is_set():
        return
    worker = PointsWorker(
        list(queues.QUEUES),
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=30,
        maintenance_interval=15,
        job_monitoring_interval=5,
    )
    worker.work(logging_level="WARNING")
    if not worker.asked_to_stop:
        sys.exit(1)


def _poll(*, until: redis.Redis | None) -> None:
    """Look into the job table each second, until a signal, or until this Redis answers."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: _stopping.set())
    while not _stopping.is_set() and not (until is not None and _answers(until)):
        try:
            drain()
        except Exception as error:
            # run_job has logged a job's failure in full; here it is the database.
            log.warning("not all due jobs could be run: %s", type(error).__name__)
        _stopping.wait(1)


def _answers(connection: redis.Redis) -> bool:
    try:
        return bool(connection.ping())
    except redis.exceptions.RedisError:
        log.warning("Redis does not answer; looking into the job table each second")
        return False
