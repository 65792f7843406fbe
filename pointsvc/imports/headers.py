"""Find the rows of a sheet that hold its headings.

Titles may stand above, the headings may take one row or two with joined cells, and a row of
column numbers may follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pointsvc.imports.days import dated
from pointsvc.imports.headings import Kind, heading_key, match
from pointsvc.imports.texts import CellError
from pointsvc.imports.workbook import Cell, Sheet

# Titles and notes above the headings are never more rows than this.
SEARCHED_ROWS = 30
# Two known headings, or four that look familiar, make a header row.
LEAST_SCORE = 4
# A heading with a date may name the meeting at length; longer cells are titles.
LONGEST_DATED = 40
# Any year with a 29th of February: here it only matters whether a heading is a date.
SOME_YEAR = 2000


@dataclass(frozen=True, slots=True)
class Header:
    """The headings of a sheet by column, their first row, the first row of data, the titles above."""

    row: int
    data_row: int
    headings: dict[int, Cell]
    titles: list[str]


def find(sheet: Sheet, kind: Kind, known: Mapping[str, str]) -> Header | None:
    """The rows that look most like headings of this kind of file; None when none do."""
    best: tuple[int, int, dict[int, Cell]] | None = None
    best_score = LEAST_SCORE - 1
    # All single rows first: two rows must be better, for a title above a heading adds nothing.
    for height in (1, 2):
        for row in range(min(SEARCHED_ROWS, len(sheet.rows))):
            headings = _single(sheet.rows[row]) if height == 1 else _double(sheet, row, kind, known)
            score = sum(_score(heading, kind, known) for heading in headings.values())
            if score > best_score and len(headings) > 1:
                best, best_score = (row, height, headings), score
    if best is None:
        return None
    row, height, headings = best
    titles = [shown(cell) for above in sheet.rows[:row] for cell in above if filled(cell)]
    return Header(row, _data_row(sheet, row + height), headings, titles)


def filled(cell: Cell) -> bool:
    """False for an empty cell and for one with nothing but spaces."""
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


def shown(cell: Cell) -> str:
    """A heading on one line."""
    return " ".join(str(cell).split())


def _score(heading: Cell, kind: Kind, known: Mapping[str, str]) -> int:
    score = match(heading, kind, known).score
    if score < 2 and kind == "attendance":
        try:
            return 3 if dated(heading, SOME_YEAR) and len(shown(heading)) <= LONGEST_DATED else score
        except CellError:
            return 1
    return score


def _single(row: list[Cell]) -> dict[int, Cell]:
    return {index: cell for index, cell in enumerate(row) if filled(cell)}


def _double(sheet: Sheet, row: int, kind: Kind, known: Mapping[str, str]) -> dict[int, Cell]:
    """Two rows read as one: the upper heading, spread over what it is joined with, and the lower."""
    if row + 1 >= len(sheet.rows):
        return {}
    upper = _spread(sheet, row)
    headings: dict[int, Cell] = {}
    for index, below in enumerate(sheet.rows[row + 1]):
        above = upper.get(index)
        if not filled(below):
            if above is not None and filled(sheet.rows[row][index]):
                headings[index] = above
        else:
            headings[index] = _joined(above, below, kind, known)
    return headings


def _joined(above: Cell, below: Cell, kind: Kind, known: Mapping[str, str]) -> Cell:
    """The lower heading alone where it is known alone, else both together (7月 above 5日主题党日)."""
    if above is None or match(below, kind, known).field is not None:
        return below
    both = f"{shown(above)}{shown(below)}"
    return both if _score(both, kind, known) >= _score(below, kind, known) or kind == "attendance" else below


def _spread(sheet: Sheet, row: int) -> dict[int, Cell]:
    upper = _single(sheet.rows[row])
    for (top, left), (_, right) in sheet.merged:
        if top == row and left in upper:
            upper |= dict.fromkeys(range(left + 1, right + 1), upper[left])
    if not sheet.merged:
        last: Cell = None
        for index in range(len(sheet.rows[row])):
            last = upper.get(index, last)
            if last is not None and len(upper) > 2:
                upper[index] = last
    return upper


def _data_row(sheet: Sheet, row: int) -> int:
    """Skip the row of column numbers (1 2 3, or 甲 乙 1 2) that some forms have under the headings."""
    if row < len(sheet.rows):
        cells = [heading_key(cell) for cell in _plain_numbers(sheet.rows[row]) if filled(cell)]
        numbers = [cell for cell in cells if cell.isdecimal()]
        if len(cells) > 2 and numbers and all(c in "甲乙丙丁戊己庚" or c.isdecimal() for c in cells):
            first = int(numbers[0])
            if [int(n) for n in numbers] == list(range(first, first + len(numbers))):
                return row + 1
    return row


def _plain_numbers(row: list[Cell]) -> list[Cell]:
    return [int(cell) if isinstance(cell, float) and cell.is_integer() else cell for cell in row]
