"""Verbs of pledges: make, amend, hand in, decide, publish, progress, change; settling is in settling.py.

Whoever writes is the member, or a secretary for one who has no telephone; an organisation's own
pledge is written by who leads it. Nobody decides on the own: see lifecycle.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from pointsvc import clock
from pointsvc.db import db
from pointsvc.errors import N_, Forbidden, Invalid, Message, NotFound
from pointsvc.people import private, reach
from pointsvc.permissions import Actor, Permission, allowed
from pointsvc.pledges import saying
from pointsvc.pledges.lifecycle import take
from pointsvc.pledges.models import Pledge, PledgeStep
from pointsvc.pledges.rating_in import rate, rate_on_paper
from pointsvc.pledges.reading import (
    Asked,
    View,
    count,
    open_to,
    pledge,
    pledges,
    ratings,
    several,
    standings,
    steps,
)
from pointsvc.pledges.saying import Said
from pointsvc.pledges.settling import close, settle, unsettle
from pointsvc.pledges.taking import many, one, write_down

__all__ = [
    "Asked",
    "Said",
    "View",
    "amend",
    "approve",
    "change",
    "close",
    "count",
    "make",
    "open_to",
    "pledge",
    "pledges",
    "progress",
    "publish",
    "rate",
    "rate_on_paper",
    "ratings",
    "send_back",
    "settle",
    "several",
    "standings",
    "steps",
    "submit",
    "take",
    "unsettle",
    "withdraw",
]


def make(
    *,
    actor: Actor,
    at: datetime,
    said: Said,
    member: str | None = None,
    organisation: str | None = None,
    submit: bool = False,
    once: str | None = None,
    import_id: int | None = None,
) -> int:
    """Make a pledge of this member (number) or of this organisation (code) itself, as a draft or, with
    ``submit``, handed in for its review; its id.

    With ``once``, a key of the form that was filled in, sending that form again makes nothing more.
    Raises NotFound for what is out of reach, Forbidden, Invalid by field.
    """
    if once and (sent := _sent(once)) is not None:
        return sent
    said.check()
    organisation_id, member_id = _promiser(actor, clock.local(at).date(), member, organisation)
    status = "submitted" if submit else "draft"
    row = Pledge(
        **{name: getattr(said, name) for name in saying.NAMES},
        organisation_id=organisation_id,
        member_id=member_id,
        status=status,
        form_key=once,
        import_id=import_id,
        created_at=at,
        created_by_id=actor.sign_in_id,
    )
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        # The same form, sent twice at once.
        if once and (sent := _sent(once)) is not None:
            return sent
        raise
    first = {"pledge_id": row.id, "step": "make", "new": status, "at": at, "by_id": actor.sign_in_id}
    db.session.execute(insert(PledgeStep), [first])
    return row.id


def amend(*, actor: Actor, at: datetime, pledge_id: int, said: Said) -> None:
    """Write a draft or a returned pledge anew; what it said before stays in its log.

    Raises NotFound, Forbidden, Conflict 'wrong_status', Invalid by field.
    """
    row, status = one("amend", actor, at, pledge_id)
    said.check()
    before = saying.of(row)
    if said == before:
        return
    _say(row, said)
    write_down("amend", actor, at, [(row, status)], before={row.id: before.kept()})


def submit(*, actor: Actor, at: datetime, pledge_id: int) -> None:
    """Hand a pledge in for its review. Raises NotFound, Forbidden, Conflict 'wrong_status'."""
    row, status = one("submit", actor, at, pledge_id)
    write_down("submit", actor, at, [(row, status)])


def approve(*, actor: Actor, at: datetime, pledge_ids: Sequence[int], minute: str) -> list[int]:
    """Approve these, or the changes that they wait with, all or none, by the minute of the meeting.

    One alone raises NotFound, Forbidden ('own_pledge' for the own), Conflict 'wrong_status'. Of
    several, each that cannot be approved is named under ``pledges.<n>`` of one Invalid 'none_taken'.
    """
    _check_text("minute", minute)
    rows = many("approve", actor, at, pledge_ids)
    before = {}
    for row, _ in rows:
        row.minute = minute
        if row.proposed is not None:
            before[row.id] = saying.of(row).kept()
            _say(row, saying.from_kept(row.proposed))
            row.proposed, row.told = None, 0
    write_down("approve", actor, at, rows, text=minute, before=before)
    return list(pledge_ids)


def send_back(*, actor: Actor, at: datetime, pledge_id: int, reason: str) -> None:
    """Return a pledge with the reason, to be written anew; a change that is returned is not made, and
    the pledge stands as it was. Raises as ``approve`` of one.
    """
    _check_text("reason", reason)
    row, status = one("return", actor, at, pledge_id)
    row.proposed = None
    write_down("return", actor, at, [(row, status)], text=reason)


def publish(*, actor: Actor, at: datetime, pledge_ids: Sequence[int]) -> list[int]:
    """Let these be seen by the branch and on its boards, all or none. Raises as ``approve``."""
    rows = many("publish", actor, at, pledge_ids)
    for row, _ in rows:
        row.published_on = clock.local(at).date()
    write_down("publish", actor, at, rows)
    return list(pledge_ids)


def progress(*, actor: Actor, at: datetime, pledge_id: int, text: str) -> None:
    """Add a note on how it goes. Raises NotFound, Forbidden, Conflict 'wrong_status', Invalid."""
    _check_text("text", text)
    row, status = one("progress", actor, at, pledge_id)
    write_down("progress", actor, at, [(row, status)], text=text)


def change(*, actor: Actor, at: datetime, pledge_id: int, said: Said, reason: str) -> None:
    """Ask to change a published pledge; it stands as it is until the change is reviewed.

    Raises NotFound, Forbidden, Conflict 'wrong_status', Invalid by field.
    """
    _check_text("reason", reason)
    row, status = one("change", actor, at, pledge_id)
    said.check()
    if said == saying.of(row):
        raise Invalid({"text": N_("Nothing is different from what the pledge says now")})
    row.proposed = said.kept()
    write_down("change", actor, at, [(row, status)], text=reason)


def withdraw(*, actor: Actor, at: datetime, pledge_id: int, reason: str | None = None) -> None:
    """Take a pledge back; a published one only with a reason, and never one's own.

    Raises NotFound, Forbidden, Conflict 'wrong_status', Invalid under ``reason``.
    """
    row, status = one("withdraw", actor, at, pledge_id)
    if row.status == "published" or reason:
        _check_text("reason", reason or "")
    write_down("withdraw", actor, at, [(row, status)], text=reason)


# ---- inside


def _sent(once: str) -> int | None:
    return db.session.scalar(select(Pledge.id).where(Pledge.form_key == once))


def _promiser(actor: Actor, today: date, member: str | None, organisation: str | None) -> tuple[int, int | None]:
    """The organisation and, unless it promises itself, the member."""
    if organisation and not member:
        return _organisation(actor, organisation), None
    mine = reach.own_member(actor)
    if member is None and mine is None:
        raise Invalid({"member": N_("Please say for which member")})
    found = mine if mine is not None and member in (None, mine.number) else reach.member(actor, member or "")
    if found is not mine and not allowed(actor, Permission.PLEDGES_REVIEW):
        raise Forbidden()
    seen = None if found is mine else actor
    branch = reach.branch_on([found.id], today, actor=seen).get(found.id)
    if branch is None:
        text = N_("On this day %(member)s belonged to no organisation within your reach")
        raise Invalid({"member": Message(text, member=found.number)})
    return branch, found.id


def _organisation(actor: Actor, code: str) -> int:
    if not allowed(actor, Permission.PLEDGES_REVIEW):
        raise NotFound(Message(N_("There is no organisation %(code)s within your reach"), code=code))
    return reach.organisation(actor, code).id


def _say(row: Pledge, said: Said) -> None:
    for name in saying.NAMES:
        setattr(row, name, getattr(said, name))


def _check_text(name: str, text: str) -> None:
    if not text.strip():
        raise Invalid({name: N_("This is needed")})
    private.check({name: text})
