"""Archives that were asked for, and their content in pieces."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Json, Model, UtcTime

STATUSES = ("queued", "running", "done", "failed", "removed")


class Export(Model):
    """An archive of all data of a node and below.

    ``counts``: rows by file. The row stays as the record of who took what away; its content is
    removed at ``expires_at``, since it can be made again at any time.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    status: Mapped[str] = mapped_column(String(10))
    size: Mapped[int] = mapped_column(Id, default=0)
    sha256: Mapped[str | None] = mapped_column(String(64))
    counts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    done_at: Mapped[datetime | None] = mapped_column(UtcTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (
        CheckConstraint("status IN ('" + "','".join(STATUSES) + "')", name="status"),
        Index("ix_export_organisation_id_id", "organisation_id", "id"),
        Index("ix_export_status_expires_at", "status", "expires_at"),
    )


class ExportPiece(Model):
    """A piece of an archive's bytes. In the database, so that whichever machine made it any can hand it out."""

    __tablename__ = "export_piece"

    export_id: Mapped[int] = mapped_column(ForeignKey("export.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
