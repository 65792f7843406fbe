"""What a later version of a tally changed: who, from what to what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, Subquery, case, func, or_, select, tuple_

from pointsvc.db import db
from pointsvc.people.models import Member, Organisation
from pointsvc.permissions import Actor
from pointsvc.tallies.finding import tally
from pointsvc.tallies.listing import check_version
from pointsvc.tallies.models import Tally, TallyResult

Rows = Sequence[Row[*tuple[Any, ...]]]


def compare(
    *,
    actor: Actor,
    tally_id: int,
    before: int,
    after: int,
    limit: int | None = None,
    place: Sequence[str] | None = None,
) -> Rows:
    """The members whose total or grade differs between two versions, by name from behind ``place`` on.

    Rows as in ``changes``. Raises NotFound, Invalid under ``from`` or ``to`` for a version that is not there.
    """
    found, _ = tally(actor=actor, tally_id=tally_id)
    check_version(found, "from", before)
    check_version(found, "to", after)
    return changes(found, before, after, limit=limit, place=place)


def changes(
    found: Tally,
    before: int,
    after: int,
    *,
    branches: Select[int] | None = None,
    branch: str | None = None,
    limit: int | None = None,
    place: Sequence[str] | None = None,
) -> Rows:
    """As ``compare``, of these branches (or of this one of them) only; the caller has looked the tally up.

    Rows of number, name, branch, branch_name, before_total, before_grade, after_total, after_grade, joined
    and gone (in only one of the two), and place (initials; ``place`` is the last row's with its number).
    """
    both = _both(found, before, after)
    query = (
        select(
            Member.number,
            Member.name,
            Organisation.code.label("branch"),
            Organisation.name.label("branch_name"),
            both.c.before_total,
            both.c.before_grade,
            both.c.after_total,
            both.c.after_grade,
            (both.c.was == 0).label("joined"),
            (both.c.remains == 0).label("gone"),
            Member.initials.label("place"),
        )
        .join(Member, Member.id == both.c.member_id)
        .join(Organisation, Organisation.id == both.c.branch_id)
        .where(_differs(both))
        .order_by(Member.initials, Member.number)
        .limit(limit)
    )
    if branches is not None:
        query = query.where(both.c.branch_id.in_(branches))
    if branch is not None:
        query = query.where(Organisation.code == branch)
    if place is not None:
        query = query.where(tuple_(Member.initials, Member.number) > tuple_(*place))
    return db.session.execute(query).all()


def count(found: Tally, before: int, after: int) -> int:
    """How many members' total or grade differs between two versions."""
    both = _both(found, before, after)
    return db.session.scalar(select(func.count()).select_from(both).where(_differs(both))) or 0


def _both(found: Tally, before: int, after: int) -> Subquery:
    """Each member once, with the figures of both versions side by side; the branch is the later one's."""

    def of(version: int, value: Any) -> Any:
        return func.max(case((TallyResult.version == version, value)))

    return (
        select(
            TallyResult.member_id,
            func.coalesce(of(after, TallyResult.branch_id), of(before, TallyResult.branch_id)).label("branch_id"),
            of(before, TallyResult.total).label("before_total"),
            of(before, TallyResult.grade).label("before_grade"),
            of(after, TallyResult.total).label("after_total"),
            of(after, TallyResult.grade).label("after_grade"),
            func.coalesce(of(before, 1), 0).label("was"),
            func.coalesce(of(after, 1), 0).label("remains"),
        )
        .where(TallyResult.tally_id == found.id, TallyResult.version.in_([before, after]))
        .group_by(TallyResult.member_id)
        .subquery()
    )


def _differs(both: Subquery) -> Any:
    c = both.c
    return or_(
        c.was != c.remains,
        c.before_total.is_distinct_from(c.after_total),
        c.before_grade.is_distinct_from(c.after_grade),
    )
