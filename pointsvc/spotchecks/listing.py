"""Spot-checks as pages, programs and the proof show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlalchemy.orm import aliased

from pointsvc.db import db
from pointsvc.errors import NotFound
from pointsvc.people import reach
from pointsvc.people.models import Organisation
from pointsvc.permissions import Actor
from pointsvc.spotchecks.models import Assignment, Inspector, SpotCheck, Stratum, Unit


@dataclass(frozen=True, slots=True)
class StratumView:
    """A stratum with its units in the draw (``size``) and those that are left out."""

    name: str
    kind: str
    n: int
    size: int
    excluded: int


@dataclass(frozen=True, slots=True)
class Served:
    """An inspector's place for a unit."""

    code: str
    name: str
    body: str
    place: int
    serves: bool
    skipped: str | None


@dataclass(frozen=True, slots=True)
class Placed:
    """A unit that was drawn or passed over, with its inspectors."""

    id: int
    stratum: str
    code: str
    name: str
    place: int
    ticket: str
    skipped: str | None
    opened_at: datetime | None
    inspectors: list[Served] = field(default_factory=list)

    @property
    def serving(self) -> list[Served]:
        """Who goes there."""
        return [one for one in self.inspectors if one.serves]


def spot_checks(
    *, actor: Actor, limit: int, before_id: int | None = None, status: str | None = None
) -> Sequence[SpotCheck]:
    """The plans within reach, newest first."""
    query = select(SpotCheck).where(SpotCheck.organisation_id.in_(reach.organisation_ids(actor)))
    if status is not None:
        query = query.where(SpotCheck.status == status)
    if before_id is not None:
        query = query.where(SpotCheck.id < before_id)
    return db.session.scalars(query.order_by(SpotCheck.id.desc()).limit(limit)).all()


def published(*, limit: int, before_id: int | None = None) -> Sequence[SpotCheck]:
    """The plans whose list was frozen, newest first: they are public."""
    query = select(SpotCheck).where(SpotCheck.frozen_at.is_not(None))
    if before_id is not None:
        query = query.where(SpotCheck.id < before_id)
    return db.session.scalars(query.order_by(SpotCheck.id.desc()).limit(limit)).all()


def public(*, plan: str | None = None, spot_check_id: int | None = None) -> SpotCheck:
    """The plan with this number (or id) that is public. Raises NotFound, also while it is written."""
    wanted = SpotCheck.plan == plan if plan is not None else SpotCheck.id == spot_check_id
    found = db.session.scalar(select(SpotCheck).where(wanted, SpotCheck.frozen_at.is_not(None)))
    if found is None:
        raise NotFound()
    return found


@dataclass(frozen=True, slots=True)
class About:
    """Whose plan it is (code and name), and the number of the plan that is drawn anew by it."""

    organisation: str
    name: str
    again_of: str | None


def about(found: Sequence[SpotCheck]) -> dict[int, About]:
    """What each of these plans refers to, by its id."""
    earlier = aliased(SpotCheck)
    rows = db.session.execute(
        select(SpotCheck.id, Organisation.code, Organisation.name, earlier.plan)
        .join(Organisation, Organisation.id == SpotCheck.organisation_id)
        .outerjoin(earlier, earlier.id == SpotCheck.again_of_id)
        .where(SpotCheck.id.in_([row.id for row in found]))
    )
    return {row[0]: About(*row[1:]) for row in rows}


def strata(found: SpotCheck) -> list[StratumView]:
    """The strata by name, as the frame has them."""
    counts = {
        row.stratum: (row.size, row.excluded)
        for row in db.session.execute(
            select(
                Unit.stratum,
                (func.count() - func.count(Unit.excluded)).label("size"),
                func.count(Unit.excluded).label("excluded"),
            )
            .where(Unit.spot_check_id == found.id)
            .group_by(Unit.stratum)
        )
    }
    rows = db.session.scalars(select(Stratum).where(Stratum.spot_check_id == found.id)).all()
    ordered = sorted(rows, key=lambda row: row.name)
    return [StratumView(row.name, row.kind, row.n, *counts.get(row.name, (0, 0))) for row in ordered]


def units(
    found: SpotCheck, *, limit: int, after_id: int = 0, stratum: str | None = None
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The units in the order in which they were taken in: id, stratum, code, name, excluded."""
    query = select(Unit.id, Unit.stratum, Unit.code, Unit.name, Unit.excluded).where(
        Unit.spot_check_id == found.id, Unit.id > after_id
    )
    if stratum is not None:
        query = query.where(Unit.stratum == stratum)
    return db.session.execute(query.order_by(Unit.id).limit(limit)).all()


def excluded(found: SpotCheck) -> Sequence[Row[*tuple[Any, ...]]]:
    """The units that are left out: stratum, code, name, excluded (the reason)."""
    rows = db.session.execute(
        select(Unit.stratum, Unit.code, Unit.name, Unit.excluded).where(
            Unit.spot_check_id == found.id, Unit.excluded.is_not(None)
        )
    ).all()
    return sorted(rows, key=lambda row: (row.stratum, row.code))


def inspectors(found: SpotCheck) -> Sequence[Inspector]:
    """Who may inspect, by body and code."""
    rows = db.session.scalars(select(Inspector).where(Inspector.spot_check_id == found.id)).all()
    return sorted(rows, key=lambda row: (row.body, row.code))


def to_visit() -> ColumnElement[bool]:
    """The condition on Unit that it was drawn to be visited; drawn entries are gone through at a desk.

    What is drawn has a place: of a long list only those few are read.
    """
    entries = select(Stratum.name).where(
        Stratum.spot_check_id == Unit.spot_check_id, Stratum.name == Unit.stratum, Stratum.kind == "entry"
    )
    return and_(Unit.drawn, Unit.place.is_not(None), ~entries.exists())


def placed(found: SpotCheck) -> list[Placed]:
    """Which units were drawn or passed over, by stratum and place, with their inspectors."""
    rows = db.session.scalars(
        select(Unit).where(Unit.spot_check_id == found.id, or_(Unit.drawn, Unit.skipped.is_not(None)))
    ).all()
    served: dict[int, list[Served]] = {}
    for row in db.session.execute(
        select(
            Assignment.unit_id,
            Inspector.code,
            Inspector.name,
            Inspector.body,
            Assignment.place,
            Assignment.serves,
            Assignment.skipped,
        )
        .join(Inspector, Inspector.id == Assignment.inspector_id)
        .where(Inspector.spot_check_id == found.id)
        .order_by(Assignment.place)
    ):
        served.setdefault(row.unit_id, []).append(Served(*row[1:]))
    return [
        Placed(
            row.id,
            row.stratum,
            row.code,
            row.name,
            row.place or 0,
            row.ticket or "",
            row.skipped,
            row.opened_at,
            served.get(row.id, []),
        )
        for row in sorted(rows, key=lambda row: (row.stratum, row.place or 0))
    ]
