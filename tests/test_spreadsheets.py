"""Tables come back from their files as they were, and no cell is ever a formula."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from pointsvc import spreadsheets
from pointsvc.errors import Conflict
from pointsvc.imports import delimited
from pointsvc.spreadsheets import Column, Table, write_csv, write_xlsx

COLUMNS = (Column("事由"), Column("日期", "day"), Column("分值", "points"), Column("次序", "count"))
# What PostgreSQL keeps; a workbook writes control characters in letters and takes them back.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)
ROWS = st.lists(
    st.tuples(
        st.none() | TEXTS | st.sampled_from(["=1+1", "-5", "'=x", "''", "@a", "+8", "\t=", "无，“空”；——"]),
        st.none() | st.dates(date(1921, 7, 1), date(2100, 12, 31)),
        st.none() | st.integers(-(10**8), 10**8),
        st.none() | st.integers(0, 10**6),
    ),
    max_size=8,
)


@given(rows=ROWS)
@example(rows=[("a\r\nb", None, None, None), (" x ", None, 1, 0)])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_workbook_says_what_the_table_said(tmp_path: Path, rows: list[Any]) -> None:
    path = tmp_path / "a.xlsx"
    assert write_xlsx(str(path), [Table("表", COLUMNS, iter(rows), title="标题")]) == [len(rows)]
    assert b"<f>" not in zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml")
    title, headings, *found = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert (title[0], headings) == ("标题", [column.heading for column in COLUMNS])
    # An empty row at the end is no row to a spreadsheet.
    found += [[""] * 4] * (len(rows) - len(found))
    for got, (text, day, points, count) in zip(found, rows, strict=True):
        assert got[0] == (text or "")
        assert got[1:] == [day or "", "" if points is None else points / 100, "" if count is None else count]


@given(rows=ROWS)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
@settings(max_examples=60, deadline=None)
def test_a_text_file_says_what_the_table_said(encoding: str, rows: list[Any]) -> None:
    file = io.BytesIO()
    assert write_csv(file, Table("表", COLUMNS, iter(rows)), encoding) == len(rows)
    raw = csv.reader(io.StringIO(file.getvalue().decode(encoding), newline=""))
    assert not [row for row in raw if row[0].startswith(("=", "+", "-", "@", "\t", "\r"))]
    headings, *found = delimited.rows_of(file.getvalue())
    assert headings == [column.heading for column in COLUMNS]
    for got, (text, day, points, count) in zip(found, rows, strict=True):
        assert got[0] == (text or "")
        assert got[1] == (day.isoformat() if day else "")
        assert got[2] == ("" if points is None else f"{points / 100:.2f}")
        assert got[3] == ("" if count is None else str(count))


def test_headings_and_sheets_of_one_name_stay_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    tables = [Table("支部/一", [Column("组"), Column("组")], [("1", "2")]), Table("支部/一", [Column("组")], [])]
    assert write_xlsx(str(path), tables) == [1, 0]
    book = CalamineWorkbook.from_path(path)
    assert book.sheet_names == ["支部 一", "支部 一 (2)"]
    assert book.get_sheet_by_index(0).to_python() == [["组", "组 (2)"], ["1", "2"]]
    assert book.get_sheet_by_index(1).to_python() == [["组"]]


def test_more_rows_than_a_sheet_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MOST_ROWS", 2)
    with pytest.raises(Conflict) as refused:
        write_xlsx(str(tmp_path / "a.xlsx"), [Table("表", [Column("组")], [("1",), ("2",), ("3",)])])
    assert refused.value.code == "too_many_rows"


def test_a_fault_in_the_rows_is_told_and_not_swallowed(tmp_path: Path) -> None:
    def rows() -> Any:
        yield ("1",)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        write_xlsx(str(tmp_path / "a.xlsx"), [Table("表", [Column("组")], rows())])
