"""The fifteen-minute circle of a community: who serves what nearby, and how its requests are answered.

Points come from the resources of the lists, or are entered by the community. All of it is public, so
it bears offices' lines and no person's number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.exc import IntegrityError

from pointsvc.audit import service as audit
from pointsvc.checkins.models import ServicePoint
from pointsvc.checkins.nearby import FARTHEST, KINDS, holds_mobile
from pointsvc.checkins.standing import COMMUNITY_KINDS
from pointsvc.checkins.worth import kinds
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Invalid, Message, NotFound
from pointsvc.lists.models import Item, ListSet
from pointsvc.people import reach, settings
from pointsvc.people.models import Organisation, OrganisationReach
from pointsvc.permissions import Actor

Rows = Sequence[Row[*tuple[Any, ...]]]

ANSWERED = ("done", "confirmed", "publicised")
LEFT_OUT = ("withdrawn",)
MOST = 200


@dataclass(frozen=True, slots=True)
class Requests:
    """What residents and units of a community asked for: how many in all, answered, and overdue."""

    all: int
    answered: int
    overdue: int


def community_of(code: str) -> Organisation:
    """The community with this code, for everybody. Raises NotFound."""
    query = select(Organisation).where(Organisation.code == code, Organisation.kind.in_(COMMUNITY_KINDS))
    found = db.session.scalar(query)
    if found is None:
        raise NotFound()
    return found


def kinds_of(organisation_id: int) -> list[str]:
    """The kinds of service that the community or a node above it has named, or the usual ones."""
    return kinds(settings.value(organisation_id, "circle_kinds") or KINDS)


def points(*, community_id: int, kind: str | None = None, most: int = FARTHEST) -> Rows:
    """What serves the community within ``most`` minutes, the nearest first.

    Rows of id, name, kind, place, opening, phone, minutes, unit (name of who offers it, or none).
    """
    query = (
        select(
            ServicePoint.id,
            ServicePoint.name,
            ServicePoint.kind,
            ServicePoint.place,
            ServicePoint.opening,
            ServicePoint.phone,
            ServicePoint.minutes,
            Organisation.name.label("unit"),
        )
        .outerjoin(Item, Item.id == ServicePoint.item_id)
        .outerjoin(Organisation, Organisation.id == Item.organisation_id)
        .where(ServicePoint.community_id == community_id, ServicePoint.closed_at.is_(None))
        .where(or_(ServicePoint.item_id.is_(None), Item.ended_at.is_(None)), ServicePoint.minutes <= most)
        .order_by(ServicePoint.minutes, ServicePoint.id)
        .limit(MOST)
    )
    return db.session.execute(query.where(ServicePoint.kind == kind) if kind else query).all()


def requests(*, community_id: int, today: date) -> Requests:
    """How the needs of this community and below it, in lists that are not confidential, are answered."""
    done = Item.status.in_(ANSWERED)
    late = and_(~done, Item.due_on < today)
    row = db.session.execute(
        select(func.count(), func.count().filter(done), func.count().filter(late))
        .select_from(Item)
        .join(ListSet, ListSet.id == Item.set_id)
        .where(Item.side == "need", Item.status.not_in(LEFT_OUT), ListSet.confidential.is_(False))
        .where(Item.organisation_id.in_(reach.ids_below(community_id)))
    ).one()
    return Requests(*row)


def offers(*, community_id: int) -> Rows:
    """The resources that units offer in the lists above this community, and that are no point of it yet.

    Rows of id, title, place, unit, phone (of the unit).
    """
    above = select(OrganisationReach.above_id).where(OrganisationReach.below_id == community_id)
    taken = select(ServicePoint.item_id).where(
        ServicePoint.community_id == community_id,
        ServicePoint.closed_at.is_(None),
        ServicePoint.item_id.is_not(None),
    )
    return db.session.execute(
        select(Item.id, Item.title, Item.place, Organisation.name.label("unit"), Organisation.phone)
        .join(ListSet, ListSet.id == Item.set_id)
        .join(Organisation, Organisation.id == Item.organisation_id)
        .where(Item.side == "offer", Item.ended_at.is_(None), ListSet.confidential.is_(False))
        .where(ListSet.organisation_id.in_(above), Item.id.not_in(taken))
        .order_by(Item.id.desc())
        .limit(MOST)
    ).all()


def add(*, actor: Actor, at: datetime, community: str, item_id: int | None = None, **said: Any) -> ServicePoint:
    """Enter what serves a community within reach: name, kind, place, opening, phone, minutes.

    With ``item_id`` it is that resource of the lists. Raises NotFound, Invalid by field, Conflict
    'entered_already'.
    """
    node = reach.organisation(actor, community)
    community_of(node.code)
    if item_id is not None and item_id not in {row.id for row in offers(community_id=node.id)}:
        raise Invalid({"item": N_("This resource is not offered here, or stands in the circle already")})
    _check(node.id, said)
    made = ServicePoint(
        community_id=node.id, item_id=item_id, created_at=at, created_by_id=actor.sign_in_id, **_trimmed(said)
    )
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError as error:
        raise Conflict(N_("This resource stands in the circle already"), code="entered_already") from error
    audit.note(actor=actor, at=at, action="service_point:add", object_id=str(made.id))
    return made


def amend(*, actor: Actor, at: datetime, point_id: int, **said: Any) -> ServicePoint:
    """Let these be said of the point from now on. Raises as ``add``."""
    row = point(actor=actor, point_id=point_id)
    _check(row.community_id, said)
    for name, value in _trimmed(said).items():
        setattr(row, name, value)
    db.session.flush()
    audit.note(actor=actor, at=at, action="service_point:amend", object_id=str(row.id))
    return row


def close(*, actor: Actor, at: datetime, point_id: int) -> ServicePoint:
    """Show it no more. Raises NotFound."""
    row = point(actor=actor, point_id=point_id)
    row.closed_at = at
    db.session.flush()
    audit.note(actor=actor, at=at, action="service_point:close", object_id=str(row.id))
    return row


def point(*, actor: Actor, point_id: int) -> ServicePoint:
    """A point of a community within reach, held until the transaction ends. Raises NotFound."""
    mine = (ServicePoint.id == point_id, ServicePoint.closed_at.is_(None))
    within = ServicePoint.community_id.in_(reach.organisation_ids(actor))
    found = db.session.scalar(select(ServicePoint).where(*mine, within).with_for_update())
    if found is None:
        raise NotFound()
    return found


# ---- inside

_TEXTS = ("name", "place", "opening", "phone")


def _trimmed(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value.strip() if isinstance(value, str) else value for name, value in said.items()}


def _check(organisation_id: int, said: dict[str, Any]) -> None:
    known = kinds_of(organisation_id)
    wrong: dict[str, Message] = {}
    if "kind" in said and said["kind"] not in known:
        wrong["kind"] = Message(N_("One of %(choices)s is needed"), choices="、".join(known))
    if "minutes" in said and not 1 <= said["minutes"] <= FARTHEST:
        wrong["minutes"] = Message(N_("A whole number from %(low)s to %(high)s is needed"), low=1, high=FARTHEST)
    for name in _TEXTS:
        if holds_mobile(said.get(name, "")):
            wrong[name] = Message(N_("This page is public: an office’s line, never a mobile number"))
    if wrong:
        raise Invalid(wrong)
