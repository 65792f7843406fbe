"""What single cells mean."""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsvc.imports import cells
from pointsvc.imports.cells import CellError

ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(alphabet=st.characters(exclude_categories=())),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (None, ""),
        ("  黎　佳\n", "黎 佳"),
        ("Ｄ０００１２", "D00012"),
        ("受表彰（就高不重复）", "受表彰（就高不重复）"),
        ("a\x00b\x07c", "abc"),
        ("三  会 \t 一课", "三 会 一课"),
        ("零\u200b宽\ufeff", "零宽"),
        (10001.0, "10001"),
        (1.5, "1.5"),
        (0, "0"),
        (date(2026, 7, 5), "2026-07-05"),
        (datetime(2026, 7, 5, 9, 30), "2026-07-05 09:30"),  # noqa: DTZ001 - cells have no zone
        (True, "TRUE"),
    ],
)
def test_text_is_cleaned(raw: object, expected: str) -> None:
    assert cells.text(raw) == expected


@pytest.mark.parametrize(
    ("raw", "part"),
    [
        ("=SUM(A1:A3)", "formula"),
        ("#N/A", "#N/A"),
        ("\ud800", "broken"),
        (float("nan"), "too long"),
        (11010119900101123456.0, "too long"),
        ("长" * 2001, "2000"),
    ],
)
def test_text_that_cannot_be_trusted_is_refused(raw: object, part: str) -> None:
    with pytest.raises(CellError, match=part):
        cells.text(raw)


@given(ANYTHING)
def test_nothing_but_a_cell_error_ever_comes_out(raw: Any) -> None:
    for read in (
        cells.text,
        cells.person_name,
        cells.key,
        cells.day,
        cells.points,
        cells.deduction,
        cells.quantity,
        cells.mark,
        cells.category,
        cells.organisation_kind,
    ):
        with suppress(CellError):
            read(raw)


@given(st.text(max_size=50))
def test_clean_text_stays_as_it_is(raw: str) -> None:
    try:
        once = cells.text(raw)
    except CellError:
        return
    assert once == " ".join(once.split())
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs"} for character in once)
    assert cells.text(once) == once


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("黎　佳", "黎佳"),
        (" 余 洋 志 ", "余洋志"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("阿依古丽 ． 买买提", "阿依古丽·买买提"),
        ("John  Smith", "John Smith"),
        ("𠮷　田", "𠮷田"),
    ],
)
def test_names_lose_the_spaces_between_chinese_characters(raw: str, expected: str) -> None:
    assert cells.person_name(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("12", "12.00"),
        ("-5", "-5.00"),
        ("１.５", "1.50"),
        ("−2", "-2.00"),
        ("+3分", "3.00"),
        ("加2分", "2.00"),
        ("扣0.5分", "-0.50"),
        (1.2, "1.20"),
        (0.1 + 0.2, "0.30"),
        (3, "3.00"),
        (-0.0, "0.00"),
        (".5", "0.50"),
    ],
)
def test_points_are_exact(raw: object, expected: str) -> None:
    found = cells.points(raw)
    assert found == Decimal(expected)
    assert str(found) == expected


@pytest.mark.parametrize("raw", [None, "", "-", "—", "无", "　"])
def test_empty_numbers_are_none(raw: object) -> None:
    assert cells.points(raw) is None
    assert cells.quantity(raw) is None
    assert cells.day(raw) is None


@pytest.mark.parametrize(
    "raw",
    [
        2.6e-42, float("nan"), float("inf"), 1e308, 10**400, True, "1.234", 1.234, "1e3", "两分", "12,5",
        "=1+1", date(2026, 7, 5), "1" * 5000, "NaN", "0x10", "1_000", "#VALUE!", "加",
    ],
)  # fmt: skip
def test_what_is_no_number_of_points_is_refused(raw: object) -> None:
    with pytest.raises(CellError):
        cells.points(raw)


@given(st.decimals(min_value=-99999, max_value=99999, places=2))
def test_points_come_back_from_every_writing(number: Decimal) -> None:
    assert cells.points(str(number)) == number
    assert cells.points(float(number)) == number
    assert cells.points(f" {number}分 ") == number


