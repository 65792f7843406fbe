"""One value, one text: the same as any other program's sorted JSON, and nothing that has two ways to be written."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsvc.seals import canonical

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.dictionaries(
    TEXTS,
    st.recursive(
        TEXTS | st.integers(-(2**53), 2**53) | st.none(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
        max_leaves=12,
    ),
    max_size=8,
)


@given(VALUES)
def test_it_is_the_sorted_json_of_any_program(value: dict[str, Any]) -> None:
    other = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert canonical.written(value) == other


def test_the_order_of_the_keys_does_not_matter() -> None:
    assert canonical.written({"b": 1, "a": {"d": "欧", "c": None}}) == '{"a":{"c":null,"d":"欧"},"b":1}'.encode()


@pytest.mark.parametrize("value", [1.5, True, Decimal("1.50"), b"x", (1,), {1: "x"}, [0.1]])
def test_what_has_two_ways_to_be_written_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"is not a text|no one way"):
        canonical.written({"value": value})


def test_points_and_instants_have_one_form() -> None:
    assert [canonical.points(value) for value in (0, 5, -5, 250, -1205)] == ["0.00", "0.05", "-0.05", "2.50", "-12.05"]
    shanghai = timezone(timedelta(hours=8))
    assert canonical.instant(datetime(2026, 8, 15, 10, 0, tzinfo=shanghai)) == "2026-08-15T02:00:00.000000Z"
    assert canonical.instant(datetime(2026, 8, 15, 2, 0, 0, 7, tzinfo=UTC)) == "2026-08-15T02:00:00.000007Z"
