"""Entries of the ledger that were drawn: each with what it rests on, and what was found of it.

Nobody is asked for anything. What evidence there is stands beside the entry; an entry without any is
looked into by those who inspect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from pointsvc.audit import service as audit
from pointsvc.db import among, db
from pointsvc.errors import N_, Conflict, Invalid, NotFound
from pointsvc.evidence import service as evidence
from pointsvc.evidence.models import Evidence
from pointsvc.ledger import reading
from pointsvc.ledger.models import Entry
from pointsvc.people.models import Member, Organisation
from pointsvc.permissions import Actor
from pointsvc.spotchecks import service as spotchecks
from pointsvc.spotchecks.models import EntryVerdict, SpotCheck, Stratum, Unit

_OF_ENTRIES = (Stratum.spot_check_id == Unit.spot_check_id) & (Stratum.name == Unit.stratum) & (Stratum.kind == "entry")


@dataclass(frozen=True, slots=True)
class DrawnEntry:
    """A drawn entry with its evidence; ``in_order`` is None until it has been gone through."""

    unit: int
    stratum: str
    place: int
    entry: reading.EntryView
    name: str
    branch: str
    source_id: int | None
    in_order: bool | None
    found: str | None
    pieces: list[Evidence] = field(default_factory=list)


def drawn_entries(*, actor: Actor, spot_check_id: int) -> tuple[SpotCheck, list[DrawnEntry]]:
    """The plan and its drawn entries by stratum and place. Raises NotFound."""
    plan = spotchecks.spot_check(actor=actor, spot_check_id=spot_check_id)
    units = db.session.execute(
        select(Unit.id, Unit.stratum, Unit.code, Unit.place, EntryVerdict.in_order, EntryVerdict.note)
        .join(Stratum, _OF_ENTRIES)
        .outerjoin(EntryVerdict, EntryVerdict.unit_id == Unit.id)
        .where(Unit.spot_check_id == plan.id, Unit.drawn)
    ).all()
    ids = [int(unit.code) for unit in units]
    views, about = reading.entries_by_id(ids), _about(ids)
    declared = [row.source_id for row in about.values() if row.source == "declaration"]
    pieces = evidence.of(owner_kind="declaration", owner_ids=declared)
    return plan, [
        DrawnEntry(
            unit.id,
            unit.stratum,
            unit.place or 0,
            views[number],
            about[number].name,
            about[number].branch,
            about[number].source_id,
            unit.in_order,
            unit.note,
            pieces.get(about[number].source_id, []) if about[number].source == "declaration" else [],
        )
        for unit in sorted(units, key=lambda unit: (unit.stratum, unit.place))
        for number in (int(unit.code),)
    ]


def _about(ids: Sequence[int]) -> dict[int, Row[*tuple[Any, ...]]]:
    rows = db.session.execute(
        select(Entry.id, Member.name, Organisation.name.label("branch"), Entry.source, Entry.source_id)
        .join(Member, Member.id == Entry.member_id)
        .join(Organisation, Organisation.id == Entry.branch_id)
        .where(among(Entry.id, ids))
    )
    return {row.id: row for row in rows}


def judge(*, actor: Actor, at: datetime, spot_check_id: int, unit_id: int, in_order: bool, note: str) -> EntryVerdict:
    """Say of a drawn entry whether it is in order; if not, the note says why. May be said again.

    Raises NotFound, Invalid under ``note``, Conflict 'not_drawn'.
    """
    plan = spotchecks.spot_check(actor=actor, spot_check_id=spot_check_id)
    of_plan = select(Unit).join(Stratum, _OF_ENTRIES).where(Unit.id == unit_id, Unit.spot_check_id == plan.id)
    unit = db.session.scalar(of_plan.with_for_update(of=Unit))
    if unit is None:
        raise NotFound()
    if not unit.drawn or plan.status != "drawn":
        raise Conflict(N_("This unit is not among those to be visited"), code="not_drawn")
    if not in_order and not note:
        raise Invalid({"note": N_("Say what is not in order")})
    found = db.session.get(EntryVerdict, unit.id)
    old = found.in_order if found else None
    if found is None:
        found = EntryVerdict(unit_id=unit.id)
        db.session.add(found)
    found.in_order, found.note, found.at, found.by_id = in_order, note, at, actor.sign_in_id
    db.session.flush()
    audit.note(
        actor=actor, at=at, action="spot_check:judge", object_id=str(plan.id), unit=unit.id, old=old, new=in_order
    )
    return found


def progress(entries: Sequence[DrawnEntry]) -> dict[str, int]:
    """How many of them are in order, are not, and wait."""
    said = [one.in_order for one in entries]
    return {"in_order": said.count(True), "not_in_order": said.count(False), "waiting": said.count(None)}
