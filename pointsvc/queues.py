"""The jobs: rows in the database, with Redis only as the doorbell.

A job is written in the transaction of the fact that asks for it, so it exists if and only if that
transaction did. After the commit the doorbell is rung (an RQ job without payload); a lost ring is
found by the dispatcher's sweep. A worker claims a row with a lease and a token that grows with each
claim; whoever finishes must still hold the newest token (fencing), so that a frozen worker that
wakes up late changes nothing.
"""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from typing import Any

import redis
import rq
from rq.serializers import JSONSerializer
from sqlalchemy import CheckConstraint, Index, String, Text, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Json, Model, UtcTime, after_commit, db

log = logging.getLogger(__name__)

QUEUES = ("work",)
DRAIN = "workers.run.drain"

TALLY_COMPUTE = "tally_compute"
IMPORT_RUN = "import_run"
NOTICE_DELIVER = "notice_deliver"
STANDINGS_SETTLE = "standings_settle"
TALLIES_ASK = "tallies_ask"
REHEARSE = "rehearse"
CLEAN_UP = "clean_up"
DECLARATIONS_TELL = "declarations_tell"
DECLARATIONS_REMIND = "declarations_remind"
PUBLICITY_TELL = "publicity_tell"
DISPUTES_REMIND = "disputes_remind"
TALLY_SEAL = "tally_seal"
EXPORT_MAKE = "export_make"
RECONCILE = "reconcile"
REVIEWS_REMIND = "reviews_remind"
EXEMPTIONS_END = "exemptions_end"
RECEIPTS_TURN = "receipts_turn"
PLEDGES_TELL = "pledges_tell"
PLEDGES_REMIND = "pledges_remind"
PLEDGES_CLOSE = "pledges_close"
LISTS_REMIND = "lists_remind"
SERVICE_TELL = "service_tell"
SERVICE_REMIND = "service_remind"
SERVICE_CARDS = "service_cards"
SPOTCHECKS_LAPSE = "spotchecks_lapse"
NOTICE_POST = "notice_post"
NOTICE_OPEN = "notice_open"
NOTICE_REMIND = "notice_remind"
NOTICE_DIGEST = "notice_digest"
TOPICS = (
    TALLY_COMPUTE,
    IMPORT_RUN,
    NOTICE_DELIVER,
    STANDINGS_SETTLE,
    TALLIES_ASK,
    REHEARSE,
    CLEAN_UP,
    DECLARATIONS_TELL,
    DECLARATIONS_REMIND,
    PUBLICITY_TELL,
    DISPUTES_REMIND,
    TALLY_SEAL,
    EXPORT_MAKE,
    RECONCILE,
    REVIEWS_REMIND,
    EXEMPTIONS_END,
    RECEIPTS_TURN,
    PLEDGES_TELL,
    PLEDGES_REMIND,
    PLEDGES_CLOSE,
    LISTS_REMIND,
    SERVICE_TELL,
    SERVICE_REMIND,
    SERVICE_CARDS,
    SPOTCHECKS_LAPSE,
    NOTICE_POST,
    NOTICE_OPEN,
    NOTICE_REMIND,
    NOTICE_DIGEST,
)
# These have a page of their own on which they are asked for anew; all others may be begun again as they are.
ASKED_FOR = (TALLY_COMPUTE, IMPORT_RUN, REHEARSE, EXPORT_MAKE)

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 8


