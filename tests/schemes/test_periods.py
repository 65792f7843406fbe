"""Periods, cycles and windows as days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsvc.errors import Invalid
from pointsvc.schemes import periods

days = st.dates(date(2000, 1, 1), date(2199, 12, 31))
starts = st.sampled_from(periods.STARTS)
sizes = st.sampled_from(["month", "quarter", "half", "year"])


@pytest.mark.parametrize(
    ("name", "starts_month", "first", "last", "cycle"),
    [
        ("2026-07", 1, date(2026, 7, 1), date(2026, 7, 31), date(2026, 1, 1)),
        ("2024-02", 1, date(2024, 2, 1), date(2024, 2, 29), date(2024, 1, 1)),
        ("2026-Q3", 1, date(2026, 7, 1), date(2026, 9, 30), date(2026, 1, 1)),
        ("2026-Q3", 7, date(2026, 7, 1), date(2026, 9, 30), date(2026, 7, 1)),
        ("2026-Q2", 7, date(2026, 4, 1), date(2026, 6, 30), date(2025, 7, 1)),
        ("2026-H1", 4, date(2026, 1, 1), date(2026, 6, 30), date(2026, 4, 1)),
        ("2026-H2", 10, date(2026, 7, 1), date(2026, 12, 31), date(2026, 10, 1)),
        ("2026", 1, date(2026, 1, 1), date(2026, 12, 31), date(2026, 1, 1)),
        ("2026", 7, date(2026, 7, 1), date(2027, 6, 30), date(2026, 7, 1)),
    ],
)
def test_a_name_says_which_days(name: str, starts_month: int, first: date, last: date, cycle: date) -> None:
    assert periods.parse(name, starts_month) == periods.Period(name, first, last, cycle)


@pytest.mark.parametrize(
    "name",
    ["", "2026-13", "2026-00", "2026-Q0", "2026-Q5", "2026-H3", "2026Q3", "2026-q3", "26", "1999", "2200", "2026-7",
     "２０２６", " 2026", "2026\n", "2026-Q3-1"],
)  # fmt: skip
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        periods.parse(name, 1)
    assert list(refused.value.errors) == ["period"]


@given(days, sizes, starts)
def test_the_period_of_a_day_contains_it(day: date, size: str, starts_month: int) -> None:
    try:
        period = periods.containing(day, size, starts_month)
    except Invalid:
        assert size == "year"
        assert day < date(2000, starts_month, 1)
        return
    assert period.starts_on <= day <= period.through_on
    assert periods.parse(period.name, starts_month) == period


@given(days, starts)
def test_a_cycle_is_twelve_months_and_holds_its_days(day: date, starts_month: int) -> None:
    first, last = periods.cycle_start(day, starts_month), periods.cycle_end(day, starts_month)
    assert first <= day <= last
    assert (first.month, first.day) == (starts_month, 1)
    assert periods.cycle_start(last + timedelta(days=1), starts_month) == last + timedelta(days=1)


@given(days, starts, st.sampled_from(list(periods.WINDOWS)))
def test_windows_are_counted_from_the_first_month_of_the_cycle(day: date, starts_month: int, per: str) -> None:
    number = periods.window(day, per, starts_month)
    assert 0 <= number < 12 // periods.WINDOWS[per]
    first = periods.cycle_start(day, starts_month)
    assert number == ((day.year - first.year) * 12 + day.month - first.month) // periods.WINDOWS[per]


@given(days, starts)
def test_each_window_lies_within_one_of_the_next_size(day: date, starts_month: int) -> None:
    numbers = {per: periods.window(day, per, starts_month) for per in periods.WINDOWS}
    assert numbers["quarter"] == numbers["month"] // 3
    assert numbers["half"] == numbers["quarter"] // 2
    assert numbers["year"] == numbers["cycle"] == 0