def test_deductions_are_negative_however_they_are_written() -> None:
    assert [cells.deduction(raw) for raw in ("2", -2, "扣2分", None)] == [-2, -2, -2, None]


def test_quantities_are_positive_and_may_carry_their_unit() -> None:
    assert cells.quantity("２") == 2
    assert cells.quantity("1.5小时", unit="小时") == Decimal("1.5")
    assert cells.quantity(3.0, integer_only=True) == 3


@pytest.mark.parametrize(
    ("raw", "part"),
    [("0", "zero"), (-1, "zero"), ("1.234", "decimals"), ("2件", "not a number"), ("30分钟", "not a number")],
)
def test_other_quantities_are_refused(raw: object, part: str) -> None:
    with pytest.raises(CellError, match=part):
        cells.quantity(raw, unit="小时")


def test_half_a_time_is_refused_where_whole_numbers_are_meant() -> None:
    with pytest.raises(CellError, match="whole number"):
        cells.quantity("1.5", integer_only=True)


@pytest.mark.parametrize(
    ("marks", "meaning"),
    [
        (
            ["✓", "√", "✔", "✔️", "☑", "v", "V", "1", "１", 1, 1.0, True, "到", "出席", "是", "○", "已到", " √ "],
            "present",
        ),
        (["迟到", "晚到", "早退", "▲", "迟 到"], "late"),
        (["请假", "假", "事假", "病假", "公差", "△", "请假（出差）", "请假(病)"], "leave"),
        (["×", "✗", "x", "X", "缺", "缺席", "旷", "0", 0, 0.0, False, "否"], "absent"),
        (["", None, "-", "—", "　", "/"], None),
    ],
)
def test_attendance_marks(marks: list[object], meaning: str | None) -> None:
    assert [cells.mark(written) for written in marks] == [meaning] * len(marks)


@pytest.mark.parametrize("raw", ["√（迟到）", "谢怡", "2", "到？x", "o", "=A1"])
def test_unknown_marks_are_named_and_refused(raw: str) -> None:
    with pytest.raises(CellError) as caught:
        cells.mark(raw)
    assert raw == "=A1" or raw in str(caught.value)


@pytest.mark.parametrize("raw", [time(9, 30), timedelta(hours=30)])
def test_times_are_neither_days_nor_numbers(raw: object) -> None:
    for read in (cells.day, cells.points, cells.quantity):
        with pytest.raises(CellError):
            read(raw)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("正式党员", "regular"), ("正式", "regular"), ("中共党员", "regular"), ("在职党员", "regular"),
        ("预备党员", "probationary"), ("中共预备党员", "probationary"), ("预备", "probationary"),
        ("流动党员", "floating"), ("流动党员（流出）", "floating"), ("外出务工党员", "floating"),
        ("离退休党员", "retired"), ("退休", "retired"), ("正式党员（离退休）", "retired"), (" 离 退 休 ", "retired"),
        ("困难党员", "困难党员"), ("", ""),
    ],
)  # fmt: skip
def test_member_categories(raw: str, code: str) -> None:
    assert cells.category(raw) == code


@pytest.mark.parametrize(
    ("raw", "name", "kind"),
    [
        ("区委", "", "district"), ("县委", "", "district"), ("街道党工委", "", "street"), ("街道", "", "street"),
        ("乡镇党委", "", "township"), ("镇党委", "", "township"), ("机关工委", "", "office"),
        ("机关党委", "", "office"), ("两新", "", "enterprise"), ("企业", "", "enterprise"),
        ("社区党委", "", "community"), ("党总支", "", "community"), ("村党总支", "", "village"),
        ("党支部", "", "branch"),
        ("", "青山街道中坊社区第1党支部", "branch"), ("", "白鹭镇党委", "township"), ("", "云溪区委", "district"),
        ("", "区直机关党委", "office"), ("", "东湖村党总支", "village"), ("基层组织", "中坊社区党总支", "community"),
    ],
)  # fmt: skip
def test_organisation_kinds_by_word_or_by_name(raw: str, name: str, kind: str) -> None:
    assert cells.organisation_kind(raw, name) == kind


def test_an_unknown_kind_of_organisation_is_refused() -> None:
    with pytest.raises(CellError, match="兴趣小组"):
        cells.organisation_kind("兴趣小组", "书法社")
