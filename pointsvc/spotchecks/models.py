"""Spot-checks (抽查): a plan, its frozen frame, and who was drawn and by whom they are inspected."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Json, Model, UtcTime

STATUSES = ("draft", "frozen", "drawn", "reported", "closed", "void")


class SpotCheck(Model):
    """One plan, which has one draw. Another draw is another plan, with a public reason.

    ``plan`` is the public number, as it stands in every hash. ``secret`` is committed to when the
    frame is frozen and told when the dice are thrown. ``checklist``: [{code, text, article}].
    """

    __tablename__ = "spot_check"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    plan: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[str] = mapped_column(String(1000), default="")
    filing: Mapped[str] = mapped_column(String(100), default="")
    announced: Mapped[bool] = mapped_column(default=True)
    status: Mapped[str] = mapped_column(String(10))
    due_on: Mapped[date]
    checklist: Mapped[list[Any]] = mapped_column(Json)
    frame: Mapped[str | None] = mapped_column(Text)
    frame_sha256: Mapped[str | None] = mapped_column(String(64))
    commitment: Mapped[str | None] = mapped_column(String(64))
    secret: Mapped[str | None] = mapped_column(String(64))
    digits: Mapped[str | None] = mapped_column(String(200))
    seed: Mapped[str | None] = mapped_column(String(64))
    again_of_id: Mapped[int | None] = mapped_column(ForeignKey("spot_check.id"))
    reason: Mapped[str | None] = mapped_column(String(500))
    frozen_at: Mapped[datetime | None] = mapped_column(UtcTime)
    drawn_at: Mapped[datetime | None] = mapped_column(UtcTime)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))

    __table_args__ = (CheckConstraint("status IN ('" + "','".join(STATUSES) + "')", name="status"),)


class Stratum(Model):
    """A part of the frame from which ``n`` units are drawn."""

    __tablename__ = "spot_check_stratum"

    spot_check_id: Mapped[int] = mapped_column(ForeignKey("spot_check.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    n: Mapped[int]


class Unit(Model):
    """A unit that may be drawn: an organisation, or another thing by its code (an entry, a pledge).

    ``excluded`` units (with a public reason) are no part of the frame. ``place`` is the unit's place
    by ticket within its stratum; ``skipped`` says why a drawn place was passed on.
    """

    __tablename__ = "spot_check_unit"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    spot_check_id: Mapped[int] = mapped_column(ForeignKey("spot_check.id"))
    stratum: Mapped[str] = mapped_column(String(60))
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    excluded: Mapped[str | None] = mapped_column(String(300))
    ticket: Mapped[str | None] = mapped_column(String(64))
    place: Mapped[int | None]
    skipped: Mapped[str | None] = mapped_column(String(300))
    drawn: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        UniqueConstraint("spot_check_id", "stratum", "code"),
        Index("ix_spot_check_unit_place", "spot_check_id", "stratum", "place"),
    )


class Inspector(Model):
    """Somebody who may inspect in this plan, of one of the bodies; ``conflicts`` are codes of units."""

    __tablename__ = "spot_check_inspector"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    spot_check_id: Mapped[int] = mapped_column(ForeignKey("spot_check.id"))
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(100))
    body: Mapped[str] = mapped_column(String(100))
    sign_in_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"), index=True)
    conflicts: Mapped[list[Any]] = mapped_column(Json)

    __table_args__ = (UniqueConstraint("spot_check_id", "code"),)


class Assignment(Model):
    """An inspector's place for one drawn unit; the first two without ``skipped`` serve."""

    __tablename__ = "spot_check_assignment"

    unit_id: Mapped[int] = mapped_column(ForeignKey("spot_check_unit.id"), primary_key=True)
    inspector_id: Mapped[int] = mapped_column(ForeignKey("spot_check_inspector.id"), primary_key=True)
    place: Mapped[int]
    serves: Mapped[bool] = mapped_column(default=False)
    skipped: Mapped[str | None] = mapped_column(String(300))