class Job(Model):
    """One piece of work. ``dedupe`` names its effect: asked for twice, it is one row.

    ``progress`` of ``size`` is what a page shows, with ``doing`` (an English msgid) as the words. A dead
    one waits for a person: begun again, or settled with a ``reason``.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    topic: Mapped[str] = mapped_column(String(40))
    dedupe: Mapped[str | None] = mapped_column(String(120), unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    status: Mapped[str] = mapped_column(String(10), default="queued")
    progress: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(default=0)
    doing: Mapped[str] = mapped_column(String(100), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    token: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(UtcTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcTime)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    settled_by_id: Mapped[int | None] = mapped_column(Id)
    reason: Mapped[str | None] = mapped_column(String(500))

    __table_args__ = (
        CheckConstraint("status IN ('queued', 'running', 'done', 'dead')", name="status"),
        Index(
            "ix_job_dead",
            "id",
            sqlite_where=text("status = 'dead' AND settled_at IS NULL"),
            postgresql_where=text("status = 'dead' AND settled_at IS NULL"),
        ),
        Index(
            "ix_job_due",
            "next_at",
            "id",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
    )

    @property
    def alive(self) -> bool:
        """Whether a worker has it, or will."""
        return self.status in ("queued", "running")


class PeriodRun(Model):
    """A periodic task was asked for, for this period: the primary key makes it once."""

    __tablename__ = "period_run"

    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    period: Mapped[str] = mapped_column(String(20), primary_key=True)
    job_id: Mapped[int] = mapped_column(Id)
    at: Mapped[datetime] = mapped_column(UtcTime)


class Lease(Model):
    """Who may act as the scheduler now. It only saves work: correctness rests on PeriodRun."""

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    expires_at: Mapped[datetime] = mapped_column(UtcTime)


class Fenced(Exception):
    """This worker's claim has been taken over; what it was about to write must not be written."""


def enqueue(
    *, topic: str, payload: dict[str, Any], at: datetime, dedupe: str | None = None, due: datetime | None = None
) -> Job:
    """Write a job in the present transaction and ring after its commit.

    The payload holds ids and ISO dates only. With a ``dedupe`` that exists the old row is returned.
    ``due``: not to be begun before.
    """
    if topic not in TOPICS:
        raise ValueError(f"unknown topic {topic}")
    if dedupe:
        found = db.session.scalar(select(Job).where(Job.dedupe == dedupe))
        if found:
            return found
    job = Job(topic=topic, payload=payload, dedupe=dedupe, next_at=due or at, created_at=at, status="queued")
    try:
        with db.session.begin_nested():
            db.session.add(job)
    except IntegrityError:
        return db.session.scalars(select(Job).where(Job.dedupe == dedupe)).one()
    after_commit("nudge", nudge)
    return job


def job(job_id: int | None) -> Job | None:
    """The job as it stands now, if there is one."""
    return db.session.get(Job, job_id, populate_existing=True) if job_id else None


