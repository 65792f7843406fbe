"""The fine points of each step, by figures that one can reckon in one's head."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from pointsvc.tallies import statements
from tests.tallies import books

CODES = ("a", "b", "c")
THROUGH = date(2026, 12, 31)


@pytest.fixture(autouse=True)
def rule_ids(app: Flask) -> dict[str, int]:
    """Three rules and one member."""
    return books.open_book(CODES, ["M1"])


def kept(
    rule_ids: dict[str, int], rules: list[dict[str, Any]], entries: list[tuple[Any, ...]], month: int = 1
) -> tuple[set[int], dict[str, str]]:
    """Which entries (id, rule, points, day, matter) count, and what each rule comes to."""
    scheme = {
        "name": "n",
        "cycle": {"starts_month": month},
        "groups": [{"code": "g", "name": "g"}],
        "rules": [{"group": "g", "name": "r", "points": "1", **rule} for rule in rules],
    }
    books.add(
        [
            {
                "id": number,
                "member": 1,
                "rule": rule,
                "points": Decimal(points),
                "occurred_on": date.fromisoformat(day),
                "recorded_at": datetime(2027, 1, 1, tzinfo=UTC),
                "matter": matter,
            }
            for number, rule, points, day, matter in entries
        ],
        rule_ids,
    )
    cycle = date(2026, month, 1)
    known = {rule["code"]: rule_ids[rule["code"]] for rule in rules}
    sheet = statements.Sheet(scheme, known, cycle)
    through = THROUGH if month == 1 else date(2027, month, 1)
    rows = books.lines(sheet, {1: "regular"}, through, None)
    figures = books.figures(sheet, {1: "regular"}, through, None)[1]
    return {row.id for row in rows if not row.held}, {code: str(value) for code, value in figures["rules"].items()}


HIGHEST = {"highest_only": True}


def test_of_one_matter_the_highest_counts_across_rules(rule_ids: dict[str, int]) -> None:
    rules = [{"code": "a", **HIGHEST}, {"code": "b", **HIGHEST}, {"code": "c"}]
    entries = [
        (1, "a", "3", "2026-01-05", "flood"),
        (2, "b", "8", "2026-11-05", "flood"),
        (3, "c", "9", "2026-02-05", "flood"),
        (4, "a", "2", "2026-03-05", None),
        (5, "a", "2", "2026-03-05", None),
        (6, "a", "1", "2026-03-05", ""),
    ]
    assert kept(rule_ids, rules, entries) == ({2, 3, 4, 5, 6}, {"a": "5.00", "b": "8.00", "c": "9.00"})


@pytest.mark.parametrize(
    ("entries", "winner"),
    [
        ([(1, "a", "3", "2026-02-05", "m"), (2, "a", "3", "2026-01-05", "m")], 2),
        ([(2, "a", "3", "2026-01-05", "m"), (1, "a", "3", "2026-01-05", "m")], 1),
        ([(1, "a", "-3", "2026-01-05", "m"), (2, "a", "-1", "2026-02-05", "m")], 2),
    ],
    ids=["earliest day", "smallest id", "the highest, not the largest"],
)
def test_ties_of_a_matter(rule_ids: dict[str, int], entries: list[tuple[Any, ...]], winner: int) -> None:
    assert kept(rule_ids, [{"code": "a", **HIGHEST}], entries)[0] == {winner}


@pytest.mark.parametrize(
    ("entries", "winner"),
    [
        ([(1, "a", "1", "2026-01-09", None), (2, "a", "1", "2026-01-05", None)], 2),
        ([(2, "a", "1", "2026-01-05", None), (1, "a", "1", "2026-01-05", None)], 1),
        ([(1, "a", "2", "2026-01-05", None), (2, "a", "-3", "2026-01-09", None)], 2),
    ],
    ids=["earliest day", "smallest id", "the largest, whatever its sign"],
)
def test_ties_of_a_cap_of_times(rule_ids: dict[str, int], entries: list[tuple[Any, ...]], winner: int) -> None:
    rules = [{"code": "a", "caps": [{"per": "month", "times": 1}]}]
    assert kept(rule_ids, rules, entries)[0] == {winner}


def test_caps_of_times_work_from_the_shortest_window_on(rule_ids: dict[str, int]) -> None:
    rules = [{"code": "a", "caps": [{"per": "quarter", "times": 2}, {"per": "month", "times": 1}]}]
    entries = [
        (1, "a", "5", "2026-01-05", None),
        (2, "a", "4", "2026-01-06", None),
        (3, "a", "1", "2026-02-05", None),
        (4, "a", "2", "2026-03-05", None),
    ]
    assert kept(rule_ids, rules, entries) == ({1, 4}, {"a": "7.00"})


def test_caps_of_points_work_from_the_shortest_window_on(rule_ids: dict[str, int]) -> None:
    rules = [{"code": "a", "caps": [{"per": "year", "points": "7"}, {"per": "month", "points": "4"}]}]
    entries = [
        (1, "a", "6", "2026-01-05", None),
        (2, "a", "-6", "2026-02-05", None),
        (3, "a", "4", "2026-03-05", None),
        (4, "a", "4", "2026-04-05", None),
        (5, "a", "4", "2026-05-05", None),
    ]
    # 4 − 4 + 4 + 4 + 4 is 12, and the year lets 7 through.
    assert kept(rule_ids, rules, entries)[1] == {"a": "7.00"}


@pytest.mark.parametrize("order", [1, -1])
def test_of_a_year_and_a_cycle_the_tighter_cap_decides(rule_ids: dict[str, int], order: int) -> None:
    caps = [{"per": "year", "points": "3"}, {"per": "cycle", "points": "2"}][::order]
    assert kept(rule_ids, [{"code": "a", "caps": caps}], [(1, "a", "9", "2026-01-05", None)])[1] == {"a": "2.00"}


def test_windows_are_counted_from_the_cycles_first_month(rule_ids: dict[str, int]) -> None:
    rules = [{"code": "a", "caps": [{"per": "half", "points": "2"}]}]
    entries = [
        (1, "a", "1", "2026-04-01", None),
        (2, "a", "1", "2026-09-30", None),
        (3, "a", "1", "2026-10-01", None),
        (4, "a", "1", "2027-03-31", None),
        (5, "a", "1", "2026-03-31", None),
    ]
    assert kept(rule_ids, rules, entries, month=4)[1] == {"a": "4.00"}


def test_a_rule_whose_entries_were_all_taken_back_is_not_there(rule_ids: dict[str, int]) -> None:
    entries = [(1, "a", "3", "2026-01-05", None), (2, "b", "4", "2026-01-05", None)]
    kept(rule_ids, [{"code": "a"}, {"code": "b"}], entries)
    back = {"id": 3, "member": 1, "rule": "a", "points": Decimal(-3), "occurred_on": date(2026, 1, 5), "reverses": 1}
    books.add([back | {"recorded_at": datetime(2027, 1, 2, tzinfo=UTC)}], rule_ids)
    assert kept(rule_ids, [{"code": "a"}, {"code": "b"}], []) == ({2}, {"b": "4.00"})


def test_hundreds_of_groups_and_rules_are_no_matter(rule_ids: dict[str, int]) -> None:
    groups = [{"code": f"g{n}", "name": "g", "base": "1"} for n in range(500)]
    rules = [{"code": f"r{n}", "group": f"g{n}", "name": "r", "points": "1"} for n in range(500)]
    scheme = {"name": "n", "cycle": {"starts_month": 1}, "groups": groups, "rules": rules}
    sheet = statements.Sheet(scheme, {f"r{n}": 1000 + n for n in range(500)}, date(2026, 1, 1))
    assert books.figures(sheet, {1: "regular"}, THROUGH, None)[1]["total"] == Decimal(500)
