"""Reading rectifications: the list, one with its finding, and what waits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import aliased

from pointsvc.db import among, db
from pointsvc.errors import Conflict, Forbidden, NotFound
from pointsvc.inspections import lifecycle
from pointsvc.inspections.models import Finding, Inspection, Rectification
from pointsvc.people import reach
from pointsvc.people.models import Organisation, SignIn
from pointsvc.permissions import Actor, Permission, allowed
from pointsvc.spotchecks.models import SpotCheck, Unit

UNFINISHED, OVERDUE = "unfinished", "overdue"
FILTERS = (UNFINISHED, OVERDUE, *lifecycle.RECTIFICATION)


@dataclass(frozen=True, slots=True)
class OrderView:
    """A rectification with its finding, and names for ids."""

    id: int
    number: str
    status: str
    demand: str
    due_on: date
    ordered_at: datetime
    ordered_by: str
    ordered_by_id: int | None
    answer: str | None
    answered_at: datetime | None
    answered_by: str | None
    answered_by_id: int | None
    outcome: str | None
    rechecked_at: datetime | None
    rechecked_by: str | None
    finding: int
    item: str
    severity: str
    article: str
    text: str
    inspection: int
    signed_at: datetime | None
    unit: str
    organisation_id: int
    organisation: str
    spot_check_id: int
    plan: str
    title: str
    plan_organisation_id: int
    plan_organisation_name: str

    def overdue(self, today: date) -> bool:
        """Whether it should have been put right by now."""
        return self.status in lifecycle.UNFINISHED and self.due_on < today


def rectification(*, actor: Actor, rectification_id: int) -> OrderView:
    """One order. Raises NotFound when there is none that concerns the actor."""
    row = db.session.execute(_views(actor).where(Rectification.id == rectification_id)).first()
    if row is None:
        raise NotFound()
    return OrderView(*row)


def rectifications(
    *,
    actor: Actor,
    today: date,
    status: str | None = None,
    spot_check_id: int | None = None,
    organisation_id: int | None = None,
    limit: int = 50,
    before_id: int | None = None,
) -> Sequence[OrderView]:
    """The orders that concern the actor, the latest first, from below ``before_id`` on.

    ``status``: one of the statuses, ``unfinished``, or ``overdue`` by this day.
    """
    query = _views(actor).order_by(Rectification.id.desc()).limit(limit)
    if status in (UNFINISHED, OVERDUE):
        query = query.where(Rectification.status.in_(lifecycle.UNFINISHED))
        query = query.where(Rectification.due_on < today) if status == OVERDUE else query
    elif status is not None:
        query = query.where(Rectification.status == status)
    if spot_check_id is not None:
        query = query.where(Rectification.spot_check_id == spot_check_id)
    if organisation_id is not None:
        query = query.where(Rectification.organisation_id.in_(reach.ids_below(organisation_id)))
    if before_id is not None:
        query = query.where(Rectification.id < before_id)
    return [OrderView(*row) for row in db.session.execute(query)]


def of_inspection(inspection_id: int) -> dict[int, Rectification]:
    """The orders that came of this inspection, by finding."""
    query = select(Rectification).join(Finding, Finding.id == Rectification.finding_id)
    rows = db.session.scalars(query.where(Finding.inspection_id == inspection_id))
    return {row.finding_id: row for row in rows}


def of_plan(spot_check_id: int) -> dict[int, Rectification]:
    """The orders that came of this plan, by finding."""
    rows = db.session.scalars(select(Rectification).where(Rectification.spot_check_id == spot_check_id))
    return {row.finding_id: row for row in rows}


def of_finding(finding_id: int) -> Rectification | None:
    """The order that came of this finding, if any; the caller checks whose it is."""
    return db.session.scalar(select(Rectification).where(Rectification.finding_id == finding_id))


def rights(actor: Actor, views: Collection[OrderView], today: date) -> dict[int, list[str]]:
    """What the actor may do with each of these orders now, by its id: answer, close, send_back, fail."""
    ids = {view.organisation_id for view in views} | {view.plan_organisation_id for view in views}
    query = select(Organisation.id).where(among(Organisation.id, ids))
    here = set(db.session.scalars(query.where(Organisation.id.in_(reach.organisation_ids(actor)))))
    answers = allowed(actor, Permission.RECTIFICATIONS_ANSWER)
    looks = allowed(actor, Permission.RECTIFICATIONS_RECHECK)
    found: dict[int, list[str]] = {view.id: [] for view in views}
    for view in views:
        if answers and view.organisation_id in here and view.status in lifecycle.WITH_THE_UNIT:
            found[view.id].append(lifecycle.ANSWER)
        if looks and view.plan_organisation_id in here:
            found[view.id] += [act for act in lifecycle.RECHECKS if _rechecks(actor, view, act, today)]
    return found


def waiting_for(actor: Actor, today: date) -> dict[str, int]:
    """How many orders wait for the unit's answer (of these overdue), for a second look, and are overdue in plans."""
    reached = reach.organisation_ids(actor)
    query = select(func.count()).select_from(Rectification)
    unit = query.where(Rectification.organisation_id.in_(reached), Rectification.status.in_(lifecycle.WITH_THE_UNIT))
    plans = query.join(SpotCheck, SpotCheck.id == Rectification.spot_check_id)
    plans = plans.where(SpotCheck.organisation_id.in_(reached))
    again = plans.where(
        Rectification.status == "answered", Rectification.ordered_by_id.is_distinct_from(actor.sign_in_id)
    )
    late = plans.where(Rectification.status.in_(lifecycle.UNFINISHED), Rectification.due_on < today)
    asked = {"unit": unit, "unit_late": unit.where(Rectification.due_on < today), "again": again, "late": late}
    row = db.session.execute(select(*(one.scalar_subquery().label(name) for name, one in asked.items()))).one()
    return dict(row._mapping)


