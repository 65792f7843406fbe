"""Schemes (rule sheets) as versioned documents, and the rules' codes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Json, Model, UtcTime


class Scheme(Model):
    """One version of an organisation's rule sheet, in force from ``starts_on`` once published.

    It holds for the organisation and everything below that has no scheme of its own. A draft may be
    rewritten, and ``revision`` counts how often it was. A published version is never changed: another
    version follows it.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    version: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(20))
    starts_on: Mapped[date]
    document: Mapped[dict[str, Any]] = mapped_column(Json)
    digest: Mapped[str] = mapped_column(String(64))
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    published_at: Mapped[datetime | None] = mapped_column(UtcTime)
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))

    __table_args__ = (
        UniqueConstraint("organisation_id", "version"),
        Index("ix_scheme_organisation_id_status_starts_on", "organisation_id", "status", "starts_on"),
        CheckConstraint("status IN ('draft', 'published')", name="status"),
    )


class Rule(Model):
    """A rule's code, the same through all versions and schemes that use it.

    An entry pins the rule (what it was for) and the scheme version (how much it was worth).
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
