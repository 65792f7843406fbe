"""The worked examples: schemes, entries, and each member's figures at each quarter's end."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.ledger import service as ledger
from pointsvc.people.models import MemberCategory
from pointsvc.permissions import SYSTEM
from pointsvc.schemes import periods
from pointsvc.schemes import service as schemes
from pointsvc.tallies import service as tallies
from pointsvc.tallies.listing import Asked
from pointsvc.tallies.models import Standing
from tests import factories
from tests.conftest import FrozenClock
from tests.tallies import oracle, work

VECTORS = sorted((Path(__file__).parents[1] / "data" / "vectors").glob("*.json"))
NEW_YEARS_EVE = factories.AT.replace(year=2025, month=12, day=31)


@pytest.fixture(params=VECTORS, ids=lambda path: path.stem)
def vector(request: pytest.FixtureRequest, app: Flask, frozen_clock: FrozenClock) -> dict[str, Any]:
    """One file, its members and entries recorded through the service on the last day of 2025."""
    frozen_clock.set(NEW_YEARS_EVE)
    found: dict[str, Any] = json.loads(request.param.read_text("utf-8"))
    factories.organisation("V")
    with transaction():
        scheme = schemes.create(
            actor=SYSTEM, at=clock.now(), organisation="V", starts_on=date(2025, 1, 1), document=found["scheme"]
        )
        schemes.publish(actor=SYSTEM, at=clock.now(), scheme_id=scheme.id)
    for item in found["members"]:
        factories.member(item["id"], "V", category=item["category"], joined_on=date(2020, 1, 1))
    record(found["entries"])
    return found


def record(entries: list[dict[str, Any]]) -> None:
    """Record what is of this file: most of its reversals take back entries that are not in it."""
    ids: dict[str, int] = {}
    for entry in entries:
        with transaction():
            if "reverses" not in entry:
                values = {key: value for key, value in entry.items() if key != "id"}
                ids[entry["id"]] = ledger.record(actor=SYSTEM, at=clock.now(), **converted(values)).id
            elif entry["reverses"] in ids:
                ledger.reverse(actor=SYSTEM, at=clock.now(), entry_id=ids[entry["reverses"]], reason=entry["reason"])


def converted(values: dict[str, Any]) -> dict[str, Any]:
    kinds = {"occurred_on": date.fromisoformat, "quantity": Decimal, "points": Decimal}
    return {key: kinds.get(key, str)(value) for key, value in values.items()}


def quarter(through: str) -> str:
    return periods.containing(date.fromisoformat(through), "quarter", 1).name


def plain(figures: Any) -> dict[str, Any]:
    """A score or result as the file writes it."""
    found = {name: text(getattr(figures, name)) for name in ("raw", "base", "carried", "total", "grade", "veto")}
    return found | {name: text(points(getattr(figures, name))) for name in ("rules", "groups")}


def text(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, dict):
        return {code: text(item) for code, item in value.items()}
    return value


def points(value: dict[str, Any]) -> dict[str, Any]:
    """By code: hundredths as the tables keep them, or points as a score gives them."""
    return {code: Decimal(item).scaleb(-2) if isinstance(item, int) else item for code, item in value.items()}


def test_the_live_score_is_that_of_the_file(vector: dict[str, Any]) -> None:
    for member, at in vector["expected"].items():
        for through, expected in at.items():
            found = tallies.score(actor=SYSTEM, at=clock.now(), member=member, period=quarter(through))
            assert plain(found) == expected, (member, through)


def test_the_tally_is_that_of_the_file(vector: dict[str, Any]) -> None:
    for through in next(iter(vector["expected"].values())):
        tally = work.tally("V", quarter(through))
        rows = tallies.results(tally=tally, asked=Asked(limit=200))
        assert {row.number: plain(row) for row in rows} == {
            member: at[through] for member, at in vector["expected"].items()
        }


def test_the_standings_are_those_of_the_last_day(vector: dict[str, Any]) -> None:
    rows = db.session.query(Standing, factories.Member).join(factories.Member).all()
    assert {member.number: plain(row) for row, member in rows} == {
        member: at["2025-12-31"] for member, at in vector["expected"].items()
    }


def test_the_lines_add_up_to_the_groups(vector: dict[str, Any]) -> None:
    for member, at in vector["expected"].items():
        found = tallies.score(actor=SYSTEM, at=clock.now(), member=member, period="2025-Q4")
        of_rule = {rule["code"]: rule["group"] for rule in vector["scheme"]["rules"]}
        for group in vector["scheme"]["groups"]:
            begin = oracle.clip(Decimal(group.get("base", "0")), group.get("floor"), group.get("cap"))
            counted = sum(
                (line.counted for line in found.lines if line.rule and of_rule[line.rule] == group["code"]), begin
            )
            assert f"{counted:.2f}" == at["2025-12-31"]["groups"][group["code"]]


def test_the_oracle_says_the_same(vector: dict[str, Any]) -> None:
    for member, at in vector["expected"].items():
        category = next(item["category"] for item in vector["members"] if item["id"] == member)
        entries = work.entries_of(member)
        for through, expected in at.items():
            got = oracle.reckon(
                vector["scheme"],
                category,
                entries,
                starts_on=date(2025, 1, 1),
                through_on=date.fromisoformat(through),
            )
            del got["kept"]
            assert text(got) == expected


def test_the_exempt_have_neither_total_nor_grade_by_any_of_these_schemes(vector: dict[str, Any]) -> None:
    number = vector["members"][0]["id"]
    with transaction():
        db.session.execute(
            db.update(MemberCategory)
            .where(MemberCategory.member_id == factories.member_id(number))
            .values(category="exempt")
        )
    found = tallies.score(actor=SYSTEM, at=clock.now(), member=number, period="2025-Q4")
    expected = oracle.reckon(
        vector["scheme"],
        "exempt",
        work.entries_of(number),
        starts_on=date(2025, 1, 1),
        through_on=date(2025, 12, 31),
    )
    del expected["kept"]
    assert plain(found) == text(expected)
    assert (found.total, found.grade) == (None, None)
