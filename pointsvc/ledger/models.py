"""The ledger: entries are added and reversed, never changed. Triggers in the database see to it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Model, Points, UtcTime
from pointsvc.people import carrying

SOURCES = (
    "single",
    "batch",
    "meeting",
    "import",
    "reversal",
    "declaration",
    "receipt",
    "merge",
    "pledge",
    "service",
)


class Entry(Model):
    """Points for one member, by one rule, for something that happened on one day.

    A reversal is an entry too: the opposite points, the same rule and day, and ``reverses_id``; both
    halves then count for nothing. ``natural_key`` says what the entry is of (a row of a file, a
    mark at a meeting), so that the same thing recorded twice is one entry. It is kept for ever.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    branch_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    rule_id: Mapped[int] = mapped_column(ForeignKey("rule.id"))
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    points: Mapped[Decimal] = mapped_column(Points)
    quantity: Mapped[Decimal] = mapped_column(Points)
    tier: Mapped[str | None] = mapped_column(String(64))
    matter: Mapped[str | None] = mapped_column(String(200))
    note: Mapped[str | None] = mapped_column(String(1000))
    occurred_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(UtcTime)
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    source: Mapped[str] = mapped_column(String(20))
    source_id: Mapped[int | None] = mapped_column(Id)
    natural_key: Mapped[str | None] = mapped_column(String(120), unique=True)
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))

    __table_args__ = (
        CheckConstraint("source IN ('" + "','".join(SOURCES) + "')", name="source"),
        CheckConstraint("(source = 'reversal') = (reverses_id IS NOT NULL)", name="reversal"),
        Index(
            "uq_entry_reverses_id",
            "reverses_id",
            unique=True,
            sqlite_where=text("reverses_id IS NOT NULL"),
            postgresql_where=text("reverses_id IS NOT NULL"),
        ),
        # So wide, because a tally then reads the indexes alone and never the rows.
        Index(
            "ix_entry_reckoning",
            "member_id",
            "rule_id",
            "occurred_on",
            "points",
            "recorded_at",
            "reverses_id",
            "matter",
            postgresql_include=["id"],
        ),
        Index(
            "ix_entry_reversals",
            "member_id",
            "reverses_id",
            sqlite_where=text("reverses_id IS NOT NULL"),
            postgresql_where=text("reverses_id IS NOT NULL"),
            postgresql_include=["recorded_at"],
        ),
        Index("ix_entry_member_id_id", "member_id", "id"),
        Index("ix_entry_branch_id_occurred_on", "branch_id", "occurred_on"),
        Index("ix_entry_source_source_id", "source", "source_id"),
    )


carrying.by_itself(Entry)
