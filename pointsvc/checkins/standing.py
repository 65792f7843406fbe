"""Whose service an actor sees, on which sides they stand to it, and rows held for a change."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, or_, select, true

from pointsvc.checkins.lifecycle import Standing
from pointsvc.checkins.models import CheckIn, Claim, Post, Record
from pointsvc.db import among, db
from pointsvc.errors import N_, Invalid, Message, NotFound
from pointsvc.people import merged, reach
from pointsvc.people.models import Member, Membership, Organisation, OrganisationReach
from pointsvc.permissions import Actor, Permission, Role, allowed

# With these one checks in; every one of them is open to members of other units.
COMMUNITY_KINDS = ("community", "village")


def community(code: str) -> Organisation:
    """The community with this code, whoever asks: they are public. Raises Invalid under ``community``."""
    found = db.session.scalar(
        select(Organisation).where(Organisation.code == code, Organisation.kind.in_(COMMUNITY_KINDS))
    )
    if found is None:
        raise Invalid({"community": Message(N_("There is no community %(code)s"), code=code)})
    return found


def visible(actor: Actor, table: type[CheckIn] | type[Record]) -> ColumnElement[bool]:
    """The condition that the actor may see a row: the own, of a member in reach, or of a community in reach."""
    if actor.is_system:
        return true()
    own = table.member_id == actor.member_id
    if actor.role == Role.MEMBER:
        return own
    within = reach.organisation_ids(actor)
    people = select(Membership.member_id).where(Membership.organisation_id.in_(within))
    return or_(own, table.community_id.in_(within), table.member_id.in_(people))


def standings(actor: Actor, rows: Sequence[tuple[int, int]], today: date) -> list[Standing]:
    """How the actor stands to each (member, community): three statements, however many rows."""
    if actor.is_system:
        return [Standing(home=True, community=True)] * len(rows)
    branches, reached = {}, set()
    if rows and allowed(actor, Permission.CHECKINS_DECIDE):
        branches = reach.branch_on({member_id for member_id, _ in rows}, today)
        reached = _reached(actor, {*branches.values(), *(community_id for _, community_id in rows)})
    return [
        Standing(
            own=member_id == actor.member_id,
            home=branches.get(member_id) in reached,
            community=community_id in reached,
        )
        for member_id, community_id in rows
    ]


def standing(actor: Actor, row: CheckIn | Record, today: date) -> Standing:
    """How the actor stands to this one."""
    return standings(actor, [(row.member_id, row.community_id)], today)[0]


def whom(actor: Actor, number: str | None) -> int:
    """The id of the member with this number, within reach or known by a check-in; without one, of the actor.

    Raises NotFound, or Invalid under ``member`` when it has to be said.
    """
    if number is None:
        if actor.member_id is None:
            raise Invalid({"member": N_("Please say for which member")})
        return actor.member_id
    known = select(Member.id).join(CheckIn, CheckIn.member_id == Member.id).where(merged.meant_by(number))
    found = db.session.scalar(known.where(visible(actor, CheckIn)).limit(1))
    return found if found is not None else reach.member(actor, number).id


def held_checkin(actor: Actor, check_in_id: int) -> CheckIn:
    """A check-in that the actor may see, held until the transaction ends. Raises NotFound."""
    return _one(select(CheckIn).where(CheckIn.id == check_in_id, visible(actor, CheckIn)))


def held_post(actor: Actor, post_id: int) -> Post:
    """A post of a community within reach, held until the transaction ends. Raises NotFound."""
    return _one(select(Post).where(Post.id == post_id, Post.community_id.in_(reach.organisation_ids(actor))))


def held_claim(actor: Actor, post_id: int, member_id: int) -> tuple[Claim, CheckIn]:
    """The member's newest claim of this post, held, and its check-in. Raises NotFound."""
    claim = _one(
        select(Claim)
        .join(CheckIn, CheckIn.id == Claim.check_in_id)
        .where(Claim.post_id == post_id, Claim.member_id == member_id, visible(actor, CheckIn))
        .order_by(Claim.id.desc())
        .limit(1),
        of=Claim,
    )
    return claim, db.session.get_one(CheckIn, claim.check_in_id)


def held_records(actor: Actor, record_ids: Collection[int]) -> dict[int, Record]:
    """These records of service, held until the transaction ends, by id. Raises NotFound, naming those not seen."""
    query = select(Record).where(among(Record.id, record_ids), visible(actor, Record)).order_by(Record.id)
    rows = db.session.scalars(query.with_for_update(of=Record), execution_options={"populate_existing": True})
    found = {row.id: row for row in rows}
    missing = [str(number) for number in record_ids if number not in found]
    if missing:
        text = N_("There is no record of service %(id)s within your reach")
        raise NotFound(Message(text, id=", ".join(missing[:5])))
    return found


# ---- inside


def _one(query: Any, of: Any = None) -> Any:
    locking = query.with_for_update(of=of) if of is not None else query.with_for_update()
    found = db.session.scalar(locking.execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return found


def _reached(actor: Actor, organisation_ids: Collection[int]) -> set[int]:
    above = OrganisationReach.above_id == actor.organisation_id
    below = OrganisationReach.below_id
    return set(db.session.scalars(select(below).where(above, among(below, organisation_ids))))
