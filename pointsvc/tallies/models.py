"""Tallies, their results, totals carried over, and the standings kept current."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Json, Model, Points, UtcTime
from pointsvc.errors import N_
from pointsvc.people import carrying

STATUSES = ("queued", "running", "computed", "failed", "publicised", "sealed")


class Tally(Model):
    """The reckoning of one organisation's period. Computed again, it gets another ``version``.

    ``version`` names the results that are to be read; while the next is being computed the old ones
    stand. ``cutoff_at`` is the instant up to which recorded entries count.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    period: Mapped[str] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(default=0)
    through_on: Mapped[date]
    cutoff_at: Mapped[datetime | None] = mapped_column(UtcTime)
    members: Mapped[int] = mapped_column(default=0)
    unreckoned: Mapped[int] = mapped_column(default=0)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    requested_at: Mapped[datetime] = mapped_column(UtcTime)
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    computed_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (
        UniqueConstraint("organisation_id", "period"),
        CheckConstraint("status IN ('" + "','".join(STATUSES) + "')", name="status"),
    )


class Publication(Model):
    """A version of a tally, publicised (公示) from a day until the end of ``last_day``.

    Objections are taken until then. ``root`` is that of the Merkle tree over its results, printed on
    the publicised list. A later publication of the same tally supersedes it; both are kept.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    tally_id: Mapped[int] = mapped_column(ForeignKey("tally.id"))
    version: Mapped[int]
    published_on: Mapped[date]
    last_day: Mapped[date]
    working_days: Mapped[int]
    phone: Mapped[str] = mapped_column(String(40), default="")
    root: Mapped[str | None] = mapped_column(String(64))
    published_at: Mapped[datetime] = mapped_column(UtcTime)
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))

    __table_args__ = (UniqueConstraint("tally_id", "version"),)


class TallyResult(Model):
    """One member's result in one version of a tally. ``groups`` and ``rules``: code -> hundredths.

    Without foreign keys: the rows come straight from the tables that they would point to, where
    nothing is ever removed, and checking each would cost a tally a quarter of its time.
    """

    __tablename__ = "tally_result"

    tally_id: Mapped[int] = mapped_column(Id, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(Id, primary_key=True)
    branch_id: Mapped[int] = mapped_column(Id)
    category: Mapped[str] = mapped_column(String(40))
    scheme_id: Mapped[int] = mapped_column(Id)
    raw: Mapped[Decimal] = mapped_column(Points)
    base: Mapped[Decimal] = mapped_column(Points)
    carried: Mapped[Decimal] = mapped_column(Points)
    total: Mapped[Decimal | None] = mapped_column(Points)
    grade: Mapped[str | None] = mapped_column(String(40))
    veto: Mapped[bool]
    groups: Mapped[dict[str, Any]] = mapped_column(Json)
    rules: Mapped[dict[str, Any]] = mapped_column(Json)

    __table_args__ = (
        Index("ix_tally_result_order", "tally_id", "version", "total", "member_id"),
        Index("ix_tally_result_branch", "tally_id", "version", "branch_id", "scheme_id", "grade"),
    )


class PreviousTotal(Model):
    """The total of the cycle before the one that starts on ``cycle_starts_on``, for carry-over.

    ``declared`` by the office (from before the service) or taken from a ``tally``; a declared one is
    never overwritten by a tally.
    """

    __tablename__ = "previous_total"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    cycle_starts_on: Mapped[date] = mapped_column(primary_key=True)
    total: Mapped[Decimal] = mapped_column(Points)
    source: Mapped[str] = mapped_column(String(10))

    __table_args__ = (CheckConstraint("source IN ('declared', 'tally')", name="source"),)


class Standing(Model):
    """A member's score of the current cycle, written in the same transaction as the entry."""

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    category: Mapped[str] = mapped_column(String(40))
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    cycle_starts_on: Mapped[date]
    raw: Mapped[Decimal] = mapped_column(Points)
    base: Mapped[Decimal] = mapped_column(Points)
    carried: Mapped[Decimal] = mapped_column(Points)
    total: Mapped[Decimal | None] = mapped_column(Points)
    grade: Mapped[str | None] = mapped_column(String(40))
    veto: Mapped[bool]
    groups: Mapped[dict[str, Any]] = mapped_column(Json)
    rules: Mapped[dict[str, Any]] = mapped_column(Json)
    settled_at: Mapped[datetime] = mapped_column(UtcTime)

    __table_args__ = (
        Index("ix_standing_branch_id_total", "branch_id", "total", "member_id"),
        Index("ix_standing_total", "total"),
    )


carrying.by_itself(Standing)
carrying.stays(TallyResult, N_("results of tallies"), where=None)
carrying.stays(
    PreviousTotal,
    N_("totals of an earlier cycle"),
    where=N_("the kept record's own is carried over; they are not added"),
)
