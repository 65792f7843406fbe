"""Working days: the State Council's holidays and make-up days of 2026, and what holds of any day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsvc import workdays


@pytest.mark.parametrize(
    ("day", "count", "last"),
    [
        (date(2026, 7, 6), 5, date(2026, 7, 13)),
        (date(2026, 7, 10), 1, date(2026, 7, 13)),
        # From the eve of National Day: seven days off, then Saturday the 10th is worked.
        (date(2026, 9, 30), 1, date(2026, 10, 8)),
        (date(2026, 9, 30), 3, date(2026, 10, 10)),
        (date(2026, 9, 30), 4, date(2026, 10, 12)),
    ],
)
def test_holidays_are_passed_over_and_make_up_days_counted(day: date, count: int, last: date) -> None:
    assert workdays.after(day, count) == last
    assert workdays.between(day, last) == count


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 60))
def test_a_later_count_ends_later_and_on_a_working_day(day: date, count: int) -> None:
    last = workdays.after(day, count)
    assert workdays.is_working_day(last)
    assert last - day >= timedelta(days=count)
    assert workdays.after(day, count + 1) > last


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 60))
def test_before_is_after_the_other_way_round(day: date, count: int) -> None:
    first = workdays.before(day, count)
    assert workdays.is_working_day(first)
    assert workdays.between(first, day) == count - (not workdays.is_working_day(day))


def test_no_days_are_no_count() -> None:
    with pytest.raises(ValueError, match="at least one"):
        workdays.before(date(2026, 7, 6), 0)
    with pytest.raises(ValueError, match="at least one"):
        workdays.after(date(2026, 7, 6), 0)
    assert workdays.between(date(2026, 7, 6), date(2026, 7, 1)) == 0