def claim(*, at: datetime, only: int | None = None) -> Job | None:
    """Take the oldest due job: its lease is renewed and its token grows. None when nothing is due.

    A running job whose lease has run out is due again: its worker died or was frozen. ``only``: take
    this job or none.
    """
    due = (
        select(Job.id)
        .where(Job.done_at.is_(None), Job.status != "dead", Job.next_at <= at)
        .where(or_(Job.lease_until.is_(None), Job.lease_until <= at))
        .order_by(Job.next_at, Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if only is not None:
        due = due.where(Job.id == only)
    job_id = db.session.scalar(due)
    if job_id is None:
        return None
    job = db.session.get_one(Job, job_id, populate_existing=True)
    job.status, job.attempts, job.token = "running", job.attempts + 1, job.token + 1
    job.lease_until, job.started_at = at + LEASE, job.started_at or at
    db.session.flush()
    return job


def hold(
    *,
    job_id: int,
    token: int,
    at: datetime,
    progress: int | None = None,
    size: int | None = None,
    doing: str | None = None,
) -> None:
    """Renew the lease and say how far the work is. Raises Fenced when the claim has passed on."""
    values: dict[str, Any] = {"lease_until": at + LEASE}
    for name, value in (("progress", progress), ("size", size), ("doing", doing)):
        if value is not None:
            values[name] = value
    held: Any = db.session.execute(
        update(Job)
        .where(Job.id == job_id, Job.token == token, Job.done_at.is_(None))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if held.rowcount != 1:
        raise Fenced(f"job {job_id} has passed to another worker")


def finish(*, job_id: int, token: int, at: datetime) -> None:
    """Mark the job done, in the transaction of its effect. Raises Fenced as ``hold`` does."""
    hold(job_id=job_id, token=token, at=at)
    db.session.execute(
        update(Job)
        .where(Job.id == job_id)
        .values(status="done", done_at=at, lease_until=None, error=None, progress=Job.size)
        .execution_options(synchronize_session=False)
    )


def put_back(*, job_id: int, token: int, at: datetime, error: str, final: bool) -> None:
    """After a failure: due again with growing delay, or ``dead`` (kept, shown, never deleted)."""
    job = db.session.get_one(Job, job_id, populate_existing=True)
    if job.token != token or job.done_at is not None:
        return
    job.error, job.lease_until = error[:2000], None
    job.status = "dead" if final or job.attempts >= MAX_ATTEMPTS else "queued"
    job.next_at = at + timedelta(seconds=min(2**job.attempts, 300))


def begin_again(*, job: Job, at: datetime) -> None:
    """Let a dead job be tried anew, from its first attempt."""
    job.status, job.attempts, job.next_at, job.lease_until = "queued", 0, at, None
    after_commit("nudge", nudge)


def due(*, at: datetime) -> bool:
    """Whether any job could be claimed now."""
    return (
        db.session.scalar(
            select(Job.id)
            .where(Job.done_at.is_(None), Job.status != "dead", Job.next_at <= at)
            .where(or_(Job.lease_until.is_(None), Job.lease_until <= at))
            .limit(1)
        )
        is not None
    )


def run_once(*, kind: str, period: str | date, topic: str, payload: dict[str, Any], at: datetime) -> bool:
    """Ask for a periodic task for this period, unless that was done. True when it was asked for now."""
    name = str(period)
    if db.session.get(PeriodRun, (kind, name)):
        return False
    job = enqueue(topic=topic, payload=payload, at=at, dedupe=f"{kind}:{name}")
    db.session.add(PeriodRun(kind=kind, period=name, job_id=job.id, at=at))
    db.session.flush()
    return True


def lead(*, name: str, holder: str, at: datetime, until: datetime) -> bool:
    """Take or renew the lease of this name; False while another holds it."""
    # One that runs longer than anybody takes was written under a clock that has since been put back.
    free = or_(Lease.holder == holder, Lease.expires_at <= at, Lease.expires_at > until + (until - at))
    taken: Any = db.session.execute(
        update(Lease)
        .where(Lease.name == name, free)
        .values(holder=holder, expires_at=until)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount or db.session.get(Lease, name, populate_existing=True):
        return bool(taken.rowcount)
    db.session.add(Lease(name=name, holder=holder, expires_at=until))
    db.session.flush()
    return True


_connection: redis.Redis | None = None


def connect(url: str | None) -> None:
    """Use this Redis as the doorbell; None: there is none, the workers poll the table."""
    global _connection
    _connection = (
        redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=1) if url and url != "none" else None
    )


def connection() -> redis.Redis | None:
    """The doorbell's connection, or None when the workers poll."""
    return _connection


_answers = True


def nudge(*, unless: int = 4) -> bool:
    """Ring: 'look into the table', unless so many rings wait. False when there is nobody to ring for.

    A ring that fails is logged, never an error: the sweep will find the work.
    """
    global _answers
    if _connection is None:
        return False
    try:
        queue = rq.Queue(QUEUES[0], connection=_connection, serializer=JSONSerializer)
        # More rings than workers help nobody, and a flood of them would only be noise in Redis.
        if queue.count < unless:
            queue.enqueue_call(DRAIN, ttl=30, result_ttl=0, failure_ttl=3600, timeout=3600)
    except redis.exceptions.RedisError as error:
        if _answers:
            log.warning("the doorbell does not answer (%s); the sweep will find the work", type(error).__name__)
        _answers = False
        return False
    _answers = True
    return True
