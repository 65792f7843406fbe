"""Attendance away from home: submitted by the member, the home branch or the host, confirmed by the home branch.

A host does not learn anything of a stranger whose number it types: what it sends is received,
whether there is such a member or not.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError

from pointsvc import clock, workdays
from pointsvc.activities import lifecycle
from pointsvc.activities.models import Attendance, AwayReceipt, Meeting
from pointsvc.activities.service import kinds
from pointsvc.audit import service as audit
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Invalid, Message, NotFound
from pointsvc.ledger import service as ledger
from pointsvc.notices import service as notices
from pointsvc.people import carrying, leaders, merged, reach, settings
from pointsvc.people import listing as people
from pointsvc.people.models import Member, MemberMerge, Organisation
from pointsvc.permissions import SYSTEM, Actor, Role
from pointsvc.schemes import document as documents
from pointsvc.schemes import service as schemes

SOURCE = "receipt"

TOLD = {
    lifecycle.CONFIRMED: N_("Your attendance elsewhere on %(day)s (%(kind)s) was confirmed"),
    lifecycle.REFUSED: N_("Your attendance elsewhere on %(day)s (%(kind)s) was not confirmed: %(reason)s"),
}
SOON = N_("Attendance elsewhere waits for your branch to confirm it and will lapse soon")
LAPSED = N_("A receipt of attendance elsewhere has lapsed: nobody decided it in time. It can be sent again.")


def submit(
    *,
    actor: Actor,
    at: datetime,
    kind: str,
    held_on: date,
    member: str | None = None,
    host: str = "",
    host_organisation: str | None = None,
    note: str | None = None,
) -> AwayReceipt | None:
    """Say that a member took part elsewhere; ``member`` may be left out by the member.

    None for a number that is not of the actor's own people: then the actor's node (or
    ``host_organisation``) is the host, and whether anything came of it is not told. Raises Invalid by
    field, NotFound for an organisation out of reach, Conflict 'counted_already' or
    'received_already'.
    """
    if wrong := ledger.check_day(held_on, at):
        raise Invalid({"held_on": wrong})
    node = reach.organisation(actor, host_organisation) if host_organisation else None
    found = _own(actor, member, held_on)
    if found is None:
        _visiting(actor, at, member or "", kind, held_on, node, note)
        return None
    one, branch_id = found
    _check_kind(kind, branch_id, held_on)
    if not host.strip() and node is None:
        raise Invalid({"host": N_("Where it was is needed")})
    _check_open(one.id, kind, held_on)
    return _add(actor, at, one.id, branch_id, kind, held_on, host.strip(), node, note)


def confirm(*, actor: Actor, at: datetime, receipt_id: int) -> AwayReceipt:
    """Let it count by the home branch's rule for who was present, once.

    Raises NotFound, Conflict 'receipt_decided', 'counts_once', or 'counted_already' when the member has
    a mark of that kind and day.
    """
    found = _held(actor, receipt_id)
    status = lifecycle.after(found.status, lifecycle.CONFIRM)
    carrying.check_counts(found.member_id, carrying.gone([found.member_id]))
    if _marked(found.member_id, found.kind, found.held_on):
        raise Conflict(COUNTED, code="counted_already")
    found.entry_id = _post(actor, at, found)
    _decide(found, actor, at, status, None)
    return found


def refuse(*, actor: Actor, at: datetime, receipt_id: int, reason: str) -> AwayReceipt:
    """Do not let it count, for this reason. Raises NotFound, Invalid, Conflict 'receipt_decided'."""
    if not 1 <= len(reason.strip()) <= 500:
        raise Invalid({"reason": Message(N_("Between %(min)s and %(max)s characters"), min=1, max=500)})
    found = _held(actor, receipt_id)
    _decide(found, actor, at, lifecycle.after(found.status, lifecycle.REFUSE), reason.strip())
    return found


def turn(*, at: datetime) -> tuple[int, int]:
    """The night's work: remind of what has waited long, let lapse what has waited too long; how many of each."""
    today = clock.local(at).date()
    pending = AwayReceipt.status == lifecycle.PENDING
    late = (pending, AwayReceipt.lapses_on < today)
    lapsed = _changed({"status": lifecycle.AFTER[lifecycle.PENDING, lifecycle.LAPSE], "decided_at": at}, *late)
    due = (pending, AwayReceipt.remind_on <= today, AwayReceipt.reminded_at.is_(None))
    waiting = _changed({"reminded_at": at}, *due)
    for row in lapsed:
        audit.note(actor=SYSTEM, at=at, action="receipt:lapse", object_id=str(row.id))
    shared: dict[str, Any] = {"at": at, "params": {}, "link": "/away-receipts"}
    notices.send(
        sign_in_ids=people.accounts_of({row.member_id for row in lapsed}),
        message=LAPSED,
        dedupe_prefix=f"receipts:lapsed:{today}",
        **shared,
    )
    notices.send(
        sign_in_ids=leaders.secretaries({row.branch_id for row in waiting}),
        message=SOON,
        dedupe_prefix=f"receipts:soon:{today}",
        **shared,
    )
    return len(waiting), len(lapsed)


