"""Verbs of reconciliations: begin one, keep what it found, read what was found.

What is held against each other is the matter of ``pointsvc/reconciling.py``: the nouns that know it
stand to the right of this one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from pointsvc import queues
from pointsvc.audit import service as audit
from pointsvc.audit.models import Reconciliation
from pointsvc.db import db
from pointsvc.errors import Message, packed
from pointsvc.permissions import Actor

KEPT_FAULTS = 100


def request(*, actor: Actor, at: datetime) -> queues.Job:
    """Ask for a reconciliation now; while one is waiting or running, asking again changes nothing."""
    waiting = pending()
    if waiting is not None:
        return waiting
    job = queues.enqueue(topic=queues.RECONCILE, payload={"period": at.isoformat(timespec="seconds")}, at=at)
    audit.note(actor=actor, at=at, action="reconciliation:request", object_id=str(job.id))
    return job


def pending() -> queues.Job | None:
    """The job of a reconciliation that has not ended, if any."""
    open_ = (queues.Job.topic == queues.RECONCILE, queues.Job.done_at.is_(None), queues.Job.status != "dead")
    return db.session.scalar(select(queues.Job).where(*open_).order_by(queues.Job.id).limit(1))


def begin(*, period: str, at: datetime) -> Reconciliation:
    """The row of this period, begun (again, when its worker was lost)."""
    row = db.session.scalar(select(Reconciliation).where(Reconciliation.period == period).with_for_update())
    if row is None:
        row = Reconciliation(period=period, began_at=at, checked={}, faults=[], found=0)
        db.session.add(row)
    row.began_at, row.ended_at, row.ok = at, None, None
    db.session.flush()
    return row


def keep(*, period: str, at: datetime, checked: Mapping[str, int], faults: Sequence[Message]) -> Reconciliation:
    """Keep what was found. The first faults are kept in words, all are counted."""
    row = db.session.scalars(select(Reconciliation).where(Reconciliation.period == period).with_for_update()).one()
    row.ended_at, row.ok, row.checked, row.found = at, not faults, dict(checked), len(faults)
    row.faults = [packed(fault) for fault in faults[:KEPT_FAULTS]]
    db.session.flush()
    return row


def latest(*, before: Reconciliation | None = None) -> Reconciliation | None:
    """The reconciliation that ended last (or last before this one began)."""
    query = select(Reconciliation).where(Reconciliation.ended_at.is_not(None))
    if before is not None:
        query = query.where(Reconciliation.id != before.id, Reconciliation.began_at <= before.began_at)
    return db.session.scalar(query.order_by(Reconciliation.began_at.desc(), Reconciliation.id.desc()).limit(1))


def listing(*, limit: int) -> Sequence[Reconciliation]:
    """The newest reconciliations first."""
    newest = (Reconciliation.began_at.desc(), Reconciliation.id.desc())
    return db.session.scalars(select(Reconciliation).order_by(*newest).limit(limit)).all()


def find(*, reconciliation_id: int) -> Reconciliation | None:
    """The reconciliation with this id."""
    return db.session.get(Reconciliation, reconciliation_id)
