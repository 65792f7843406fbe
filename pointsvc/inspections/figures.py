"""Figures of inspections for the quarterly report and the bulletin: N22, N23 and I13, always computed.

Inspected means: both inspectors have signed. What was drawn stands beside it, because the two differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.orm import aliased

from pointsvc.db import db
from pointsvc.inspections import lifecycle
from pointsvc.inspections.models import Finding, Inspection, Rectification
from pointsvc.people import reach
from pointsvc.people.models import Organisation
from pointsvc.spotchecks.listing import to_visit
from pointsvc.spotchecks.models import SpotCheck, Unit

# A branch belongs to the offices when the committee above it is one of offices.
_TOWNS = ("street", "township")
_OFFICE = "office"


@dataclass(frozen=True, slots=True)
class Figures:
    """``towns``: N22, ``offices``: N23 (inspected units, distinct); ``drawn_*`` beside them; the rest is I13."""

    drawn: int
    inspected: int
    drawn_towns: int
    towns: int
    drawn_offices: int
    offices: int
    findings: int
    ordered: int
    rectified: int
    overdue: int

    @property
    def rate(self) -> int | None:
        """The share of ordered rectifications that are closed as rectified, in whole percents."""
        return round(100 * self.rectified / self.ordered) if self.ordered else None


def of_plan(spot_check_id: int, today: date) -> Figures:
    """The figures of one plan."""
    return _figures(Unit.spot_check_id == spot_check_id, Inspection.signed_at.is_not(None), today)


def in_window(organisation_id: int, first: datetime, behind: datetime, today: date) -> Figures:
    """The figures of all plans of this organisation and below: inspected from ``first`` until before ``behind``."""
    plans = select(SpotCheck.id).where(SpotCheck.organisation_id.in_(reach.ids_below(organisation_id)))
    drawn = and_(SpotCheck.drawn_at >= first, SpotCheck.drawn_at < behind)
    inspected = and_(Inspection.signed_at >= first, Inspection.signed_at < behind)
    return _figures(Unit.spot_check_id.in_(plans), inspected, today, drawn)


def _figures(
    whose: ColumnElement[bool], inspected: ColumnElement[bool], today: date, drawn: ColumnElement[bool] | None = None
) -> Figures:
    units = db.session.execute(_units(whose, inspected, drawn)).one()
    problems = db.session.execute(_problems(whose, inspected, today)).one()
    return Figures(*units, *problems)


def _units(whose: ColumnElement[bool], inspected: ColumnElement[bool], drawn: ColumnElement[bool] | None) -> Any:
    above = aliased(Organisation)
    town = Organisation.kind.in_(_TOWNS)
    office = (Organisation.kind == _OFFICE) | ((Organisation.kind == "branch") & (above.kind == _OFFICE))
    # The same organisation in two plans is one; a unit that is none counts by its own code.
    one = func.coalesce(Organisation.code, Unit.code)
    out = true() if drawn is None else drawn
    seen = inspected
    counts = [func.count(one.distinct()).filter(which) for which in (out, seen)]
    for kind in (town, office):
        counts += [func.count(one.distinct()).filter(and_(which, kind)) for which in (out, seen)]
    return (
        select(*counts)
        .select_from(Unit)
        .join(SpotCheck, SpotCheck.id == Unit.spot_check_id)
        .outerjoin(Inspection, Inspection.unit_id == Unit.id)
        .outerjoin(Organisation, Organisation.id == Unit.organisation_id)
        .outerjoin(above, above.id == Organisation.parent_id)
        .where(whose, to_visit())
    )


def _problems(whose: ColumnElement[bool], inspected: ColumnElement[bool], today: date) -> Any:
    late = and_(Rectification.status.in_(lifecycle.UNFINISHED), Rectification.due_on < today)
    return (
        select(
            func.count(Finding.id),
            func.count(Rectification.id),
            func.count(Rectification.id).filter(Rectification.status == "closed"),
            func.count(Rectification.id).filter(late),
        )
        .select_from(Finding)
        .join(Inspection, Inspection.id == Finding.inspection_id)
        .join(Unit, Unit.id == Inspection.unit_id)
        .outerjoin(Rectification, Rectification.finding_id == Finding.id)
        .where(whose, inspected, Finding.taken_back_at.is_(None))
    )
