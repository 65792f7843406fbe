"""Working days of the People's Republic of China, with public holidays and make-up working days.

The calendar comes from the ``holidays`` library, which follows the State Council's yearly notice. A
year whose notice is not out yet is reckoned by the law's own holidays, without make-up days.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any

import holidays


@cache
def _calendar() -> Any:
    return holidays.country_holidays("CN")


def is_working_day(day: date) -> bool:
    """Whether offices work on this day."""
    return bool(_calendar().is_working_day(day))


def after(day: date, count: int) -> date:
    """The ``count``-th working day (at least 1) after ``day``; the day itself never counts."""
    if count < 1:
        raise ValueError("at least one working day")
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def before(day: date, count: int) -> date:
    """The ``count``-th working day (at least 1) before ``day``; the day itself never counts."""
    if count < 1:
        raise ValueError("at least one working day")
    while count:
        day -= timedelta(days=1)
        count -= is_working_day(day)
    return day


def between(first: date, last: date) -> int:
    """How many working days lie after ``first``, up to and with ``last``; 0 when last is not later."""
    days = range(max((last - first).days, 0))
    return sum(is_working_day(first + timedelta(days=n + 1)) for n in days)
