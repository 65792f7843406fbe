"""Verbs of evidence: keep, give out, let go, and find the same picture elsewhere.

A piece of evidence belongs to a row of another noun: ``owner_kind`` (one of OWNER_KINDS) and
``owner_id``. That noun checks who may add, see or remove it, calls these verbs, and holds its own
row locked while it adds. Nothing here is ever demanded: evidence is a wish.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased, undefer

from pointsvc.audit import service as audit
from pointsvc.db import among, db
from pointsvc.errors import N_, Invalid, Message, NotFound
from pointsvc.evidence.cleaning import MOST_BYTES, Piece, clean
from pointsvc.evidence.models import OWNER_KINDS, Evidence
from pointsvc.permissions import Actor

__all__ = ["MOST_BYTES", "MOST_FILES", "Piece", "clean", "content", "keep", "of", "remove", "same"]

MOST_FILES = 5


def keep(*, actor: Actor, at: datetime, owner_kind: str, owner_id: int, pieces: Sequence[Piece]) -> list[Evidence]:
    """Keep what ``clean`` has made; a piece that this owner has already is not kept twice.

    Cleaning takes long, so it is done before the transaction begins. Raises Invalid under ``file``
    when the owner would have more than ``MOST_FILES``.
    """
    if owner_kind not in OWNER_KINDS:
        raise ValueError(f"unknown kind of owner {owner_kind}")
    there = {row.sha256: row for row in of(owner_kind=owner_kind, owner_ids=[owner_id]).get(owner_id, [])}
    wanted = {piece.sha256: piece for piece in pieces}
    if len(there.keys() | wanted.keys()) > MOST_FILES:
        raise Invalid({"file": Message(N_("At most %(most)s photos or papers"), most=MOST_FILES)})
    for digest, piece in wanted.items():
        if digest not in there:
            there[digest] = _add(actor, at, owner_kind, owner_id, digest, piece)
    db.session.flush()
    return [there[digest] for digest in wanted]


def _add(actor: Actor, at: datetime, owner_kind: str, owner_id: int, digest: str, piece: Piece) -> Evidence:
    row = Evidence(
        owner_kind=owner_kind,
        owner_id=owner_id,
        filename=piece.filename,
        media_type=piece.media_type,
        size=len(piece.content),
        sha256=digest,
        content=piece.content,
        preview=piece.preview,
        uploaded_by_id=actor.sign_in_id,
        at=at,
    )
    db.session.add(row)
    audit.note(actor=actor, at=at, action="evidence:keep", object_id=f"{owner_kind}:{owner_id}", digest=digest)
    return row


def content(*, owner_kind: str, owner_id: int, evidence_id: int) -> Evidence:
    """The piece with its bytes, if it is this owner's; the caller has checked who may see the owner.

    Raises NotFound.
    """
    found = db.session.scalar(
        select(Evidence)
        .where(Evidence.id == evidence_id, Evidence.owner_kind == owner_kind, Evidence.owner_id == owner_id)
        .options(undefer(Evidence.content), undefer(Evidence.preview))
    )
    if found is None:
        raise NotFound()
    return found


def of(*, owner_kind: str, owner_ids: Collection[int]) -> dict[int, list[Evidence]]:
    """The pieces of these owners in the order in which they came, without their bytes, by owner."""
    found: dict[int, list[Evidence]] = {}
    query = select(Evidence).where(Evidence.owner_kind == owner_kind, among(Evidence.owner_id, owner_ids))
    for row in db.session.scalars(query.order_by(Evidence.id)):
        found.setdefault(row.owner_id, []).append(row)
    return found


def remove(*, actor: Actor, at: datetime, owner_kind: str, owner_id: int, evidence_ids: Collection[int]) -> None:
    """Let go of these pieces of the owner, as long as nothing rests on them; others are left alone."""
    for row in of(owner_kind=owner_kind, owner_ids=[owner_id]).get(owner_id, []):
        if row.id in evidence_ids:
            db.session.delete(row)
            audit.note(
                actor=actor,
                at=at,
                action="evidence:remove",
                object_id=f"{owner_kind}:{owner_id}",
                digest=row.sha256,
            )
    db.session.flush()


def same(*, owner_kind: str, owner_ids: Collection[int]) -> dict[int, set[int]]:
    """Which other owners of this kind have a piece that one of these has too: by owner, their ids."""
    other = aliased(Evidence)
    rows = db.session.execute(
        select(Evidence.owner_id, other.owner_id.label("other_id"))
        .join(
            other,
            and_(
                other.sha256 == Evidence.sha256,
                other.owner_kind == Evidence.owner_kind,
                other.owner_id != Evidence.owner_id,
            ),
        )
        .where(Evidence.owner_kind == owner_kind, among(Evidence.owner_id, owner_ids))
        .distinct()
    )
    found: dict[int, set[int]] = {}
    for row in rows:
        found.setdefault(row.owner_id, set()).add(row.other_id)
    return found
