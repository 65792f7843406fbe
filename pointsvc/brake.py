"""The brake on what is open to everybody: so many filings, and so many wrong codes, from one address at a time.

The boards' own (``boards/brake.py``) writes nothing down.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import String, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Model, UtcTime, db, on_postgresql
from pointsvc.errors import TooMany

FILE = "file"
CODE = "code"
VOTE = "vote"
# A community's hall has one address for all its visitors, so the limit is not a person's.
MOST = 20
STRETCH = timedelta(minutes=10)


class PublicTry(Model):
    """How often one address (a hash) filed, or typed a wrong code, within a stretch of time. Soon removed."""

    __tablename__ = "public_try"

    purpose: Mapped[str] = mapped_column(String(5), primary_key=True)
    address_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    begins_at: Mapped[datetime] = mapped_column(UtcTime, primary_key=True)
    tries: Mapped[int]


def check(*, at: datetime, purpose: str, address: str) -> None:
    """Raises TooMany when this was done too often from this address just now."""
    counted = db.session.get(PublicTry, (purpose, _hash(address), _stretch(at)), populate_existing=True)
    if counted is not None and counted.tries >= MOST:
        raise TooMany()


def note(*, at: datetime, purpose: str, address: str) -> None:
    """Count one more from this address."""
    dialect: Any = postgresql if on_postgresql() else sqlite
    table = PublicTry.__table__
    db.session.execute(
        dialect.insert(table).on_conflict_do_update(
            index_elements=["purpose", "address_hash", "begins_at"], set_={"tries": table.c.tries + 1}
        ),
        {"purpose": purpose, "address_hash": _hash(address), "begins_at": _stretch(at), "tries": 1},
    )


def forget(*, at: datetime) -> None:
    """Remove what was counted in stretches that are over."""
    old = delete(PublicTry).where(PublicTry.begins_at < _stretch(at))
    db.session.execute(old.execution_options(synchronize_session=False))


def _hash(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()


def _stretch(at: datetime) -> datetime:
    length = int(STRETCH.total_seconds())
    return datetime.fromtimestamp(int(at.timestamp()) // length * length, UTC)