def _rechecks(actor: Actor, view: OrderView, act: str, today: date) -> bool:
    try:
        lifecycle.after(lifecycle.RECTIFICATION, view.status, act)
        lifecycle.check_rechecking(
            act,
            actor,
            ordered_by_id=view.ordered_by_id,
            answered_by_id=view.answered_by_id,
            status=view.status,
            due_on=view.due_on,
            today=today,
        )
    except (Conflict, Forbidden):
        return False
    return True


def _concerns(actor: Actor) -> ColumnElement[bool]:
    if actor.is_system:
        return true()
    reached = reach.organisation_ids(actor)
    return or_(SpotCheck.organisation_id.in_(reached), Rectification.organisation_id.in_(reached))


def _views(actor: Actor) -> Select[*tuple[Any, ...]]:
    ordered, answered, again = aliased(SignIn), aliased(SignIn), aliased(SignIn)
    owner = aliased(Organisation)
    return (
        select(
            Rectification.id,
            Rectification.number,
            Rectification.status,
            Rectification.demand,
            Rectification.due_on,
            Rectification.ordered_at,
            func.coalesce(ordered.name, "system"),
            Rectification.ordered_by_id,
            Rectification.answer,
            Rectification.answered_at,
            answered.name,
            Rectification.answered_by_id,
            Rectification.outcome,
            Rectification.rechecked_at,
            again.name,
            Finding.id,
            Finding.item,
            Finding.severity,
            Finding.article,
            Finding.text,
            Inspection.id,
            Inspection.signed_at,
            Unit.name,
            Rectification.organisation_id,
            Organisation.code,
            SpotCheck.id,
            SpotCheck.plan,
            SpotCheck.title,
            SpotCheck.organisation_id,
            owner.name,
        )
        .join(Finding, Finding.id == Rectification.finding_id)
        .join(Inspection, Inspection.id == Finding.inspection_id)
        .join(Unit, Unit.id == Inspection.unit_id)
        .join(SpotCheck, SpotCheck.id == Rectification.spot_check_id)
        .join(Organisation, Organisation.id == Rectification.organisation_id)
        .join(owner, owner.id == SpotCheck.organisation_id)
        .outerjoin(ordered, ordered.id == Rectification.ordered_by_id)
        .outerjoin(answered, answered.id == Rectification.answered_by_id)
        .outerjoin(again, again.id == Rectification.rechecked_by_id)
        .where(_concerns(actor))
    )
