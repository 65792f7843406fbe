"""Who is told and reminded of an inspection or a rectification: inspectors, the unit's secretaries, those above."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from pointsvc.db import db
from pointsvc.errors import N_
from pointsvc.inspections import lifecycle
from pointsvc.inspections.models import Inspection, Rectification
from pointsvc.notices import reminders
from pointsvc.notices import service as notices
from pointsvc.notices.reminders import Whom, Words
from pointsvc.people import leaders, settings
from pointsvc.people.models import SignIn
from pointsvc.permissions import Role
from pointsvc.spotchecks import telling as checks
from pointsvc.spotchecks.models import SpotCheck, Unit

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

FACTS = N_(
    "The facts of the inspection of %(unit)s wait for the unit's word until the end of %(due_on)s;"
    " after that they may stand without it"
)

# Facts are confirmed within few days, so one day ahead is early enough.
FACTS_AHEAD = 1
_FACTS, _DUE, _OVERDUE = "facts", "due", "overdue"

OUTCOMES = {"closed": CLOSED, "not_rectified": NOT_RECTIFIED, "returned": RETURNED}

checks.done_when(
    select(Inspection.id).where(Inspection.unit_id == Unit.id, Inspection.status.in_(lifecycle.TOLD)).exists()
)


def signed(inspection: Inspection, unit: Unit, at: datetime) -> None:
    """Tell the unit that the facts wait for its confirmation, and remind it before they stand without it."""
    if unit.organisation_id is None or inspection.confirm_due_on is None:
        return
    params = {"unit": unit.name, "due_on": inspection.confirm_due_on.isoformat()}
    _of_inspection(inspection, at, "signed", leaders.secretaries([unit.organisation_id]), SIGNED, params)
    reminders.plan(
        at=at,
        subject=f"inspection:{inspection.id}",
        kind=_FACTS,
        dues=reminders.ahead(inspection.confirm_due_on, FACTS_AHEAD, since=at),
        whom=Whom(organisation_ids=[unit.organisation_id]),
        words=Words(FACTS, params, f"/inspections/{inspection.id}", checks.TOPIC),
    )


def contested(inspection: Inspection, unit: Unit, at: datetime) -> None:
    """Tell the inspectors what the unit thinks."""
    reminders.stop(at=at, subject=f"inspection:{inspection.id}")
    _of_inspection(inspection, at, "contested", checks.serving(unit.id), CONTESTED, {"unit": unit.name})


def settled(inspection: Inspection, unit: Unit, plan: SpotCheck, at: datetime) -> None:
    """Tell those who order what is to be rectified that they may."""
    reminders.stop(at=at, subject=f"inspection:{inspection.id}")
    _of_inspection(inspection, at, "settled", _office(plan.organisation_id), SETTLED, {"unit": unit.name})


def ordered(rectification: Rectification, unit: Unit, plan: SpotCheck, at: datetime) -> None:
    """Tell the unit what it is to put right, and remind of it."""
    _remind(rectification, unit, plan, at)
    _of_order(rectification, unit, at, "ordered", leaders.secretaries([rectification.organisation_id]), ORDERED)


def answered(rectification: Rectification, unit: Unit, plan: SpotCheck, at: datetime) -> None:
    """Tell those who may look again; whoever ordered it may not. When it lies too long those above are told."""
    reminders.stop(at=at, subject=_subject(rectification), kind=_DUE)
    office = [one for one in _office(plan.organisation_id) if one != rectification.ordered_by_id]
    _of_order(rectification, unit, at, f"answered:{_stamp(at)}", office, ANSWERED)


def rechecked(rectification: Rectification, unit: Unit, plan: SpotCheck, at: datetime) -> None:
    """Tell the unit what came of its answer; with a new deadline it is reminded anew."""
    if rectification.status == "returned":
        _remind(rectification, unit, plan, at)
    else:
        reminders.stop(at=at, subject=_subject(rectification))
    kind = f"{rectification.status}:{_stamp(at)}"
    nearest = leaders.secretaries([rectification.organisation_id])
    _of_order(rectification, unit, at, kind, nearest, OUTCOMES[rectification.status])


def _remind(rectification: Rectification, unit: Unit, plan: SpotCheck, at: datetime) -> None:
    """Before its last day and on it the unit is reminded, on the day after it those above are told."""
    days = settings.value(plan.organisation_id, "rectification_remind_days")
    unit_id, due_on = rectification.organisation_id, rectification.due_on
    series = (
        (_DUE, DUE, reminders.ahead(due_on, days, since=at), False),
        (_OVERDUE, OVERDUE, [reminders.morning(due_on + timedelta(days=1))], True),
    )
    for kind, message, dues, above in series:
        reminders.plan(
            at=at,
            subject=_subject(rectification),
            kind=kind,
            dues=dues,
            whom=Whom(organisation_ids=[unit_id], above=above),
            words=Words(message, _params(rectification, unit), _link(rectification), checks.TOPIC),
        )


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
    _tell(at, ids, message, _params(rectification, unit), _link(rectification), f"{_subject(rectification)}:{kind}")


def _subject(rectification: Rectification) -> str:
    return f"rectification:{rectification.id}"


def _link(rectification: Rectification) -> str:
    return f"/rectifications/{rectification.id}"


def _params(rectification: Rectification, unit: Unit) -> dict[str, str]:
    return {"unit": unit.name, "number": rectification.number, "due_on": rectification.due_on.isoformat()}


def _tell(at: datetime, ids: Collection[int], message: str, params: dict[str, Any], link: str, prefix: str) -> None:
    notices.send_soon(
        at=at,
        sign_in_ids=ids,
        message=message,
        params=params,
        link=link,
        dedupe_prefix=prefix,
        topic=checks.TOPIC,
    )
