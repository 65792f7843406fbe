"""Pledges (承诺): what a member, a branch or an organisation promises so that it can be checked."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Json, Model, UtcTime
from pointsvc.errors import N_
from pointsvc.people import carrying
from pointsvc.pledges.lifecycle import OUTCOMES, STATUSES
from pointsvc.pledges.rating import HIGHEST, LOWEST, SIDES

KINDS = ("common", "post", "practical")
HORIZONS = ("yearly", "emergency")


class Pledge(Model):
    """One promise. ``member_id`` is None when the organisation itself promises.

    ``organisation_id`` is the branch of the member at the time, or the organisation that promises.
    ``baseline`` and ``target`` are texts with their unit, so that 'lower than last year' means something.
    ``proposed`` is what a change that waits for its review would make of it. ``outcome`` stays when
    the pledge is closed. ``told`` is how much has been told of its due day: see reminding.py.
    ``import_id`` is the file that brought it, ``form_key`` the form that was sent, so that it counts once.
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
    outcome: Mapped[str | None] = mapped_column(String(20))
    minute: Mapped[str | None] = mapped_column(String(200))
    proposed: Mapped[dict[str, Any] | None] = mapped_column(Json)
    published_on: Mapped[date | None]
    settled_on: Mapped[date | None]
    told: Mapped[int] = mapped_column(default=0)
    import_id: Mapped[int | None] = mapped_column(Id, index=True)
    form_key: Mapped[str | None] = mapped_column(String(120), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))

    __table_args__ = (
        CheckConstraint("kind IN ('" + "','".join(KINDS) + "')", name="kind"),
        CheckConstraint("horizon IN ('" + "','".join(HORIZONS) + "')", name="horizon"),
        CheckConstraint("status IN ('" + "','".join(STATUSES) + "')", name="status"),
        CheckConstraint("outcome IN ('" + "','".join(OUTCOMES) + "')", name="outcome"),
        CheckConstraint("(outcome IS NULL) = (settled_on IS NULL)", name="settled"),
        Index("ix_pledge_organisation_id_status", "organisation_id", "status", "id"),
        Index("ix_pledge_organisation_id_id", "organisation_id", "id"),
        Index("ix_pledge_status_due_on", "status", "due_on"),
    )


class PledgeStep(Model):
    """One step of a pledge's life, a progress note among them; rows are added, never changed (triggers
    see to it).

    ``text`` is the reason, the minute's reference or the note; ``before`` what an amended or changed
    pledge said until then.
    """

    __tablename__ = "pledge_step"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    pledge_id: Mapped[int] = mapped_column(ForeignKey("pledge.id"), index=True)
    step: Mapped[str] = mapped_column(String(12))
    old: Mapped[str | None] = mapped_column(String(20))
    new: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    text: Mapped[str | None] = mapped_column(String(500))
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)


class PledgeRating(Model):
    """What one rater thinks of a settled pledge, or so many of a paper vote alike (``count``).

    ``rater`` is who, in a form that names nobody to readers: ``sign-in:7``, ``paper:4``, or a code that
    a public page has made for somebody of the masses.
    """

    __tablename__ = "pledge_rating"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    pledge_id: Mapped[int] = mapped_column(ForeignKey("pledge.id"))
    side: Mapped[str] = mapped_column(String(12))
    rater: Mapped[str] = mapped_column(String(64))
    grade: Mapped[int]
    count: Mapped[int] = mapped_column(default=1)
    at: Mapped[datetime] = mapped_column(UtcTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))

    __table_args__ = (
        CheckConstraint("side IN ('" + "','".join(SIDES) + "')", name="side"),
        CheckConstraint(f"grade BETWEEN {LOWEST} AND {HIGHEST}", name="grade"),
        CheckConstraint("count > 0", name="count"),
        UniqueConstraint("pledge_id", "side", "rater"),
    )


carrying.goes(
    Pledge,
    N_("pledges made"),
    # The same words for the same day are one promise, whichever record it was written down for.
    once=("text", "due_on"),
    standing=lambda pledge: pledge.status.not_in(("draft", "returned", "withdrawn")),
    source="pledge",
)
