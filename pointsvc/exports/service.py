"""Verbs of exports: take a table away, ask for an archive, fetch it, and clean up after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Row, delete, select

from pointsvc import queues
from pointsvc.audit import service as audit
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, NotFound
from pointsvc.exports.models import Export, ExportPiece
from pointsvc.exports.tables import KINDS, Taken, table
from pointsvc.people import reach
from pointsvc.people.models import Organisation
from pointsvc.permissions import Actor

__all__ = [
    "KINDS",
    "Taken",
    "clean_up",
    "find",
    "listing",
    "note_taken",
    "pieces",
    "request",
    "table",
]


def note_taken(*, actor: Actor, at: datetime, kind: str, object_id: str, rows: int, **more: str | None) -> None:
    """Write down who took how many rows of what away; ``more`` are format and period."""
    audit.note(actor=actor, at=at, action=f"export:{kind}", object_id=object_id, rows=rows, **more)


def request(*, actor: Actor, at: datetime, organisation: str | None = None) -> Export:
    """Ask for an archive of all data of this node and below (the actor's own unless a code is given).

    While one of the same node that the same person asked for is being made, asking again changes
    nothing. Raises NotFound.
    """
    owner = reach.named_or_own(actor, organisation)
    same = (Export.organisation_id == owner.id, Export.created_by_id == actor.sign_in_id)
    found = db.session.scalar(select(Export).where(*same, Export.status.in_(("queued", "running"))).limit(1))
    if found is not None:
        return found
    row = Export(organisation_id=owner.id, status="queued", counts={}, created_at=at, created_by_id=actor.sign_in_id)
    db.session.add(row)
    db.session.flush()
    row.job_id = queues.enqueue(topic=queues.EXPORT_MAKE, payload={"export": row.id}, at=at).id
    db.session.flush()
    audit.note(actor=actor, at=at, action="export:request", object_id=str(row.id), organisation=owner.code)
    return row


def find(*, actor: Actor, export_id: int) -> tuple[Export, Organisation]:
    """An archive and whose data it holds. Raises NotFound when the node is out of reach."""
    found = db.session.execute(
        select(Export, Organisation)
        .join(Organisation, Organisation.id == Export.organisation_id)
        .where(Export.id == export_id, Export.organisation_id.in_(reach.organisation_ids(actor)))
    ).first()
    if found is None:
        raise NotFound()
    return found[0], found[1]


def listing(*, actor: Actor, limit: int, before: int | None = None) -> Sequence[Row[Export, Organisation]]:
    """The archives within reach, newest first, from before this id on."""
    query = (
        select(Export, Organisation)
        .join(Organisation, Organisation.id == Export.organisation_id)
        .where(Export.organisation_id.in_(reach.organisation_ids(actor)))
        .order_by(Export.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Export.id < before)
    return db.session.execute(query).all()


def pieces(*, actor: Actor, at: datetime, export_id: int) -> tuple[Export, Iterator[bytes]]:
    """A finished archive with its bytes, to be read outside of any transaction; noted as taken away.

    Raises NotFound, Conflict 'not_ready' while it is being made, 'removed' when its days are over.
    """
    found, _ = find(actor=actor, export_id=export_id)
    if found.status == "removed":
        raise Conflict(N_("This archive has been removed; have it made again"), code="removed")
    if found.status != "done":
        raise Conflict(N_("This archive is not ready"), code="not_ready")
    audit.note(actor=actor, at=at, action="export:archive", object_id=str(found.id), size=found.size, **found.counts)
    return found, _content(found.id)


def _content(export_id: int) -> Iterator[bytes]:
    number = 0
    while (
        piece := db.session.scalar(
            select(ExportPiece.content).where(ExportPiece.export_id == export_id, ExportPiece.number == number)
        )
    ) is not None:
        yield piece
        number += 1


def clean_up(*, at: datetime) -> int:
    """Remove the content of archives whose days are over; how many. The rows stay as the record."""
    ids = db.session.scalars(select(Export.id).where(Export.status == "done", Export.expires_at <= at)).all()
    if ids:
        db.session.execute(delete(ExportPiece).where(ExportPiece.export_id.in_(ids)))
        for row in db.session.scalars(select(Export).where(Export.id.in_(ids))):
            row.status = "removed"
    return len(ids)
