"""Tables as files that offices open: workbooks (.xlsx) and text files of values (.csv).

Rows are taken one at a time and go to disk as they come, so that a table of any length needs the
memory of a few rows. No cell is ever a formula or an address, whatever its text begins with.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

from rustpy_xlsxwriter import Format, write_worksheets

from pointsvc.errors import N_, Conflict, Message

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
# A sheet has 1,048,576 rows; headings and a title stand above.
MOST_ROWS = 1_048_000
LONGEST_SHEET_NAME = 31

# What a spreadsheet program takes for the beginning of a formula; the mark itself must be told apart.
_RISKY = ("=", "+", "-", "@", "\t", "\r", "'")
_MARK = "'"
_NOT_IN_SHEET_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))

# A4, lying, as wide as the paper and as long as it takes.
_ON_PAPER = {"paper_size": 9, "landscape": True, "fit_to_pages": (1, 0)}

Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``kind`` says what its values are: ``text``, ``day``, ``count`` (a whole number),
    or ``points`` (whole hundredths, shown with two decimals). None is an empty cell.
    """

    heading: str
    kind: str = "text"
    width: float = 14


@dataclass(frozen=True)
class Table:
    """A sheet: its name, its columns, its rows as they come, and perhaps a title above them."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Row]
    title: str = ""


def write_xlsx(path: str, tables: Sequence[Table]) -> list[int]:
    """Write a workbook with these sheets; how many rows each got. Raises Conflict 'too_many_rows'.

    To a path and not to an open file: into one of those the writer puts all at once, out of memory.
    """
    counted = [_Counted(table) for table in tables]
    names = _distinct([sheet_name(table.name) for table in tables])
    headed = {name: 1 if table.title else 0 for name, table in zip(names, tables, strict=True)}
    write_worksheets(
        [(name, one.records()) for name, one in zip(names, counted, strict=True)],
        path,
        float_format="0.00",
        datetime_format="yyyy-mm-dd",
        bold_headers=True,
        header_row=headed,
        freeze_panes={name: {"row": row + 1, "col": 0} for name, row in headed.items()},
        merge_ranges={
            name: [(0, 0, 0, len(table.columns) - 1, table.title, Format().set_bold())]
            for name, table in zip(names, tables, strict=True)
            if table.title
        },
        column_widths={
            name: [float(column.width) for column in table.columns] for name, table in zip(names, tables, strict=True)
        },
        page_setup=dict.fromkeys(names, _ON_PAPER),
    )
    return [one.written for one in counted]


def write_csv(file: IO[bytes], table: Table, encoding: str = "utf-8-sig") -> int:
    """Write a text file of values, comma-separated, lines ended by CR LF; how many rows it got.

    Text that a spreadsheet program would take for a formula gets ``'`` in front; ``plain`` takes it off.
    """
    text = io.TextIOWrapper(file, encoding=encoding, newline="", write_through=False)
    writer = csv.writer(text)
    writer.writerow([column.heading for column in table.columns])
    shown = [_SHOWN[column.kind] for column in table.columns]
    counted = _Counted(table)
    writer.writerows(
        [None if value is None else show(value) for show, value in zip(shown, row, strict=True)]
        for row in counted.rows()
    )
    # Not closed with it: the file is the caller's.
    text.flush()
    text.detach()
    return counted.written


def plain(cell: str) -> str:
    """The text of a cell of ``write_csv``, without the mark that keeps it from being a formula."""
    return cell[1:] if cell[:1] == _MARK and cell[1:].startswith(_RISKY) else cell


def sheet_name(text: str) -> str:
    """The text as a sheet may be named."""
    return text.translate(_NOT_IN_SHEET_NAMES).strip()[:LONGEST_SHEET_NAME] or "Sheet"


class _Counted:
    """The rows of a table on their way into a file."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.written = 0

    def rows(self) -> Iterator[Row]:
        """The rows, counted."""
        for row in self.table.rows:
            self.written += 1
            yield row

    def records(self) -> Iterator[dict[str, Any]]:
        """The rows as the workbook's writer takes them: by heading, points as numbers with decimals."""
        columns = self.table.columns
        keys = _distinct([column.heading for column in columns])
        points = [place for place, column in enumerate(columns) if column.kind == "points"]
        for row in self.rows():
            if self.written > MOST_ROWS:
                text = N_("A workbook holds at most %(limit)s rows; choose a shorter period, or CSV")
                raise Conflict(Message(text, limit=f"{MOST_ROWS:,}"), code="too_many_rows")
            values = list(row)
            for place in points:
                if values[place] is not None:
                    # To fifteen digits, which is what a spreadsheet keeps, this is exact.
                    values[place] /= 100
            yield dict(zip(keys, values, strict=True))
        if not self.written:
            # Without a row the writer would not write the headings either.
            yield dict.fromkeys(keys)


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, with a number behind one that has stood before."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name[: LONGEST_SHEET_NAME - 5]} ({seen[name]})")
    return found


def _guarded(value: str) -> str:
    return _MARK + value if value.startswith(_RISKY) else value


_SHOWN: dict[str, Callable[[Any], str]] = {
    "text": _guarded,
    "day": lambda value: str(value.isoformat()),
    "count": str,
    "points": lambda value: f"{value / 100:.2f}",
}
