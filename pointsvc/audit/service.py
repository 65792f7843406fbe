"""Verbs of audit: note an act, read the notes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from pointsvc.audit.models import AuditEvent
from pointsvc.db import db
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


def events(*, sign_in_ids: Select[int] | None, limit: int, before_id: int | None = None) -> Sequence[AuditEvent]:
    """The newest events of these sign-ins (None: of everybody, the service itself too), newest first."""
    query = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit)
    if sign_in_ids is not None:
        query = query.where(AuditEvent.sign_in_id.in_(sign_in_ids))
    if before_id is not None:
        query = query.where(AuditEvent.id < before_id)
    return db.session.scalars(query).all()
