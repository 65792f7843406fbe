"""Dates in every form in which offices write them."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from pointsvc.errors import N_
from pointsvc.imports.texts import CellError, is_nothing, shown, text

# Nobody joined before the founding; nothing is tallied from before computers came to offices.
EARLIEST_JOINED = date(1921, 7, 1)
EARLIEST_OCCURRED = date(2000, 1, 1)

_YEARS = range(1900, 2101)
_EPOCH = date(1899, 12, 30)
_SERIALS = range((date(1921, 1, 1) - _EPOCH).days, (date(2101, 1, 1) - _EPOCH).days)

_SEP = r"\s*[./,、。·\\—–−-]\s*"
_WEEKDAY = re.compile(r"[(\[]?\s*(?:星期|周|礼拜)[一二三四五六日天末1-7]\s*[)\]]?")
_HALF = r"(?:上午|下午|中午|晚上|晚|早上|全天)"
_CLOCK = r"\d{1,2}(?::\d{1,2}(?::\d{1,2}(?:\.\d+)?)?|[时点](?:\d{1,2}分?|半)?)"
_MEASURE = r"(?!\s*(?:小时|学时|分|次|元|%))"
_TAIL = rf"\s*(?:{_HALF}|(?:T|(?<=\s)|{_HALF}\s*){_CLOCK})?\s*"
_FULL = rf"(\d{{4}})(?:{_SEP}|\s*年\s*)(\d{{1,2}})(?:{_SEP}|\s*月\s*)(\d{{1,2}})\s*[日号]?"
_MONTH_DAY = rf"(\d{{1,2}})(?:{_SEP}|\s*月\s*)(\d{{1,2}})\s*[日号]?"

_YMD = re.compile(_FULL + _TAIL)
_YM = re.compile(rf"(\d{{4}})(?:{_SEP}|\s*年\s*)(\d{{1,2}})\s*(?:月份?)?")
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})?")
_MD = re.compile(_MONTH_DAY + _TAIL)
_M = re.compile(r"(\d{1,2})\s*月份?")
_Y = re.compile(r"(\d{4})\s*年?")
_SERIAL = re.compile(r"(?:[789]\d{3}|\d{5})(?:\.\d+)?")

_IN_HEADING = re.compile(rf"(?<![\d.])(?:{_FULL}|{_MONTH_DAY}|(\d{{4}})(\d\d)(\d\d))(?!\d){_MEASURE}")
_ORDINAL = re.compile(r"第\s*\d{1,3}\s*[次期场回]")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:(?:0[1-9]|1[0-2])(?:[0-3]\d)?)?(?!\d)")

_DIGIT = {c: str(i) for i, c in enumerate("〇一二三四五六七八九")} | {"零": "0", "○": "0"}
_NUMERAL = re.compile(r"[〇零○一二三四五六七八九十廿卅]+(?=\s*[年月日号次期场回])")


class Dated(NamedTuple):
    """A heading taken apart: the day if the year is known, and the words around the date."""

    day: date | None
    words: str


def day(
    value: object,
    *,
    year_hint: int | None = None,
    first_of_month: bool = True,
    earliest: date = EARLIEST_JOINED,
    latest: date | None = None,
) -> date | None:
    """The calendar day that a cell means; None for an empty cell.

    ``year_hint`` completes 7月5日; ``first_of_month`` lets 2026年7月 and 1975.3 mean the first.
    Raises CellError when the cell is no day, could be two different days, or lies outside
    ``earliest`` to ``latest`` (both allowed).
    """
    found = _found(value, year_hint, first_of_month)
    if found is None:
        return None
    if found < earliest:
        raise CellError(N_("The date %(day)s is before %(limit)s"), day=found.isoformat(), limit=str(earliest))
    if latest is not None and found > latest:
        raise CellError(N_("The date %(day)s is after %(limit)s"), day=found.isoformat(), limit=str(latest))
    return found


def year_in(content: str) -> int | None:
    """The year that a title or a file name speaks of; None when it names none, or several."""
    years = {int(year) for year in _YEAR.findall(_plain(content))}
    return years.pop() if len(years) == 1 else None


def dated(heading: object, year_hint: int | None) -> Dated | None:
    """Take ``7月5日主题党日`` apart; None when the heading holds no date, or more than one.

    The day is None when the heading has no year and no ``year_hint`` is given.
    Raises CellError for a date that the calendar does not have.
    """
    if isinstance(heading, date):
        return Dated(heading.date() if isinstance(heading, datetime) else heading, "")
    if not isinstance(heading, str):
        return None
    content = _plain(heading)
    found = list(_IN_HEADING.finditer(content))
    if len(found) != 1:
        return None
    groups = found[0].groups()
    parts = [g for g in groups if g is not None]
    words = _around(content, found[0])
    if len(parts) == 3:
        return Dated(_calendar(*parts), words)
    if year_hint is None:
        return Dated(None, words)
    return Dated(_calendar(year_hint, *parts), words)


def _around(content: str, found: re.Match[str]) -> str:
    rest = _ORDINAL.sub(" ", content[: found.start()] + " " + content[found.end() :])
    rest = re.sub(rf"{_CLOCK}|{_HALF}", " ", rest)
    return re.sub(r"[\W_]+", "", rest)


def _found(value: object, year_hint: int | None, first_of_month: bool) -> date | None:
    if isinstance(value, str):
        return _parsed(value, year_hint, first_of_month)
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_number(value, first_of_month)
    if value is None:
        return None
    raise CellError(N_("“%(value)s” is not a date"), value=shown(value))


@lru_cache(maxsize=1 << 15)
def _parsed(value: str, year_hint: int | None, first_of_month: bool) -> date | None:
    if is_nothing(value):
        return None
    content = _plain(text(value))
    if match := _YMD.fullmatch(content) or _packed(content):
        return _calendar(*match.groups())
    if match := _YM.fullmatch(content) or _PACKED.fullmatch(content):
        return _first(match[1], match[2], first_of_month)
    if year_hint is not None and (match := _MD.fullmatch(content)):
        return _calendar(year_hint, *match.groups())
    if year_hint is not None and (match := _M.fullmatch(content)):
        return _first(year_hint, match[1], first_of_month)
    return _last_resort(content, value)


def _last_resort(content: str, value: str) -> date:
    if _SERIAL.fullmatch(content):
        return _from_serial(float(content))
    if _Y.fullmatch(content):
        raise CellError(N_("“%(value)s” has no month"), value=shown(value))
    if _MD.fullmatch(content) or _M.fullmatch(content):
        raise CellError(N_("“%(value)s” has no year"), value=shown(value))
    raise CellError(N_("“%(value)s” is not a date"), value=shown(value))


def _packed(content: str) -> re.Match[str] | None:
    match = _PACKED.fullmatch(content)
    return match if match and match[3] else None


def _plain(content: str) -> str:
    """Narrow digits, no weekday, Chinese numerals as digits (二〇二六年七月五日)."""
    content = unicodedata.normalize("NFKC", content)
    return _NUMERAL.sub(_numeral, _WEEKDAY.sub(" ", content)).strip()


def _numeral(match: re.Match[str]) -> str:
    run = match[0].replace("廿", "二十").replace("卅", "三十")
    tens, ten, ones = run.partition("十")
    if not ten:
        return "".join(_DIGIT[c] for c in run)
    if len(tens) > 1 or len(ones) > 1:
        return run
    return (_DIGIT[tens] if tens else "1") + (_DIGIT[ones] if ones else "0")


def _from_number(value: int | float, first_of_month: bool) -> date:
    if value != value or value < 0 or value > 99_999_999:
        raise CellError(N_("“%(value)s” is not a date"), value=shown(value))
    if value in _YEARS:
        raise CellError(N_("“%(value)s” has no month"), value=int(value))
    if _YEARS.start <= value < _YEARS.stop:
        return _from_year_and_month(float(value), first_of_month)
    if value == int(value) and (match := _PACKED.fullmatch(str(int(value)))):
        if match[3]:
            return _calendar(*match.groups())
        return _first(match[1], match[2], first_of_month)
    return _from_serial(value)


def _from_year_and_month(value: float, first_of_month: bool) -> date:
    """1975.3 in a number cell. 1975.1 may have been typed as 1975.10, so it is asked about."""
    year, _, month = f"{value:.15g}".partition(".")
    if month == "1":
        raise CellError(
            N_("“%(value)s” may mean January or October; write %(year)s-01 or %(year)s-10"),
            value=f"{value:.15g}",
            year=year,
        )
    if len(month) > 2:
        raise CellError(N_("“%(value)s” is not a date"), value=shown(value))
    return _first(year, month, first_of_month)


def _from_serial(value: float) -> date:
    if int(value) not in _SERIALS:
        raise CellError(N_("“%(value)s” is not a date"), value=shown(value))
    return _EPOCH + timedelta(days=int(value))


def _first(year: int | str, month: str, first_of_month: bool) -> date:
    if not first_of_month:
        raise CellError(N_("“%(value)s” has no day"), value=f"{year}-{month}")
    return _calendar(year, month, 1)


def _calendar(year: int | str, month: int | str, of_month: int | str) -> date:
    try:
        return date(int(year), int(month), int(of_month))
    except ValueError:
        raise CellError(N_("There is no such day as %(value)s"), value=f"{year}-{month}-{of_month}") from None
