"""What has taken an entry's place: a merge moves entries to another record, undoing it moves them back.

The natural key of what is moved names the merge and the entry, so that the way can be followed
however often it is gone.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, String, cast, literal, or_, select
from sqlalchemy.orm import aliased

from pointsvc.db import among
from pointsvc.ledger.models import Entry
from pointsvc.people.models import MemberMerge


def heirs(ids: Collection[int] | Select[*tuple[Any, ...]]) -> Select[int]:
    """The ids of whatever has stood in the place of these entries, at any time since."""
    c = _line(ids).c
    return select(c.id).where(c.id != c.first)


def replaced(ids: Collection[int]) -> Select[int]:
    """Those of these entries in whose place another stands now."""
    c = _line(ids).c
    later = aliased(Entry)
    alive = ~select(later.id).where(later.reverses_id == c.id).exists()
    return select(c.first).where(c.id != c.first, alive).distinct()


def key_of_copy(merge_id: Any, entry_id: Any) -> ColumnElement[str]:
    """The natural key of an entry that a merge recorded for the kept record."""
    return literal("merge:", String) + cast(merge_id, String) + ":" + cast(entry_id, String)


def key_of_return(merge_id: Any, entry_id: Any) -> ColumnElement[str]:
    """The natural key of an entry that undoing a merge recorded for the duplicate again."""
    return literal("merge:", String) + cast(merge_id, String) + ":undo:" + cast(entry_id, String)


def _line(ids: Collection[int] | Select[*tuple[Any, ...]]) -> CTE:
    these = Entry.id.in_(ids) if isinstance(ids, Select) else among(Entry.id, ids)
    line = select(Entry.id.label("first"), Entry.id).where(these).cte("line", recursive=True)
    before, after = aliased(Entry), aliased(Entry)
    keys = (key_of_copy(MemberMerge.id, before.id), key_of_return(MemberMerge.id, before.id))
    following = (
        select(line.c.first, after.id)
        .join(before, before.id == line.c.id)
        # Also of what was recorded for the kept record while the merge stood.
        .join(MemberMerge, or_(MemberMerge.duplicate_id == before.member_id, MemberMerge.kept_id == before.member_id))
        .join(after, after.natural_key.in_(keys))
    )
    return line.union(following)
