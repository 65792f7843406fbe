"""A rehearsal against the oracle: as if the same deeds had been recorded under the draft, for random sheets."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.errors import Invalid
from pointsvc.ledger import service as ledger
from pointsvc.permissions import SYSTEM
from pointsvc.rehearsals.models import Rehearsal
from pointsvc.schemes import document as documents
from pointsvc.schemes import periods
from pointsvc.schemes import service as schemes
from tests import factories
from tests.conftest import FrozenClock
from tests.rehearsals import work
from tests.tallies import books, oracle
from tests.tallies.test_property import CATEGORIES
from tests.tallies.test_property import schemes as sheets

TIERS = ("low", "middle", "high")
POINTS = st.sampled_from(["2", "-2", "1", "0", "1.2", "5", "-7.35", "0.99"])
QUANTITIES = st.sampled_from([Decimal(1), Decimal(1), Decimal(2), Decimal("0.5"), Decimal("2.25")])
WORTHS = (
    st.builds(lambda points: {"points": points}, POINTS)
    | st.builds(lambda one, other: {"range": sorted((one, other), key=Decimal)}, POINTS, POINTS)
    | st.builds(
        lambda rows: {"tiers": [{"code": code, "name": code, "points": points} for code, points in rows]},
        st.lists(st.tuples(st.sampled_from(TIERS), POINTS), min_size=1, max_size=3, unique_by=lambda row: row[0]),
    )
)
# Each example has an organisation of its own: nothing that was recorded can be removed again.
numbers = count(1)


@st.composite
def documents_(draw: st.DrawFn) -> dict[str, Any]:
    document = draw(sheets())
    document["rules"] = [
        {name: value for name, value in rule.items() if name != "points"} | draw(WORTHS) for rule in document["rules"]
    ]
    assume(not documents.validate(document))
    return document


@st.composite
def deeds(draw: st.DrawFn, document: dict[str, Any], cycle: date) -> list[dict[str, Any]]:
    """What four members did, as it was recorded by this sheet."""
    found = []
    for _ in range(draw(st.integers(0, 20))):
        rule = draw(st.sampled_from(document["rules"]))
        deed = {
            "member": draw(st.integers(0, 3)),
            "rule": rule["code"],
            "quantity": Decimal(1) if "range" in rule else draw(QUANTITIES),
            "tier": draw(st.sampled_from(rule["tiers"]))["code"] if "tiers" in rule else None,
            "matter": draw(st.sampled_from([None, "a", "a", "b"])),
            "occurred_on": cycle + timedelta(days=draw(st.integers(0, 75) | st.integers(-20, 390))),
            "taken_back": draw(st.integers(0, 4)) == 0,
        }
        chosen = Decimal(draw(st.sampled_from(rule["range"]))) if "range" in rule else Decimal(0)
        found.append(deed | {"points": worth(rule, deed, chosen)})
    return found


def worth(rule: dict[str, Any], deed: dict[str, Any], chosen: Decimal) -> Decimal | None:
    """What the deed is worth by this rule; None where it could not be recorded by it."""
    if "range" in rule:
        return max(Decimal(rule["range"][0]), min(Decimal(rule["range"][1]), chosen)).quantize(Decimal("0.01"))
    each = rule.get("points")
    if "tiers" in rule:
        each = {tier["code"]: tier["points"] for tier in rule["tiers"]}.get(deed["tier"])
    if each is None:
        return None
    return (Decimal(each) * deed["quantity"]).quantize(Decimal("0.01"), ROUND_HALF_UP)


def recorded_under(document: dict[str, Any], done: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same deeds as entries by this sheet, for the oracle; what could not be recorded is not there."""
    rules = {rule["code"]: rule for rule in document["rules"]}
    found: list[dict[str, Any]] = []
    for number, deed in enumerate(done):
        rule = rules.get(deed["rule"])
        points = worth(rule, deed, deed["points"]) if rule else None
        if rule is None or points is None:
            continue
        check_worth(rule, deed, points)
        entry = {**deed, "id": 2 * number, "points": points, "recorded_at": None}
        found.append(entry)
        if deed["taken_back"]:
            found.append({**entry, "id": 2 * number + 1, "points": -points, "reverses": entry["id"]})
    return found


def check_worth(rule: dict[str, Any], deed: dict[str, Any], points: Decimal) -> None:
    """Recording it by this rule would really have given these points, wherever it would have been taken."""
    more = {"points": points} if "range" in rule else {"tier": deed["tier"]} if "tiers" in rule else {}
    try:
        given = documents.worth(rule, deed["quantity"], **more)
    except Invalid:
        return
    assert given == points


@pytest.fixture(autouse=True)
def _clock(app: Flask, frozen_clock: FrozenClock) -> None:
    """The service, on a day after all of it."""


