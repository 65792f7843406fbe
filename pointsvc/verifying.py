"""``pointsvc verify``: everything that is kept twice is held against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, text

from pointsvc.db import db
from pointsvc.errors import N_, Message
from pointsvc.ledger import checking as ledger
from pointsvc.ledger.models import Entry
from pointsvc.queues import Job
from pointsvc.reviews import checking as reviews
from pointsvc.seals import checking as seals
from pointsvc.tallies import checking as tallies
from pointsvc.tallies import proving as sealed_tallies
from pointsvc.tallies.models import Standing, Tally

# A job that nobody has taken for so long waits for workers that do not run.
PATIENCE = timedelta(minutes=15)


def faults(*, at: datetime, pause: Callable[[], object] = db.session.rollback) -> Iterator[Message]:
    """A sentence for each fault; none when everything agrees.

    The reads are short; ``pause`` is called between them, and may write.
    """
    yield from _file_faults()
    pause()
    yield from ledger.faults()
    pause()
    yield from tallies.faults(at=at, pause=pause)
    pause()
    yield from seals.faults()
    yield from sealed_tallies.faults()
    yield from reviews.faults()
    yield from _job_faults(at)


def counts() -> dict[str, int]:
    """How many there are of each thing that ``faults`` looks at."""
    counted = {
        "entries": select(func.count()).select_from(Entry),
        "standings": select(func.count()).select_from(Standing),
        "tallies": select(func.count()).select_from(Tally).where(Tally.version > 0),
        "jobs": select(func.count()).select_from(Job).where(Job.done_at.is_(None)),
    }
    return {name: db.session.scalar(query) or 0 for name, query in counted.items()}


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
    for job in db.session.scalars(
        select(Job).where(Job.done_at.is_(None), Job.settled_at.is_(None), left).order_by(Job.id)
    ).all():
        if job.status == "dead":
            words = N_("Job %(job)s (%(topic)s) was given up: %(error)s")
        elif job.lease_until is not None and job.lease_until > at:
            continue
        else:
            words = N_("Job %(job)s (%(topic)s) has been waiting since %(since)s; do the workers run?")
        yield Message(words, job=job.id, topic=job.topic, error=job.error, since=job.next_at.isoformat())
