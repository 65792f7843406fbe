"""What is shown as a picture rather than as a list: a member's year, a node's grades, caps that bind.

Counts and one's own line only: no picture orders people by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import case, func, select

from pointsvc.db import db, hundredths
from pointsvc.people import reach
from pointsvc.people.models import OrganisationReach
from pointsvc.schemes import service as schemes
from pointsvc.tallies.models import Standing, Tally, TallyResult


@dataclass(frozen=True)
class Bound:
    """A group with a cap: its ``name``, how many members it holds back, of how many it is reckoned for."""

    name: str
    held: int
    members: int


def year(*, member_id: int, branch_id: int, since: date, until: date) -> list[tuple[date, Decimal]]:
    """The member's totals at the ends of the periods tallied between these days, the earliest first.

    Where several nodes have tallied a period, the newest reckoning speaks.
    """
    rows = db.session.execute(
        select(Tally.through_on, TallyResult.total)
        .join(OrganisationReach, OrganisationReach.above_id == Tally.organisation_id)
        .join(TallyResult, (TallyResult.tally_id == Tally.id) & (TallyResult.version == Tally.version))
        .where(OrganisationReach.below_id == branch_id, TallyResult.member_id == member_id)
        .where(Tally.through_on >= since, Tally.through_on < until, TallyResult.total.is_not(None))
        .order_by(Tally.through_on, Tally.computed_at)
    )
    # Of one day the last row stays.
    newest = {row.through_on: row.total or Decimal(0) for row in rows}
    return list(newest.items())


def grades(*, organisation_id: int) -> Sequence[tuple[str | None, int]]:
    """How many members of this node and below have each grade at present, the best first."""
    rows = db.session.execute(
        select(Standing.grade, func.count().label("members"))
        .where(Standing.branch_id.in_(reach.ids_below(organisation_id)))
        .group_by(Standing.grade)
        .order_by(Standing.grade.is_(None), func.max(Standing.total).desc(), Standing.grade)
    )
    return [(grade, members) for grade, members in rows]


def caps(*, organisation_id: int, on: date) -> list[Bound]:
    """How often each group's cap binds at this node and below, by the rule sheet in force here."""
    sheet = schemes.sheets([organisation_id], on).get(organisation_id)
    groups = [group for group in sheet.effective["groups"] if "cap" in group] if sheet else []
    if sheet is None or not groups:
        return []
    held = [
        func.count(case((Standing.groups[group["code"]].as_integer() >= hundredths(Decimal(group["cap"])), 1))).label(
            f"group_{n}"
        )
        for n, group in enumerate(groups)
    ]
    row = db.session.execute(
        select(func.count().label("members"), *held).where(
            Standing.branch_id.in_(reach.ids_below(organisation_id)),
            Standing.scheme_id == sheet.scheme_id,
            Standing.total.is_not(None),
        )
    ).one()
    return [Bound(group["name"], row[n + 1], row.members) for n, group in enumerate(groups)]
