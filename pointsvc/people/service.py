"""Verbs of people: organisations and members; what changes over time is in lives.py, sign-ins in signing.py."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select

from pointsvc.audit import service as audit
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Invalid, Message
from pointsvc.people import reach
from pointsvc.people.lives import release, set_category, transfer
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
from pointsvc.people.models import Member, Organisation
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
from pointsvc.permissions import Actor

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
    "describe_organisation",
    "disable_sign_in",
    "end_tour",
    "member_faults",
    "new_token",
    "organisation_faults",
    "release",
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


def describe_organisation(
    *, actor: Actor, at: datetime, code: str, secretary: str | None, phone: str | None
) -> Organisation:
    """Say who the secretary of this organisation is and where it is called; None: nothing is said.

    Raises NotFound, Invalid by field.
    """
    found = reach.organisation(actor, code)
    faults = {
        name: Message(N_("Between %(min)s and %(max)s characters"), min=1, max=longest)
        for name, value, longest in (("secretary", secretary, 100), ("phone", phone, 40))
        if value is not None and not (1 <= len(value) <= longest and value.isprintable())
    }
    if faults:
        raise Invalid(faults)
    found.secretary, found.phone = secretary, phone
    db.session.flush()
    # Who it is is a person's name: not for the log.
    audit.note(actor=actor, at=at, action="organisation:describe", object_id=code)
    return found


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
