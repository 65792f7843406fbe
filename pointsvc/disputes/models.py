"""Objections of members to an entry or to a result, and what came of each."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Model, UtcTime
from pointsvc.errors import N_
from pointsvc.people import carrying

STATUSES = ("open", "upheld", "dismissed", "withdrawn")
HOWS = ("online", "phone", "paper")

_OPEN_ENTRY = "status = 'open' AND entry_id IS NOT NULL"
_OPEN_RESULT = "status = 'open' AND tally_id IS NOT NULL"


class Dispute(Model):
    """One objection: of ``member_id``, to one of the own entries or to the own result in a tally's ``version``.

    ``branch_id`` is whose matter it is: where the entry was recorded, or where the result stands.
    ``raised_by_id`` may be another's sign-in, when it came by telephone or on paper. ``reminded_at``
    and ``escalated_at``: when the deadline was told to those who decide, and to the level above.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), index=True)
    tally_id: Mapped[int | None] = mapped_column(ForeignKey("tally.id"), index=True)
    version: Mapped[int | None]
    branch_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    text: Mapped[str] = mapped_column(String(2000))
    how: Mapped[str] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(10))
    raised_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    raised_at: Mapped[datetime] = mapped_column(UtcTime)
    reply_due_on: Mapped[date]
    reply: Mapped[str | None] = mapped_column(String(1000))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcTime)
    escalated_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (
        CheckConstraint("(entry_id IS NULL) <> (tally_id IS NULL)", name="about"),
        CheckConstraint("(tally_id IS NULL) = (version IS NULL)", name="version"),
        CheckConstraint("(status = 'open') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("status NOT IN ('upheld', 'dismissed') OR decided_by_id <> raised_by_id", name="four_eyes"),
        CheckConstraint("status IN ('" + "','".join(STATUSES) + "')", name="status"),
        CheckConstraint("how IN ('" + "','".join(HOWS) + "')", name="how"),
        Index(
            "uq_dispute_open_entry",
            "entry_id",
            unique=True,
            sqlite_where=sql(_OPEN_ENTRY),
            postgresql_where=sql(_OPEN_ENTRY),
        ),
        Index(
            "uq_dispute_open_result",
            "tally_id",
            "member_id",
            unique=True,
            sqlite_where=sql(_OPEN_RESULT),
            postgresql_where=sql(_OPEN_RESULT),
        ),
        Index("ix_dispute_branch_id_id", "branch_id", "id"),
        Index("ix_dispute_member_id_id", "member_id", "id"),
        Index("ix_dispute_decided_at", "decided_at"),
        Index(
            "ix_dispute_due",
            "reply_due_on",
            sqlite_where=sql("status = 'open'"),
            postgresql_where=sql("status = 'open'"),
        ),
    )


class DisputeEntry(Model):
    """An entry by which an upheld objection changed the ledger: a reversal, or one recorded instead."""

    __tablename__ = "dispute_entry"

    dispute_id: Mapped[int] = mapped_column(ForeignKey("dispute.id"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), primary_key=True, index=True)


class DisputeLog(Model):
    """One change of an objection's status. Rows are added, never changed (triggers in the database see to it)."""

    __tablename__ = "dispute_log"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    dispute_id: Mapped[int] = mapped_column(ForeignKey("dispute.id"), index=True)
    old: Mapped[str | None] = mapped_column(String(10))
    new: Mapped[str] = mapped_column(String(10))
    actor: Mapped[str] = mapped_column(String(20))
    sign_in_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    at: Mapped[datetime] = mapped_column(UtcTime)


carrying.goes(
    Dispute,
    N_("objections"),
    # An objection to a result is to that record's line of the tally, and is answered there.
    but=lambda dispute, kept_id: dispute.tally_id.is_not(None),
)
