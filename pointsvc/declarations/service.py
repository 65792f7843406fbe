"""Verbs of declarations: declare, amend and send again, withdraw, add photos; review is in deciding.py.

Whoever declares is the member, or a secretary for one who has no telephone (``proxy``). A
declaration is weighed at once, with the ledger's own words for what is wrong, so that nobody waits
for a refusal; it counts only when somebody else has approved it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from pointsvc.db import among, db
from pointsvc.declarations import sheets
from pointsvc.declarations.deciding import approve, send_back
from pointsvc.declarations.lifecycle import check, following
from pointsvc.declarations.models import Declaration, DeclarationChange
from pointsvc.declarations.reading import (
    Asked,
    View,
    changes,
    count,
    declaration,
    declarations,
    locked,
    several,
    standing,
)
from pointsvc.declarations.sheets import Spot
from pointsvc.declarations.weighing import Deed, Worth, grounds, weigh
from pointsvc.errors import N_, Conflict, Invalid, Message, NotFound
from pointsvc.evidence import service as evidence
from pointsvc.people import reach
from pointsvc.people.models import Member
from pointsvc.permissions import Actor

__all__ = [
    "KIND",
    "Asked",
    "Deed",
    "View",
    "approve",
    "attach",
    "changes",
    "count",
    "declaration",
    "declarations",
    "declare",
    "declare_several",
    "detach",
    "resend",
    "send_back",
    "several",
    "withdraw",
]

# What evidence calls its owner here.
KIND = "declaration"
ONE = Decimal(1)


def declare(*, actor: Actor, at: datetime, deed: Deed, once: str | None = None) -> int:
    """Declare one deed; the id of its declaration.

    With ``once``, a key of the form that was filled in, sending that form again declares nothing
    more. Raises NotFound for a member out of reach, Invalid by field, Conflict 'typed_in_already'
    for a line of paper that somebody is typing in as well.
    """
    return _declare(actor, at, [deed], once, "")[0]


def declare_several(*, actor: Actor, at: datetime, deeds: Sequence[Deed], once: str | None = None) -> list[int]:
    """Declare these, all or none; their ids in order. Raises as ``declare``, the fields as ``lines.3.rule``."""
    if not deeds:
        raise Invalid({"lines": N_("At least one is needed")})
    return _declare(actor, at, deeds, once, "lines.{n}.")


def resend(*, actor: Actor, at: datetime, declaration_id: int, deed: Deed) -> None:
    """Amend a returned declaration and send it again; what it said before stays in its log.

    Raises NotFound, Forbidden, Conflict 'wrong_status', Invalid as ``declare``.
    """
    row, status = _step("resend", actor, declaration_id)
    member = db.session.get_one(Member, row.member_id)
    proxy = member.id != actor.member_id
    ground = grounds([(member.number, member.id, deed.occurred_on)], actor=actor if proxy else None)[0]
    worth = weigh(deed, ground, at)
    before = {name: _plain(getattr(row, name)) for name in ("rule", "occurred_on", *_SAID, "points")}
    for name, value in _said(deed, worth).items():
        setattr(row, name, value)
    row.declared_by_id, row.proxy, row.sent_at, row.told = actor.sign_in_id, proxy, at, 0
    row.decided_by_id, row.decided_at, row.reason = None, None, None
    _turn(row, status, actor, at, before=before)


def withdraw(*, actor: Actor, at: datetime, declaration_id: int) -> None:
    """Take a declaration back that is not approved. Raises NotFound, Forbidden, Conflict 'wrong_status'."""
    row, status = _step("withdraw", actor, declaration_id)
    row.decided_by_id, row.decided_at = None, None
    _turn(row, status, actor, at)


def attach(*, actor: Actor, at: datetime, declaration_id: int, pieces: Sequence[evidence.Piece]) -> None:
    """Add photos or papers while nothing is decided. Raises as ``withdraw``, Invalid for too many."""
    if pieces:
        row, _ = _step("attach", actor, declaration_id)
        evidence.keep(actor=actor, at=at, owner_kind=KIND, owner_id=row.id, pieces=pieces)


def detach(*, actor: Actor, at: datetime, declaration_id: int, evidence_ids: Collection[int]) -> None:
    """Leave photos or papers out again while nothing is decided. Raises as ``withdraw``."""
    if evidence_ids:
        row, _ = _step("attach", actor, declaration_id)
        evidence.remove(actor=actor, at=at, owner_kind=KIND, owner_id=row.id, evidence_ids=evidence_ids)


# ---- declaring


def _declare(actor: Actor, at: datetime, deeds: Sequence[Deed], once: str | None, path: str) -> list[int]:
    if sent := _sent(once, len(deeds)):
        return sent
    members = _members(actor, [deed.member for deed in deeds])
    worths = _weighed(actor, at, deeds, members, path)
    spots = sheets.spots(actor=actor, places=[(deed.sheet, deed.line) for deed in deeds], path=path)
    rows = [
        _row(actor, at, deed, worth, members[deed.member], spots[n])
        for n, (deed, worth) in enumerate(zip(deeds, worths, strict=True))
    ]
    for n, row in enumerate(rows):
        row.form_key = f"{once}:{n}" if once else None
    try:
        with db.session.begin_nested():
            db.session.add_all(rows)
    except IntegrityError:
        # Two at once: the same form twice, or two people with the same sheet of paper.
        if sent := _sent(once, len(deeds)):
            return sent
        raise Conflict(N_("Somebody has just typed in the same line"), code="typed_in_already") from None
    said = {"new": "pending", "at": at, "by_id": actor.sign_in_id}
    db.session.execute(insert(DeclarationChange), [{"declaration_id": row.id, **said} for row in rows])
    return [row.id for row in rows]


def _sent(once: str | None, size: int) -> list[int]:
    """What this form has declared already. Raises Conflict 'form_sent_already' when it has grown since."""
    if not once:
        return []
    keys = among(Declaration.form_key, [f"{once}:{n}" for n in range(size)])
    found = list(db.session.scalars(select(Declaration.id).where(keys).order_by(Declaration.id)))
    if found and len(found) != size:
        raise Conflict(N_("This form has been sent already; please open a new one"), code="form_sent_already")
    return found


def _members(actor: Actor, numbers: Sequence[str]) -> dict[str, Member]:
    """Whom the actor may declare for: the own record wherever it is, else whom the role reaches."""
    found = reach.members(actor, set(numbers))
    if (mine := reach.own_member(actor)) is not None:
        found[mine.number] = mine
    strangers = sorted({number for number in numbers if number not in found})
    if strangers:
        names = ", ".join(strangers[:5])
        raise NotFound(Message(N_("There is no member %(number)s within your reach"), number=names))
    return found


def _weighed(
    actor: Actor, at: datetime, deeds: Sequence[Deed], members: Mapping[str, Member], path: str
) -> list[Worth]:
    rows = [(deed.member, members[deed.member].id, deed.occurred_on) for deed in deeds]
    others = iter(grounds([row for row in rows if row[1] != actor.member_id], actor=actor))
    mine = iter(grounds([row for row in rows if row[1] == actor.member_id], actor=None))
    found: list[Worth] = []
    wrong: dict[str, Any] = {}
    for n, (deed, row) in enumerate(zip(deeds, rows, strict=True)):
        try:
            found.append(weigh(deed, next(mine if row[1] == actor.member_id else others), at))
        except Invalid as problem:
            wrong |= {path.format(n=n) + name: messages for name, messages in problem.errors.items()}
    if wrong:
        raise Invalid(wrong)
    return found


_SAID = ("quantity", "tier", "matter", "note")


def _said(deed: Deed, worth: Worth) -> dict[str, Any]:
    return {
        "rule": deed.rule,
        "occurred_on": deed.occurred_on,
        "quantity": ONE if deed.quantity is None else deed.quantity,
        "tier": deed.tier,
        "matter": deed.matter,
        "note": deed.note,
        "points": worth.points,
        "branch_id": worth.branch_id,
        "scheme_id": worth.scheme_id,
    }


def _row(actor: Actor, at: datetime, deed: Deed, worth: Worth, member: Member, spot: Spot | None) -> Declaration:
    return Declaration(
        member_id=member.id,
        status="pending",
        declared_by_id=actor.sign_in_id,
        proxy=member.id != actor.member_id,
        sheet_id=spot.sheet_id if spot else None,
        sheet_line=spot.line if spot else None,
        created_at=at,
        sent_at=at,
        **_said(deed, worth),
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else f"{value:.2f}" if isinstance(value, Decimal) else value


# ---- steps


def _step(step: str, actor: Actor, declaration_id: int) -> tuple[Declaration, str]:
    row = locked(actor, [declaration_id])[declaration_id]
    check(step, standing(actor, row))
    return row, following(step, row.status)


def _turn(row: Declaration, status: str, actor: Actor, at: datetime, **more: Any) -> None:
    db.session.add(
        DeclarationChange(declaration_id=row.id, old=row.status, new=status, at=at, by_id=actor.sign_in_id, **more)
    )
    row.status = status
    db.session.flush()
