"""Inspections of drawn units, their findings, rectifications and bulletins."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Json, Model, UtcTime
from pointsvc.inspections import lifecycle

STATUSES = tuple(lifecycle.INSPECTION)
RECTIFICATION_STATUSES = tuple(lifecycle.RECTIFICATION)
BULLETIN_STATUSES = tuple(lifecycle.BULLETIN)
ANSWERS = ("conforms", "finding", "not_applicable")
SEVERITIES = ("minor", "notable", "serious")
# What the inspectors met beside the checklist; never asked for.
OTHER = "other"

_STANDING = "voided_at IS NULL"
_DRAFT = "status = 'draft'"
_ISSUED = "status = 'issued'"
_UNFINISHED = "status IN ('" + "','".join(lifecycle.UNFINISHED) + "')"


def _one_of(values: tuple[str, ...]) -> str:
    return "('" + "','".join(values) + "')"


class Inspection(Model):
    """What two inspectors found at one drawn unit. ``opened_at`` is when they arrived.

    ``comment`` is the unit's on the facts, ``reply`` the inspectors' to it. ``confirm_due_on``: until
    when the unit may say something before the facts stand without it.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    spot_check_id: Mapped[int] = mapped_column(ForeignKey("spot_check.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("spot_check_unit.id"), unique=True)
    status: Mapped[str] = mapped_column(String(12))
    opened_at: Mapped[datetime] = mapped_column(UtcTime)
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    signed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    confirm_due_on: Mapped[date | None]
    settled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    comment: Mapped[str | None] = mapped_column(String(1000))
    reply: Mapped[str | None] = mapped_column(String(1000))

    __table_args__ = (
        CheckConstraint(f"status IN {_one_of(STATUSES)}", name="status"),
        Index("ix_inspection_spot_check_id_id", "spot_check_id", "id"),
        Index("ix_inspection_signed_at", "signed_at"),
    )


class InspectionAnswer(Model):
    """How one item of the checklist stands at one unit; no row: nobody has looked at it yet.

    ``revision`` grows with each change, so that what was entered on two phones does not overwrite
    each other unseen.
    """

    __tablename__ = "inspection_answer"

    inspection_id: Mapped[int] = mapped_column(ForeignKey("inspection.id"), primary_key=True)
    item: Mapped[str] = mapped_column(String(64), primary_key=True)
    answer: Mapped[str | None] = mapped_column(String(16))
    revision: Mapped[int]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    answered_at: Mapped[datetime] = mapped_column(UtcTime)

    __table_args__ = (CheckConstraint(f"answer IS NULL OR answer IN {_one_of(ANSWERS)}", name="answer"),)


class Finding(Model):
    """A problem at one unit, under one item of the checklist. Gone from the answer: ``taken_back_at``."""

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    inspection_id: Mapped[int] = mapped_column(ForeignKey("inspection.id"))
    item: Mapped[str] = mapped_column(String(64))
    severity: Mapped[str] = mapped_column(String(10))
    article: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str] = mapped_column(String(1000))
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    written_at: Mapped[datetime] = mapped_column(UtcTime)
    taken_back_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (
        UniqueConstraint("inspection_id", "item"),
        CheckConstraint(f"severity IN {_one_of(SEVERITIES)}", name="severity"),
    )


class InspectionSignature(Model):
    """An inspector stands for what was written down, by the own account. ``digest``: of all of it then."""

    __tablename__ = "inspection_signature"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    inspection_id: Mapped[int] = mapped_column(ForeignKey("inspection.id"))
    inspector_id: Mapped[int] = mapped_column(ForeignKey("spot_check_inspector.id"))
    sign_in_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcTime)
    voided_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (
        Index(
            "uq_inspection_signature_standing",
            "inspection_id",
            "inspector_id",
            unique=True,
            sqlite_where=sql(_STANDING),
            postgresql_where=sql(_STANDING),
        ),
    )


class Rectification(Model):
    """What a unit is told to put right, and until when (督办单). Somebody else looks at it again."""

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(60), unique=True)
    finding_id: Mapped[int] = mapped_column(ForeignKey("finding.id"), unique=True)
    spot_check_id: Mapped[int] = mapped_column(ForeignKey("spot_check.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    status: Mapped[str] = mapped_column(String(15))
    demand: Mapped[str] = mapped_column(String(1000))
    due_on: Mapped[date]
    ordered_at: Mapped[datetime] = mapped_column(UtcTime)
    ordered_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    answer: Mapped[str | None] = mapped_column(String(2000))
    answered_at: Mapped[datetime | None] = mapped_column(UtcTime)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    outcome: Mapped[str | None] = mapped_column(String(1000))
    rechecked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    rechecked_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))

    __table_args__ = (
        CheckConstraint(f"status IN {_one_of(RECTIFICATION_STATUSES)}", name="status"),
        CheckConstraint(
            "rechecked_by_id IS NULL OR (rechecked_by_id <> ordered_by_id"
            " AND (answered_by_id IS NULL OR rechecked_by_id <> answered_by_id))",
            name="four_eyes",
        ),
        Index("ix_rectification_organisation_id_id", "organisation_id", "id"),
        Index("ix_rectification_spot_check_id_id", "spot_check_id", "id"),
        Index(
            "ix_rectification_due",
            "due_on",
            sqlite_where=sql(_UNFINISHED),
            postgresql_where=sql(_UNFINISHED),
        ),
    )


class InspectionLog(Model):
    """One change of an inspection or of one of its rectifications, with what was said. Added, never changed."""

    __tablename__ = "inspection_log"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    inspection_id: Mapped[int] = mapped_column(ForeignKey("inspection.id"), index=True)
    rectification_id: Mapped[int | None] = mapped_column(ForeignKey("rectification.id"), index=True)
    old: Mapped[str | None] = mapped_column(String(15))
    new: Mapped[str] = mapped_column(String(15))
    words: Mapped[str | None] = mapped_column(String(2000))
    actor: Mapped[str] = mapped_column(String(20))
    sign_in_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    at: Mapped[datetime] = mapped_column(UtcTime)


class Bulletin(Model):
    """The bulletin (通报) of one plan. ``parts``: what the office writes; ``snapshot``: all of it as issued.

    An issued one is never edited: it is withdrawn with a reason and issued anew as ``again_of_id``.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    spot_check_id: Mapped[int] = mapped_column(ForeignKey("spot_check.id"), index=True)
    status: Mapped[str] = mapped_column(String(10))
    parts: Mapped[dict[str, Any]] = mapped_column(Json)
    snapshot: Mapped[dict[str, Any] | None] = mapped_column(Json)
    sha256: Mapped[str | None] = mapped_column(String(64))
    again_of_id: Mapped[int | None] = mapped_column(ForeignKey("bulletin.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    issued_at: Mapped[datetime | None] = mapped_column(UtcTime)
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcTime)
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    reason: Mapped[str | None] = mapped_column(String(500))

    __table_args__ = (
        CheckConstraint(f"status IN {_one_of(BULLETIN_STATUSES)}", name="status"),
        CheckConstraint("(status = 'draft') = (sha256 IS NULL)", name="frozen"),
        Index(
            "uq_bulletin_draft",
            "spot_check_id",
            unique=True,
            sqlite_where=sql(_DRAFT),
            postgresql_where=sql(_DRAFT),
        ),
        Index(
            "uq_bulletin_issued",
            "spot_check_id",
            unique=True,
            sqlite_where=sql(_ISSUED),
            postgresql_where=sql(_ISSUED),
        ),
    )