# ---- inside

COUNTED = N_("The member has a mark or a confirmed receipt of that kind and day already; it counts once")
WAITS = N_("A receipt of that kind and day waits already")


def _own(actor: Actor, number: str | None, day: date) -> tuple[Member, int] | None:
    """The member and the home branch of that day, if both are the actor's own people."""
    if actor.role == Role.MEMBER:
        one = reach.member(actor, number) if number else reach.member_by_id(actor, actor.member_id or 0)
        branch = reach.branch_on([one.id], day).get(one.id)
        if branch is None:
            raise Invalid({"held_on": N_("On this day you belonged to no branch")})
        return one, branch
    if not number:
        raise Invalid({"member": N_("This is missing")})
    found = reach.members(actor, [number]).get(number)
    within = reach.branch_on([found.id], day, actor=actor) if found else {}
    return (found, within[found.id]) if found and found.id in within else None


def _visiting(
    actor: Actor, at: datetime, number: str, kind: str, held_on: date, node: Organisation | None, note: str | None
) -> None:
    """A visitor's attendance: kept if there is such a member, and all refusals are the same silence."""
    node = node or reach.own_node(actor)
    _check_kind(kind, node.id, held_on)
    one = db.session.scalar(select(Member).where(merged.meant_by(number)))
    branch_id = reach.branch_on([one.id], held_on).get(one.id) if one else None
    if one is None or branch_id is None:
        return
    try:
        _check_open(one.id, kind, held_on)
        _add(actor, at, one.id, branch_id, kind, held_on, "", node, note)
    except Conflict:
        return


def _check_kind(kind: str, organisation_id: int, held_on: date) -> None:
    known = kinds(organisation_id=organisation_id, on=held_on)
    if kind not in known:
        text = N_("The rule sheet in force on %(day)s has no such kind of meeting; it has: %(kinds)s")
        none = N_("No rule sheet is in force here on %(day)s")
        raise Invalid({"kind": Message(text if known else none, day=held_on, kinds="、".join(known))})


def _check_open(member_id: int, kind: str, held_on: date) -> None:
    if _marked(member_id, kind, held_on):
        raise Conflict(COUNTED, code="counted_already")
    standing = select(AwayReceipt.status).where(
        AwayReceipt.member_id == member_id,
        AwayReceipt.kind == kind,
        AwayReceipt.held_on == held_on,
        AwayReceipt.status.in_([lifecycle.PENDING, lifecycle.CONFIRMED]),
    )
    status = db.session.scalar(standing)
    if status == lifecycle.CONFIRMED:
        raise Conflict(COUNTED, code="counted_already")
    if status is not None:
        raise Conflict(WAITS, code="received_already")


