"""Rehearsals of drafts, and what each member would have had."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Json, Model, Points, UtcTime
from pointsvc.errors import N_
from pointsvc.people import carrying

STATUSES = ("queued", "running", "done", "failed")


class Rehearsal(Model):
    """A draft, as it was when it was asked for, tried out on what was recorded from ``starts_on`` on.

    Kept for good with its ``report``, to be attached to the decision about the draft. ``apart``:
    members for whom the draft would not hold, because another sheet is nearer to them.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    in_force_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    digest: Mapped[str] = mapped_column(String(64))
    document: Mapped[dict[str, Any]] = mapped_column(Json, deferred=True)
    period: Mapped[str] = mapped_column(String(10))
    starts_on: Mapped[date]
    through_on: Mapped[date]
    status: Mapped[str] = mapped_column(String(20))
    cutoff_at: Mapped[datetime | None] = mapped_column(UtcTime)
    members: Mapped[int] = mapped_column(default=0)
    apart: Mapped[int] = mapped_column(default=0)
    report: Mapped[dict[str, Any] | None] = mapped_column(Json, deferred=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcTime)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    done_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (
        CheckConstraint("status IN ('" + "','".join(STATUSES) + "')", name="status"),
        Index("ix_rehearsal_scheme_id_id", "scheme_id", "id"),
    )


class RehearsalResult(Model):
    """One member's result under the sheet in force (``under_draft`` false) or under the draft.

    ``summed`` is the total before the sheet's floor and ceiling. Without foreign keys, as the results
    of a tally are.
    """

    __tablename__ = "rehearsal_result"

    rehearsal_id: Mapped[int] = mapped_column(Id, primary_key=True)
    under_draft: Mapped[bool] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(Id, primary_key=True)
    branch_id: Mapped[int] = mapped_column(Id)
    category: Mapped[str] = mapped_column(String(40))
    summed: Mapped[Decimal] = mapped_column(Points)
    total: Mapped[Decimal | None] = mapped_column(Points)
    grade: Mapped[str | None] = mapped_column(String(40))
    veto: Mapped[bool]


carrying.stays(RehearsalResult, N_("results of rehearsals"), where=None)
