"""Imports: the file as it came, what was made of it, and what was refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Json, Model, UtcTime

KINDS = ("organisations", "members", "scheme", "attendance", "entries", "lists")
STATUSES = ("queued", "running", "mapping", "checked", "done", "failed", "undone")


class Import(Model):
    """One uploaded file. ``mapping``: it waits for the columns to be confirmed; ``checked``: a dry run.

    ``left_out`` counts the rows of an exported file that were taken back, or took back, and so say
    nothing here. ``marks``: the attendance that it changed, id to revision, for taking it back.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    filename: Mapped[str] = mapped_column(String(255))
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    dry_run: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(String(20))
    rows: Mapped[int] = mapped_column(default=0)
    accepted: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    left_out: Mapped[int] = mapped_column(default=0)
    entries: Mapped[int] = mapped_column(default=0)
    options: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    doubtful: Mapped[list[Any]] = mapped_column(Json, default=list)
    problem: Mapped[dict[str, Any] | None] = mapped_column(Json)
    marks: Mapped[dict[str, int]] = mapped_column(Json, default=dict, deferred=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"), index=True)
    done_at: Mapped[datetime | None] = mapped_column(UtcTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcTime)
    undo_reason: Mapped[str | None] = mapped_column(String(500))

    __table_args__ = (
        CheckConstraint("kind IN ('" + "','".join(KINDS) + "')", name="kind"),
        CheckConstraint("status IN ('" + "','".join(STATUSES) + "')", name="status"),
    )


class RejectedRow(Model):
    """A row that was not taken, with the reason: an English msgid and its values, told in any language."""

    __tablename__ = "rejected_row"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("import.id"))
    sheet: Mapped[str] = mapped_column(String(200))
    row: Mapped[int]
    column: Mapped[str] = mapped_column(String(200))
    message: Mapped[str] = mapped_column(String(500))
    params: Mapped[dict[str, Any]] = mapped_column(Json)
    cells: Mapped[list[Any]] = mapped_column(Json)

    __table_args__ = (Index("ix_rejected_row_import_id_id", "import_id", "id"),)


class ColumnChoice(Model):
    """What an office answered when a heading was in doubt; used without asking the next time."""

    __tablename__ = "column_choice"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    heading: Mapped[str] = mapped_column(String(200))
    field: Mapped[str] = mapped_column(String(40))
    chosen_at: Mapped[datetime] = mapped_column(UtcTime)
    chosen_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))

    __table_args__ = (UniqueConstraint("kind", "heading"),)
