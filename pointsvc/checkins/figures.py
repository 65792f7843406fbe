"""Figures N19 and N20 of the quarterly report: offices' members who checked in, and the posts that they claimed.

An office's member is one whose branch, on the day of the check-in, lay at or below an organisation of
the kind ``office``. A person counts once, whatever was merged since. Both are flows: from ``since``
(none: from the beginning) through ``until``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from pointsvc import clock
from pointsvc.checkins.coverage import NOT_ASKED
from pointsvc.checkins.lifecycle import LEFT
from pointsvc.checkins.models import CheckIn, Claim
from pointsvc.db import db
from pointsvc.people import merged, reach
from pointsvc.people.models import MemberCategory, Membership, Organisation, OrganisationReach


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """N19: ``persons`` with an accepted check-in; of ``members`` in service at the end, ``covered`` are among them."""

    persons: int
    members: int
    covered: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """N20: ``claims`` of a person and a post, but those given back; and the different ``posts`` among them."""

    claims: int
    posts: int


def checked_in(*, organisation_id: int, until: date, since: date | None = None) -> CheckedIn:
    """N19 of this organisation and below."""
    who = merged.kept(CheckIn.member_id)
    accepted = (CheckIn.accepted_on <= until, *((CheckIn.accepted_on >= since,) if since else ()))
    came = select(who.label("member_id")).where(CheckIn.home_id.in_(offices(organisation_id)), *accepted).distinct()
    serving = _in_service(organisation_id, until).subquery()
    came_of = came.subquery()
    covered = select(func.count()).select_from(serving).join(came_of, came_of.c.member_id == serving.c.member_id)
    return CheckedIn(
        persons=db.session.scalar(select(func.count()).select_from(came_of)) or 0,
        members=db.session.scalar(select(func.count()).select_from(serving)) or 0,
        covered=db.session.scalar(covered) or 0,
    )


def claimed(*, organisation_id: int, until: date, since: date | None = None) -> Claimed:
    """N20 of the members of this organisation and below: claims that stood at the end of ``until``."""
    before = _midnight_after(until)
    taken = (
        select(merged.kept(Claim.member_id).label("member_id"), Claim.post_id)
        .join(CheckIn, CheckIn.id == Claim.check_in_id)
        .where(CheckIn.home_id.in_(offices(organisation_id)), Claim.claimed_at < before)
        .where(or_(Claim.status != LEFT, Claim.ended_at >= before))
        .distinct()
    )
    if since is not None:
        taken = taken.where(Claim.claimed_at >= _midnight_after(since - timedelta(days=1)))
    of = taken.subquery()
    row = db.session.execute(select(func.count(), func.count(of.c.post_id.distinct())).select_from(of)).one()
    return Claimed(*row)


def offices(organisation_id: int) -> Any:
    """The ids of this organisation's offices and all below them, as a subquery for ``in_``."""
    office, above = aliased(Organisation), aliased(OrganisationReach)
    return (
        select(above.below_id)
        .join(office, and_(office.id == above.above_id, office.kind == "office"))
        .where(above.below_id.in_(reach.ids_below(organisation_id)))
    )


# ---- inside


def _in_service(organisation_id: int, day: date) -> Any:
    """The offices' members of this day but those of whom nothing is asked."""
    spared = (
        select(MemberCategory.id)
        .where(MemberCategory.member_id == Membership.member_id, _holds(MemberCategory, day))
        .where(MemberCategory.category.in_(NOT_ASKED))
    )
    return select(Membership.member_id).where(
        Membership.organisation_id.in_(offices(organisation_id)), _holds(Membership, day), ~spared.exists()
    )


def _holds(table: type[Membership] | type[MemberCategory], day: date) -> ColumnElement[bool]:
    return and_(table.starts_on <= day, or_(table.ends_on.is_(None), table.ends_on > day))


def _midnight_after(day: date) -> datetime:
    zone = clock.local(clock.now()).tzinfo
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
