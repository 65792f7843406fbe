"""Rule sheets of many kinds as districts really write them, each as data alone, with members reckoned by hand.

A file holds a sheet, members, what they did, and figures with ``how`` they come about, worked out on
paper. The service must say the same, live and tallied.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from pointsvc import clock
from pointsvc.db import from_hundredths, transaction
from pointsvc.ledger import service as ledger
from pointsvc.permissions import SYSTEM
from pointsvc.schemes import document as documents
from pointsvc.schemes import service as schemes
from pointsvc.tallies import service as tallies
from pointsvc.tallies.listing import Asked
from tests import factories
from tests.conftest import FrozenClock
from tests.tallies import work

KINDS = sorted((Path(__file__).parents[1] / "data" / "kinds").glob("*.json"))
FIGURES = ("raw", "carried", "total", "grade", "veto", "groups")
KINDS_OF_VALUE: dict[str, Any] = {"occurred_on": date.fromisoformat, "quantity": Decimal, "points": Decimal}


@pytest.fixture(params=KINDS, ids=lambda path: path.stem)
def kind(request: pytest.FixtureRequest, app: Flask, frozen_clock: FrozenClock) -> dict[str, Any]:
    """One file, its sheet in force and everything in it recorded through the service."""
    found: dict[str, Any] = json.loads(request.param.read_text("utf-8"))
    month = documents.starts_month(found["scheme"])
    factories.organisation("K")
    with transaction():
        # From before the cycle, so that also what happened before it can be recorded.
        made = schemes.create(
            actor=SYSTEM, at=clock.now(), organisation="K", starts_on=date(2024, month, 1), document=found["scheme"]
        )
        schemes.publish(actor=SYSTEM, at=clock.now(), scheme_id=made.id)
    for item in found["members"]:
        factories.member(item["id"], "K", category=item.get("category", "regular"), joined_on=date(2020, 1, 1))
        if "previous" in item:
            declare(item["id"], date(2025, month, 1), Decimal(item["previous"]))
    for entry in found["entries"]:
        record(dict(entry))
    return found


def declare(member: str, cycle: date, total: Decimal) -> None:
    with transaction():
        tallies.set_previous_total(actor=SYSTEM, at=clock.now(), member=member, cycle=cycle, total=total)


def record(entry: dict[str, Any]) -> None:
    """One entry, or the same in each of so many months; ``reversed``: and taken back."""
    months, back = entry.pop("each_month", 1), entry.pop("reversed", False)
    values = {key: KINDS_OF_VALUE.get(key, str)(value) for key, value in entry.items()}
    day = values.pop("occurred_on")
    for n in range(months):
        with transaction():
            at = clock.now()
            occurred_on = day if months == 1 else date(day.year, day.month + n, 28)
            made = ledger.record(actor=SYSTEM, at=at, occurred_on=occurred_on, **values)
            if back:
                ledger.reverse(actor=SYSTEM, at=at, entry_id=made.id, reason="组织已撤销处理")


def plain(name: str, value: Any) -> Any:
    """A figure as the file writes it."""
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if name == "groups":
        return {key: plain("", from_hundredths(v) if isinstance(v, int) else v) for key, v in value.items()}
    return value


def shown(figures: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: plain(name, getattr(figures, name)) for name in FIGURES if name in wanted}


def expected(wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: wanted[name] for name in FIGURES if name in wanted}


def test_there_are_many_kinds() -> None:
    assert len(KINDS) >= 7


def test_the_live_score_is_what_was_worked_out_by_hand(kind: dict[str, Any]) -> None:
    for wanted in kind["expected"]:
        found = tallies.score(actor=SYSTEM, at=clock.now(), member=wanted["member"], period=wanted["period"])
        assert shown(found, wanted) == expected(wanted), wanted["how"]


def test_the_tally_is_what_was_worked_out_by_hand(kind: dict[str, Any]) -> None:
    for period in sorted({wanted["period"] for wanted in kind["expected"]}):
        rows = {row.number: row for row in tallies.results(tally=work.tally("K", period), asked=Asked(limit=200))}
        for wanted in kind["expected"]:
            if wanted["period"] == period:
                assert shown(rows[wanted["member"]], wanted) == expected(wanted), wanted["how"]
