"""Writing down what a draw says: who is drawn, who was passed over, who inspects. Set-based, no query in a loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, String, delete, insert, select, update
from sqlalchemy.types import TypeEngine

from pointsvc.db import db, given
from pointsvc.errors import N_, Invalid
from pointsvc.spotchecks import draw
from pointsvc.spotchecks.models import Assignment, Inspector, SpotCheck, Stratum, Unit

_PLACE: dict[str, TypeEngine[Any]] = {
    "stratum": String(),
    "code": String(),
    "ticket": String(),
    "place": Integer(),
    "skipped": String(),
}
_SEAT: dict[str, TypeEngine[Any]] = {
    "unit": String(),
    "stratum": String(),
    "inspector": String(),
    "place": Integer(),
    "skipped": String(),
}


def placed(
    found: SpotCheck,
    seed: str,
    codes: Mapping[str, Sequence[str]],
    strata: Mapping[str, int],
    skipped: Mapping[str, str],
    *,
    opened_at: datetime | None,
) -> None:
    """Write the places of all strata, and who inspects what was drawn."""
    rows: list[tuple[str, str, str, int, str | None]] = []
    drawn: list[tuple[str, str]] = []
    for name, n in strata.items():
        gone = {code: skipped[code] for code in skipped.keys() & set(codes[name])}
        serving, passed = draw.chosen(seed, name, codes[name], n, gone)
        rows += [(name, one.code, one.ticket, one.place, gone.get(one.code)) for one in (*serving, *passed)]
        drawn += [(name, one.code) for one in serving]
    _write_places(found, rows, opened_at)
    _write_seats(found, seed, drawn)


def place_unit(found: SpotCheck, skipped: Unit, *, opened_at: datetime | None) -> Unit | None:
    """After one was passed over: the unit of its stratum that serves now, if there is one."""
    stratum = db.session.get_one(Stratum, (found.id, skipped.stratum))
    gone = {
        row.code: row.skipped
        for row in db.session.execute(
            select(Unit.code, Unit.skipped).where(
                Unit.spot_check_id == found.id, Unit.stratum == skipped.stratum, Unit.skipped.is_not(None)
            )
        )
    }
    db.session.execute(update(Assignment).where(Assignment.unit_id == skipped.id).values(serves=False))
    codes = draw.strata(found.frame or "")[skipped.stratum]
    serving, _ = draw.chosen(found.seed or "", skipped.stratum, codes, stratum.n, gone)
    query = select(Unit).where(Unit.spot_check_id == found.id, Unit.stratum == skipped.stratum)
    known = set(db.session.scalars(query.with_only_columns(Unit.code).where(Unit.drawn)))
    fresh = [one for one in serving if one.code not in known]
    if not fresh:
        return None
    _write_places(found, [(skipped.stratum, one.code, one.ticket, one.place, None) for one in fresh], opened_at)
    _write_seats(found, found.seed or "", [(skipped.stratum, one.code) for one in fresh])
    return db.session.scalar(query.where(Unit.code == fresh[-1].code).execution_options(populate_existing=True))


def seat(found: SpotCheck, unit: Unit, away: tuple[str, str]) -> None:
    """Seat a unit's inspectors anew, one of whom cannot go. Raises Invalid when that one does not serve there."""
    rows = db.session.execute(
        select(Inspector.code, Assignment.serves, Assignment.skipped)
        .join(Assignment, Assignment.inspector_id == Inspector.id)
        .where(Assignment.unit_id == unit.id)
    ).all()
    if away[0] not in {row.code for row in rows if row.serves}:
        raise Invalid({"inspector": N_("This inspector does not serve there")})
    gone = {row.code: row.skipped for row in rows if row.skipped and row.skipped != draw.CONFLICT}
    db.session.execute(delete(Assignment).where(Assignment.unit_id == unit.id))
    _write_seats(found, found.seed or "", [(unit.stratum, unit.code)], {**gone, away[0]: away[1]})


def _write_places(
    found: SpotCheck, rows: Sequence[tuple[str, str, str, int, str | None]], opened_at: datetime | None
) -> None:
    table = given(_PLACE, rows)
    # Looked up one by one: as a join SQLite would go through all units of the plan for each row.
    unit = select(Unit.id).where(
        Unit.spot_check_id == found.id, Unit.stratum == table.c.stratum, Unit.code == table.c.code
    )
    columns = (table.c.ticket, table.c.place, table.c.skipped)
    of_unit = select(unit.scalar_subquery().label("id"), *columns).subquery()
    values = {
        "ticket": of_unit.c.ticket,
        "place": of_unit.c.place,
        "skipped": of_unit.c.skipped,
        "drawn": of_unit.c.skipped.is_(None),
        "opened_at": opened_at,
    }
    query = update(Unit).where(Unit.id == of_unit.c.id).values(values)
    db.session.execute(query.execution_options(synchronize_session=False))


def _write_seats(
    found: SpotCheck, seed: str, drawn: Sequence[tuple[str, str]], away: Mapping[str, str] | None = None
) -> None:
    rows = db.session.execute(select(Inspector.code, Inspector.conflicts).where(Inspector.spot_check_id == found.id))
    inspectors = {row.code: frozenset(row.conflicts) for row in rows}
    seats = [
        (code, stratum, one.inspector, one.place, one.skipped)
        for stratum, code in drawn
        for one in draw.seats(seed, code, inspectors, away)
    ]
    if not seats:
        return
    table = given(_SEAT, seats)
    # Looked up one by one, as above.
    unit = select(Unit.id).where(
        Unit.spot_check_id == found.id, Unit.stratum == table.c.stratum, Unit.code == table.c.unit
    )
    inspector = select(Inspector.id).where(Inspector.spot_check_id == found.id, Inspector.code == table.c.inspector)
    query = select(
        unit.scalar_subquery(),
        inspector.scalar_subquery(),
        table.c.place,
        table.c.skipped.is_(None),
        table.c.skipped,
    )
    columns = ["unit_id", "inspector_id", "place", "serves", "skipped"]
    db.session.execute(insert(Assignment).from_select(columns, query))
