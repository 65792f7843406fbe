"""Ending an objection: uphold, dismiss, withdraw. What is upheld goes through the ledger, in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from pointsvc import clock
from pointsvc.db import among, db
from pointsvc.disputes import lifecycle, telling
from pointsvc.disputes.models import Dispute, DisputeEntry
from pointsvc.disputes.raising import changed
from pointsvc.disputes.reading import concerns
from pointsvc.errors import N_, Forbidden, Invalid, NotFound
from pointsvc.ledger import service as ledger
from pointsvc.ledger.models import Entry
from pointsvc.people import merged, reach
from pointsvc.people.models import Member
from pointsvc.permissions import Actor

# Of a result that is put right without any entry, the reply alone says how.
LEAST_EXPLANATION = 10


def uphold(
    *,
    actor: Actor,
    at: datetime,
    dispute_id: int,
    reply: str,
    reverse: bool = False,
    take_back: Collection[int] = (),
    entry: Mapping[str, Any] | None = None,
) -> Dispute:
    """Uphold an objection: take entries back, record another instead, or both.

    ``reverse`` takes the disputed entry back; of a disputed result ``take_back`` names the member's
    entries to be taken back. ``entry`` holds the options of ``ledger.record``. The reply is kept as
    the reason, and as the note of what is recorded unless that has its own. An objection to an entry
    must change something; one to a result may, with an explanation, change no entry.

    Raises NotFound, Forbidden, Conflict 'decided' or 'withdrawn', Invalid by field.
    """
    found, number = _locked(actor, dispute_id, lifecycle.UPHOLD)
    wanted = _to_take_back(found, reverse, take_back)
    _check_effect(found, bool(wanted or entry), reply)
    ids = _taken_back(actor, at, found, wanted, reply)
    if entry:
        ids.append(_recorded(actor, at, found, number, entry, reply))
    db.session.add_all([DisputeEntry(dispute_id=found.id, entry_id=entry_id) for entry_id in ids])
    # The ledger may have waited for a cutoff to be drawn; what was decided then comes after it, like its entries.
    return _end(found, actor, max(at, clock.now()), lifecycle.UPHOLD, reply)


def dismiss(*, actor: Actor, at: datetime, dispute_id: int, reply: str) -> Dispute:
    """Dismiss an objection with a reply. Raises NotFound, Forbidden, Conflict 'decided' or 'withdrawn'."""
    found, _ = _locked(actor, dispute_id, lifecycle.DISMISS)
    return _end(found, actor, at, lifecycle.DISMISS, reply)


def withdraw(*, actor: Actor, at: datetime, dispute_id: int) -> Dispute:
    """Take an objection back. Raises NotFound, Forbidden 'not_yours', Conflict 'decided' or 'withdrawn'."""
    found, _ = _locked(actor, dispute_id, lifecycle.WITHDRAW)
    return _end(found, actor, at, lifecycle.WITHDRAW, None)


def _locked(actor: Actor, dispute_id: int, act: str) -> tuple[Dispute, str]:
    """The objection, its row locked, and the member's number; the actor may do this act to it."""
    row = db.session.execute(
        select(Dispute, Member.number, Entry.recorded_by_id)
        .join(Member, Member.id == Dispute.member_id)
        .outerjoin(Entry, Entry.id == Dispute.entry_id)
        .where(Dispute.id == dispute_id, concerns(actor))
        .with_for_update(of=Dispute)
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise NotFound()
    found, number, recorded_by_id = row
    lifecycle.after(found.status, act)
    lifecycle.check_actor(
        act,
        actor,
        member_id=found.member_id,
        raised_by_id=found.raised_by_id,
        recorded_by_id=recorded_by_id,
    )
    if act != lifecycle.WITHDRAW and not reach.reaches(actor, found.branch_id):
        raise Forbidden(lifecycle.ELSEWHERE, code="elsewhere")
    return found, number


def _to_take_back(found: Dispute, reverse: bool, take_back: Collection[int]) -> Collection[int]:
    if found.entry_id is None:
        if reverse:
            raise Invalid({"reverse": N_("Of a result, name the entries that are to be taken back")})
        return set(take_back)
    if take_back:
        raise Invalid({"take_back": N_("This objection is to one entry; it alone can be taken back")})
    return [found.entry_id] if reverse else []


def _check_effect(found: Dispute, changes: bool, reply: str) -> None:
    if changes:
        return
    if found.entry_id is not None:
        text = N_("To uphold it, take the entry back, record another instead, or both; otherwise dismiss it")
        raise Invalid({"reverse": text})
    if len(reply) < LEAST_EXPLANATION:
        text = N_("No entry is changed, so the reply must explain how the result is put right")
        raise Invalid({"reply": text})


def _taken_back(actor: Actor, at: datetime, found: Dispute, wanted: Collection[int], reply: str) -> list[int]:
    """The ids of the reversals of these entries; one that was taken back before in another way counts too."""
    if not wanted:
        return []
    known = select(Entry.id).where(among(Entry.id, wanted), merged.kept(Entry.member_id) == found.member_id)
    known = known.where(Entry.reverses_id.is_(None), Entry.branch_id.in_(reach.organisation_ids(actor)))
    if set(db.session.scalars(known)) != set(wanted):
        raise Invalid({"take_back": N_("Only entries of this member that were recorded here can be taken back")})
    ledger.reverse_many(actor=actor, at=at, entry_ids=wanted, reason=reply)
    return list(db.session.scalars(select(Entry.id).where(among(Entry.reverses_id, wanted)).order_by(Entry.id)))


def _recorded(actor: Actor, at: datetime, found: Dispute, number: str, entry: Mapping[str, Any], reply: str) -> int:
    options = {**entry, "note": entry.get("note") or reply}
    try:
        return ledger.record(actor=actor, at=at, member=number, once=f"dispute:{found.id}", **options).id
    except Invalid as wrong:
        raise Invalid({f"entry.{field}": messages for field, messages in wrong.errors.items()}) from wrong


def _end(found: Dispute, actor: Actor, at: datetime, act: str, reply: str | None) -> Dispute:
    old = found.status
    found.status = lifecycle.after(old, act)
    found.reply, found.decided_by_id, found.decided_at = reply, actor.sign_in_id, at
    changed(found, actor, at, old)
    if act != lifecycle.WITHDRAW:
        telling.decided(found, at)
    return found
