"""Raising an objection: what it is about, whether it may still be raised, and that it stands once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.exc import IntegrityError

from pointsvc import clock, workdays
from pointsvc.audit import service as audit
from pointsvc.db import db
from pointsvc.disputes import lifecycle, telling
from pointsvc.disputes.models import Dispute, DisputeLog
from pointsvc.errors import N_, Conflict, Invalid, Message
from pointsvc.ledger import service as ledger
from pointsvc.people import reach, settings
from pointsvc.people.models import Member
from pointsvc.permissions import Actor, Role
from pointsvc.schemes import document as documents
from pointsvc.schemes import service as schemes
from pointsvc.tallies import service as tallies
from pointsvc.tallies.models import TallyResult


@dataclass(frozen=True)
class About:
    """What is objected to, and whose matter it is."""

    member: Member
    branch_id: int
    entry: ledger.EntryView | None = None
    posting: tallies.Posting | None = None
    result: TallyResult | None = None


def about(
    *, actor: Actor, at: datetime, entry_id: int | None = None, tally_id: int | None = None, member: str | None = None
) -> About:
    """What an objection to this entry, or to this member's (the own) result in this tally, would be about.

    Raises NotFound for what is out of reach, Invalid for neither or both, Conflict 'is_reversal',
    'already_reversed', 'not_publicised', 'sealed' or 'too_late' when it can no longer be objected to.
    """
    if (entry_id is None) == (tally_id is None):
        raise Invalid({"entry": N_("Either an entry or a tally is needed")})
    today = clock.local(at).date()
    if tally_id is not None:
        return _about_result(actor, at, tally_id, member, today)
    return _about_entry(actor, entry_id or 0, today)


def raise_dispute(
    *,
    actor: Actor,
    at: datetime,
    text: str,
    entry_id: int | None = None,
    tally_id: int | None = None,
    member: str | None = None,
    how: str | None = None,
) -> Dispute:
    """Take an objection down: the own one, or, as ``how`` it came, that of a member within reach.

    Those who decide it are told. Raises as ``about``, Invalid under ``how``, Conflict 'disputed' when
    one to the same entry or result waits already.
    """
    found = about(actor=actor, at=at, entry_id=entry_id, tally_id=tally_id, member=member)
    days = settings.value(found.branch_id, "reply_days")
    made = Dispute(
        member_id=found.member.id,
        entry_id=entry_id,
        tally_id=tally_id,
        version=found.result.version if found.result else None,
        branch_id=found.branch_id,
        text=text,
        how=_how(actor, found.member, how),
        status="open",
        raised_by_id=actor.sign_in_id,
        raised_at=at,
        reply_due_on=workdays.after(clock.local(at).date(), days),
    )
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError as error:
        raise Conflict(N_("An objection to this waits for a reply already"), code="disputed") from error
    changed(made, actor, at, None)
    telling.raised(made, found.member, at)
    return made


def changed(dispute: Dispute, actor: Actor, at: datetime, old: str | None) -> None:
    """Write down that the objection's status was changed, by whom and from what."""
    values = {"old": old, "new": dispute.status, "actor": actor.kind, "sign_in_id": actor.sign_in_id, "at": at}
    db.session.add(DisputeLog(dispute_id=dispute.id, **values))
    db.session.flush()
    audit.note(actor=actor, at=at, action=f"dispute:{dispute.status}", object_id=str(dispute.id), before=old)


def _about_entry(actor: Actor, entry_id: int, today: date) -> About:
    entry = ledger.entry(actor=actor, entry_id=entry_id)
    if entry.reverses is not None:
        raise Conflict(N_("This entry only takes another one back; object to that one"), code="is_reversal")
    if entry.reversed_by is not None:
        raise Conflict(N_("This entry has been taken back already and does not count"), code="already_reversed")
    month = documents.starts_month(schemes.document_of(entry.scheme_id, entry.digest))
    earliest = lifecycle.earliest_day(today, month)
    if entry.occurred_on < earliest:
        text = N_("Entries from before %(day)s count no longer and can no longer be objected to")
        raise Conflict(Message(text, day=earliest), code="too_late")
    return About(reach.member(actor, entry.member), entry.branch_id, entry=entry)


def _about_result(actor: Actor, at: datetime, tally_id: int, number: str | None, today: date) -> About:
    found = tallies.posting(actor=actor, at=at, tally_id=tally_id)
    if found.tally.status != "publicised":
        code = "sealed" if found.tally.status == "sealed" else "not_publicised"
        raise Conflict(_NOT_NOW[code], code=code)
    if today > found.publication.last_day:
        text = N_("Objections to these results were taken until %(day)s")
        raise Conflict(Message(text, day=found.publication.last_day), code="too_late")
    member = _whose(actor, number)
    result = db.session.get(TallyResult, (found.tally.id, found.publication.version, member.id))
    if result is None:
        raise Invalid({"member": N_("This member has no result in this tally")})
    return About(member, result.branch_id, posting=found, result=result)


_NOT_NOW = {
    "sealed": N_("These results are sealed and can no longer be objected to"),
    "not_publicised": N_("These results are being corrected; they can be objected to when they are publicised again"),
}


def _whose(actor: Actor, number: str | None) -> Member:
    if number is not None:
        return reach.member(actor, number)
    if actor.member_id is None:
        raise Invalid({"member": N_("The number of the member who objects is needed")})
    return reach.member_by_id(actor, actor.member_id)


def _how(actor: Actor, member: Member, how: str | None) -> str:
    own = actor.member_id == member.id
    if actor.role == Role.MEMBER and how not in (None, "online"):
        raise Invalid({"how": N_("What you write here yourself comes online")})
    if not own and how not in ("phone", "paper"):
        raise Invalid({"how": N_("Say whether the objection came by telephone or on paper")})
    return how or "online"
