"""Walk through the data rows of a book, without its titles, footers and repeated headings."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter

from pointsvc.errors import N_, Message
from pointsvc.imports.cells import CellError, organisation_kind, text
from pointsvc.imports.columns import Meeting, Recognition, place_in
from pointsvc.imports.headings import Kind, heading_key, synonyms
from pointsvc.imports.workbook import Book, Cell, Sheet

# An empty cell of these means the one above, in any form.
_FILLED_DOWN: dict[Kind, frozenset[str]] = {
    "organisations": frozenset({"parent"}),
    "members": frozenset({"organisation"}),
    "attendance": frozenset({"organisation", "occurred_on", "kind"}),
    "entries": frozenset({"organisation"}),
}
# Joined cells say the same of all their rows, but a number in them is not meant once a row.
_NEVER_SHARED = frozenset({"quantity", "points", "deducted", "mark", "code", "note", "matter"})
# A title over this share of the columns, joined, heads a section of rows.
_SECTION_SHARE = 0.5

_END_OF_WORD = re.compile(r"[:：(（0-9０-９]")


@dataclass(slots=True)
class Row:
    """One row of data as it stands. ``number`` is the row's number as a spreadsheet shows it.

    ``cells`` are raw values by field; ``marks`` those of the meeting columns. ``problem`` is set
    when the row cannot be trusted whatever its cells say.
    """

    sheet: str
    number: int
    cells: dict[str, Cell]
    marks: list[tuple[Meeting, Cell]] = field(default_factory=list)
    problem: Message | None = None


def rows(book: Book, kind: Kind, recognitions: Mapping[str, Recognition]) -> Iterator[Row]:
    """The data rows of all sheets that have a recognition with a header row, one at a time.

    Left out: empty rows, sums, notes and signatures, examples, headings and titles repeated at
    page breaks. Filled in: empty cells that mean the cell above, and joined cells.
    """
    for sheet in book.sheets:
        recognition = recognitions.get(sheet.name)
        if recognition is not None and recognition.header_row is not None:
            yield from _Walk(sheet, kind, recognition).rows()


class _Walk:
    """The way through one sheet; remembers what stood above."""

    def __init__(self, sheet: Sheet, kind: Kind, recognition: Recognition) -> None:
        self.sheet = sheet
        self.first_row = recognition.data_row
        self.fields = list(recognition.columns.values())
        self.fetch = _fetcher(list(recognition.columns))
        self.fill = [name for name in self.fields if name in _FILLED_DOWN[kind]]
        self.above: dict[str, Cell] = {}
        self.meetings = recognition.meetings
        self.fetch_marks = _fetcher([meeting.column for meeting in self.meetings])
        self.repeated = frozenset(tuple(row) for row in sheet.rows[: recognition.data_row])
        self.beginnings = frozenset(cell for row in self.repeated for cell in row if _filled(cell))
        self.shared = _shared_cells(sheet, recognition)
        self.sections = _section_rows(sheet, recognition)
        # In a text file, cells beyond the headings show that a stray separator has shifted the row.
        self.width = max(recognition.headings, default=0) + 1 if sheet.delimited else None
        self.section: str | None = None
        self.after_notes = False

    def rows(self) -> Iterator[Row]:
        name, meetings = self.sheet.name, self.meetings
        for index, values in enumerate(self.sheet.rows[self.first_row :], self.first_row):
            if index in self.sections or self._left_out(values):
                self._begin_section(index)
                continue
            cells = dict(zip(self.fields, self.fetch(values), strict=True))
            marks = self.fetch_marks(values)
            if _first_filled(cells.values()) is None and _first_filled(marks) is None:
                continue
            if self.after_notes and _count_filled(cells.values()) + _count_filled(marks) < 2:
                continue
            self._share(index, cells)
            self._fill_down(cells)
            if self.section is not None:
                cells["organisation"] = self.section
            found = Row(name, index + 1, cells, list(zip(meetings, marks, strict=True)))
            if self.width is not None:
                found.problem = _surplus(values[self.width :])
            yield found

    def _left_out(self, values: list[Cell]) -> bool:
        first = _first_filled(values)
        if first is None:
            return True
        if first in self.beginnings and tuple(values) in self.repeated:
            self.after_notes = False
            return True
        footer = _footer(first) if isinstance(first, str) else None
        if footer == "note":
            self.after_notes = True
        return footer is not None

    def _begin_section(self, index: int) -> None:
        """A row that is one joined cell names the branch of the rows below it, or nothing at all."""
        place = self.sections.get(index)
        if place is not None and "organisation" not in self.fields:
            self.section = place

    def _share(self, index: int, cells: dict[str, Cell]) -> None:
        for name, value in self.shared.get(index, {}).items():
            if not _filled(cells[name]):
                cells[name] = value

    def _fill_down(self, cells: dict[str, Cell]) -> None:
        for name in self.fill:
            if _filled(cells[name]):
                self.above[name] = cells[name]
            elif not (name == "parent" and _is_root(cells)):
                cells[name] = self.above.get(name, cells[name])


def _surplus(beyond: list[Cell]) -> Message | None:
    if not _count_filled(beyond):
        return None
    return Message(N_("The row has more cells than there are headings"))


def _is_root(cells: Mapping[str, Cell]) -> bool:
    """The district has no parent: its empty cell does not mean the one above."""
    try:
        return organisation_kind(cells.get("kind"), text(cells.get("name"))) == "district"
    except CellError:
        return False


def _fetcher(indexes: list[int]) -> Callable[[list[Cell]], tuple[Cell, ...]]:
    if len(indexes) > 1:
        return itemgetter(*indexes)
    return lambda values: tuple(values[index] for index in indexes)


def _filled(cell: Cell) -> bool:
    return cell is not None and (cell.__class__ is not str or bool(cell.strip()))


def _first_filled(values: Iterable[Cell]) -> Cell:
    for cell in values:
        if cell is not None and (cell.__class__ is not str or cell.strip()):
            return cell
    return None


def _count_filled(values: Iterable[Cell]) -> int:
    return sum(map(_filled, values))


@lru_cache(maxsize=1 << 14)
def _footer(first: str) -> str | None:
    """Whether a row that begins so is a ``sum``, a ``note`` or an ``example``, and no data."""
    beginning = heading_key(_END_OF_WORD.split(first.strip(), maxsplit=1)[0])
    if beginning in synonyms.sums:
        return "sum"
    if beginning in synonyms.notes or beginning.startswith(synonyms.note_beginnings):
        return "note"
    return "example" if beginning in synonyms.examples else None


def _shared_cells(sheet: Sheet, recognition: Recognition) -> dict[int, dict[str, Cell]]:
    """By row, what its cells say by being joined with a cell further up."""
    shared: dict[int, dict[str, Cell]] = defaultdict(dict)
    for (top, left), (bottom, _) in sheet.merged:
        name = recognition.columns.get(left)
        if name is None or name in _NEVER_SHARED or top < recognition.data_row or top >= len(sheet.rows):
            continue
        for index in range(top + 1, min(bottom + 1, len(sheet.rows))):
            shared[index][name] = sheet.rows[top][left]
    return shared


def _section_rows(sheet: Sheet, recognition: Recognition) -> dict[int, str | None]:
    """Rows of data that are one cell joined over most columns, with the place that they name."""
    found: dict[int, str | None] = {}
    least = max(3, round(len(recognition.headings) * _SECTION_SHARE))
    for (top, left), (bottom, right) in sheet.merged:
        if top != bottom or top < recognition.data_row or top >= len(sheet.rows) or right - left + 1 < least:
            continue
        values = sheet.rows[top]
        if _count_filled(values) == 1 and isinstance(values[left], str):
            found[top] = place_in(str(values[left]))
    return found
