"""What is kept of members: totals and grades, at present or of a year, and what an entry came from."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, select

from pointsvc.db import among, db
from pointsvc.ledger.models import Entry
from pointsvc.people import reach
from pointsvc.tallies import finding
from pointsvc.tallies.models import Standing, TallyResult


def scores(member_ids: Collection[int]) -> dict[int, tuple[Decimal | None, str | None]]:
    """The kept total and grade of these members, by member id."""
    query = select(Standing.member_id, Standing.total, Standing.grade)
    found: dict[int, tuple[Decimal | None, str | None]] = {}
    for part in reach.in_parts(member_ids):
        rows = db.session.execute(query.where(Standing.member_id.in_(part)))
        found.update((row[0], (row[1], row[2])) for row in rows)
    return found


def of_year(
    organisation_id: int, year: int, member_ids: Collection[int]
) -> dict[int, tuple[Decimal | None, str | None]]:
    """The totals and grades of these members of one branch in a year, by member id.

    From the year's tally at or above the branch; before there is one, the kept totals of a cycle that
    began in that year.
    """
    found = finding.nearest(organisation_id, str(year))
    if found is None:
        begun = Standing.cycle_starts_on.between(date(year, 1, 1), date(year, 12, 31))
        query = select(Standing.member_id, Standing.total, Standing.grade).where(begun)
        rows = db.session.execute(query.where(among(Standing.member_id, member_ids)))
    else:
        query = select(TallyResult.member_id, TallyResult.total, TallyResult.grade).where(
            TallyResult.tally_id == found.id, TallyResult.version == found.version
        )
        rows = db.session.execute(query.where(among(TallyResult.member_id, member_ids)))
    return {row[0]: (row[1], row[2]) for row in rows}


def standing_of(member_id: int) -> Standing | None:
    """The member's kept standing, if any."""
    return db.session.get(Standing, member_id)


def sources_of(member_id: int) -> dict[int, Row[*tuple[Any, ...]]]:
    """What each of the member's entries came from, by entry id: source, matter, note."""
    rows = db.session.execute(
        select(Entry.id, Entry.source, Entry.matter, Entry.note).where(Entry.member_id == member_id)
    )
    return {row.id: row for row in rows}
