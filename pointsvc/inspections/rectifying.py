"""Rectification (整改): ordered, answered by the unit, looked at again by somebody else, closed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Row, func, select

from pointsvc import clock, workdays
from pointsvc.db import among, db
from pointsvc.errors import N_, Conflict, Invalid, NotFound
from pointsvc.evidence import service as evidence
from pointsvc.inspections import lifecycle, telling
from pointsvc.inspections.fieldwork import KIND
from pointsvc.inspections.loading import moved
from pointsvc.inspections.models import Finding, Inspection, Rectification
from pointsvc.lists import service as lists
from pointsvc.people import reach, settings
from pointsvc.permissions import Actor
from pointsvc.spotchecks.models import SpotCheck, Unit

_Row = Row[Finding, Inspection, Unit, SpotCheck]

# Of a line on the list of problems.
LONGEST_TITLE = 100


@dataclass(frozen=True)
class _Order:
    """A rectification with what it is about."""

    rectification: Rectification
    finding: Finding
    inspection: Inspection
    unit: Unit
    plan: SpotCheck


def order(
    *, actor: Actor, at: datetime, demands: Mapping[int, str], days: int | None = None
) -> Sequence[Rectification]:
    """Order what each of these findings (by id) demands to be put right, within so many working days.

    Without ``days`` as the organisation has set. Raises NotFound when one is out of reach or of another
    plan than the others, Invalid for ``days``, Conflict 'facts_open' before the facts stand, 'ordered'
    when it was ordered already, 'no_unit' when nobody answers for the unit.
    """
    rows = _findings(actor, demands)
    plans = {row[3].id: row[3] for row in rows}
    if len(plans) != 1 or set(demands) != {row[0].id for row in rows}:
        raise NotFound()
    _check(rows)
    (plan,) = plans.values()
    due_on = _due(plan, at, days)
    return [
        _put(actor, at, row, demands[row[0].id], number=f"{plan.plan}-{serial:02}", due_on=due_on)
        for serial, row in enumerate(rows, _next_serial(plan))
    ]


def answer(*, actor: Actor, at: datetime, rectification_id: int, text: str) -> Rectification:
    """The unit says what it has put right. Raises NotFound, Conflict 'not_now'."""
    found = _locked(actor, rectification_id, own=True)
    new = lifecycle.after(lifecycle.RECTIFICATION, found.rectification.status, lifecycle.ANSWER)
    one = found.rectification
    one.answer, one.answered_at, one.answered_by_id = text, at, actor.sign_in_id
    one.rechecked_by_id = None
    moved(one, found.inspection.id, actor, at, new, text)
    telling.answered(one, found.unit, found.plan, at)
    return one


def attach(*, actor: Actor, at: datetime, rectification_id: int, pieces: Sequence[evidence.Piece]) -> Rectification:
    """The unit adds photos or papers that show what it has put right. Never demanded.

    Raises NotFound, Conflict 'not_now' unless it is the unit's turn, Invalid under ``file``.
    """
    found = _locked(actor, rectification_id, own=True)
    lifecycle.after(lifecycle.RECTIFICATION, found.rectification.status, lifecycle.ANSWER)
    evidence.keep(actor=actor, at=at, owner_kind=KIND, owner_id=found.finding.id, pieces=pieces)
    return found.rectification


def recheck(
    *, actor: Actor, at: datetime, rectification_id: int, act: str, words: str, days: int | None = None
) -> Rectification:
    """Look again: ``close``, ``send_back`` (with ``days`` from today on) or ``fail``, closed as not rectified.

    Raises NotFound, Forbidden 'own_order' or 'own_answer', Conflict 'not_now' or 'not_due', Invalid.
    """
    if act not in lifecycle.RECHECKS:
        raise Invalid({"act": N_("This choice does not exist")})
    found = _locked(actor, rectification_id, own=False)
    one = found.rectification
    new = lifecycle.after(lifecycle.RECTIFICATION, one.status, act)
    lifecycle.check_rechecking(
        act,
        actor,
        ordered_by_id=one.ordered_by_id,
        answered_by_id=one.answered_by_id,
        status=one.status,
        due_on=one.due_on,
        today=clock.local(at).date(),
    )
    if act == lifecycle.SEND_BACK:
        one.due_on = _due(found.plan, at, days)
    one.outcome, one.rechecked_at, one.rechecked_by_id = words, at, actor.sign_in_id
    moved(one, found.inspection.id, actor, at, new, words)
    telling.rechecked(one, found.unit, found.plan, at)
    return one


# ---- inside


def _findings(actor: Actor, ids: Collection[int]) -> Sequence[_Row]:
    return db.session.execute(
        select(Finding, Inspection, Unit, SpotCheck)
        .join(Inspection, Inspection.id == Finding.inspection_id)
        .join(Unit, Unit.id == Inspection.unit_id)
        .join(SpotCheck, SpotCheck.id == Unit.spot_check_id)
        .where(among(Finding.id, ids), Finding.taken_back_at.is_(None))
        .where(SpotCheck.organisation_id.in_(reach.organisation_ids(actor)))
        .order_by(Finding.id)
        .with_for_update(of=SpotCheck)
    ).all()


def _list(actor: Actor, at: datetime, one: Rectification, finding: Finding, unit: Unit) -> None:
    """Put it onto the unit's list of problems too, once. Where no district keeps such lists there is none."""
    with suppress(NotFound):
        lists.open_problem(
            actor=actor,
            at=at,
            organisation_id=one.organisation_id,
            title=finding.text[:LONGEST_TITLE],
            text=finding.text,
            measure=one.demand,
            responsible=unit.name[:LONGEST_TITLE],
            due_on=one.due_on,
            source="inspection",
            source_id=one.id,
        )


