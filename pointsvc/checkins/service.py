"""Verbs of check-ins: request, accept, refuse, withdraw, end. Posts, hours and cards have their own files.

A community does not learn of a stranger by trying numbers: it types in a signed slip, which bears
the number and the name, and both have to be right.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from pointsvc import clock
from pointsvc.audit import service as audit
from pointsvc.checkins import posts, telling
from pointsvc.checkins.lifecycle import ACCEPTED, CHECKIN, PENDING, Standing, check, following
from pointsvc.checkins.models import CheckIn
from pointsvc.checkins.standing import community as community_of
from pointsvc.checkins.standing import held_checkin, standing, standings
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Invalid, Message, NotFound
from pointsvc.ledger import service as ledger
from pointsvc.people import merged, reach
from pointsvc.people.models import Member, Organisation, OrganisationReach
from pointsvc.permissions import Actor, Role

LONGEST_REASON = 500


def request(
    *,
    actor: Actor,
    at: datetime,
    community: str,
    member: str | None = None,
    name: str | None = None,
    requested_on: date | None = None,
    skills: str = "",
    paper: bool = False,
) -> CheckIn:
    """Check a member in with a community; without ``member``, the actor.

    Typed in by the community from a signed slip (then ``name`` is needed) it is accepted at once, else
    it waits for the community. Raises Invalid by field, NotFound for a member out of reach, Conflict
    'checked_in_already'.
    """
    node = community_of(community)
    day = requested_on or clock.local(at).date()
    if wrong := ledger.check_day(day, at):
        raise Invalid({"requested_on": wrong})
    one, visiting = _whom(actor, member, name, node)
    check(CHECKIN, "request", _standing_of(actor, one.id, node.id, at))
    made = CheckIn(
        member_id=one.id,
        home_id=_home(one.id, node, day),
        community_id=node.id,
        status=ACCEPTED if visiting else PENDING,
        skills=skills.strip(),
        paper=paper or visiting,
        requested_on=day,
        accepted_on=day if visiting else None,
        created_at=at,
        created_by_id=actor.sign_in_id,
    )
    _add(made)
    audit.note(actor=actor, at=at, action="checkin:request", object_id=str(made.id), new=made.status)
    if visiting:
        telling.checkin(at=at, row=made)
    return made


def accept(*, actor: Actor, at: datetime, check_in_id: int) -> CheckIn:
    """Let the member serve with this community from today on. Raises NotFound, Forbidden, Conflict 'wrong_status'."""
    return _turn(actor, at, held_checkin(actor, check_in_id), "accept", accepted_on=clock.local(at).date())


def refuse(*, actor: Actor, at: datetime, check_in_id: int, reason: str) -> CheckIn:
    """Do not accept it, for this reason. Raises as ``accept``, and Invalid."""
    return _turn(actor, at, held_checkin(actor, check_in_id), "refuse", reason=required(reason))


def withdraw(*, actor: Actor, at: datetime, check_in_id: int) -> CheckIn:
    """Take a check-in back that nobody has decided on. Raises as ``accept``."""
    return _turn(actor, at, held_checkin(actor, check_in_id), "withdraw")


def end(
    *, actor: Actor, at: datetime, check_in_id: int, ended_on: date | None = None, reason: str | None = None
) -> CheckIn:
    """End it with this day (today); its posts fall free. Raises as ``accept``, and Invalid under ``ended_on``."""
    row = held_checkin(actor, check_in_id)
    today = clock.local(at).date()
    day = ended_on or today
    if row.accepted_on and not row.accepted_on <= day <= today:
        text = N_("A day from %(first)s to today is needed")
        raise Invalid({"ended_on": Message(text, first=row.accepted_on)})
    _turn(actor, at, row, "end", ended_on=day, reason=reason)
    posts.release_all(at=at, check_in_id=row.id)
    return row


def required(reason: str) -> str:
    """A reason that was given. Raises Invalid under ``reason``."""
    if not 1 <= len(reason.strip()) <= LONGEST_REASON:
        raise Invalid({"reason": Message(N_("Between %(min)s and %(max)s characters"), min=1, max=LONGEST_REASON)})
    return reason.strip()


# ---- inside


def _whom(actor: Actor, number: str | None, name: str | None, node: Organisation) -> tuple[Member, bool]:
    """The member, and whether the community types in somebody whom it does not reach."""
    own = db.session.get(Member, actor.member_id) if actor.member_id is not None else None
    if number is None or (own is not None and own.number == number):
        if own is None:
            raise Invalid({"member": N_("Please say for which member")})
        return own, False
    within = {} if actor.role == Role.MEMBER else reach.members(actor, [number])
    if number in within:
        return within[number], False
    if actor.role == Role.MEMBER or not reach.reaches(actor, node.id):
        raise NotFound(Message(N_("There is no member %(number)s within your reach"), number=number))
    found = db.session.scalar(select(Member).where(merged.meant_by(number), Member.name == (name or "").strip()))
    if found is None:
        raise Invalid({"member": N_("No member has this number and this name")})
    return found, True


def _standing_of(actor: Actor, member_id: int, community_id: int, at: datetime) -> Standing:
    return standings(actor, [(member_id, community_id)], clock.local(at).date())[0]


def _home(member_id: int, node: Organisation, day: date) -> int:
    home = reach.branch_on([member_id], day).get(member_id)
    if home is None:
        raise Invalid({"requested_on": N_("On this day the member belonged to no branch")})
    within = select(OrganisationReach.above_id).where(
        OrganisationReach.above_id == node.id, OrganisationReach.below_id == home
    )
    if db.session.scalar(within) is not None:
        raise Invalid({"community": N_("The member belongs to this community already")})
    return home


def _add(made: CheckIn) -> None:
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError as error:
        text = N_("The member has checked in with this community already")
        raise Conflict(text, code="checked_in_already") from error


def _turn(actor: Actor, at: datetime, row: CheckIn, step: str, **said: Any) -> CheckIn:
    check(CHECKIN, step, standing(actor, row, clock.local(at).date()))
    old, row.status = row.status, following(CHECKIN, step, row.status)
    for name, value in said.items():
        setattr(row, name, value)
    db.session.flush()
    audit.note(actor=actor, at=at, action=f"checkin:{step}", object_id=str(row.id), old=old, new=row.status)
    telling.checkin(at=at, row=row)
    return row
