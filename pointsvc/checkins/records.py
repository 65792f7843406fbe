"""Verbs of hours: propose, confirm (several at once), refuse, withdraw, and take a confirmation back.

Only the community confirms, and nobody the own hours. What is confirmed may count by the rule that
the home unit has named (setting ``service_rule``), once, in the branch of the day; taken back, its
entry is reversed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from pointsvc import clock, queues
from pointsvc.audit import service as audit
from pointsvc.checkins import worth
from pointsvc.checkins.lifecycle import LEFT, PROPOSED, RECORD, check, following
from pointsvc.checkins.models import CheckIn, Claim, Record
from pointsvc.checkins.service import required
from pointsvc.checkins.standing import held_records, standing, standings, visible, whom
from pointsvc.db import db
from pointsvc.declarations.weighing import Ground, grounds
from pointsvc.errors import N_, Conflict, Forbidden, Invalid, Message, NotFound, Problem
from pointsvc.ledger import service as ledger
from pointsvc.people import carrying, settings
from pointsvc.permissions import Actor
from pointsvc.schemes import document as documents

SOURCE = "service"
MOST_AT_ONCE = 200
LONGEST_DAY = Decimal(24)


def propose(
    *,
    actor: Actor,
    at: datetime,
    post_id: int,
    served_on: date,
    hours: Decimal,
    deed: str,
    member: str | None = None,
) -> Record:
    """Say that a member served so many hours at a post on a day; without ``member``, the actor.

    Raises NotFound when the member does not hold the post, Forbidden, Invalid by field, Conflict
    'recorded_already'.
    """
    found = _checkin_of(actor, post_id, whom(actor, member))
    check(RECORD, "propose", standing(actor, found, clock.local(at).date()))
    _check_day(found, served_on, at)
    if not 0 < hours <= LONGEST_DAY:
        raise Invalid({"hours": Message(N_("More than 0 and at most %(most)s hours"), most=LONGEST_DAY)})
    made = Record(
        check_in_id=found.id,
        post_id=post_id,
        member_id=found.member_id,
        community_id=found.community_id,
        served_on=served_on,
        hours=hours,
        deed=deed.strip(),
        status=PROPOSED,
        proposed_at=at,
        proposed_by_id=actor.sign_in_id,
    )
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError as error:
        text = N_("Hours of this post and day are recorded already; they count once")
        raise Conflict(text, code="recorded_already") from error
    audit.note(actor=actor, at=at, action="service_record:propose", object_id=str(made.id))
    return made


def confirm(*, actor: Actor, at: datetime, record_ids: Sequence[int]) -> list[int]:
    """Confirm these hours, all or none; the points follow at once.

    One alone raises NotFound, Forbidden ('own_service' for the own) or Conflict 'wrong_status' or 'counts_once'. Of
    several, each that cannot be confirmed is named under ``records.<n>`` of one Invalid
    'none_confirmed'; NotFound as for one.
    """
    if not record_ids:
        raise Invalid({"records": N_("Please choose at least one")})
    if len(record_ids) > MOST_AT_ONCE or len(set(record_ids)) < len(record_ids):
        raise Invalid({"records": Message(N_("At most %(most)s, each once"), most=MOST_AT_ONCE)})
    found = held_records(actor, record_ids)
    rows = [found[number] for number in record_ids]
    refused = _refused(actor, at, rows)
    if refused and len(rows) == 1:
        raise refused[0]
    if refused:
        words = {f"records.{n}": problem.detail or Message(problem.title) for n, problem in refused.items()}
        raise Invalid(words, code="none_confirmed")
    _post(actor, at, rows)
    _decide(actor, at, rows, "confirm")
    return list(record_ids)


def refuse(*, actor: Actor, at: datetime, record_id: int, reason: str) -> None:
    """Do not confirm these hours, for this reason. Raises as ``confirm`` for one, and Invalid."""
    _step(actor, at, record_id, "refuse", required(reason))


def withdraw(*, actor: Actor, at: datetime, record_id: int) -> None:
    """Take back what nobody has confirmed. Raises as ``confirm`` for one."""
    _step(actor, at, record_id, "withdraw", None)


def revoke(*, actor: Actor, at: datetime, record_id: int, reason: str) -> None:
    """Take the confirmation back, for this reason; its entry is reversed. Raises as ``refuse``."""
    row = _step(actor, at, record_id, "revoke", required(reason))
    if row.entry_id is not None:
        ledger.reverse_many(actor=actor, at=at, entry_ids=[row.entry_id], reason=reason.strip())


# ---- inside


def _checkin_of(actor: Actor, post_id: int, member_id: int) -> CheckIn:
    """The newest check-in under which the member took this post."""
    query = (
        select(CheckIn)
        .join(Claim, Claim.check_in_id == CheckIn.id)
        .where(Claim.post_id == post_id, Claim.member_id == member_id, Claim.status != LEFT)
        .where(visible(actor, CheckIn))
    )
    found = db.session.scalar(query.order_by(Claim.id.desc()).limit(1))
    if found is None:
        raise NotFound(N_("The member does not hold this post"))
    return found


def _check_day(found: CheckIn, day: date, at: datetime) -> None:
    if wrong := ledger.check_day(day, at):
        raise Invalid({"served_on": wrong})
    if day < found.requested_on or (found.ended_on is not None and day > found.ended_on):
        raise Invalid({"served_on": N_("On this day the member had not checked in with this community")})


def _refused(actor: Actor, at: datetime, rows: Sequence[Record]) -> dict[int, Problem]:
    """Why which of them cannot be confirmed, by their place."""
    stands = standings(actor, [(row.member_id, row.community_id) for row in rows], clock.local(at).date())
    gone = carrying.gone({row.member_id for row in rows})
    refused: dict[int, Problem] = {}
    for n, (row, stood) in enumerate(zip(rows, stands, strict=True)):
        try:
            check(RECORD, "confirm", stood)
            following(RECORD, "confirm", row.status)
            carrying.check_counts(row.member_id, gone)
        except (Forbidden, Conflict) as problem:
            refused[n] = problem
    return refused


def _post(actor: Actor, at: datetime, rows: Sequence[Record]) -> None:
    """The entries of those whose home unit has named a rule that holds for them."""
    stood = grounds([(str(row.member_id), row.member_id, row.served_on) for row in rows], actor=None)
    branches = {ground.place.branch_id for ground in stood if ground.place.branch_id is not None}
    rules = settings.by_organisation(branches, "service_rule")
    entries = [
        entry for row, ground in zip(rows, stood, strict=True) if (entry := _entry(row, ground, rules)) is not None
    ]
    written = {one.natural_key: one.id for one in ledger.add(actor=actor, at=at, rows=entries, source=SOURCE)}
    for row in rows:
        row.entry_id = written.get(_key(row))


def _entry(row: Record, ground: Ground, rules: Mapping[int, str]) -> ledger.NewEntry | None:
    place = ground.place
    rule = ground.rule(rules[place.branch_id]) if place.branch_id is not None else {}
    if not worth.counts(rule, ground.category):
        return None
    quantity = worth.quantity(rule, row.hours)
    return ledger.NewEntry(
        member_id=row.member_id,
        branch_id=place.branch_id or 0,
        rule_code=rule["code"],
        scheme_id=place.scheme_id or 0,
        points=documents.worth(rule, quantity),
        occurred_on=row.served_on,
        quantity=quantity or Decimal(1),
        note=row.deed,
        source_id=row.id,
        natural_key=_key(row),
    )


def _key(row: Record) -> str:
    return f"service:{row.id}"


def _step(actor: Actor, at: datetime, record_id: int, step: str, reason: str | None) -> Record:
    row = held_records(actor, [record_id])[record_id]
    check(RECORD, step, standing(actor, row, clock.local(at).date()))
    _decide(actor, at, [row], step, reason)
    return row


def _decide(actor: Actor, at: datetime, rows: Sequence[Record], step: str, reason: str | None = None) -> None:
    for row in rows:
        old, row.status = row.status, following(RECORD, step, row.status)
        row.decided_at, row.decided_by_id, row.reason = at, actor.sign_in_id, reason
        audit.note(actor=actor, at=at, action=f"service_record:{step}", object_id=str(row.id), old=old, new=row.status)
    db.session.flush()
    if step != "withdraw":
        ids = sorted(row.id for row in rows)
        payload = {"records": ids, "status": rows[0].status}
        queues.enqueue(topic=queues.SERVICE_TELL, payload=payload, at=at, dedupe=f"service:{step}:{ids[0]}")
