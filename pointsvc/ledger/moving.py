"""Moving a record's entries to another record of the same person, and back. Set-based.

Nothing is changed: each live entry is reversed and recorded again, with the same points, day, rule
and branch, so that whatever was sealed before goes on holding.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, String, and_, cast, false, func, literal, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from pointsvc.db import UtcTime, among, db, on_postgresql, touch
from pointsvc.errors import N_
from pointsvc.ledger.heirs import key_of_copy, key_of_return
from pointsvc.ledger.models import Entry
from pointsvc.ledger.writing import lock, take_back
from pointsvc.people import carrying
from pointsvc.people.models import MemberMerge
from pointsvc.permissions import Actor

# The service's own reasons, kept in English and shown in the reader's language.
MERGED = N_("Moved to the other record of the same person")
OF_BOTH = N_("The other record of the same person has it already; it counts once")
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
    """Move every live entry of the duplicate to the kept record; how many there were. Both are touched.

    Those of what both records have are taken back only: it counts once.
    """
    live = db.session.scalars(select(Entry.id).where(Entry.member_id == merge.duplicate_id, *_live(Entry))).all()
    merge.once = _of(merge.duplicate_id, carrying.doubles(merge))
    ids = sorted(set(live) - set(merge.once))
    _copy(actor, at, merge, ids)
    take_back(actor=actor, at=at, entry_ids=ids, reason=MERGED)
    take_back(actor=actor, at=at, entry_ids=merge.once, reason=OF_BOTH)
    touch({merge.kept_id, merge.duplicate_id})
    return len(ids)


def move_freed(*, actor: Actor, at: datetime, merge: MemberMerge) -> None:
    """Move what was taken back by ``move`` and is no double any more, since another merge was undone."""
    still = _belonging(carrying.doubles(merge))
    doubled = db.session.scalars(select(Entry.id).where(among(Entry.id, merge.once), still)).all()
    freed = sorted(set(merge.once) - set(doubled))
    _copy(actor, at, merge, freed)
    merge.once, merge.entries = sorted(doubled), merge.entries + len(freed)
    touch({merge.kept_id})


def move_back(*, actor: Actor, at: datetime, merge: MemberMerge) -> int:
    """Move what ``move`` brought and nobody has taken back since to the duplicate again; how many there were.

    Each is again what it was at first (a mark at a meeting, a row of a file), so that whatever
    undoes that undoes it too. With it go the entries that have been recorded since of what goes back
    itself: hours that were confirmed, a pledge that was settled. Both are touched.
    """
    of_merge = (Entry.source == SOURCE, Entry.source_id == merge.id, Entry.member_id == merge.kept_id)
    ids = db.session.scalars(select(Entry.id).where(*of_merge, *_live(Entry))).all()
    first = aliased(Entry)
    first_id = cast(func.substr(Entry.natural_key, len(f"merge:{merge.id}:") + 1), BigInteger)
    rows = _returned(actor, at, merge, Entry, first).join(first, first.id == first_id)
    _add(rows.where(among(Entry.id, ids)).order_by(Entry.id))
    since = _of(merge.kept_id, carrying.sources_of(merge))
    still = (among(Entry.id, merge.once), _belonging(carrying.left(merge)))
    own = _returned(actor, at, merge, Entry, Entry).where(or_(among(Entry.id, since), and_(*still)))
    _add(own.order_by(Entry.id))
    take_back(actor=actor, at=at, entry_ids=[*ids, *since], reason=PARTED)
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


def _of(member_id: int, sources: Iterable[tuple[str, list[int]]]) -> list[int]:
    """The ids of the live entries of a record that belong to these rows."""
    mine = (Entry.member_id == member_id, _belonging(sources), *_live(Entry))
    return list(db.session.scalars(select(Entry.id).where(*mine).order_by(Entry.id)))


def _belonging(sources: Iterable[tuple[str, list[int]]]) -> ColumnElement[bool]:
    return or_(false(), *(and_(Entry.source == source, among(Entry.source_id, ids)) for source, ids in sources))


def _copy(actor: Actor, at: datetime, merge: MemberMerge, ids: Collection[int]) -> None:
    key = key_of_copy(merge.id, Entry.id)
    origin = (literal(SOURCE, String), literal(merge.id, BigInteger))
    rows = select(*_copied(actor, at, merge.kept_id, Entry), *origin, key).where(among(Entry.id, ids))
    _add(rows.order_by(Entry.id))


def _returned(actor: Actor, at: datetime, merge: MemberMerge, now: Any, first: Any) -> Any:
    """The rows of what goes back to the duplicate: as it is ``now``, with where it came from at ``first``."""
    same = _copied(actor, at, merge.duplicate_id, now)
    return select(*same, first.source, first.source_id, key_of_return(merge.id, first.id))


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
