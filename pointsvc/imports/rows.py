"""Walk through the data rows of a book, without its titles, footers and repeated headings."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
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
    "lists": frozenset({"organisation"}),
}
# Joined cells say the same of all their rows, but a number in them is not meant once a row.
_NEVER_SHARED = frozenset({"quantity", "points", "deducted", "mark", "code", "note", "matter"})
# A title over this share of the columns, joined, heads a section of rows.
_SECTION_SHARE = 0.5

_FOOTER_LETTERS = frozenset(
    letter
    for word in (*synonyms.sums, *synonyms.notes, *synonyms.note_beginnings, *synonyms.examples)
    for letter in (word[0], word[0].upper())
) | frozenset(" \t\r\n\u3000\xa0*※（([【")
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
        self.shared = _shared_cells(sheet, recognition)
        self.sections = _section_rows(sheet, recognition)
        # Most rows begin with a letter that nothing else begins with: one look, and they are data.
        others = [*self.repeated, *(sheet.rows[index] for index in self.sections)]
        self.suspects = _FOOTER_LETTERS | {c[0] for row in others for c in row if isinstance(c, str) and c}
        # In a text file, cells beyond the headings show that a stray separator has shifted the row.
        self.width = max(recognition.headings, default=0) + 1 if sheet.delimited else None
        self.section: str | None = None
        self.after_notes = False

    def rows(self) -> Iterator[Row]:
        """The loop that every row of every file runs through: each line here is paid a hundred thousand times."""
        name, fields, fetch, fetch_marks = self.sheet.name, self.fields, self.fetch, self.fetch_marks
        meetings, suspects = self.meetings, self.suspects
        special = bool(self.fill or self.shared or self.sections or self.width)
        for index, values in enumerate(islice(self.sheet.rows, self.first_row, None), self.first_row):
            first = _first_filled(values)
            if first is None or (
                first.__class__ is str and first[0] in suspects and self._left_out(first, values, index)
            ):
                continue
            row = Row(name, index + 1, dict(zip(fields, fetch(values), strict=True)))
            if meetings:
                row.marks = list(zip(meetings, fetch_marks(values), strict=True))
            if (self.after_notes or not any(row.cells.values())) and not self._is_data(row):
                continue
            if special:
                self._complete(row, index, values)
            yield row

    def _left_out(self, first: str, values: list[Cell], index: int) -> bool:
        if tuple(values) in self.repeated:
            self.after_notes = False
            return True
        footer = _footer(first)
        if footer == "note":
            self.after_notes = True
        elif footer is None and index in self.sections:
            self._begin_section(index)
            return True
        return footer is not None

    def _is_data(self, row: Row) -> bool:
        """False for a row with nothing but its serial number, and for further lines of a note."""
        found = _count_filled(row.cells.values()) + _count_filled(mark for _, mark in row.marks)
        return found > (1 if self.after_notes else 0)

    def _complete(self, row: Row, index: int, values: list[Cell]) -> None:
        """Put in what other rows say about this one."""
        self._share(index, row.cells)
        self._fill_down(row.cells)
        if self.section is not None:
            row.cells["organisation"] = self.section
        if self.width is not None:
            row.problem = _surplus(values, self.width)

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


def _surplus(values: list[Cell], width: int) -> Message | None:
    if len(values) <= width or not _count_filled(values[width:]):
        return None
    return Message(N_("The row has more cells than there are headings"))


def _is_root(cells: Mapping[str, Cell]) -> bool:
    """The district has no parent: its empty cell does not mean the one above."""
    try:
        return organisation_kind(cells.get("kind"), text(cells.get("name"))) == "district"
    except CellError:
        return False


def _fetcher(columns: list[int]) -> Callable[[list[Cell]], tuple[Cell, ...]]:
    if len(columns) > 1:
        return itemgetter(*columns)
    return lambda values: tuple(values[column] for column in columns)


def _filled(cell: Cell) -> bool:
    return cell is not None and (cell.__class__ is not str or bool(cell.strip()))


def _first_filled(values: Iterable[Cell]) -> Cell:
    for cell in values:
        if cell.__class__ is str:
            if cell and not cell.isspace():
                return cell
        elif cell is not None:
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