def record(document: dict[str, Any], done: list[dict[str, Any]], cycle: date) -> tuple[str, list[str]]:
    """An organisation with this sheet in force, four members and what they did; its code, and their numbers."""
    number = next(numbers)
    code, members = f"R{number}", [f"R{number}-{n}" for n in range(4)]
    factories.organisation(code)
    for n, name in enumerate(members):
        factories.member(name, code, category=CATEGORIES[n], joined_on=date(2020, 1, 1))
    ids = [factories.member_id(name) for name in members]
    with transaction():
        made = schemes.create(
            actor=SYSTEM, at=clock.now(), organisation=code, starts_on=date(2024, 1, 1), document=document
        )
        schemes.publish(actor=SYSTEM, at=clock.now(), scheme_id=made.id)
        rows = [
            ledger.NewEntry(
                member_id=ids[deed["member"]],
                branch_id=made.organisation_id,
                rule_code=deed["rule"],
                scheme_id=made.id,
                points=deed["points"],
                occurred_on=deed["occurred_on"],
                quantity=deed["quantity"],
                tier=deed["tier"],
                matter=deed["matter"],
                natural_key=f"{code}:{n}",
            )
            for n, deed in enumerate(done)
        ]
        written = {
            row.natural_key: row.id for row in ledger.add(actor=SYSTEM, at=clock.now(), rows=rows, source="single")
        }
        back = [written[f"{code}:{n}"] for n, deed in enumerate(done) if deed["taken_back"]]
        ledger.reverse_many(actor=SYSTEM, at=clock.now(), entry_ids=back, reason="登记有误")
        books.declare({ids[0]: Decimal("80.05"), ids[1]: Decimal("-7.77")}, cycle)
    return code, members


def rehearse(code: str, document: dict[str, Any], period: str) -> Rehearsal:
    with transaction():
        draft = schemes.create(
            actor=SYSTEM, at=clock.now(), organisation=code, starts_on=date(2027, 1, 1), document=document
        )
    return work.rehearse(draft.id, period=period)


def text(figures: dict[str, Any]) -> tuple[str | None, str | None]:
    return (None if figures["total"] is None else f"{figures['total']:.2f}", figures["grade"])


def check_groups(found: Rehearsal, side: str, document: dict[str, Any], reckoned: list[dict[str, Any]]) -> None:
    """For how many a group's ends held something back, told from the figures of rules and groups."""
    of_group = {rule["code"]: rule["group"] for rule in document["rules"]}
    for group in document["groups"]:
        begin = oracle.clip(Decimal(group.get("base", "0")), group.get("floor"), group.get("cap"))
        held = [
            sum((value for code, value in one["rules"].items() if of_group[code] == group["code"]), begin)
            - one["groups"][group["code"]]
            for one in reckoned
            if one["total"] is not None
        ]
        for kind, binds in (
            ("cap", [item for item in held if item > 0]),
            ("floor", [-item for item in held if item < 0]),
        ):
            if kind in group:
                told = work.limit(found, kind, group["code"])[side]
                assert (told["members"], told["points"]) == (len(binds), f"{sum(binds, Decimal(0)):.2f}")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_rehearsal_says_what_recording_under_the_draft_would_have_given(data: st.DataObject) -> None:
    sheet = data.draw(documents_(), label="in force")
    draft = data.draw(documents_(), label="draft")
    cycle = date(2025, sheet["cycle"]["starts_month"], 1)
    done = data.draw(deeds(sheet, cycle), label="deeds")
    quarter = periods.containing(periods.last_day(cycle, data.draw(st.sampled_from([3, 9]))), "quarter", 1)
    period = data.draw(st.sampled_from(["2025", quarter.name]), label="period")
    through_on = periods.parse(period, cycle.month).through_on
    code, members = record(sheet, done, cycle)
    found = rehearse(code, draft, period)
    for side, document in (("before", sheet), ("after", draft)):
        got = work.results(found, under_draft=side == "after")
        entries = recorded_under(document, done)
        reckoned = [
            oracle.reckon(
                document,
                CATEGORIES[n],
                [entry for entry in entries if entry["member"] == n],
                starts_on=cycle,
                through_on=through_on,
                previous={0: Decimal("80.05"), 1: Decimal("-7.77")}.get(n),
            )
            for n in range(4)
        ]
        assert got == {name: text(one) for name, one in zip(members, reckoned, strict=True)}
        check_groups(found, side, document, reckoned)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_rehearsing_the_very_sheet_in_force_changes_nobody(data: st.DataObject) -> None:
    sheet = data.draw(documents_(), label="in force")
    cycle = date(2025, sheet["cycle"]["starts_month"], 1)
    code, _ = record(sheet, data.draw(deeds(sheet, cycle), label="deeds"), cycle)
    found = rehearse(code, sheet, "2025")
    assert work.results(found, under_draft=False) == work.results(found, under_draft=True)
    report = found.report
    assert report is not None
    assert (report["up"], report["down"], report["other_grade"], report["lost"]) == (0, 0, 0, [])
    assert all(item["before"] == item["after"] for item in report["limits"])
    assert all(cell["before"] == cell["after"] for cell in report["matrix"])
