"""Pledges (承诺): what a member, a branch or an organisation promises so that it can be checked."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Model, UtcTime

KINDS = ("common", "post", "practical")
HORIZONS = ("yearly", "emergency")
STATUSES = (
    "draft",
    "submitted",
    "returned",
    "approved",
    "published",
    "changing",
    "fulfilled",
    "unfulfilled_cause",
    "unfulfilled",
    "rated",
    "closed",
    "withdrawn",
)


class Pledge(Model):
    """One promise. ``member_id`` is None when the organisation itself promises.

    ``organisation_id`` is the branch of the member at the time, or the organisation that promises.
    ``baseline`` and ``target`` are texts with their unit, so that 'lower than last year' means something.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    horizon: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(String(500))
    indicator: Mapped[str] = mapped_column(String(200))
    baseline: Mapped[str] = mapped_column(String(100))
    target: Mapped[str] = mapped_column(String(100))
    due_on: Mapped[date]
    beneficiary: Mapped[str] = mapped_column(String(200), default="")
    witness: Mapped[str] = mapped_column(String(200), default="")
    status: Mapped[str] = mapped_column(String(20))
    minute: Mapped[str | None] = mapped_column(String(200))
    published_on: Mapped[date | None]
    settled_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))

    __table_args__ = (
        CheckConstraint("kind IN ('" + "','".join(KINDS) + "')", name="kind"),
        CheckConstraint("horizon IN ('" + "','".join(HORIZONS) + "')", name="horizon"),
        CheckConstraint("status IN ('" + "','".join(STATUSES) + "')", name="status"),
        Index("ix_pledge_organisation_id_status", "organisation_id", "status", "id"),
        Index("ix_pledge_status_due_on", "status", "due_on"),
    )