def _check(rows: Sequence[_Row]) -> None:
    if any(inspection.status not in lifecycle.SETTLED for _, inspection, *_ in rows):
        raise Conflict(N_("The facts must stand before anything is ordered"), code="facts_open")
    if any(unit.organisation_id is None for *_, unit, _ in rows):
        raise Conflict(N_("This unit is no organisation, so nobody answers for it"), code="no_unit")
    ids = [finding.id for finding, *_ in rows]
    if db.session.scalar(select(Rectification.id).where(among(Rectification.finding_id, ids)).limit(1)):
        raise Conflict(N_("A rectification of this finding has been ordered already"), code="ordered")


def _put(actor: Actor, at: datetime, row: _Row, demand: str, *, number: str, due_on: date) -> Rectification:
    finding, inspection, unit, plan = row
    made = Rectification(
        number=number,
        finding_id=finding.id,
        spot_check_id=plan.id,
        organisation_id=unit.organisation_id,
        status="ordered",
        demand=demand,
        due_on=due_on,
        ordered_at=at,
        ordered_by_id=actor.sign_in_id,
    )
    db.session.add(made)
    db.session.flush()
    moved(made, inspection.id, actor, at, "ordered", demand)
    _list(actor, at, made, finding, unit)
    telling.ordered(made, unit, plan, at)
    return made


def _next_serial(plan: SpotCheck) -> int:
    """The next number of the plan's orders; its row is locked, so that no two take the same."""
    query = select(func.count()).select_from(Rectification).where(Rectification.spot_check_id == plan.id)
    return (db.session.scalar(query) or 0) + 1


def _due(plan: SpotCheck, at: datetime, days: int | None) -> date:
    count = settings.value(plan.organisation_id, "rectification_days") if days is None else days
    if fault := settings.KNOWN["rectification_days"].fault(count):
        raise Invalid({"days": fault})
    return workdays.after(clock.local(at).date(), count)


def _locked(actor: Actor, rectification_id: int, *, own: bool) -> _Order:
    """The order, its row locked: with ``own`` one to the actor's organisation, else one of its plans."""
    whose = Rectification.organisation_id if own else SpotCheck.organisation_id
    row = db.session.execute(
        select(Rectification, Finding, Inspection, Unit, SpotCheck)
        .join(Finding, Finding.id == Rectification.finding_id)
        .join(Inspection, Inspection.id == Finding.inspection_id)
        .join(Unit, Unit.id == Inspection.unit_id)
        .join(SpotCheck, SpotCheck.id == Unit.spot_check_id)
        .where(Rectification.id == rectification_id, whose.in_(reach.organisation_ids(actor)))
        .with_for_update(of=Rectification)
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise NotFound()
    return _Order(*row)
