"""What hours are worth by a rule, and the kinds of posts, by example and by hypothesis."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsvc.checkins import worth
from pointsvc.schemes import document as documents

BY_HOUR = {"points": "1.2", "unit": "小时"}
BY_TIME = {"points": "2", "unit": "次"}


@pytest.mark.parametrize(
    ("rule", "hours", "points"),
    [(BY_HOUR, "2.5", "3.00"), (BY_HOUR, "0.5", "0.60"), (BY_TIME, "2.5", "2.00"), ({"points": "3"}, "0.5", "3.00")],
)
def test_hours_count_where_the_rule_counts_hours(rule: dict[str, Any], hours: str, points: str) -> None:
    assert documents.worth(rule, worth.quantity(rule, Decimal(hours))) == Decimal(points)


@pytest.mark.parametrize(
    ("rule", "counted"),
    [
        (BY_HOUR, True),
        (BY_HOUR | {"applies_to": ["regular"]}, True),
        (BY_HOUR | {"applies_to": ["retired"]}, False),
        ({"range": ["1", "3"]}, False),
        ({"tiers": [{"code": "a", "name": "A", "points": "1"}]}, False),
        ({"points": "0", "kind": "veto"}, False),
        ({}, False),
    ],
)
def test_only_a_rule_that_asks_for_no_choice_counts_by_itself(rule: dict[str, Any], counted: bool) -> None:
    assert worth.counts(rule, "regular") is counted


@given(st.decimals("0.01", "24", places=2))
def test_any_hours_are_worth_something_by_any_rule_that_counts(hours: Decimal) -> None:
    for rule in (BY_HOUR, BY_TIME, {"points": "1", "unit": "件"}):
        assert documents.worth(rule, worth.quantity(rule, hours)) > 0


def test_the_usual_kinds_are_eight() -> None:
    assert len(worth.kinds("")) == len(worth.kinds(worth.KINDS)) == 8


@given(st.lists(st.text("岗位服务", min_size=1, max_size=6), min_size=1, unique=True), st.sampled_from("、，, ;；"))
def test_a_districts_own_kinds_are_read_whatever_stands_between(names: list[str], between: str) -> None:
    assert worth.kinds(between.join(names)) == names