def _marked(member_id: int, kind: str, held_on: date) -> bool:
    """Whether the member came to a meeting of this kind on this day, by whichever of the own records."""
    records = select(MemberMerge.duplicate_id).where(MemberMerge.kept_id == member_id, MemberMerge.undone_at.is_(None))
    query = (
        select(Attendance.id)
        .join(Meeting, Meeting.id == Attendance.meeting_id)
        .where(Meeting.kind == kind, Meeting.held_on == held_on, Attendance.mark.in_(["present", "late"]))
        .where(or_(Attendance.member_id == member_id, Attendance.member_id.in_(records)))
    )
    return db.session.scalar(query.limit(1)) is not None


def _add(
    actor: Actor,
    at: datetime,
    member_id: int,
    branch_id: int,
    kind: str,
    held_on: date,
    host: str,
    node: Organisation | None,
    note: str | None,
) -> AwayReceipt:
    days, today = settings.value(branch_id, "review_days"), clock.local(at).date()
    made = AwayReceipt(
        member_id=member_id,
        branch_id=branch_id,
        kind=kind,
        held_on=held_on,
        host=host,
        host_organisation_id=node.id if node else None,
        note=note,
        status=lifecycle.PENDING,
        submitted_at=at,
        submitted_by_id=actor.sign_in_id,
        remind_on=workdays.after(today, days * lifecycle.REMINDED_AFTER),
        lapses_on=workdays.after(today, days * lifecycle.LAPSES_AFTER),
    )
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError as error:
        # Somebody else has sent it at this moment.
        raise Conflict(WAITS, code="received_already") from error
    audit.note(actor=actor, at=at, action="receipt:submit", object_id=str(made.id))
    return made


def _held(actor: Actor, receipt_id: int) -> AwayReceipt:
    """A receipt of a branch that the actor answers for, locked. Raises NotFound."""
    mine = (AwayReceipt.id == receipt_id, AwayReceipt.branch_id.in_(reach.organisation_ids(actor)))
    query = select(AwayReceipt).where(*mine).with_for_update()
    found = db.session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return found


def _post(actor: Actor, at: datetime, found: AwayReceipt) -> int | None:
    """The points of one who was present, by the home branch's rule sheet of that day; None: it gives none."""
    sheet = schemes.sheets([found.branch_id], found.held_on).get(found.branch_id)
    code = sheet.document.get("activities", {}).get(found.kind, {}).get("present") if sheet else None
    rule = documents.rule(sheet.document, code) if sheet and code else None
    if sheet is None or rule is None:
        return None
    host = db.session.get(Organisation, found.host_organisation_id) if found.host_organisation_id else None
    row = ledger.NewEntry(
        member_id=found.member_id,
        branch_id=found.branch_id,
        rule_code=rule["code"],
        scheme_id=sheet.scheme_id,
        points=documents.worth(rule),
        occurred_on=found.held_on,
        note=host.name if host else found.host,
        natural_key=f"receipt:{found.id}",
    )
    written = ledger.add(actor=actor, at=at, rows=[row], source=SOURCE, source_id=found.id)
    return written[0].id if written else None


def _decide(found: AwayReceipt, actor: Actor, at: datetime, status: str, reason: str | None) -> None:
    old, found.status = found.status, status
    found.decided_at, found.decided_by_id, found.reason = at, actor.sign_in_id, reason
    db.session.flush()
    audit.note(actor=actor, at=at, action="receipt:decide", object_id=str(found.id), old=old, new=status)
    notices.send_soon(
        at=at,
        sign_in_ids=people.accounts_of([found.member_id]),
        message=TOLD[status],
        params={"day": found.held_on.isoformat(), "kind": found.kind, "reason": reason or ""},
        link="/away-receipts",
        dedupe_prefix=f"receipt:{found.id}",
    )


def _changed(values: dict[str, Any], *conditions: Any) -> list[Any]:
    statement = update(AwayReceipt).where(*conditions).values(values)
    returned = statement.returning(AwayReceipt.id, AwayReceipt.member_id, AwayReceipt.branch_id)
    return list(db.session.execute(returned.execution_options(synchronize_session=False)))
