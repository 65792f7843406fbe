"""What members declare for themselves, what became of it, and the sheets of paper that some use."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select, text
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Json, Model, Points, UtcTime
from pointsvc.declarations.lifecycle import STATUSES
from pointsvc.errors import N_
from pointsvc.people import carrying
from pointsvc.people.models import SignIn


class Declaration(Model):
    """One deed of one member, as declared: it counts for nothing until somebody else approves it.

    ``branch_id`` is the member's of the day it occurred, ``scheme_id`` and ``points`` what the rule
    sheet of that day gives; approval fixes all three and adds the entry. ``proxy``: somebody typed it
    in for the member. ``told`` is how far up slow reviewing has been told: 1 the branch, 2 one level
    above. ``form_key`` names the form that was sent, so that it counts once.

    That nobody decides on the own declaration is refused here too: by a check on who declared it,
    and by a trigger on whose it is.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    branch_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    rule: Mapped[str] = mapped_column(String(64))
    occurred_on: Mapped[date]
    quantity: Mapped[Decimal] = mapped_column(Points)
    tier: Mapped[str | None] = mapped_column(String(64))
    points: Mapped[Decimal] = mapped_column(Points)
    matter: Mapped[str | None] = mapped_column(String(200))
    note: Mapped[str | None] = mapped_column(String(1000))
    status: Mapped[str] = mapped_column(String(10))
    declared_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    proxy: Mapped[bool]
    sheet_id: Mapped[int | None] = mapped_column(ForeignKey("declaration_sheet.id"))
    sheet_line: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    sent_at: Mapped[datetime] = mapped_column(UtcTime)
    told: Mapped[int] = mapped_column(default=0)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    reason: Mapped[str | None] = mapped_column(String(500))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), unique=True)
    form_key: Mapped[str | None] = mapped_column(String(120), unique=True)

    __table_args__ = (
        CheckConstraint("status IN ('" + "','".join(STATUSES) + "')", name="status"),
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> declared_by_id", name="not_own"),
        CheckConstraint("(status IN ('approved','returned')) = (decided_at IS NOT NULL)", name="decided"),
        CheckConstraint("(status = 'approved') = (entry_id IS NOT NULL)", name="entry"),
        CheckConstraint("(sheet_id IS NULL) = (sheet_line IS NULL)", name="sheet"),
        Index(
            "uq_declaration_sheet_id_sheet_line",
            "sheet_id",
            "sheet_line",
            unique=True,
            # A line typed in wrongly is withdrawn and typed in again.
            sqlite_where=text("status <> 'withdrawn'"),
            postgresql_where=text("status <> 'withdrawn'"),
        ),
        Index(
            "ix_declaration_pending",
            "branch_id",
            "id",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
        Index("ix_declaration_member_id_id", "member_id", "id"),
        Index("ix_declaration_branch_id_id", "branch_id", "id"),
    )


class DeclarationChange(Model):
    """One step of a declaration's life; rows are added, never changed (triggers see to it).

    ``before`` holds what an amended declaration said until then.
    """

    __tablename__ = "declaration_change"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    declaration_id: Mapped[int] = mapped_column(ForeignKey("declaration.id"), index=True)
    old: Mapped[str | None] = mapped_column(String(10))
    new: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(UtcTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    reason: Mapped[str | None] = mapped_column(String(500))
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)


class DeclarationSheet(Model):
    """A printed form of numbered lines. Its id makes the code on the paper."""

    __tablename__ = "declaration_sheet"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    lines: Mapped[int]
    printed_at: Mapped[datetime] = mapped_column(UtcTime)
    printed_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))


carrying.goes(
    Declaration,
    N_("declarations"),
    source="declaration",
    # Nobody decides on the own declaration, and a trigger refuses one that somebody did decide on.
    but=lambda declaration, kept_id: (
        select(SignIn.id).where(SignIn.id == declaration.decided_by_id, SignIn.member_id == kept_id).exists()
    ),
)
