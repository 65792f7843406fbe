"""Figures of pledges, set-based: how many have one (I9), how many of those due were kept (I10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, or_, select

from pointsvc.db import db
from pointsvc.people import merged, reach
from pointsvc.people.categories import EXEMPT
from pointsvc.people.models import Member, MemberCategory, Membership
from pointsvc.pledges.lifecycle import SHOWN
from pointsvc.pledges.models import Pledge

# Whoever is retired pledges by the own wish and as health allows, so nobody is counted as lacking one.
VOLUNTARY = ("retired", EXEMPT)


@dataclass(frozen=True, slots=True)
class Share:
    """So many (``part``) of so many (``whole``)."""

    part: int
    whole: int

    @property
    def percent(self) -> int | None:
        """Rounded down, so that 100 means all; None of nothing."""
        return None if not self.whole else self.part * 100 // self.whole


def coverage(*, organisation_id: int, day: date) -> Share:
    """I9: of the members who belong to this node or below on this day, those with a published pledge.

    Current is one that was published by that day and whose day lies in that year or later; drafts
    and withdrawn ones never count. Retired and exempt members are left out on both sides.
    """
    query = _members(organisation_id, day).with_only_columns(func.count(), func.sum(case((_covered(day), 1), else_=0)))
    whole, part = db.session.execute(query).one()
    return Share(int(part or 0), whole)


def kept(*, organisation_id: int, first: date, last: date) -> Share:
    """I10: of the published pledges of this node and below that were due in these days, those fulfilled.

    What could not be fulfilled for an objective cause was due and was not fulfilled; a withdrawn one
    is no pledge.
    """
    fulfilled = case((Pledge.outcome == "fulfilled", 1), else_=0)
    query = select(func.count(), func.sum(fulfilled)).where(
        Pledge.organisation_id.in_(reach.ids_below(organisation_id)),
        Pledge.status.in_(SHOWN),
        Pledge.due_on.between(first, last),
        # What both records of one person had promised counts once.
        or_(Pledge.member_id.is_(None), Pledge.member_id.not_in(merged.duplicates())),
    )
    whole, part = db.session.execute(query).one()
    return Share(int(part or 0), whole)


def lacking(*, organisation_id: int, day: date, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Who is counted by ``coverage`` and has none: rows of number and name, by name."""
    members = _members(organisation_id, day).where(~_covered(day))
    return db.session.execute(
        select(Member.number, Member.name)
        .where(Member.id.in_(members))
        .order_by(Member.initials, Member.name, Member.number)
        .limit(limit)
    ).all()


def _covered(day: date) -> ColumnElement[bool]:
    """The condition on Membership that the member has a current pledge."""
    return (
        select(Pledge.id)
        .where(
            Pledge.member_id == Membership.member_id,
            Pledge.status.in_(SHOWN),
            Pledge.published_on <= day,
            Pledge.due_on >= date(day.year, 1, 1),
        )
        .exists()
    )


def _members(organisation_id: int, day: date) -> Select[Any]:
    category = (
        select(MemberCategory.id)
        .where(MemberCategory.member_id == Membership.member_id, MemberCategory.category.in_(VOLUNTARY))
        .where(reach.on_day(MemberCategory, day))
        .exists()
    )
    return select(Membership.member_id).where(
        Membership.organisation_id.in_(reach.ids_below(organisation_id)),
        reach.on_day(Membership, day),
        Membership.member_id.not_in(merged.duplicates()),
        ~category,
    )
