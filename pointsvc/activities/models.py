"""Meetings and theme days, who came, and who took part elsewhere."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.activities.lifecycle import STATUSES
from pointsvc.db import Id, Model, UtcTime
from pointsvc.errors import N_
from pointsvc.people import carrying

MARKS = ("present", "late", "leave", "absent")


class Meeting(Model):
    """One meeting of one organisation: the record from which attendance, points and figures come."""

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(String(64))
    held_on: Mapped[date]
    title: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))

    __table_args__ = (
        UniqueConstraint("organisation_id", "held_on", "kind", "title"),
        Index("ix_meeting_held_on", "held_on"),
    )


class Attendance(Model):
    """How one member stood at one meeting. The newest mark counts; its entries carry the points."""

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    mark: Mapped[str | None] = mapped_column(String(10))
    revision: Mapped[int] = mapped_column(default=1)
    marked_at: Mapped[datetime] = mapped_column(UtcTime)
    marked_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))

    __table_args__ = (
        UniqueConstraint("meeting_id", "member_id"),
        CheckConstraint("mark IS NULL OR mark IN ('" + "','".join(MARKS) + "')", name="mark"),
    )


class AwayReceipt(Model):
    """A member took part in organisation life away from home; the home branch confirms it.

    ``branch_id`` is the home branch of that day. The host is an organisation of the tree or, outside
    of it, a text. Of one member, kind and day at most one receipt waits or counts.
    """

    __tablename__ = "away_receipt"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    branch_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(String(64))
    held_on: Mapped[date]
    host: Mapped[str] = mapped_column(String(200), default="")
    host_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    note: Mapped[str | None] = mapped_column(String(500))
    status: Mapped[str] = mapped_column(String(10))
    submitted_at: Mapped[datetime] = mapped_column(UtcTime)
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    remind_on: Mapped[date]
    reminded_at: Mapped[datetime | None] = mapped_column(UtcTime)
    lapses_on: Mapped[date]
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    reason: Mapped[str | None] = mapped_column(String(500))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))

    __table_args__ = (
        CheckConstraint("status IN ('" + "','".join(STATUSES) + "')", name="status"),
        CheckConstraint("host <> '' OR host_organisation_id IS NOT NULL", name="host"),
        Index(
            "uq_away_receipt_once",
            "member_id",
            "kind",
            "held_on",
            unique=True,
            sqlite_where=text("status IN ('pending', 'confirmed')"),
            postgresql_where=text("status IN ('pending', 'confirmed')"),
        ),
        Index("ix_away_receipt_branch_id_id", "branch_id", "id"),
        Index("ix_away_receipt_member_id_id", "member_id", "id"),
        Index(
            "ix_away_receipt_pending",
            "branch_id",
            "lapses_on",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
    )


carrying.goes(
    AwayReceipt,
    N_("receipts of attendance elsewhere"),
    once=("kind", "held_on"),
    standing=lambda receipt: receipt.status.in_(("pending", "confirmed")),
    source="receipt",
)
carrying.stays(
    Attendance,
    N_("marks at meetings"),
    where=N_("they are read as the kept record's"),
    once=("meeting_id",),
    standing=lambda mark: mark.mark.is_not(None),
    source="meeting",
)
