"""What goes along with a member who leaves a branch: the points to date, in figures that can be checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import orjson

from pointsvc.db import from_hundredths
from pointsvc.errors import NotFound
from pointsvc.people import listing, reach
from pointsvc.people.models import Member
from pointsvc.permissions import Actor
from pointsvc.schemes import document as documents
from pointsvc.schemes import periods
from pointsvc.schemes import service as schemes
from pointsvc.tallies import stages, statements

# Entries that are none by the rule sheet, or not any more.
_NOT_LIVE = {stages.REVERSAL, stages.REVERSED, stages.NOT_IN_SCHEME, stages.NOT_APPLICABLE}


@dataclass(frozen=True)
class Share:
    """One group of the rule sheet: how many entries, and what they come to."""

    name: str
    entries: int
    figure: Decimal


@dataclass(frozen=True)
class Letter:
    """A member who left ``left`` on the day ``on``, and what was reached through the day before.

    ``to`` is None while the member is on the way; without a rule sheet there are no figures.
    """

    member: Member
    left: str
    to: str | None
    on: date
    since: date
    through_on: date
    scheme: str | None = None
    cycle_starts_on: date | None = None
    total: Decimal | None = None
    shares: Sequence[Share] = ()


def letter(*, actor: Actor, number: str, on: date) -> Letter:
    """The letter of the membership that ended before the day ``on``. Raises NotFound."""
    member = reach.member(actor, number)
    spans = listing.branches_of(actor=actor, number=number)
    left = next((span for span in spans if span.ends_on == on), None)
    if left is None:
        raise NotFound()
    following = min((span for span in spans if span.starts_on >= on), key=lambda span: span.starts_on, default=None)
    through = on - timedelta(days=1)
    found = Letter(
        member=member,
        left=left.name,
        to=following.name if following else None,
        on=on,
        since=left.starts_on,
        through_on=through,
    )
    branch_id = reach.branch_on([member.id], through)[member.id]
    sheet = schemes.sheets([branch_id], through).get(branch_id)
    return found if sheet is None else _with_figures(found, sheet, branch_id)


def _with_figures(found: Letter, sheet: schemes.Sheet, branch_id: int) -> Letter:
    document = sheet.effective
    cycle = periods.cycle_start(found.through_on, documents.starts_month(document))
    category = reach.category_on([found.member.id], found.through_on).get(found.member.id, statements.REGULAR)
    by = statements.sheet_of(sheet, cycle)
    given = {
        "who": orjson.dumps([[found.member.id, branch_id, category]]).decode(),
        "through_on": found.through_on,
    }
    row = statements.statement(statements.score, by).rows(**given)[0]
    counts = _counts(document, by.rule_ids, statements.statement(statements.lines, by).rows(**given))
    return replace(
        found,
        scheme=str(document["name"]),
        cycle_starts_on=cycle,
        total=None if row.total is None else from_hundredths(row.total),
        shares=[
            Share(group["name"], counts[group["code"]], from_hundredths(row.groups[group["code"]]))
            for group in document["groups"]
        ],
    )


def _counts(document: Mapping[str, Any], rule_ids: Mapping[str, int], rows: Sequence[Any]) -> Counter[str]:
    """How many live entries each group has."""
    groups = {rule_ids[rule["code"]]: rule["group"] for rule in document["rules"] if rule["code"] in rule_ids}
    return Counter(groups[row.rule_id] for row in rows if row.held not in _NOT_LIVE)
