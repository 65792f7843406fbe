"""Figures N19 and N20 of the quarterly report: offices' members who checked in, and the posts that they claimed.

An office's member is one whose branch, on the day of the check-in, lay at or below an organisation of
the kind ``office``. A person counts once, whatever was merged since. Both are flows: from ``since``
(none: from the beginning) through ``until``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlalchemy.orm import aliased

from pointsvc import clock
from pointsvc.checkins.coverage import NOT_ASKED
from pointsvc.checkins.lifecycle import LEFT
from pointsvc.checkins.models import CheckIn, Claim, Post
from pointsvc.db import db
from pointsvc.people import merged, reach
from pointsvc.people.models import Member, MemberCategory, Membership, Organisation, OrganisationReach


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
    person = merged.kept(CheckIn.member_id).label("member_id")
    accepted = _accepted(until, since)
    came = select(person).where(CheckIn.home_id.in_(offices(organisation_id)), *accepted).distinct()
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
    taken = (
        select(merged.kept(Claim.member_id).label("member_id"), Claim.post_id)
        .join(CheckIn, CheckIn.id == Claim.check_in_id)
        .where(CheckIn.home_id.in_(offices(organisation_id)), *_stood(until, since))
        .distinct()
    )
    of = taken.subquery()
    row = db.session.execute(select(func.count(), func.count(of.c.post_id.distinct())).select_from(of)).one()
    return Claimed(*row)


def who(
    *, organisation_id: int, until: date, since: date | None = None, after: int | None = None, limit: int = 50
) -> Sequence[Row[*tuple[Any, ...]]]:
    """What N19 is made of, check-in by check-in: rows of id, member, member_name, unit, community, accepted_on."""
    community = aliased(Organisation)
    query = (
        select(
            CheckIn.id,
            Member.number.label("member"),
            Member.name.label("member_name"),
            Organisation.name.label("unit"),
            community.name.label("community"),
            CheckIn.accepted_on,
        )
        .select_from(CheckIn)
        .join(Member, Member.id == merged.kept(CheckIn.member_id))
        .join(Organisation, Organisation.id == CheckIn.home_id)
        .join(community, community.id == CheckIn.community_id)
        .where(CheckIn.home_id.in_(offices(organisation_id)), *_accepted(until, since))
        .order_by(CheckIn.id)
        .limit(limit)
    )
    return db.session.execute(query if after is None else query.where(CheckIn.id > after)).all()


def what(
    *, organisation_id: int, until: date, since: date | None = None, after: int | None = None, limit: int = 50
) -> Sequence[Row[*tuple[Any, ...]]]:
    """What N20 is made of, claim by claim: rows of id, member, member_name, post, community, claimed_at."""
    query = (
        select(
            Claim.id,
            Member.number.label("member"),
            Member.name.label("member_name"),
            Post.name.label("post"),
            Organisation.name.label("community"),
            Claim.claimed_at,
        )
        .select_from(Claim)
        .join(CheckIn, CheckIn.id == Claim.check_in_id)
        .join(Member, Member.id == merged.kept(Claim.member_id))
        .join(Post, Post.id == Claim.post_id)
        .join(Organisation, Organisation.id == Post.community_id)
        .where(CheckIn.home_id.in_(offices(organisation_id)), *_stood(until, since))
        .order_by(Claim.id)
        .limit(limit)
    )
    return db.session.execute(query if after is None else query.where(Claim.id > after)).all()


def offices(organisation_id: int) -> Any:
    """The ids of this organisation's offices and all below them, as a subquery for ``in_``."""
    office, above = aliased(Organisation), aliased(OrganisationReach)
    return (
        select(above.below_id)
        .join(office, and_(office.id == above.above_id, office.kind == "office"))
        .where(above.below_id.in_(reach.ids_below(organisation_id)))
    )


# ---- inside


def _accepted(until: date, since: date | None) -> list[ColumnElement[bool]]:
    return [CheckIn.accepted_on <= until, *([CheckIn.accepted_on >= since] if since else [])]


def _stood(until: date, since: date | None) -> list[ColumnElement[bool]]:
    """Claimed within these days, and not given back before their end."""
    before = _midnight_after(until)
    found = [Claim.claimed_at < before, or_(Claim.status != LEFT, Claim.ended_at >= before)]
    if since is not None:
        found.append(Claim.claimed_at >= _midnight_after(since - timedelta(days=1)))
    return found


def _in_service(organisation_id: int, day: date) -> Any:
    """The offices' members of this day but those of whom nothing is asked."""
    spared = (
        select(MemberCategory.id)
        .where(MemberCategory.member_id == Membership.member_id, reach.on_day(MemberCategory, day))
        .where(MemberCategory.category.in_(NOT_ASKED))
    )
    return select(Membership.member_id).where(
        Membership.organisation_id.in_(offices(organisation_id)), reach.on_day(Membership, day), ~spared.exists()
    )


def _midnight_after(day: date) -> datetime:
    zone = clock.local(clock.now()).tzinfo
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
