"""Where a member stood on a day: the branch, and the rule sheet that governs it. One statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Date, and_, bindparam, exists, or_, select, true
from sqlalchemy.orm import aliased

from pointsvc.people import merged, reach
from pointsvc.people.models import Member, Membership, OrganisationReach
from pointsvc.permissions import Actor, Role
from pointsvc.prepared import Among, Several
from pointsvc.schemes import service as schemes
from pointsvc.schemes.models import Scheme


@dataclass(frozen=True, slots=True)
class Place:
    """``number`` is that of the record which is kept, when the one asked for was merged into it.

    ``branch_id`` is None without a branch of that day in reach, ``scheme_id`` without a rule sheet.
    """

    number: str
    member_id: int
    branch_id: int | None
    scheme_id: int | None
    digest: str | None


def places(actor: Actor, numbers: Sequence[str], day: date) -> dict[str, Place]:
    """The places, by number, of those of these members whom the actor reaches; the others are left out."""
    if actor.role == Role.MEMBER:
        return {}
    if actor.is_system:
        rows = _everywhere.rows(list(numbers), day=day)
    else:
        rows = _within_reach.rows(list(numbers), day=day, above=actor.organisation_id)
    return {row[0]: Place(*row[1:]) for row in rows}


@Several
def _everywhere(dialect: str, among: Among) -> Any:
    return _places(among, everywhere=True)


@Several
def _within_reach(dialect: str, among: Among) -> Any:
    return _places(among, everywhere=False)


def _places(among: Among, *, everywhere: bool) -> Any:
    day = bindparam("day", type_=Date())
    named = aliased(Member)
    spans = and_(
        Membership.member_id == Member.id,
        reach.on_day(Membership, day),
        true() if everywhere else _within(Membership.organisation_id),
    )
    placed = (
        select(named.number.label("asked"), Member.number, Member.id, Membership.organisation_id.label("branch_id"))
        .select_from(named)
        .join(Member, Member.id == merged.kept(named.id))
        .outerjoin(Membership, spans)
        .where(among(named.number))
        .where(true() if everywhere else or_(Membership.id.is_not(None), _ever_within()))
        .cte("placed")
    )
    branches = select(placed.c.branch_id).distinct().subquery("branches")
    governed = select(
        branches.c.branch_id, schemes.governing_id(branches.c.branch_id, day).label("scheme_id")
    ).subquery("governed")
    return (
        select(placed.c.asked, placed.c.number, placed.c.id, placed.c.branch_id, governed.c.scheme_id, Scheme.digest)
        .outerjoin(governed, governed.c.branch_id == placed.c.branch_id)
        .outerjoin(Scheme, Scheme.id == governed.c.scheme_id)
    )


def _within(organisation_id: Any) -> Any:
    above = bindparam("above", type_=BigInteger())
    return exists().where(OrganisationReach.above_id == above, OrganisationReach.below_id == organisation_id)


def _ever_within() -> Any:
    any_time = Membership.__table__.alias("any_time")
    return exists().where(any_time.c.member_id == Member.id, _within(any_time.c.organisation_id))
