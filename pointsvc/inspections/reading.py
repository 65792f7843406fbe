"""Reading inspections: which the actor may see, the drawn units of a plan, and one with all its parts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true

from pointsvc.db import among, db
from pointsvc.errors import NotFound
from pointsvc.inspections import lifecycle
from pointsvc.inspections.models import (
    STATUSES,
    Finding,
    Inspection,
    InspectionAnswer,
    InspectionLog,
    InspectionSignature,
)
from pointsvc.people import reach
from pointsvc.people.models import Organisation, SignIn
from pointsvc.permissions import SYSTEM, Actor
from pointsvc.spotchecks.listing import to_visit
from pointsvc.spotchecks.models import Assignment, Inspector, SpotCheck, Unit

# A drawn unit to which nobody has come yet.
WAITING = "waiting"
MOST_PLANS = 50
FILTERS = (WAITING, *STATUSES)


@dataclass(frozen=True, slots=True)
class UnitView:
    """A drawn unit of a plan, with its inspection once that was opened."""

    unit_id: int
    unit: str
    name: str
    stratum: str
    organisation_id: int | None
    organisation: str | None
    spot_check_id: int
    plan: str
    title: str
    announced: bool
    due_on: date
    plan_organisation_id: int
    id: int | None
    status: str
    opened_at: datetime | None
    signed_at: datetime | None
    confirm_due_on: date | None
    settled_at: datetime | None
    confirmed_by: str | None
    comment: str | None
    reply: str | None
    findings: int
    serves: bool


@dataclass(frozen=True, slots=True)
class ServingView:
    """One of the two who inspect a unit; ``signed_at`` once they stand for what was written."""

    unit_id: int
    inspector_id: int
    name: str
    body: str
    sign_in_id: int | None
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ItemView:
    """One item of the checklist with its answer (None: unset), and the finding under it."""

    code: str
    text: str
    article: str
    answer: str | None
    revision: int
    finding: Finding | None


def units(
    *,
    actor: Actor,
    spot_check_id: int | None = None,
    status: str | None = None,
    mine: bool = False,
    limit: int = 50,
    before_id: int | None = None,
) -> Sequence[UnitView]:
    """The drawn units that concern the actor, the latest first, from below unit ``before_id`` on."""
    query = _views(actor).order_by(Unit.id.desc()).limit(limit)
    if spot_check_id is not None:
        query = query.where(Unit.spot_check_id == spot_check_id)
    if status is not None:
        query = query.where(Inspection.id.is_(None) if status == WAITING else Inspection.status == status)
    if mine:
        query = query.where(serving(actor))
    if before_id is not None:
        query = query.where(Unit.id < before_id)
    return [UnitView(*row) for row in db.session.execute(query)]


def plans(actor: Actor) -> Sequence[Any]:
    """The drawn plans of which units concern the actor, the latest first: id, plan, title."""
    query = (
        select(SpotCheck.id, SpotCheck.plan, SpotCheck.title)
        .join(Unit, Unit.spot_check_id == SpotCheck.id)
        .outerjoin(Inspection, Inspection.unit_id == Unit.id)
        .where(to_visit(), concerns(actor))
        .distinct()
    )
    return db.session.execute(query.order_by(SpotCheck.id.desc()).limit(MOST_PLANS)).all()


def units_of_plan(spot_check_id: int) -> Sequence[UnitView]:
    """All drawn units of this plan by stratum and place; the caller has checked who asks."""
    query = _views(SYSTEM).where(Unit.spot_check_id == spot_check_id).order_by(Unit.stratum, Unit.place, Unit.id)
    return [UnitView(*row) for row in db.session.execute(query)]


def inspection(*, actor: Actor, inspection_id: int) -> UnitView:
    """One inspection. Raises NotFound when there is none that concerns the actor."""
    row = db.session.execute(_views(actor).where(Inspection.id == inspection_id)).first()
    if row is None:
        raise NotFound()
    return UnitView(*row)


def items(view: UnitView) -> list[ItemView]:
    """The checklist of the plan with what was answered, in its order; further findings come last."""
    answers = {
        row.item: row
        for row in db.session.scalars(select(InspectionAnswer).where(InspectionAnswer.inspection_id == view.id))
    }
    found = {row.item: row for row in standing([view.id or 0])}
    listed = [(one["code"], one["text"], one.get("article") or "") for one in checklist(view.spot_check_id)]
    codes = {code for code, *_ in listed}
    more = [(code, "", "") for code in answers if code not in codes]
    return [
        ItemView(
            code,
            text,
            article,
            answers[code].answer if code in answers else None,
            answers[code].revision if code in answers else 0,
            found.get(code),
        )
        for code, text, article in (*listed, *more)
    ]


def checklist(spot_check_id: int) -> list[dict[str, Any]]:
    """What is looked at in this plan: [{code, text, article}]."""
    return list(db.session.scalars(select(SpotCheck.checklist).where(SpotCheck.id == spot_check_id)).one())


def standing(inspection_ids: Collection[int]) -> Sequence[Finding]:
    """The findings of these inspections that were not taken back, in the order in which they were written."""
    query = select(Finding).where(among(Finding.inspection_id, inspection_ids), Finding.taken_back_at.is_(None))
    return db.session.scalars(query.order_by(Finding.id)).all()


def servings(unit_ids: Collection[int]) -> dict[int, list[ServingView]]:
    """The inspectors who serve for each of these units, in the order in which they were drawn."""
    signed = InspectionSignature
    rows = db.session.execute(
        select(Assignment.unit_id, Inspector.id, Inspector.name, Inspector.body, Inspector.sign_in_id, signed.at)
        .join(Inspector, Inspector.id == Assignment.inspector_id)
        .outerjoin(Inspection, Inspection.unit_id == Assignment.unit_id)
        .outerjoin(
            signed,
            and_(
                signed.inspection_id == Inspection.id,
                signed.inspector_id == Inspector.id,
                signed.voided_at.is_(None),
            ),
        )
        .where(among(Assignment.unit_id, unit_ids), Assignment.serves)
        .order_by(Assignment.unit_id, Assignment.place)
    )
    found: dict[int, list[ServingView]] = {}
    for row in rows:
        found.setdefault(row.unit_id, []).append(ServingView(*row))
    return found


def history(inspection_id: int, rectification_id: int | None = None) -> Sequence[Any]:
    """What happened to the inspection, or to this rectification of it: old, new, words, at, by."""
    query = (
        select(
            InspectionLog.old,
            InspectionLog.new,
            InspectionLog.words,
            InspectionLog.at,
            func.coalesce(SignIn.name, "system").label("by"),
        )
        .outerjoin(SignIn, SignIn.id == InspectionLog.sign_in_id)
        .where(InspectionLog.inspection_id == inspection_id)
        .where(InspectionLog.rectification_id.is_not_distinct_from(rectification_id))
        .order_by(InspectionLog.id)
    )
    return db.session.execute(query).all()


def serving(actor: Actor) -> ColumnElement[bool]:
    """The condition on Unit that the actor is one of the two who inspect it."""
    if actor.sign_in_id is None:
        return false()
    return (
        select(Assignment.unit_id)
        .join(Inspector, Inspector.id == Assignment.inspector_id)
        .where(Assignment.unit_id == Unit.id, Assignment.serves, Inspector.sign_in_id == actor.sign_in_id)
        .exists()
    )


def concerns(actor: Actor) -> ColumnElement[bool]:
    """The condition on Unit, SpotCheck and Inspection that the actor may know of it.

    Whoever leads the plan, whoever serves; the unit itself only what both inspectors stand for, so
    that nobody is announced by his own service.
    """
    if actor.is_system:
        return true()
    reached = reach.organisation_ids(actor)
    told = and_(Unit.organisation_id.in_(reached), Inspection.status.in_(lifecycle.TOLD))
    return or_(SpotCheck.organisation_id.in_(reached), serving(actor), told)


def waiting_for(actor: Actor) -> tuple[int, int]:
    """How many units wait for the actor to inspect or sign, and how many for the confirmation of facts."""
    mine = (
        select(func.count())
        .select_from(Unit)
        .join(SpotCheck, SpotCheck.id == Unit.spot_check_id)
        .outerjoin(Inspection, Inspection.unit_id == Unit.id)
        .where(to_visit(), SpotCheck.status == "drawn", serving(actor))
        .where(or_(Inspection.id.is_(None), Inspection.status.in_(("open", "half_signed", "contested"))))
    )
    facts = (
        select(func.count())
        .select_from(Inspection)
        .join(Unit, Unit.id == Inspection.unit_id)
        .where(Inspection.status == "signed", Unit.organisation_id.in_(reach.organisation_ids(actor)))
        .where(~serving(actor))
    )
    return db.session.scalar(mine) or 0, db.session.scalar(facts) or 0


def _views(actor: Actor) -> Select[*tuple[Any, ...]]:
    findings = (
        select(func.count())
        .select_from(Finding)
        .where(Finding.inspection_id == Inspection.id, Finding.taken_back_at.is_(None))
        .scalar_subquery()
    )
    return (
        select(
            Unit.id,
            Unit.code,
            Unit.name,
            Unit.stratum,
            Unit.organisation_id,
            Organisation.code,
            SpotCheck.id,
            SpotCheck.plan,
            SpotCheck.title,
            SpotCheck.announced,
            SpotCheck.due_on,
            SpotCheck.organisation_id,
            Inspection.id,
            func.coalesce(Inspection.status, WAITING),
            Inspection.opened_at,
            Inspection.signed_at,
            Inspection.confirm_due_on,
            Inspection.settled_at,
            SignIn.name,
            Inspection.comment,
            Inspection.reply,
            findings,
            serving(actor),
        )
        .join(SpotCheck, SpotCheck.id == Unit.spot_check_id)
        .outerjoin(Organisation, Organisation.id == Unit.organisation_id)
        .outerjoin(Inspection, Inspection.unit_id == Unit.id)
        .outerjoin(SignIn, SignIn.id == Inspection.confirmed_by_id)
        .where(to_visit(), concerns(actor))
    )
