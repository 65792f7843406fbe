"""Deciding on declarations: approve one or several, all or none; send one back with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert, select

from pointsvc import queues
from pointsvc.db import among, db
from pointsvc.declarations.lifecycle import check, following
from pointsvc.declarations.models import Declaration, DeclarationChange
from pointsvc.declarations.reading import locked, standing
from pointsvc.declarations.weighing import Deed, Worth, grounds, weigh
from pointsvc.errors import N_, Conflict, Forbidden, Invalid, Message, Problem
from pointsvc.ledger import service as ledger
from pointsvc.people.models import Member
from pointsvc.permissions import Actor

MOST_AT_ONCE = 200


def approve(*, actor: Actor, at: datetime, declaration_ids: Sequence[int]) -> list[int]:
    """Approve these, all or none: the points are those of the rule in force on each deed's day.

    One alone raises NotFound, Forbidden ('own_declaration' for the own), Conflict 'wrong_status', or
    Invalid when the deed can no longer be weighed. Of several, each that cannot be approved is named
    under ``declarations.<n>`` of one Invalid 'none_approved'; NotFound as for one.
    """
    if not declaration_ids:
        raise Invalid({"declarations": N_("Please choose at least one")})
    if len(declaration_ids) > MOST_AT_ONCE or len(set(declaration_ids)) < len(declaration_ids):
        raise Invalid({"declarations": Message(N_("At most %(most)s, each once"), most=MOST_AT_ONCE)})
    rows = locked(actor, declaration_ids)
    worths, refused = _weighed(actor, at, [rows[number] for number in declaration_ids])
    if refused:
        _refuse(refused, declaration_ids)
    _post(actor, at, rows, worths)
    _decide(actor, at, list(rows.values()), "approve")
    return list(declaration_ids)


def send_back(*, actor: Actor, at: datetime, declaration_id: int, reason: str) -> None:
    """Return a declaration with the reason; it can be amended and sent again.

    Raises NotFound, Forbidden ('own_declaration' for the own), Conflict 'wrong_status'.
    """
    row = locked(actor, [declaration_id])[declaration_id]
    _check(actor, row, "return")
    _decide(actor, at, [row], "return", reason)


# ---- inside


def _check(actor: Actor, row: Declaration, step: str) -> None:
    check(step, standing(actor, row))
    following(step, row.status)


def _weighed(actor: Actor, at: datetime, rows: Sequence[Declaration]) -> tuple[dict[int, Worth], dict[int, Problem]]:
    """What each is worth now, and why others cannot be approved, by id."""
    members = {row.member_id for row in rows}
    known = db.session.execute(select(Member.id, Member.number).where(among(Member.id, members)))
    numbers = {row.id: row.number for row in known}
    stood = grounds([(numbers[row.member_id], row.member_id, row.occurred_on) for row in rows], actor=actor)
    worths: dict[int, Worth] = {}
    refused: dict[int, Problem] = {}
    for row, ground in zip(rows, stood, strict=True):
        try:
            _check(actor, row, "approve")
            worths[row.id] = weigh(_deed(numbers[row.member_id], row, ground.ranged(row.rule)), ground, at)
        except (Forbidden, Conflict, Invalid) as problem:
            refused[row.id] = problem
    return worths, refused


def _refuse(refused: Mapping[int, Problem], asked: Sequence[int]) -> None:
    if len(asked) == 1:
        raise refused[asked[0]]
    words = {f"declarations.{n}": _words(refused[number]) for n, number in enumerate(asked) if number in refused}
    raise Invalid(words, code="none_approved")


def _words(problem: Problem) -> list[Message]:
    if isinstance(problem, Invalid):
        return [message for messages in problem.errors.values() for message in messages]
    return [problem.detail or Message(problem.title)]


def _post(actor: Actor, at: datetime, rows: Mapping[int, Declaration], worths: Mapping[int, Worth]) -> None:
    """The entries, and what is now fixed: points, branch and rule sheet."""
    entries = [
        ledger.NewEntry(
            member_id=row.member_id,
            branch_id=worths[row.id].branch_id,
            rule_code=row.rule,
            scheme_id=worths[row.id].scheme_id,
            points=worths[row.id].points,
            occurred_on=row.occurred_on,
            quantity=row.quantity,
            tier=row.tier,
            matter=row.matter,
            note=row.note,
            source_id=row.id,
            natural_key=f"declaration:{row.id}",
        )
        for row in rows.values()
    ]
    written = {one.natural_key: one.id for one in ledger.add(actor=actor, at=at, rows=entries, source="declaration")}
    for row in rows.values():
        worth = worths[row.id]
        row.entry_id = written[f"declaration:{row.id}"]
        row.points, row.branch_id, row.scheme_id = worth.points, worth.branch_id, worth.scheme_id


def _decide(actor: Actor, at: datetime, rows: Sequence[Declaration], step: str, reason: str | None = None) -> None:
    said = {"at": at, "by_id": actor.sign_in_id, "reason": reason}
    logged = []
    for row in rows:
        status = following(step, row.status)
        logged.append({"declaration_id": row.id, "old": row.status, "new": status, **said})
        row.status, row.reason = status, reason
        row.decided_by_id, row.decided_at = actor.sign_in_id, at
    db.session.flush()
    ids = sorted(db.session.scalars(insert(DeclarationChange).returning(DeclarationChange.id), logged))
    queues.enqueue(topic=queues.DECLARATIONS_TELL, payload={"changes": ids}, at=at, dedupe=f"declared:{ids[0]}")


def _deed(number: str, row: Declaration, ranged: bool) -> Deed:
    return Deed(
        member=number,
        rule=row.rule,
        occurred_on=row.occurred_on,
        quantity=row.quantity,
        tier=row.tier,
        points=row.points if ranged else None,
    )
