"""Deadlines of rectifications: on the day the unit is reminded, after it those above are told. Each once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, or_, select

from pointsvc import clock
from pointsvc.db import db
from pointsvc.inspections import lifecycle, telling
from pointsvc.inspections.models import Finding, Inspection, Rectification
from pointsvc.spotchecks.models import Unit


def remind(*, at: datetime) -> int:
    """Tell what is due today or overdue and was not told yet, also after days without service; how many.

    What was told is written down with it, so a second run tells nothing. What the unit has answered
    waits for somebody else, so it is not reminded, but those above are told when it lies too long.
    """
    today = clock.local(at).date()
    due = and_(
        Rectification.due_on <= today,
        Rectification.reminded_at.is_(None),
        Rectification.status.in_(lifecycle.WITH_THE_UNIT),
    )
    overdue = and_(Rectification.due_on < today, Rectification.escalated_at.is_(None))
    rows = db.session.execute(
        select(Rectification, Unit)
        .join(Finding, Finding.id == Rectification.finding_id)
        .join(Inspection, Inspection.id == Finding.inspection_id)
        .join(Unit, Unit.id == Inspection.unit_id)
        .where(Rectification.status.in_(lifecycle.UNFINISHED), or_(due, overdue))
        .order_by(Rectification.id)
        .with_for_update(of=Rectification)
    ).all()
    units = telling.secretaries({one.organisation_id for one, _ in rows})
    above = telling.leaders({one.organisation_id for one, _ in rows})
    told = 0
    for one, unit in rows:
        nearest = units.get(one.organisation_id, [[]])[0]
        if one.reminded_at is None and one.status in lifecycle.WITH_THE_UNIT:
            one.reminded_at = at
            telling.reminded(one, unit, at, nearest, overdue=False)
            told += 1
        if one.escalated_at is None and one.due_on < today:
            one.escalated_at = at
            telling.reminded(one, unit, at, _above(above.get(one.organisation_id, []), nearest), overdue=True)
            told += 1
    db.session.flush()
    return told


def _above(levels: list[list[int]], nearest: list[int]) -> list[int]:
    """The nearest level that is not the unit's own secretaries."""
    return next((level for level in levels if not set(level) & set(nearest)), [])
