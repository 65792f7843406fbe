"""Verbs of people: organisations, members, their branches and categories; sign-ins are in signing.py."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update

from pointsvc import clock
from pointsvc.audit import service as audit
from pointsvc.db import db, touch
from pointsvc.errors import N_, Conflict, Forbidden, Invalid, Message
from pointsvc.people import reach
from pointsvc.people.loading import (
    Added,
    NewMember,
    NewOrganisation,
    add_members,
    add_organisations,
    member_faults,
    organisation_faults,
    put_members,
    put_organisations,
)
from pointsvc.people.models import Member, MemberCategory, Membership, Organisation, SignIn
from pointsvc.people.signing import (
    Attempt,
    actor_of_session,
    actor_of_token,
    add_sign_in,
    change_password,
    check_password,
    clean_up,
    disable_sign_in,
    end_tour,
    new_token,
    seen,
    set_display,
    set_language,
    sign_in,
    sign_out,
)
from pointsvc.permissions import Actor, Role

__all__ = [
    "Added",
    "Attempt",
    "NewMember",
    "NewOrganisation",
    "actor_of_session",
    "actor_of_token",
    "add_members",
    "add_organisations",
    "add_sign_in",
    "change_password",
    "check_password",
    "clean_up",
    "create_member",
    "create_organisation",
    "disable_sign_in",
    "end_tour",
    "member_faults",
    "new_token",
    "organisation_faults",
    "seen",
    "set_category",
    "set_display",
    "set_language",
    "sign_in",
    "sign_out",
    "transfer",
]


def create_organisation(
    *,
    actor: Actor,
    at: datetime,
    code: str,
    name: str,
    kind: str,
    parent: str | None = None,
    secretary: str | None = None,
    phone: str | None = None,
) -> Organisation:
    """Add an organisation below ``parent`` (a code); only the system adds one without.

    Raises NotFound for the parent, Invalid by field, Conflict 'code_taken'.
    """
    if parent is not None:
        reach.organisation(actor, parent)
    row = NewOrganisation(code=code, name=name, kind=kind, parent=parent, secretary=secretary, phone=phone)
    if db.session.scalar(select(Organisation.id).where(Organisation.code == code)):
        raise Conflict(Message(N_("%(code)s is taken"), code=code), code="code_taken")
    if faults := organisation_faults(actor=actor, rows=[row]):
        raise Invalid(faults[0])
    added = put_organisations(at=at, rows=[row])
    audit.note(actor=actor, at=at, action="organisation:create", object_id=code)
    return db.session.get_one(Organisation, added.new[code])


def create_member(
    *,
    actor: Actor,
    at: datetime,
    number: str,
    name: str,
    organisation: str,
    category: str = "regular",
    joined_on: date | None = None,
) -> Member:
    """Add a member to the organisation with this code, from the day of joining on.

    Raises NotFound for the organisation, Invalid by field, Conflict 'number_taken'.
    """
    reach.organisation(actor, organisation)
    if db.session.scalar(select(Member.id).where(Member.number == number)):
        raise Conflict(Message(N_("%(code)s is taken"), code=number), code="number_taken")
    row = NewMember(number=number, name=name, organisation=organisation, category=category, joined_on=joined_on)
    if faults := member_faults(actor=actor, at=at, rows=[row]):
        raise Invalid(faults[0])
    added = put_members(at=at, rows=[row])
    if number not in added.new:
        # Another request has given it since the look above.
        raise Conflict(Message(N_("%(code)s is taken"), code=number), code="number_taken")
    audit.note(actor=actor, at=at, action="member:create", object_id=number, organisation=organisation)
    return db.session.get_one(Member, added.new[number])


def transfer(*, actor: Actor, at: datetime, number: str, to: str, on: date) -> Member:
    """Let the member belong to the organisation ``to`` (a code) from the day ``on``.

    Entries recorded before keep the branch that recorded them. Raises NotFound for member or
    target, Forbidden when the member has left the actor's reach, Invalid for the day or target.
    """
    member = _hold(actor, number)
    target = reach.organisation(actor, to)
    now = _open(Membership, member, actor=actor)
    if now.organisation_id == target.id:
        raise Invalid({"to": N_("The member belongs there already")})
    _check_day(on, now.starts_on, at)
    left = now.organisation_id
    _change(now, on, organisation_id=target.id)
    # A member's own sign-in stands where the member does.
    db.session.execute(
        update(SignIn)
        .where(SignIn.member_id == member.id, SignIn.role == Role.MEMBER)
        .values(organisation_id=target.id)
        .execution_options(synchronize_session=False)
    )
    touch([member.id])
    audit.note(actor=actor, at=at, action="member:transfer", object_id=number, left=left, to=to, on=on.isoformat())
    return member


def set_category(*, actor: Actor, at: datetime, number: str, category: str, on: date) -> Member:
    """Let the member be of this category from the day ``on``; no effect when it is so already.

    Raises NotFound, Forbidden when the member has left the actor's reach, Invalid for the day or
    an empty or overlong category.
    """
    if not 1 <= len(category) <= 40:
        raise Invalid({"category": Message(N_("Between %(min)s and %(max)s characters"), min=1, max=40)})
    member = _hold(actor, number)
    _open(Membership, member, actor=actor)
    now = _open(MemberCategory, member)
    if now.category == category:
        return member
    _check_day(on, now.starts_on, at)
    before = now.category
    _change(now, on, category=category)
    touch([member.id])
    audit.note(
        actor=actor,
        at=at,
        action="member:category",
        object_id=number,
        before=before,
        category=category,
        on=on.isoformat(),
    )
    return member


def _hold(actor: Actor, number: str) -> Member:
    """The member, locked: of two changes at once the second sees the first."""
    member = reach.member(actor, number)
    db.session.execute(select(Member.id).where(Member.id == member.id).with_for_update())
    return member


def _open(table: Any, member: Member, *, actor: Actor | None = None) -> Any:
    query = select(table).where(table.member_id == member.id, table.ends_on.is_(None))
    row = db.session.scalars(query.execution_options(populate_existing=True)).one()
    if actor is not None and not reach.reaches(actor, row.organisation_id):
        raise Forbidden(N_("The member now belongs to an organisation outside your reach"))
    return row


def _check_day(on: date, begun: date, at: datetime) -> None:
    today = clock.local(at).date()
    if not begun <= on <= today:
        raise Invalid({"on": Message(N_("A day from %(first)s to %(last)s is needed"), first=begun, last=today)})


def _change(now: Any, on: date, **values: Any) -> None:
    """End the open span before ``on`` and open the next; one that begins on that very day is corrected."""
    if now.starts_on == on:
        for name, value in values.items():
            setattr(now, name, value)
        db.session.flush()
        return
    now.ends_on = on
    # The old span must be closed first: the database allows one open span a member.
    db.session.flush()
    db.session.add(type(now)(member_id=now.member_id, starts_on=on, **values))
    db.session.flush()
