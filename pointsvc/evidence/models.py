"""Photos and papers that people add to what they declare."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Model, UtcTime

OWNER_KINDS = ("declaration", "pledge", "finding")


class Evidence(Model):
    """One file, made anew from what was uploaded: a JPEG, or a PDF without anything that acts.

    It belongs to one row of another noun, which alone says who may see it. ``sha256`` is that of the
    content as kept, so the same picture has the same one whatever its camera wrote beside the pixels.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    owner_kind: Mapped[str] = mapped_column(String(20))
    owner_id: Mapped[int] = mapped_column(Id)
    filename: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    preview: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    at: Mapped[datetime] = mapped_column(UtcTime)

    __table_args__ = (
        CheckConstraint("owner_kind IN ('" + "','".join(OWNER_KINDS) + "')", name="owner_kind"),
        UniqueConstraint("owner_kind", "owner_id", "sha256"),
        Index("ix_evidence_owner_kind_owner_id", "owner_kind", "owner_id"),
    )
