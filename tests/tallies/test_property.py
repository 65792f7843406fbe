"""The product's SQL against the oracle, over random schemes and entries, on both engines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pointsvc.db import db, from_hundredths
from pointsvc.tallies import statements
from pointsvc.tallies.terms import terms
from pointsvc.tallies.wording import Explainer
from tests.tallies import books, oracle

CODES = ("one", "two", "three", "four", "five")
FOREIGN = "other"
CATEGORIES = ("regular", "floating", "retired", "probationary", "it's %s :odd")
MEMBERS = {1: "regular", 2: "floating", 3: "it's %s :odd", 4: "retired", 5: "exempt"}
CUTOFF = datetime(2026, 11, 1, tzinfo=UTC)

# Few values, so that there are ties; some that are not round.
POINTS = st.sampled_from([Decimal(text) for text in ("2.00", "-2.00", "2.00", "1.00", "0.00", "1.20", "5.00", "-7.35")])
LIMITS = st.sampled_from(["0.5", "2", "3.6", "6", "12"])


def optional(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def caps() -> st.SearchStrategy[list[dict[str, Any]]]:
    per = st.sampled_from(oracle.ORDER)
    points = st.builds(lambda p, limit: {"per": p, "points": limit}, per, LIMITS)
    times = st.builds(lambda p, n: {"per": p, "times": n}, per, st.integers(1, 3))
    return st.lists(points | times, max_size=4, unique_by=lambda cap: (cap["per"], "times" in cap))


@st.composite
def schemes(draw: st.DrawFn) -> dict[str, Any]:
    groups = [{"code": f"g{n}", "name": "g"} | draw(_ends()) for n in range(draw(st.integers(1, 3)))]
    rules = [
        {
            "code": code,
            "name": code,
            "group": draw(st.sampled_from(groups))["code"],
            "points": "1",
            "caps": draw(caps()),
        }
        | draw(
            optional(
                highest_only=st.just(True),
                applies_to=st.lists(st.sampled_from(CATEGORIES), min_size=1, max_size=3, unique=True),
            )
        )
        for code in CODES[: draw(st.integers(2, 5))]
    ]
    if draw(st.integers(0, 4)) == 0:
        rules[-1]["kind"] = "veto"
    some = st.lists(st.sampled_from(CATEGORIES), max_size=2, unique=True)
    scheme = {
        "name": "n",
        "cycle": {"starts_month": draw(st.sampled_from([1, 4, 7, 10]))},
        "groups": groups,
        "rules": rules,
        "exempt": draw(some),
        "ungraded": draw(some),
        "base": draw(optional(default=LIMITS, by_category=st.dictionaries(st.sampled_from(CATEGORIES), LIMITS))),
        "carry_over": draw(st.sampled_from(["0", "0.2", "1/3", "1/7", "1"])),
        "grades": draw(
            st.sampled_from(
                [
                    [],
                    [{"name": "优 50%:a's", "min": "10"}, {"name": "良", "min": "0.5"}, {"name": "差"}],
                    [{"name": "优", "min": "3"}, {"name": "良", "min": "-1"}],
                ]
            )
        ),
    }
    return scheme | draw(optional(floor=st.sampled_from(["0", "-5", "2"]), ceiling=st.sampled_from(["9", "20"])))


def _ends() -> st.SearchStrategy[dict[str, Any]]:
    return optional(
        base=st.sampled_from(["0", "5", "10", "-1"]),
        floor=st.sampled_from(["0", "-3"]),
        cap=st.sampled_from(["4", "10"]),
    )


@st.composite
def entries(draw: st.DrawFn, scheme: dict[str, Any], cycle: date) -> list[dict[str, Any]]:
    codes = [rule["code"] for rule in scheme["rules"]] * 2 + [FOREIGN]
    recorded = st.integers(-200, 60).map(lambda n: CUTOFF + timedelta(hours=n))
    found: list[dict[str, Any]] = []
    ids = iter(draw(st.permutations(range(1, 101))))
    for _ in range(draw(st.integers(0, 30))):
        entry = {
            "id": next(ids),
            "member": draw(st.sampled_from([1, 1, 2, 3, 4, 5])),
            "rule": draw(st.sampled_from(codes)),
            "points": draw(POINTS),
            "occurred_on": cycle + timedelta(days=draw(st.integers(0, 75) | st.integers(-20, 390))),
            "recorded_at": draw(recorded),
            "matter": draw(st.sampled_from([None, "", "a", "a", "a", "b"])),
        }
        found.append(entry)
        if draw(st.integers(0, 4)) == 0:
            later = entry["recorded_at"] + timedelta(hours=draw(st.integers(0, 200)))
            back = {"id": next(ids), "points": -entry["points"], "recorded_at": later, "reverses": entry["id"]}
            found.append(entry | back)
    # The database wants an entry before the one that takes it back; ids are in any order all the same.
    return sorted(found, key=lambda item: item.get("reverses") is not None)


@pytest.fixture
def rule_ids(app: Flask) -> Mapping[str, int]:
    """The ids of all rules that the schemes here may have; they are not in the order of the codes."""
    return books.open_book((*reversed(CODES), FOREIGN), [f"M{n}" for n in MEMBERS])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_sql_says_what_the_oracle_says(rule_ids: Mapping[str, int], data: st.DataObject) -> None:
    scheme = data.draw(schemes(), label="scheme")
    cycle = date(2026, scheme["cycle"]["starts_month"], 1)
    found = data.draw(entries(scheme, cycle), label="entries")
    totals = data.draw(st.dictionaries(st.sampled_from(list(MEMBERS)), POINTS), label="previous totals")
    through_on = cycle + timedelta(days=data.draw(st.integers(0, 364), label="through"))
    cutoff = data.draw(st.sampled_from([None, CUTOFF]), label="cutoff")
    known = {code: rule_ids[code] for code in (rule["code"] for rule in scheme["rules"])}
    sheet = statements.Sheet(scheme, known, cycle)
    savepoint = db.session.begin_nested()
    try:
        books.add(found, rule_ids)
        books.declare(totals, cycle)
        got = books.figures(sheet, MEMBERS, through_on, cutoff)
        told = books.lines(sheet, MEMBERS, through_on, cutoff)
    finally:
        savepoint.rollback()
    for member, category in MEMBERS.items():
        mine = [entry for entry in found if entry["member"] == member]
        expected = oracle.reckon(
            scheme,
            category,
            mine,
            starts_on=cycle,
            through_on=through_on,
            cutoff=cutoff,
            previous=totals.get(member),
        )
        assert {**got[member], "kept": expected["kept"]} == expected
        rows = [row for row in told if row.id in {entry["id"] for entry in mine}]
        assert {row.id for row in rows if not row.held} == expected.pop("kept")
        check_lines(scheme, known, expected, rows)
        check_words(sheet, category, expected, rows, through_on)
    assert len(told) == sum(cycle <= entry["occurred_on"] <= through_on for entry in found)


def check_words(sheet: statements.Sheet, category: str, expected: dict[str, Any], rows: list[Any], today: date) -> None:
    """Every line says why it does not count in full, and nothing else; what is still open is never below nothing."""
    explainer = Explainer(sheet.document, terms(sheet.document, sheet.rule_ids))
    for line in explainer.lines(rows):
        assert bool(line.words) == (line.codes != ("counted",))
        assert line.words or line.counted == line.points
        assert all(str(words) for words in line.words)
    chances = explainer.chances(rows, expected["groups"], category, today)
    assert all(chance.points is None or chance.points > 0 for chance in chances)


def check_lines(scheme: dict[str, Any], rule_ids: Mapping[str, int], expected: dict[str, Any], told: list[Any]) -> None:
    """The lines of one member add up to the figures of the rules and, with what a group begins with, of the groups."""
    last = max((field for field in (told[0]._fields if told else ()) if field.startswith("part_")), default="")
    rules: dict[str, Decimal] = defaultdict(Decimal)
    counted: dict[str, Decimal] = defaultdict(Decimal)
    codes = {number: code for code, number in rule_ids.items()}
    for row in told:
        if row.held:
            assert row.counted == 0
        if row.rule_id in codes:
            rules[codes[row.rule_id]] += from_hundredths(getattr(row, last))
            counted[codes[row.rule_id]] += from_hundredths(row.counted)
    for code, figure in expected["rules"].items():
        assert rules[code] == figure
    of_group = {rule["code"]: rule["group"] for rule in scheme["rules"]}
    for group in scheme["groups"]:
        begin = oracle.clip(Decimal(group.get("base", "0")), group.get("floor"), group.get("cap"))
        summed = sum((value for code, value in counted.items() if of_group[code] == group["code"]), Decimal(0))
        assert begin + summed == expected["groups"][group["code"]]
