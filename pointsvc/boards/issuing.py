"""The register of Party badges and door plates: who was given one, when, for which household, signed or not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from pointsvc import clock
from pointsvc.audit import service as audit
from pointsvc.boards.models import Insignia
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Invalid, Message, NotFound
from pointsvc.people import reach
from pointsvc.people.models import Member, Organisation
from pointsvc.permissions import Actor


@dataclass(frozen=True)
class Issued:
    """One line of the register."""

    id: int
    kind: str
    member: str
    name: str
    branch: str
    branch_name: str
    issued_on: date
    household: str
    signed: bool
    note: str
    taken_back: bool


def issue(
    *,
    actor: Actor,
    at: datetime,
    kind: str,
    members: Collection[str],
    issued_on: date,
    household: str = "",
    signed: bool = False,
    note: str = "",
) -> list[Insignia]:
    """Write down that these members were given a badge each, or that a plate hangs on one's door: all or none.

    A couple has one plate: it is written down for one of the two. Raises Invalid by field.
    """
    found = reach.members(actor, members)
    today = clock.local(at).date()
    branches = reach.branch_on([one.id for one in found.values()], issued_on, actor=actor)
    wrong = dict(_faults(kind, members, {number: one.id in branches for number, one in found.items()}, household))
    if issued_on > today:
        wrong["issued_on"] = [Message(N_("This day has not come yet"))]
    if kind == "plate" and not wrong and _hangs(household, set(branches.values())):
        wrong["household"] = [Message(N_("A plate is written down for this household already"))]
    if wrong:
        raise Invalid(wrong)
    rows = [
        Insignia(
            branch_id=branches[found[number].id],
            member_id=found[number].id,
            kind=kind,
            issued_on=issued_on,
            household=household,
            signed=signed,
            note=note,
            recorded_at=at,
            recorded_by_id=actor.sign_in_id,
        )
        for number in dict.fromkeys(members)
    ]
    db.session.add_all(rows)
    db.session.flush()
    audit.note(actor=actor, at=at, action="insignia:issue", object_id=kind, rows=[row.id for row in rows])
    return rows


def take_back(*, actor: Actor, at: datetime, insignia_id: int) -> Insignia:
    """Strike a line that was written down by mistake. Raises NotFound, Conflict 'taken_back'."""
    reached = Insignia.branch_id.in_(reach.organisation_ids(actor))
    row = db.session.scalar(select(Insignia).where(Insignia.id == insignia_id, reached).with_for_update())
    if row is None:
        raise NotFound()
    if row.taken_back_at is not None:
        raise Conflict(N_("This line has been taken back already"), code="taken_back")
    row.taken_back_at, row.taken_back_by_id = at, actor.sign_in_id
    db.session.flush()
    audit.note(actor=actor, at=at, action="insignia:take_back", object_id=str(row.id))
    return row


def register(
    *,
    actor: Actor,
    at: datetime,
    organisation: str | None = None,
    kind: str | None = None,
    limit: int | None = None,
    before_id: int | None = None,
) -> Sequence[Issued]:
    """The register of a node and below, the latest first. Raises NotFound."""
    node = reach.node(actor, organisation, clock.local(at).date())
    query = (
        select(Insignia, Member.number, Member.name, Organisation.code, Organisation.name.label("branch_name"))
        .join(Member, Member.id == Insignia.member_id)
        .join(Organisation, Organisation.id == Insignia.branch_id)
        .where(Insignia.branch_id.in_(reach.ids_below(node.id)))
        .order_by(Insignia.id.desc())
        .limit(limit)
    )
    if kind is not None:
        query = query.where(Insignia.kind == kind)
    if before_id is not None:
        query = query.where(Insignia.id < before_id)
    return [_issued(row) for row in db.session.execute(query)]


def _faults(
    kind: str, members: Collection[str], here: Mapping[str, bool], household: str
) -> Iterator[tuple[str, list[Message]]]:
    text = N_("There is no member %(number)s within your reach")
    strangers = [Message(text, number=number) for number in members if not here.get(number)]
    if strangers or not members:
        yield "members", strangers or [Message(N_("At least one member is needed"))]
    if kind == "plate" and not household:
        yield "household", [Message(N_("Say on whose door the plate hangs"))]
    if kind == "plate" and len(set(members)) > 1:
        yield "members", [Message(N_("A plate is written down for one member; its household has only one"))]


def _hangs(household: str, branch_ids: Collection[int]) -> bool:
    standing = (Insignia.kind == "plate", Insignia.household == household, Insignia.taken_back_at.is_(None))
    return db.session.scalar(select(Insignia.id).where(Insignia.branch_id.in_(branch_ids), *standing)) is not None


def _issued(row: Any) -> Issued:
    one = row.Insignia
    return Issued(
        id=one.id,
        kind=one.kind,
        member=row.number,
        name=row.name,
        branch=row.code,
        branch_name=row.branch_name,
        issued_on=one.issued_on,
        household=one.household,
        signed=one.signed,
        note=one.note,
        taken_back=one.taken_back_at is not None,
    )
