"""Who did what, when: rows are added, never changed (triggers in the database see to it)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Json, Model, UtcTime


class AuditEvent(Model):
    """One act of one actor on one object. Holds codes and ids; no names, no passwords."""

    __tablename__ = "audit_event"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    actor: Mapped[str] = mapped_column(String(20))
    sign_in_id: Mapped[int | None] = mapped_column(Id)
    action: Mapped[str] = mapped_column(String(60))
    object_id: Mapped[str | None] = mapped_column(String(64))
    details: Mapped[dict[str, Any]] = mapped_column(Json)

    __table_args__ = (
        Index("ix_audit_event_at", "at"),
        Index("ix_audit_event_action_object_id", "action", "object_id"),
    )


class Reconciliation(Model):
    """One proof of everything that is kept twice: what was held against each other, and what did not agree.

    ``period`` is the night, or for one that somebody asked for the instant of asking. ``faults`` holds
    the first of them as messages (msgid and values); ``found`` counts all. Until ``ended_at`` it runs.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    period: Mapped[str] = mapped_column(String(40), unique=True)
    began_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ok: Mapped[bool | None]
    checked: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    found: Mapped[int] = mapped_column(default=0)
    faults: Mapped[list[Any]] = mapped_column(Json, default=list)
