"""Spot-checks (抽查): a plan, its frozen frame, and who was drawn and by whom they are inspected."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Json, Model, UtcTime

STATUSES = ("draft", "frozen", "drawn", "reported", "closed", "void")
KINDS = ("organisation", "entry", "pledge", "other")


class SpotCheck(Model):
    """One plan, which has one draw. Another draw is another plan, with a public reason.

    ``plan`` is the public number, as it stands in every hash. ``secret`` is committed to when the
    frame is frozen and told when the dice are thrown, of an unannounced check when its units have been
    visited: public is what came of the draw from ``opened_at`` on. It and the frame (which may be
    long) are read only where they are asked for. ``notice_on``: the day on which the drawn units of an
    announced check are told (None: at the draw). ``programme`` and ``filing``: the year's plan of
    inspections and the number under which this one is filed. ``checklist``: [{code, text, article}].
    """

    __tablename__ = "spot_check"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    plan: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[str] = mapped_column(String(1000), default="")
    programme: Mapped[str] = mapped_column(String(200), default="")
    filing: Mapped[str] = mapped_column(String(100), default="")
    announced: Mapped[bool] = mapped_column(default=True)
    status: Mapped[str] = mapped_column(String(10))
    due_on: Mapped[date]
    notice_on: Mapped[date | None]
    cover_quarters: Mapped[int | None]
    checklist: Mapped[list[Any]] = mapped_column(Json)
    frame: Mapped[str | None] = mapped_column(Text, deferred=True)
    frame_sha256: Mapped[str | None] = mapped_column(String(64))
    commitment: Mapped[str | None] = mapped_column(String(64))
    secret: Mapped[str | None] = mapped_column(String(64), deferred=True)
    digits: Mapped[str | None] = mapped_column(String(200))
    seed: Mapped[str | None] = mapped_column(String(64), deferred=True)
    sealed_sha256: Mapped[str | None] = mapped_column(String(64))
    again_of_id: Mapped[int | None] = mapped_column(ForeignKey("spot_check.id"))
    reason: Mapped[str | None] = mapped_column(String(500))
    void_reason: Mapped[str | None] = mapped_column(String(500))
    frozen_at: Mapped[datetime | None] = mapped_column(UtcTime)
    drawn_at: Mapped[datetime | None] = mapped_column(UtcTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcTime)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))

    __table_args__ = (CheckConstraint("status IN ('" + "','".join(STATUSES) + "')", name="status"),)


class Stratum(Model):
    """A part of the frame from which ``n`` units are drawn; ``kind`` says what their codes are of."""

    __tablename__ = "spot_check_stratum"

    spot_check_id: Mapped[int] = mapped_column(ForeignKey("spot_check.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    n: Mapped[int]

    __table_args__ = (
        CheckConstraint("kind IN ('" + "','".join(KINDS) + "')", name="kind"),
        CheckConstraint("n > 0", name="n"),
    )


class Unit(Model):
    """A unit that may be drawn: an organisation, or another thing by its code (an entry, a pledge).

    ``excluded`` units (with a public reason) are no part of the frame. ``ticket`` and ``place`` (by
    ticket within the stratum) are kept of those alone that were drawn or passed over: all others
    follow from the frame and the seed. ``skipped`` says why a place was passed on, ``opened_at`` since
    when the public may know of it that it was drawn.
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
    opened_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (
        UniqueConstraint("spot_check_id", "stratum", "code"),
        # Few of many are drawn or excluded: the lists of those read no more than them.
        Index(
            "ix_spot_check_unit_place",
            "spot_check_id",
            "stratum",
            "place",
            sqlite_where=text("place IS NOT NULL"),
            postgresql_where=text("place IS NOT NULL"),
        ),
        Index(
            "ix_spot_check_unit_excluded",
            "spot_check_id",
            sqlite_where=text("excluded IS NOT NULL"),
            postgresql_where=text("excluded IS NOT NULL"),
        ),
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


class EntryVerdict(Model):
    """What was found when a drawn entry was gone through: in order, or not and why."""

    __tablename__ = "spot_check_entry"

    unit_id: Mapped[int] = mapped_column(ForeignKey("spot_check_unit.id"), primary_key=True)
    in_order: Mapped[bool]
    note: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[datetime] = mapped_column(UtcTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
