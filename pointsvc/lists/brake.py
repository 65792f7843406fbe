"""The brake on what is open to everybody: so many filings, and so many wrong codes, from one address at a time."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from pointsvc.db import db, on_postgresql
from pointsvc.errors import TooMany
from pointsvc.lists.models import PublicTry

FILE = "file"
CODE = "code"
# A community's hall has one address for all its visitors, so the limit is not a person's.
MOST = {FILE: 20, CODE: 20}
STRETCH = timedelta(minutes=10)


def check(*, at: datetime, purpose: str, address: str) -> None:
    """Raises TooMany when this was done too often from this address just now."""
    key = (purpose, _hash(address), _stretch(at))
    tries = db.session.scalar(
        select(PublicTry.tries).where(
            PublicTry.purpose == key[0], PublicTry.address_hash == key[1], PublicTry.begins_at == key[2]
        )
    )
    if tries is not None and tries >= MOST[purpose]:
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
