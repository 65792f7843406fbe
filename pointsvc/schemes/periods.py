"""Periods, cycles and cap windows as days. Pure.

A cycle is twelve months from the scheme's ``starts_month`` (1, 4, 7 or 10) and bears the year in
which it starts. Months, quarters and halves are those of the calendar; cap windows are counted from
the cycle's first month, so a half of a cycle from April is April to September.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from pointsvc import errors

N_ = errors.N_

STARTS = (1, 4, 7, 10)
WINDOWS = {"month": 1, "quarter": 3, "half": 6, "year": 12, "cycle": 12}

_MONTHS = {"Q": 3, "H": 6}
_NAME = re.compile(r"(\d{4})(?:-(?:(\d{2})|([QH])(\d)))?", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 2000, 2199


@dataclass(frozen=True)
class Period:
    """A named period. A result of it counts from ``cycle_starts_on`` through ``through_on``."""

    name: str
    starts_on: date
    through_on: date
    cycle_starts_on: date


def parse(name: str, starts_month: int) -> Period:
    """The period that '2026-07', '2026-Q3', '2026-H2' or '2026' (the cycle's year) names.

    Raises Invalid under ``period`` for anything else.
    """
    found = _NAME.fullmatch(name)
    if not found or not _FIRST_YEAR <= int(found[1]) <= _LAST_YEAR:
        raise _wrong()
    year = int(found[1])
    if found[2]:
        first, length = int(found[2]), 1
    elif found[3]:
        length = _MONTHS[found[3]]
        first = (int(found[4]) - 1) * length + 1
    else:
        first, length = starts_month, 12
    if not 1 <= first <= 12:
        raise _wrong()
    starts_on = date(year, first, 1)
    through_on = last_day(starts_on, length)
    return Period(name, starts_on, through_on, cycle_start(through_on, starts_month))


def containing(day: date, size: str, starts_month: int) -> Period:
    """The period of this ``size`` (month, quarter, half or year) in which the day lies."""
    if size == "year":
        return parse(f"{cycle_start(day, starts_month).year:04}", starts_month)
    if size == "month":
        return parse(f"{day.year:04}-{day.month:02}", starts_month)
    letter = {"quarter": "Q", "half": "H"}[size]
    return parse(f"{day.year:04}-{letter}{(day.month - 1) // _MONTHS[letter] + 1}", starts_month)


def cycle_start(day: date, starts_month: int) -> date:
    """The first day of the cycle in which the day lies."""
    return date(day.year if day.month >= starts_month else day.year - 1, starts_month, 1)


def cycle_end(day: date, starts_month: int) -> date:
    """The last day of the cycle in which the day lies."""
    return last_day(cycle_start(day, starts_month), 12)


def window(day: date, per: str, starts_month: int) -> int:
    """Which window of this size the day lies in, counted from 0 at the cycle's first month."""
    return (day.month - starts_month) % 12 // WINDOWS[per]


def last_day(first: date, months: int) -> date:
    """The last day of so many months from ``first``, the first day of a month."""
    ahead = first.month - 1 + months
    return date(first.year + ahead // 12, ahead % 12 + 1, 1) - timedelta(days=1)


def _wrong() -> errors.Invalid:
    return errors.Invalid({"period": N_("A period such as 2026-07, 2026-Q3, 2026-H2 or 2026 is needed")})
