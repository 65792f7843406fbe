"""Verbs of audit: note an act, read the notes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from pointsvc.audit.models import AuditEvent
from pointsvc.db import among, db
from pointsvc.permissions import Actor


def note(*, actor: Actor, at: datetime, action: str, object_id: str | None = None, **details: Any) -> None:
    """Write down that the actor did ``action`` ('noun:verb') to the object, in the same transaction.

    ``details`` hold codes, ids and counts, never a name of a person nor a secret.
    """
    event = AuditEvent(
        at=at,
        actor=actor.kind,
        sign_in_id=actor.sign_in_id,
        action=action,
        object_id=object_id,
        details=details,
    )
    db.session.add(event)


def events(
    *,
    sign_in_ids: Select[int] | None,
    limit: int,
    before_id: int | None = None,
    about: str = "",
    actions: Collection[str] = (),
    leave_out: str = "",
) -> Sequence[AuditEvent]:
    """The newest events of these sign-ins (None: of everybody, the service itself too), newest first.

    ``about`` narrows them to one noun, ``actions`` to these acts; ``leave_out`` is a noun that is left out.
    """
    query = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit)
    if sign_in_ids is not None:
        query = query.where(AuditEvent.sign_in_id.in_(sign_in_ids))
    if before_id is not None:
        query = query.where(AuditEvent.id < before_id)
    if about:
        query = query.where(AuditEvent.action.startswith(f"{about}:", autoescape=True))
    if leave_out:
        query = query.where(~AuditEvent.action.startswith(f"{leave_out}:", autoescape=True))
    if actions:
        query = query.where(among(AuditEvent.action, actions))
    return db.session.scalars(query).all()


def counts(*, sign_in_ids: Select[int], since: datetime, actions: Collection[str]) -> dict[str, int]:
    """How often these sign-ins did each of these acts since then; acts that nobody did are left out."""
    rows = db.session.execute(
        select(AuditEvent.action, func.count().label("number"))
        .where(AuditEvent.at >= since, among(AuditEvent.action, actions), AuditEvent.sign_in_id.in_(sign_in_ids))
        .group_by(AuditEvent.action)
    )
    return {row.action: row.number for row in rows}


def latest(*, action: str) -> AuditEvent | None:
    """The newest event of this act, by whomever."""
    return db.session.scalar(
        select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id.desc()).limit(1)
    )
