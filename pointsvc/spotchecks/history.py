"""What earlier draws say of a plan's units: inspected often enough, or not for long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from pointsvc import clock
from pointsvc.db import db
from pointsvc.schemes import periods
from pointsvc.spotchecks import sampling
from pointsvc.spotchecks.models import SpotCheck, Stratum, Unit

_Earlier = aliased(Unit)


@dataclass(frozen=True, slots=True)
class Often:
    """A unit of the plan that was drawn so often this year, and by which plans."""

    stratum: str
    code: str
    name: str
    count: int
    plans: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cover:
    """Of a stratum: how many units have not been inspected lately, and what a quarter must take."""

    stratum: str
    size: int
    n: int
    waiting: int
    a_quarter: int

    @property
    def kept(self) -> bool:
        """Whether so many a quarter reach every unit in time."""
        return self.n >= self.a_quarter


def often(found: SpotCheck, *, cap: int, year: int) -> list[Often]:
    """The organisations in the plan that were drawn ``cap`` times or more in this year, and are not left out yet."""
    since, until = clock.begins(date(year, 1, 1)), clock.begins(date(year + 1, 1, 1))
    rows = db.session.execute(
        select(Unit.stratum, Unit.code, Unit.name, SpotCheck.plan)
        .join(_Earlier, _Earlier.organisation_id == Unit.organisation_id)
        .join(SpotCheck, SpotCheck.id == _Earlier.spot_check_id)
        .where(
            Unit.spot_check_id == found.id,
            Unit.excluded.is_(None),
            _Earlier.drawn,
            SpotCheck.id != found.id,
            SpotCheck.status != "void",
            SpotCheck.drawn_at >= since,
            SpotCheck.drawn_at < until,
        )
        .order_by(SpotCheck.id)
    )
    plans: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        plans.setdefault((row.stratum, row.code, row.name), []).append(row.plan)
    return [Often(*unit, len(names), tuple(names)) for unit, names in sorted(plans.items()) if len(names) >= cap]


def covers(found: SpotCheck, *, today: date) -> Sequence[Cover]:
    """How the promise 'every unit at least once in so many quarters' stands; nothing when none was made."""
    if found.cover_quarters is None:
        return []
    since = clock.begins(_quarters_ago(today, found.cover_quarters - 1))
    lately = (
        select(_Earlier.id)
        .join(SpotCheck, SpotCheck.id == _Earlier.spot_check_id)
        .where(
            _Earlier.organisation_id == Unit.organisation_id,
            _Earlier.drawn,
            SpotCheck.id != found.id,
            SpotCheck.status != "void",
            SpotCheck.drawn_at >= since,
        )
    )
    rows = db.session.execute(
        select(
            Unit.stratum,
            func.count().label("size"),
            func.count().filter(~lately.exists()).label("waiting"),
            Stratum.n,
        )
        .join(Stratum, (Stratum.spot_check_id == Unit.spot_check_id) & (Stratum.name == Unit.stratum))
        .where(Unit.spot_check_id == found.id, Unit.excluded.is_(None), Stratum.kind == "organisation")
        .group_by(Unit.stratum, Stratum.n)
    )
    return sorted(
        (
            Cover(row.stratum, row.size, row.n, row.waiting, sampling.a_quarter(row.size, found.cover_quarters))
            for row in rows
        ),
        key=lambda one: one.stratum,
    )


def _quarters_ago(day: date, count: int) -> date:
    """The first day of the quarter that lies so many before the day's own."""
    first = periods.containing(day, "quarter", 1).starts_on
    for _ in range(count):
        first = periods.containing(first - timedelta(days=1), "quarter", 1).starts_on
    return first
