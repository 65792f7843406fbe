"""A person's inbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Json, Model, UtcTime


class Notice(Model):
    """A message to one sign-in: an English msgid and its values, told in the reader's language.

    ``dedupe`` makes it come once however often its cause is handled.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    sign_in_id: Mapped[int] = mapped_column(ForeignKey("sign_in.id"))
    message: Mapped[str] = mapped_column(String(500))
    params: Mapped[dict[str, Any]] = mapped_column(Json)
    link: Mapped[str | None] = mapped_column(String(300))
    dedupe: Mapped[str] = mapped_column(String(120), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (Index("ix_notice_sign_in_id_id", "sign_in_id", "id"),)
