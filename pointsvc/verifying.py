"""``pointsvc verify``: everything that is kept twice is held against each other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import or_, select, text

from pointsvc.db import db
from pointsvc.errors import N_, Message
from pointsvc.ledger import checking as ledger
from pointsvc.queues import Job
from pointsvc.reviews import checking as reviews
from pointsvc.tallies import checking as tallies

# A job that nobody has taken for so long waits for workers that do not run.
PATIENCE = timedelta(minutes=15)


def faults(*, at: datetime) -> Iterator[Message]:
    """A sentence for each fault; none when everything agrees."""
    yield from _file_faults()
    yield from ledger.faults()
    yield from tallies.faults(at=at)
    yield from reviews.faults()
    yield from _job_faults(at)


def _file_faults() -> Iterator[Message]:
    if db.engine.dialect.name != "sqlite":
        return
    for (line,) in db.session.execute(text("PRAGMA integrity_check(20)")).all():
        if line != "ok":
            yield Message(N_("The database file is damaged: %(line)s"), line=line)
    for table, row, *_ in db.session.execute(text("PRAGMA foreign_key_check")).all():
        yield Message(N_("Row %(row)s of %(table)s points to a row that is not there"), row=row, table=table)


def _job_faults(at: datetime) -> Iterator[Message]:
    left = or_(Job.status == "dead", Job.next_at < at - PATIENCE)
    for job in db.session.scalars(select(Job).where(Job.done_at.is_(None), left).order_by(Job.id)).all():
        if job.status == "dead":
            words = N_("Job %(job)s (%(topic)s) was given up: %(error)s")
        elif job.lease_until is not None and job.lease_until > at:
            continue
        else:
            words = N_("Job %(job)s (%(topic)s) has been waiting since %(since)s; do the workers run?")
        yield Message(words, job=job.id, topic=job.topic, error=job.error, since=job.next_at.isoformat())
