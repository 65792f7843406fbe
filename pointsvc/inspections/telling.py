"""Who is told of an inspection or a rectification: the inspectors, the unit's secretaries, those above."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select

from pointsvc import queues
from pointsvc.db import db
from pointsvc.errors import N_
from pointsvc.inspections.models import Inspection, Rectification
from pointsvc.people import leaders as ladders
from pointsvc.people.models import SignIn
from pointsvc.permissions import Role
from pointsvc.spotchecks.models import Assignment, Inspector, SpotCheck, Unit

SIGNED = N_("The inspection of %(unit)s has been signed; please confirm the facts until %(due_on)s")
CONTESTED = N_("%(unit)s does not agree with the facts of the inspection; please look at its comment")
SETTLED = N_("The facts of the inspection of %(unit)s stand")
ORDERED = N_("%(unit)s is to rectify what was found, until %(due_on)s")
ANSWERED = N_("%(unit)s has answered rectification order %(number)s; somebody else than who ordered it looks again")
CLOSED = N_("Rectification order %(number)s has been closed")
NOT_RECTIFIED = N_("Rectification order %(number)s has been closed as not rectified")
RETURNED = N_("Rectification order %(number)s has been returned; please answer again until %(due_on)s")
DUE = N_("Rectification order %(number)s of %(unit)s is due until the end of %(due_on)s")
OVERDUE = N_("Rectification order %(number)s of %(unit)s was due until %(due_on)s and is overdue; please see to it")

OUTCOMES = {"closed": CLOSED, "not_rectified": NOT_RECTIFIED, "returned": RETURNED}


def signed(inspection: Inspection, unit: Unit, at: datetime) -> None:
    """Tell the unit that the facts wait for its confirmation."""
    due = inspection.confirm_due_on.isoformat() if inspection.confirm_due_on else ""
    _of_inspection(inspection, at, "signed", _nearest(unit.organisation_id), SIGNED, {"unit": unit.name, "due_on": due})


def contested(inspection: Inspection, unit: Unit, at: datetime) -> None:
    """Tell the inspectors what the unit thinks."""
    _of_inspection(inspection, at, "contested", _inspectors(unit.id), CONTESTED, {"unit": unit.name})


def settled(inspection: Inspection, unit: Unit, plan: SpotCheck, at: datetime) -> None:
    """Tell those who order what is to be rectified that they may."""
    _of_inspection(inspection, at, "settled", _office(plan.organisation_id), SETTLED, {"unit": unit.name})


def ordered(rectification: Rectification, unit: Unit, at: datetime) -> None:
    """Tell the unit what it is to put right."""
    _of_order(rectification, unit, at, "ordered", _nearest(rectification.organisation_id), ORDERED)


def answered(rectification: Rectification, unit: Unit, plan: SpotCheck, at: datetime) -> None:
    """Tell those who may look again; whoever ordered it may not."""
    office = [one for one in _office(plan.organisation_id) if one != rectification.ordered_by_id]
    _of_order(rectification, unit, at, f"answered:{_stamp(at)}", office, ANSWERED)


def rechecked(rectification: Rectification, unit: Unit, at: datetime) -> None:
    """Tell the unit what came of its answer."""
    kind = f"{rectification.status}:{_stamp(at)}"
    nearest = _nearest(rectification.organisation_id)
    _of_order(rectification, unit, at, kind, nearest, OUTCOMES[rectification.status])


def reminded(
    rectification: Rectification, unit: Unit, at: datetime, sign_in_ids: Collection[int], *, overdue: bool
) -> None:
    """Tell these that the rectification is due, or that it is overdue."""
    kind, message = ("overdue", OVERDUE) if overdue else ("due", DUE)
    _of_order(rectification, unit, at, f"{kind}:{rectification.due_on}", sign_in_ids, message)


def secretaries(organisation_ids: Collection[int]) -> dict[int, list[list[int]]]:
    """For each of these organisations its secretaries' sign-ins, then those one level up, and so on."""
    return ladders.levels(organisation_ids, (Role.SECRETARY,))


def leaders(organisation_ids: Collection[int]) -> dict[int, list[list[int]]]:
    """As ``secretaries``, with the organisation department and the supervision among them."""
    return ladders.levels(organisation_ids, (Role.SECRETARY, Role.DISTRICT_ADMIN, Role.SUPERVISOR))


def _nearest(organisation_id: int | None) -> list[int]:
    return secretaries([organisation_id]).get(organisation_id, [[]])[0] if organisation_id is not None else []


def _inspectors(unit_id: int) -> list[int]:
    query = (
        select(Inspector.sign_in_id)
        .join(Assignment, Assignment.inspector_id == Inspector.id)
        .where(Assignment.unit_id == unit_id, Assignment.serves, Inspector.sign_in_id.is_not(None))
    )
    return [one for one in db.session.scalars(query.order_by(Assignment.place)) if one is not None]


def _office(organisation_id: int) -> list[int]:
    """Those who order and look again: at the organisation whose plan it is."""
    query = select(SignIn.id).where(SignIn.organisation_id == organisation_id, SignIn.disabled_at.is_(None))
    roles = (Role.DISTRICT_ADMIN, Role.SUPERVISOR)
    return list(db.session.scalars(query.where(SignIn.role.in_(roles)).order_by(SignIn.id)))


def _stamp(at: datetime) -> int:
    """What tells a second telling of the same kind from the first."""
    return int(at.timestamp())


def _of_inspection(
    inspection: Inspection, at: datetime, kind: str, ids: Collection[int], message: str, params: dict[str, Any]
) -> None:
    prefix = f"inspection:{inspection.id}:{kind}:{_stamp(at)}"
    _tell(at, ids, message, params, f"/inspections/{inspection.id}", prefix)


def _of_order(
    rectification: Rectification, unit: Unit, at: datetime, kind: str, ids: Collection[int], message: str
) -> None:
    params = {"unit": unit.name, "number": rectification.number, "due_on": rectification.due_on.isoformat()}
    prefix = f"rectification:{rectification.id}:{kind}"
    _tell(at, ids, message, params, f"/rectifications/{rectification.id}", prefix)


def _tell(at: datetime, ids: Collection[int], message: str, params: dict[str, Any], link: str, prefix: str) -> None:
    if ids:
        queues.enqueue(
            topic=queues.NOTICE_DELIVER,
            payload={
                "sign_in_ids": list(ids),
                "message": message,
                "params": params,
                "link": link,
                "dedupe_prefix": prefix,
            },
            at=at,
        )
