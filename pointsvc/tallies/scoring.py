"""One member's score: live, from the ledger as it stands, and explained entry by entry."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Date, bindparam, select

from pointsvc import clock
from pointsvc.db import from_hundredths
from pointsvc.errors import N_, Conflict, Invalid
from pointsvc.ledger import service as ledger
from pointsvc.people import reach
from pointsvc.people.models import Member, MemberCategory, Membership, Organisation
from pointsvc.permissions import Actor
from pointsvc.schemes import document as documents
from pointsvc.schemes import periods
from pointsvc.schemes import service as schemes
from pointsvc.tallies import late, statements
from pointsvc.tallies.wording import Chance, Line


@dataclass(frozen=True)
class Score:
    """A member's figures in points, and each entry's part in them.

    ``disputed`` and ``adjustments``: the ids of entries to which an objection waits for a reply, and
    of those that came after a period which covers their day was sealed.
    """

    member_id: int
    number: str
    branch_id: int
    branch: str
    category: str
    period: periods.Period
    counted_through: date
    scheme: schemes.Sheet
    raw: Decimal
    base: Decimal
    carried: Decimal
    rules: Mapping[str, Decimal]
    groups: Mapping[str, Decimal]
    total: Decimal | None
    grade: str | None
    veto: bool
    lines: Sequence[Line]
    missing: Sequence[Chance]
    next_grade: tuple[str, Decimal] | None
    disputed: Collection[int] = frozenset()
    adjustments: Collection[int] = frozenset()

    @property
    def document(self) -> Mapping[str, Any]:
        """The rule sheet that it was reckoned by."""
        return self.scheme.effective


def score(*, actor: Actor, at: datetime, member: str, period: str | None = None) -> Score:
    """The live score of the member with this number, cycle-to-date in a period (this quarter).

    Raises NotFound for a member out of reach, Invalid for a period that is none or has not begun,
    Conflict 'no_membership' or 'no_scheme' when there is nothing to reckon by.
    """
    today = clock.local(at).date()
    place = _place(actor, member, today)
    when = _period(place, period, today)
    day = min(when.through_on, today)
    if day != today:
        place = _place(actor, member, day)
    branch_id = _branch(place)
    sheet = schemes.sheets([branch_id], day).get(branch_id)
    if sheet is None:
        raise Conflict(N_("No rule sheet is in force for this branch"), code="no_scheme")
    return _reckon(place, when, sheet, today)


def _period(place: Any, name: str | None, today: date) -> periods.Period:
    # Only a year's days hang on the scheme: it begins with the cycle.
    if name is None:
        return periods.containing(today, "quarter", 1)
    found = periods.parse(name, 1)
    if "-" not in name:
        branch_id = _branch(place)
        sheet = schemes.sheets([branch_id], today).get(branch_id)
        if sheet is not None:
            found = periods.parse(name, documents.starts_month(sheet.document))
    if found.starts_on > today:
        raise Invalid({"period": N_("This period has not begun")})
    return found


def _branch(place: Any) -> int:
    if place.branch_id is None:
        raise Conflict(N_("The member belonged to no branch then"), code="no_membership")
    return int(place.branch_id)


def _place(actor: Actor, number: str, day: date) -> Any:
    """Where the member belonged on this day, or last before it, and as what. Raises NotFound."""
    found = reach.asked_by_number(actor, number, _placing, on=day)
    return found._replace(category=found.category or statements.REGULAR)


@reach.by_number
def _placing() -> Any:
    return select(
        Member.id,
        Member.number,
        _latest(Membership, Membership.organisation_id).label("branch_id"),
        select(Organisation.code)
        .where(Organisation.id == _latest(Membership, Membership.organisation_id))
        .scalar_subquery()
        .label("branch"),
        _latest(MemberCategory, MemberCategory.category).label("category"),
    )


def _latest(table: Any, value: Any) -> Any:
    return (
        select(value)
        .where(table.member_id == Member.id, table.starts_on <= bindparam("on", type_=Date()))
        .order_by(table.starts_on.desc())
        .limit(1)
        .correlate(Member)
        .scalar_subquery()
    )


def _reckon(place: Any, when: periods.Period, sheet: schemes.Sheet, today: date) -> Score:
    document = sheet.effective
    cycle = periods.cycle_start(when.through_on, documents.starts_month(document))
    by = statements.sheet_of(sheet, cycle)
    given = {"who": orjson.dumps([[place.id, place.branch_id, place.category]]).decode(), "through_on": when.through_on}
    row = statements.statement(statements.score, by).rows(**given)[0]
    rows = statements.statement(statements.lines, by).rows(**given)
    explainer = statements.explainer(by)
    groups = {item["code"]: from_hundredths(row.groups[item["code"]]) for item in document["groups"]}
    total = None if row.total is None else from_hundredths(row.total)
    running = when.starts_on <= today <= when.through_on
    return Score(
        member_id=place.id,
        number=place.number,
        branch_id=place.branch_id,
        branch=place.branch,
        category=place.category,
        period=when,
        counted_through=min(when.through_on, today),
        scheme=sheet,
        raw=from_hundredths(row.raw),
        base=from_hundredths(row.base),
        carried=from_hundredths(row.carried),
        rules={
            item["code"]: from_hundredths(row.rules[item["code"]])
            for item in document["rules"]
            if item["code"] in row.rules
        },
        groups=groups,
        total=total,
        grade=row.grade,
        veto=row.veto,
        lines=explainer.lines(rows),
        missing=explainer.chances(rows, groups, place.category, today) if running and total is not None else (),
        next_grade=None if row.veto or not running else explainer.next_grade(total, row.grade),
        disputed=ledger.disputed([line.id for line in rows]),
        adjustments=late.adjustments(place.id),
    )
