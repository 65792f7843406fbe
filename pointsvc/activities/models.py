"""Meetings and theme days, and who came."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Model, UtcTime

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
