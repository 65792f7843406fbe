"""Which record is meant by one that was merged into another: conditions and values for other statements.

A record that took another in is never merged away itself while it holds it, so one step leads to
the record that is kept.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import aliased

from pointsvc.db import db
from pointsvc.people.models import Member, MemberMerge


def kept(member_id: Any) -> ColumnElement[int]:
    """The id of the record that is kept in the place of this one: mostly its own."""
    into = select(MemberMerge.kept_id).where(MemberMerge.duplicate_id == member_id, MemberMerge.undone_at.is_(None))
    return func.coalesce(into.correlate_except(MemberMerge).scalar_subquery(), member_id)


def meant_by(number: Any) -> ColumnElement[bool]:
    """The condition on Member to be whom this number means."""
    named = aliased(Member)
    return Member.id == select(kept(named.id)).where(named.number == number).scalar_subquery()


def duplicates() -> Select[int]:
    """The ids of the records that are merged into another, as a subquery for ``not_in``."""
    return select(MemberMerge.duplicate_id).where(MemberMerge.undone_at.is_(None))


def happened() -> bool:
    """Whether any record was ever merged: most services need ask no further."""
    return db.session.scalar(select(select(MemberMerge.id).exists())) is True
