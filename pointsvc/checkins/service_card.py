"""A member's card of a quarter as it reads now: the posts, the hours, and what each community says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, and_, func, or_, select

from pointsvc import clock
from pointsvc.checkins.lifecycle import ACCEPTED, CONFIRMED, ENDED
from pointsvc.checkins.models import Card, CheckIn, Post, Record, Word
from pointsvc.db import db
from pointsvc.errors import N_, Invalid
from pointsvc.people import reach
from pointsvc.people.models import Member, Membership, Organisation, SignIn
from pointsvc.permissions import Actor
from pointsvc.schemes import periods
from pointsvc.schemes.periods import Period

NOTHING = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Line:
    """Confirmed hours at one post: how many, on how many days, the last of them."""

    post: str
    kind: str
    hours: Decimal
    days: int
    last_on: date


@dataclass(frozen=True, slots=True)
class There:
    """A member's quarter with one community."""

    check_in_id: int
    community: str
    community_name: str
    status: str
    since: date
    until: date | None
    word: str | None
    lines: tuple[Line, ...] = ()

    @property
    def hours(self) -> Decimal:
        """All hours there."""
        return sum((line.hours for line in self.lines), NOTHING)


@dataclass(frozen=True, slots=True)
class Whole:
    """A member's card of a quarter. ``acknowledged_hours``: those that the home unit saw, when it did."""

    member_id: int
    member: str
    member_name: str
    organisation: str | None
    organisation_name: str | None
    quarter: str
    starts_on: date
    through_on: date
    places: tuple[There, ...]
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    acknowledged_hours: Decimal | None

    @property
    def hours(self) -> Decimal:
        """All hours of the quarter."""
        return sum((place.hours for place in self.places), NOTHING)


def quarter_of(name: str | None, today: date) -> Period:
    """The quarter of this name, else the present one. Raises Invalid under ``quarter``."""
    if name is None:
        return periods.containing(today, "quarter", 1)
    try:
        found = periods.parse(name, 1)
    except Invalid as error:
        raise _wrong() from error
    if "-Q" not in name:
        raise _wrong()
    return found


def recent_quarters(today: date) -> list[str]:
    """The names of the present quarter and the four before it, the newest first."""
    found: list[str] = []
    day = today
    while len(found) < 5:
        period = periods.containing(day, "quarter", 1)
        found.append(period.name)
        day = period.starts_on - timedelta(days=1)
    return found


def card(*, actor: Actor, at: datetime, member: str, quarter: str | None = None) -> Whole:
    """The card of this member, also of a quarter that is not over. Raises NotFound, Invalid under ``quarter``."""
    period = quarter_of(quarter, clock.local(at).date())
    mine = db.session.get(Member, actor.member_id) if actor.member_id is not None else None
    who = mine if mine is not None and mine.number == member else reach.member(actor, member)
    home = db.session.execute(_home_of(who.id, period.through_on)).first()
    kept = db.session.execute(
        select(Card.acknowledged_at, SignIn.name, Card.hours)
        .outerjoin(SignIn, SignIn.id == Card.acknowledged_by_id)
        .where(Card.member_id == who.id, Card.quarter == period.name)
    ).first()
    return Whole(
        member_id=who.id,
        member=who.number,
        member_name=who.name,
        organisation=home.code if home else None,
        organisation_name=home.name if home else None,
        quarter=period.name,
        starts_on=period.starts_on,
        through_on=period.through_on,
        places=_places(who.id, period),
        acknowledged_at=kept[0] if kept else None,
        acknowledged_by=kept[1] if kept else None,
        acknowledged_hours=kept[2] if kept else None,
    )


def several(
    *, actor: Actor, quarter: str, organisation: str | None = None, after: int | None = None, limit: int = 50
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The cards of this quarter of the home units within reach.

    Rows of id, member, member_name, organisation, organisation_name, hours (now), places (how many
    communities), acknowledged_at, acknowledged_hours. Raises NotFound, Invalid under ``quarter``.
    """
    period = quarter_of(quarter, clock.today())
    node = reach.organisation(actor, organisation) if organisation else None
    homes = reach.ids_below(node.id) if node else reach.organisation_ids(actor)
    served = (
        select(func.coalesce(func.sum(Record.hours), 0))
        .where(Record.member_id == Card.member_id, Record.status == CONFIRMED)
        .where(Record.served_on.between(period.starts_on, period.through_on))
        .scalar_subquery()
    )
    places = (
        select(func.count(CheckIn.community_id.distinct()))
        .where(CheckIn.member_id == Card.member_id, *within(period))
        .scalar_subquery()
    )
    query = (
        select(
            Card.id,
            Member.number.label("member"),
            Member.name.label("member_name"),
            Organisation.code.label("organisation"),
            Organisation.name.label("organisation_name"),
            served.label("hours"),
            places.label("places"),
            Card.acknowledged_at,
            Card.hours.label("acknowledged_hours"),
        )
        .join(Member, Member.id == Card.member_id)
        .join(Organisation, Organisation.id == Card.home_id)
        .where(Card.quarter == period.name, Card.home_id.in_(homes))
        .order_by(Card.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(Card.id > after)
    return db.session.execute(query).all()


def within(period: Period) -> tuple[Any, ...]:
    """The conditions that a check-in held at any time of the period, from the day that its slip bears."""
    held = CheckIn.status.in_([ACCEPTED, ENDED])
    return (
        held,
        CheckIn.requested_on <= period.through_on,
        or_(CheckIn.ended_on.is_(None), CheckIn.ended_on >= period.starts_on),
    )


# ---- inside


def _wrong() -> Invalid:
    return Invalid({"quarter": N_("A quarter such as 2026-Q3 is needed")})


def _home_of(member_id: int, day: date) -> Any:
    """The branch of that day; of a quarter that runs, the branch of today."""
    return (
        select(Organisation.id, Organisation.code, Organisation.name)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.member_id == member_id, reach.on_day(Membership, day))
    )


def _places(member_id: int, period: Period) -> tuple[There, ...]:
    rows: Any = db.session.execute(
        select(
            CheckIn.id,
            Organisation.code,
            Organisation.name,
            CheckIn.status,
            CheckIn.accepted_on,
            CheckIn.ended_on,
            Word.text,
        )
        .join(Organisation, Organisation.id == CheckIn.community_id)
        .outerjoin(Word, and_(Word.check_in_id == CheckIn.id, Word.quarter == period.name))
        .where(CheckIn.member_id == member_id, *within(period))
        .order_by(CheckIn.id)
    )
    found = [There(*row) for row in rows]
    lines = _lines(member_id, period)
    return tuple(replace(place, lines=tuple(lines.get(place.check_in_id, ()))) for place in found)


def _lines(member_id: int, period: Period) -> dict[int, list[Line]]:
    rows: Any = db.session.execute(
        select(
            Record.check_in_id,
            Post.name,
            Post.kind,
            func.sum(Record.hours),
            func.count(Record.served_on.distinct()),
            func.max(Record.served_on),
        )
        .join(Post, Post.id == Record.post_id)
        .where(Record.member_id == member_id, Record.status == CONFIRMED)
        .where(Record.served_on.between(period.starts_on, period.through_on))
        .group_by(Record.check_in_id, Post.id, Post.name, Post.kind)
        .order_by(Post.id)
    )
    found: dict[int, list[Line]] = {}
    for check_in_id, *line in rows:
        found.setdefault(check_in_id, []).append(Line(*line))
    return found
