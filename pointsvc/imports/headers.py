"""Find the rows of a sheet that hold its headings.

Titles may stand above, the headings may take one row or two with joined cells, and a row of
column numbers may follow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pointsvc.imports.days import dated
from pointsvc.imports.headings import Kind, Match, heading_key, known, match, synonyms
from pointsvc.imports.texts import CellError
from pointsvc.imports.workbook import Cell, Sheet

# Titles and notes above the headings are never more rows than this.
SEARCHED_ROWS = 30
# Two known headings, or four that look familiar, make a header row.
LEAST_SCORE = 4
# A heading with a date may name the meeting at length; longer cells are titles.
LONGEST_DATED = 40
Meaning = Callable[[object, Kind, Mapping[str, str]], Match]
# Any year with a 29th of February: here it only matters whether a heading is a date.
SOME_YEAR = 2000


@dataclass(frozen=True, slots=True)
class Header:
    """The headings of a sheet by column, their first row, the first row of data, the titles above."""

    row: int
    data_row: int
    headings: dict[int, Cell]
    titles: list[str]


def find(sheet: Sheet, kind: Kind, remembered: Mapping[str, str]) -> Header | None:
    """The rows that look most like headings of this kind of file; None when none do."""
    best = _Search(sheet, kind, remembered, known).best() or _Search(sheet, kind, remembered, match).best()
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


class _Search:
    """The search through one sheet, with ``meaning`` either sure of its words or guessing."""

    def __init__(self, sheet: Sheet, kind: Kind, remembered: Mapping[str, str], meaning: Meaning) -> None:
        self.sheet = sheet
        self.kind = kind
        self.remembered = remembered
        self.meaning = meaning

    def best(self) -> tuple[int, int, dict[int, Cell]] | None:
        """The first row, the number of rows and the headings that score highest."""
        best: tuple[int, int, dict[int, Cell]] | None = None
        best_score = LEAST_SCORE - 1
        # All single rows first: two rows must be better, for a title above a heading adds nothing.
        for height, headings_at in ((1, self._single), (2, self._double)):
            for row in range(min(SEARCHED_ROWS, len(self.sheet.rows))):
                headings = headings_at(row)
                score = sum(map(self._score, headings.values()))
                if score > best_score and len(headings) > 1:
                    best, best_score = (row, height, headings), score
        return best

    def _score(self, heading: Cell) -> int:
        score = self.meaning(heading, self.kind, self.remembered).score
        if score > 1 or self.kind != "attendance" or len(shown(heading)) > LONGEST_DATED:
            return score
        try:
            found = dated(heading, SOME_YEAR)
        except CellError:
            return 1
        # A day with the kind of meeting says more than a day, so two rows are taken where they say both.
        return score if found is None else 3 + bool(found.words)

    def _single(self, row: int) -> dict[int, Cell]:
        return {index: cell for index, cell in enumerate(self.sheet.rows[row]) if filled(cell)}

    def _double(self, row: int) -> dict[int, Cell]:
        """Two rows as one: the upper headings, spread over what they are joined with, and the lower."""
        lower = self.sheet.rows[row + 1] if row + 1 < len(self.sheet.rows) else []
        if any(heading_key(cell) in synonyms.marks for cell in lower):
            return {}
        own, upper = self._single(row), self._spread(row)
        headings: dict[int, Cell] = {}
        for index, below in enumerate(lower):
            if filled(below):
                headings[index] = self._joined(upper.get(index), below)
            elif index in own:
                headings[index] = own[index]
        return headings

    def _joined(self, above: Cell, below: Cell) -> Cell:
        """The lower heading alone where it says enough, else both together (7月 above 5日主题党日)."""
        if above is None:
            return below
        both = f"{shown(above)}{shown(below)}"
        return both if self._score(both) > self._score(below) else below

    def _spread(self, row: int) -> dict[int, Cell]:
        upper = self._single(row)
        for (top, left), (_, right) in self.sheet.merged:
            if top == row and left in upper:
                upper |= dict.fromkeys(range(left + 1, right + 1), upper[left])
        if self.sheet.merged or len(upper) < 3:
            return upper
        last: Cell = None
        for index in range(len(self.sheet.rows[row])):
            last = upper.get(index, last)
            if last is not None:
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
