"""An inspection with its plan and unit, its row locked, and the one way in which its status changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from pointsvc.audit import service as audit
from pointsvc.db import db
from pointsvc.errors import NotFound
from pointsvc.inspections.models import Inspection, InspectionLog, Rectification
from pointsvc.inspections.reading import concerns
from pointsvc.permissions import Actor
from pointsvc.spotchecks.models import Assignment, Inspector, SpotCheck, Unit


@dataclass(frozen=True)
class Found:
    """An inspection, whose it is, and the actor's own place among its inspectors (None: not one of them)."""

    inspection: Inspection
    unit: Unit
    plan: SpotCheck
    inspector_id: int | None


def locked(actor: Actor, inspection_id: int) -> Found:
    """The inspection that concerns the actor, locked. Raises NotFound."""
    row = db.session.execute(
        select(Inspection, Unit, SpotCheck)
        .join(Unit, Unit.id == Inspection.unit_id)
        .join(SpotCheck, SpotCheck.id == Unit.spot_check_id)
        .where(Inspection.id == inspection_id, concerns(actor))
        .with_for_update(of=Inspection)
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise NotFound()
    return Found(*row, inspector_of(actor, row[1].id))


def inspector_of(actor: Actor, unit_id: int) -> int | None:
    """The actor's id among the inspectors who serve for this unit, if any."""
    query = (
        select(Inspector.id)
        .join(Assignment, Assignment.inspector_id == Inspector.id)
        .where(Assignment.unit_id == unit_id, Assignment.serves, Inspector.sign_in_id == actor.sign_in_id)
    )
    return db.session.scalar(query) if actor.sign_in_id is not None else None


def changed(inspection: Inspection, actor: Actor, at: datetime, new: str, words: str | None = None) -> None:
    """Give the inspection this status, and write down from what, by whom, and what was said."""
    old = inspection.status
    inspection.status = new
    _log(inspection.id, None, old, new, actor, at, words)
    audit.note(actor=actor, at=at, action=f"inspection:{new}", object_id=str(inspection.id), before=old)


def begun(inspection: Inspection, actor: Actor, at: datetime) -> None:
    """Write down that the inspection was opened."""
    _log(inspection.id, None, None, inspection.status, actor, at, None)
    audit.note(actor=actor, at=at, action="inspection:open", object_id=str(inspection.id))


def moved(
    rectification: Rectification, inspection_id: int, actor: Actor, at: datetime, new: str, words: str | None
) -> None:
    """Give the rectification this status (also its first), and write down from what, by whom, and what was said."""
    old = rectification.status if rectification.status != new else None
    rectification.status = new
    _log(inspection_id, rectification.id, old, new, actor, at, words)
    audit.note(actor=actor, at=at, action=f"rectification:{new}", object_id=str(rectification.id), before=old)


def _log(
    inspection_id: int,
    rectification_id: int | None,
    old: str | None,
    new: str,
    actor: Actor,
    at: datetime,
    words: str | None,
) -> None:
    db.session.add(
        InspectionLog(
            inspection_id=inspection_id,
            rectification_id=rectification_id,
            old=old,
            new=new,
            words=words,
            actor=actor.kind,
            sign_in_id=actor.sign_in_id,
            at=at,
        )
    )
    db.session.flush()
