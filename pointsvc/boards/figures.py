"""The figure N18 of the quarterly report: members with a Party badge, and beside it the door plates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, case, distinct, func, select

from pointsvc.boards.models import Insignia
from pointsvc.db import db
from pointsvc.people import reach


@dataclass(frozen=True)
class N18:
    """Persons who have a badge and plates on doors: two figures, for a couple shares one plate."""

    persons: int
    plates: int
    first: date | None
    through: date


def n18(*, organisation_id: int, through: date, first: date | None = None) -> N18:
    """Distinct members of the node and below who were given a badge from ``first`` through ``through``, and plates.

    Whoever lost a badge and was given another counts once. Without ``first`` it is all until then.
    """
    badge: ColumnElement[int | None] = case((Insignia.kind == "badge", Insignia.member_id))
    plate: ColumnElement[int | None] = case((Insignia.kind == "plate", Insignia.id))
    query = select(func.count(distinct(badge)), func.count(plate)).where(
        Insignia.branch_id.in_(reach.ids_below(organisation_id)),
        Insignia.taken_back_at.is_(None),
        Insignia.issued_on <= through,
    )
    if first is not None:
        query = query.where(Insignia.issued_on >= first)
    persons, plates = db.session.execute(query).one()
    return N18(persons, plates, first, through)
