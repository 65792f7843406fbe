"""A member's consent to be shown in public: given by the member or on paper, and withdrawn at any time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from pointsvc.audit import service as audit
from pointsvc.boards.models import CONSENTS, Consent
from pointsvc.db import among, db
from pointsvc.errors import N_, Conflict, Forbidden, Invalid
from pointsvc.people import lives, reach
from pointsvc.people.models import Member, SignIn
from pointsvc.permissions import Actor, Role

_KIND = N_("This choice does not exist")


@dataclass(frozen=True)
class ConsentView:
    """A consent as those may read it who answer for the member; ``reason`` only for the secretary and the member."""

    kind: str
    how: str
    given_at: datetime
    recorded_by: str
    withdrawn_at: datetime | None
    reason: str | None


def give(*, actor: Actor, at: datetime, member: str, kinds: Collection[str], how: str | None = None) -> list[Consent]:
    """Write consents down: the own ones, or those that a member signed on paper; what stands already stays.

    Raises NotFound, Forbidden 'not_yours', Invalid by field.
    """
    person, own = _whose(actor, member)
    if not own and how != "paper":
        raise Invalid({"how": N_("For somebody else the consent must lie before you on paper, signed")})
    if not kinds or set(kinds) - set(CONSENTS):
        raise Invalid({"kinds": _KIND})
    there = standing(member_ids=[person.id]).get(person.id, {})
    made = [
        Consent(
            member_id=person.id,
            kind=kind,
            how="self" if own and how != "paper" else "paper",
            given_at=at,
            recorded_by_id=actor.sign_in_id,
        )
        for kind in CONSENTS
        if kind in kinds and kind not in there
    ]
    try:
        with db.session.begin_nested():
            db.session.add_all(made)
    except IntegrityError as error:
        raise Conflict(N_("This was written down a moment ago by somebody else"), code="repeated") from error
    for one in made:
        audit.note(actor=actor, at=at, action="consent:give", object_id=person.number, kind=one.kind, how=one.how)
    return made


def withdraw(
    *, actor: Actor, at: datetime, member: str, kinds: Collection[str], reason: str | None = None
) -> list[Consent]:
    """Withdraw consents; whoever no longer consents to be shown at all withdraws all. It works at once.

    Raises NotFound, Forbidden 'not_yours', Invalid under ``kinds``.
    """
    person, _ = _whose(actor, member)
    if not kinds or set(kinds) - set(CONSENTS):
        raise Invalid({"kinds": _KIND})
    gone = set(CONSENTS) if "display" in kinds else set(kinds)
    rows = [row for kind, row in standing(member_ids=[person.id]).get(person.id, {}).items() if kind in gone]
    for row in rows:
        row.withdrawn_at, row.withdrawn_by_id, row.reason = at, actor.sign_in_id, reason or None
        audit.note(actor=actor, at=at, action="consent:withdraw", object_id=person.number, kind=row.kind)
    db.session.flush()
    return rows


def standing(*, member_ids: Collection[int]) -> Mapping[int, Mapping[str, Consent]]:
    """The consents of these members that stand, by member and kind."""
    query = select(Consent).where(among(Consent.member_id, list(member_ids)), Consent.withdrawn_at.is_(None))
    found: dict[int, dict[str, Consent]] = {}
    for row in db.session.scalars(query.execution_options(populate_existing=True)):
        found.setdefault(row.member_id, {})[row.kind] = row
    return found


def history(*, actor: Actor, member: str) -> Sequence[ConsentView]:
    """All consents of a member, the latest first. Raises NotFound.

    Why one was withdrawn is told to the member and to the branch's own secretary alone: for a
    member of a company, what is on the wall may do harm, and so may the reason.
    """
    person = reach.member(actor, member)
    own = actor.member_id == person.id
    trusted = own or (actor.role == Role.SECRETARY and lives.newest(person).organisation_id == actor.organisation_id)
    rows = db.session.execute(
        select(Consent, SignIn.name)
        .outerjoin(SignIn, SignIn.id == Consent.recorded_by_id)
        .where(Consent.member_id == person.id)
        .order_by(Consent.id.desc())
    )
    return [
        ConsentView(
            row.kind, row.how, row.given_at, name or "system", row.withdrawn_at, row.reason if trusted else None
        )
        for row, name in rows
    ]


def _whose(actor: Actor, number: str) -> tuple[Member, bool]:
    """The member, and whether it is the actor's own record. Raises NotFound, Forbidden 'not_yours'."""
    person = reach.member(actor, number)
    own = actor.member_id == person.id
    if not own and not lives.answers_for(actor=actor, member=person):
        raise Forbidden(N_("The member now belongs to an organisation outside your reach"), code="not_yours")
    # One who writes for others may also bring the own paper; a member's own word needs none.
    return person, own
