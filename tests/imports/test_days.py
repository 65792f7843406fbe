"""Dates in every form in which offices write them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsvc.imports.cells import EARLIEST_OCCURRED, CellError, day
from pointsvc.imports.days import dated, year_in

FIFTH = date(2026, 7, 5)
WIDE = str.maketrans("0123456789./-", "０１２３４５６７８９．／－")
DIGITS = "〇一二三四五六七八九"


def chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else DIGITS[tens] + "十") + (
        DIGITS[ones] if ones or not tens else ""
    )


FORMS: dict[str, Callable[[date], object]] = {
    "date": lambda d: d,
    "datetime": lambda d: datetime(d.year, d.month, d.day, 9, 30),  # noqa: DTZ001 - cells have no zone
    "serial": lambda d: (d - date(1899, 12, 30)).days,
    "serial with time": lambda d: (d - date(1899, 12, 30)).days + 0.5,
    "serial as text": lambda d: str((d - date(1899, 12, 30)).days),
    "iso": lambda d: d.isoformat(),
    "iso with time": lambda d: f"{d.isoformat()}T09:30:00",
    "with seconds": lambda d: f"{d.isoformat()} 09:30:15",
    "slashes": lambda d: f"{d.year}/{d.month}/{d.day}",
    "dots": lambda d: f"{d.year}.{d.month}.{d.day}",
    "padded dots": lambda d: f"{d:%Y.%m.%d}",
    "full width": lambda d: f"{d.year}.{d.month}.{d.day}".translate(WIDE),
    "full width slashes": lambda d: f"{d.year}/{d.month}/{d.day}".translate(WIDE),
    "chinese": lambda d: f"{d.year}年{d.month}月{d.day}日",
    "chinese with hao": lambda d: f"{d.year}年{d.month:02}月{d.day:02}号",
    "spaced": lambda d: f" {d.year} 年 {d.month} 月 {d.day} 日 ",
    "weekday": lambda d: f"{d.year}年{d.month}月{d.day}日（星期{'一二三四五六日'[d.weekday()]}）",
    "short weekday": lambda d: f"{d.year}.{d.month}.{d.day} 周{'一二三四五六日'[d.weekday()]}",
    "half a day": lambda d: f"{d.year}年{d.month}月{d.day}日上午",
    "hour": lambda d: f"{d.year}年{d.month}月{d.day}日下午3点半",
    "packed": lambda d: f"{d:%Y%m%d}",
    "packed number": lambda d: float(f"{d:%Y%m%d}"),
    "numerals": lambda d: f"{''.join(DIGITS[int(c)] for c in str(d.year))}年{chinese(d.month)}月{chinese(d.day)}日",
}


@pytest.mark.parametrize("form", FORMS)
@given(when=st.dates(date(1921, 7, 1), date(2099, 12, 31)))
def test_a_day_comes_back_from_every_form(form: str, when: date) -> None:
    assert day(FORMS[form](when)) == when


@given(when=st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_month_and_day_are_completed_by_the_year(when: date) -> None:
    for written in (f"{when.month}月{when.day}日", f"{when.month}/{when.day}", f"{when.month}.{when.day}"):
        assert day(written, year_hint=when.year) == when


@pytest.mark.parametrize(
    ("raw", "first"),
    [
        ("1975.3", date(1975, 3, 1)),
        (1975.3, date(1975, 3, 1)),
        (2019.11, date(2019, 11, 1)),
        ("１９７２.０２", date(1972, 2, 1)),
        ("1985.10", date(1985, 10, 1)),
        ("1975.1", date(1975, 1, 1)),
        ("2026年7月", date(2026, 7, 1)),
        ("2026年7月份", date(2026, 7, 1)),
        ("2026-07", date(2026, 7, 1)),
        ("197503", date(1975, 3, 1)),
        (197503, date(1975, 3, 1)),
        ("二〇二六年七月", date(2026, 7, 1)),
        ("一九七五年十二月", date(1975, 12, 1)),
    ],
)
def test_a_month_means_its_first_day_where_that_is_allowed(raw: object, first: date) -> None:
    assert day(raw) == first
    with pytest.raises(CellError, match="no day"):
        day(raw, first_of_month=False)


@pytest.mark.parametrize(
    ("raw", "part"),
    [
        ("2026-02-30", "no such day"),
        ("2026.13.1", "no such day"),
        ("1900-01-01", "before 1921-07-01"),
        ("1921-06-30", "before 1921-07-01"),
        (1, "not a date"),
        ("1975", "no month"),
        (1975, "no month"),
        (1975.1, "January or October"),
        ("7月5日", "no year"),
        ("7.5", "no year"),
        ("26.7.5", "not a date"),
        ("7/5/2026", "not a date"),
        ("2026.7.5-7.8", "not a date"),
        ("2026年7月5日入党", "not a date"),
        ("去年", "not a date"),
        ("=TODAY()", "formula"),
        (True, "not a date"),
        (-5, "not a date"),
        (float("nan"), "not a date"),
        (float("inf"), "not a date"),
        (10**400, "not a date"),
        (1975.123, "not a date"),
    ],
)
def test_what_is_no_single_day_is_refused(raw: object, part: str) -> None:
    with pytest.raises(CellError, match=part):
        day(raw)


def test_the_limits_are_the_callers() -> None:
    assert day("2000-01-01", earliest=EARLIEST_OCCURRED) == date(2000, 1, 1)
    with pytest.raises(CellError, match="before 2000-01-01"):
        day("1999-12-31", earliest=EARLIEST_OCCURRED)
    assert day("2026-07-05", latest=FIFTH) == FIFTH
    with pytest.raises(CellError, match="after 2026-07-05"):
        day("2026-07-06", latest=FIFTH)


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("7月5日主题党日", "主题党日"),
        ("主题党日（7月5日）", "主题党日"),
        ("主题党日7.5", "主题党日"),
        ("2026-07-05 主题党日", "主题党日"),
        ("第1次 7月5日（周日）主题党日", "主题党日"),
        ("7月5日\n主题党日", "主题党日"),
        ("七月五日主题党日", "主题党日"),
        ("20260705主题党日", "主题党日"),
        ("7月5日上午9:00主题党日", "主题党日"),
        ("７月５日", ""),
        ("07/05", ""),
    ],
)
def test_headings_are_taken_apart_into_day_and_words(heading: str, words: str) -> None:
    assert dated(heading, 2026) == (FIFTH, words)


@pytest.mark.parametrize("heading", ["姓名", "备注", "7月", "学习2.5小时", "7月5日至7月8日", "第3次", "", None, 3.0])
def test_other_headings_have_no_day(heading: object) -> None:
    assert dated(heading, 2026) is None


def test_a_heading_without_a_year_has_no_day_yet() -> None:
    assert dated("7月5日主题党日", None) == (None, "主题党日")


def test_a_heading_with_a_day_that_does_not_exist_is_refused() -> None:
    with pytest.raises(CellError, match="2026-2-30"):
        dated("2月30日主题党日", 2026)


@pytest.mark.parametrize(
    ("title", "year"),
    [
        ("青山街道2026年第三季度组织生活签到表", 2026),
        ("签到表202607", 2026),
        ("20260705主题党日签到", 2026),
        ("二〇二六年第三季度", 2026),
        ("2025—2026年度", None),
        ("签到表", None),
        ("0731-88202611", None),
    ],
)
def test_the_year_of_a_title(title: str, year: int | None) -> None:
    assert year_in(title) == year
