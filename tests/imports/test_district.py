"""The district as its offices keep it: every real row is seen and understood."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from pointsvc.imports import cells
from pointsvc.imports.columns import Recognition, recognise
from pointsvc.imports.days import year_in
from pointsvc.imports.headings import Kind
from pointsvc.imports.rows import Row, rows
from pointsvc.imports.workbook import read

DISTRICT = Path(__file__).parents[1] / "data" / "district"
EXPECTED = json.loads((DISTRICT / "expected-2026-Q3.json").read_text(encoding="utf-8"))["counts"]


def walked(filename: str, kind: Kind) -> tuple[dict[str, Recognition], list[Row]]:
    book = read((DISTRICT / filename).read_bytes(), filename)
    found = {sheet.name: recognise(sheet, kind, year_hint=year_in(filename)) for sheet in book.sheets}
    assert all(recognition.complete for recognition in found.values())
    return found, list(rows(book, kind, found))


def test_the_organisations() -> None:
    _, found = walked("组织架构.xlsx", "organisations")
    assert len(found) == EXPECTED["organisations"] == 43
    kinds = Counter(cells.organisation_kind(row.cells["kind"]) for row in found)
    assert kinds == {"district": 1, "street": 2, "township": 2, "office": 1, "branch": EXPECTED["branches"]}
    names = {cells.key(row.cells["name"]) for row in found}
    assert {cells.key(row.cells["parent"]) for row in found} - names == {""}


def test_the_roster() -> None:
    sheets, found = walked("党员花名册.xlsx", "members")
    assert len(sheets) == 5
    assert len(found) == EXPECTED["members"] == 718
    assert Counter(cells.category(row.cells["category"]) for row in found) == EXPECTED["by_category"]
    assert all(cells.day(row.cells["joined_on"]) for row in found)
    branches = {cells.text(row.cells["organisation"]) for row in found}
    assert len(branches) == EXPECTED["branches"]
    assert not any(" " in cells.person_name(row.cells["name"]) for row in found)


def test_the_declared_points() -> None:
    _, found = walked("2026年三季度积分申报.csv", "entries")
    assert len(found) == EXPECTED["declared_rows"] == 1023
    days = [cells.day(row.cells["occurred_on"], earliest=cells.EARLIEST_OCCURRED) for row in found]
    assert {(day.year, (day.month - 1) // 3) for day in days if day} == {(2026, 2)}
    assert Counter(cells.quantity(row.cells["quantity"]) is None for row in found) == {True: 403, False: 620}
    assert Counter(cells.points(row.cells["points"]) is None for row in found) == {True: 949, False: 74}


@pytest.mark.parametrize(
    ("kind", "counts"),
    [
        ("三会一课", {"present": 1632, "late": 80, "leave": 287, "absent": 90, None: 65}),
        ("主题党日", {"present": 2139, "late": 118, "leave": 412, "absent": 111, None: 92}),
        ("集中学习", {"present": 2745, "late": 128, "leave": 478, "absent": 130, None: 109}),
    ],
)
def test_the_attendance(kind: str, counts: dict[str | None, int]) -> None:
    sheets, found = walked("2026年三季度签到表.xlsx", "attendance")
    assert len(sheets) == EXPECTED["branches"] == 37
    assert {len(recognition.meetings) for recognition in sheets.values()} == {12}
    assert len({recognition.place for recognition in sheets.values()}) == 37
    assert len(found) == EXPECTED["members"]
    assert Counter(cells.mark(raw) for row in found for meeting, raw in row.marks if meeting.kind == kind) == counts
