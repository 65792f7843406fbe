"""Moving a record's entries to another record of the same person, and back. Set-based.

Nothing is changed: each live entry is reversed and recorded again, with the same points, day, rule
and branch, so that whatever was sealed before goes on holding.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, String, cast, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from pointsvc.db import UtcTime, among, db, on_postgresql, touch
from pointsvc.errors import N_
from pointsvc.ledger.heirs import key_of_copy, key_of_return
from pointsvc.ledger.models import Entry
from pointsvc.ledger.writing import lock, take_back
from pointsvc.people.models import MemberMerge
from pointsvc.permissions import Actor

# The service's own reasons, kept in English and shown in the reader's language.
MERGED = N_("Moved to the other record of the same person")
PARTED = N_("Moved back: the merge of the two records was undone")

SOURCE = "merge"
_SAME = (
    "branch_id",
    "rule_id",
    "scheme_id",
    "points",
    "quantity",
    "tier",
    "matter",
    "note",
    "occurred_on",
)


def move(*, actor: Actor, at: datetime, merge: MemberMerge) -> int:
    """Move every live entry of the duplicate to the kept record; how many there were. Both are touched."""
    ids = db.session.scalars(select(Entry.id).where(Entry.member_id == merge.duplicate_id, *_live(Entry))).all()
    key = key_of_copy(merge.id, Entry.id)
    origin = (literal(SOURCE, String), literal(merge.id, BigInteger))
    rows = select(*_copied(actor, at, merge.kept_id, Entry), *origin, key).where(among(Entry.id, ids))
    _add(rows.order_by(Entry.id))
    take_back(actor=actor, at=at, entry_ids=ids, reason=MERGED)
    touch({merge.kept_id, merge.duplicate_id})
    return len(ids)


def move_back(*, actor: Actor, at: datetime, merge: MemberMerge) -> int:
    """Move what ``move`` brought and nobody has taken back since to the duplicate again; how many there were.

    Each is again what it was at first (a mark at a meeting, a row of a file), so that whatever
    undoes that undoes it too. Both are touched.
    """
    of_merge = (Entry.source == SOURCE, Entry.source_id == merge.id, Entry.member_id == merge.kept_id)
    ids = db.session.scalars(select(Entry.id).where(*of_merge, *_live(Entry))).all()
    first = aliased(Entry)
    first_id = cast(func.substr(Entry.natural_key, len(f"merge:{merge.id}:") + 1), BigInteger)
    rows = (
        select(
            *_copied(actor, at, merge.duplicate_id, Entry),
            first.source,
            first.source_id,
            key_of_return(merge.id, first.id),
        )
        .join(first, first.id == first_id)
        .where(among(Entry.id, ids))
    )
    _add(rows.order_by(Entry.id))
    take_back(actor=actor, at=at, entry_ids=ids, reason=PARTED)
    touch({merge.kept_id, merge.duplicate_id})
    return len(ids)


def live_counts(member_ids: Collection[int]) -> dict[int, int]:
    """How many live entries each of these records has, by its id; those without any are left out."""
    mine = (among(Entry.member_id, member_ids), *_live(Entry))
    rows = db.session.execute(select(Entry.member_id, func.count()).where(*mine).group_by(Entry.member_id))
    return {row[0]: row[1] for row in rows}


def _live(entry: Any) -> tuple[ColumnElement[bool], ...]:
    later = aliased(Entry)
    return (entry.reverses_id.is_(None), ~select(later.id).where(later.reverses_id == entry.id).exists())


def _copied(actor: Actor, at: datetime, member_id: int, entry: Any) -> list[Any]:
    return [
        literal(member_id, BigInteger),
        *(getattr(entry, name) for name in _SAME),
        literal(lock(at), UtcTime()),
        literal(actor.sign_in_id, BigInteger),
    ]


def _add(rows: Any) -> None:
    """In the order of the entries before: of two equals the one with the smaller id counts."""
    names = ["member_id", *_SAME, "recorded_at", "recorded_by_id", "source", "source_id", "natural_key"]
    dialect: Any = postgresql if on_postgresql() else sqlite
    db.session.execute(dialect.insert(Entry.__table__).from_select(names, rows).on_conflict_do_nothing())
