"""How far the cells of a sheet's XML reach, judged without parsing it.

One search over the bytes proves that no cell lies outside the allowed block. Only where the sheet
is written in an unusual way, or has a cell outside, is it walked cell by cell.
"""

from __future__ import annotations

import re
from functools import lru_cache
from xml.parsers import expat

from pointsvc.errors import N_, Invalid, Message

MAX_ROWS = 200_000
MAX_COLUMNS = 400
MAX_CELLS = 2_000_000

_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_ROW_NUMBER = re.compile(rb'<row [^>]*?\br="(\d{1,7})"')


def check_sheet(part: bytes) -> None:
    """Raise Invalid when the sheet's cells span more than may be read.

    Empty cells that only carry a format do not count: the parser leaves them out.
    """
    rows = _last_row(part)
    if rows and rows <= MAX_ROWS and b":c " not in part and b":c>" not in part:
        columns = min(MAX_COLUMNS, MAX_CELLS // rows)
        if not _unusual(rows, columns).search(part):
            return
    check(*_walked(part))


def check(rows: int, columns: int, used: int = 0) -> None:
    """Raise Invalid when a block of this size, beside ``used`` cells, is more than may be read."""
    if columns > MAX_COLUMNS:
        message = Message(
            N_("A sheet has %(columns)s columns; at most %(limit)s can be read"),
            columns=columns,
            limit=MAX_COLUMNS,
        )
    elif rows > MAX_ROWS:
        message = Message(N_("A sheet has more than %(limit)s rows"), limit=MAX_ROWS)
    elif rows * columns + used > MAX_CELLS:
        message = Message(N_("The sheets have more than %(limit)s cells"), limit=MAX_CELLS)
    else:
        return
    raise Invalid({"file": message}, code="file_too_large")


def column_number(letters: bytes | str) -> int:
    """A is 1, Z is 26, AA is 27."""
    number = 0
    for letter in letters.encode() if isinstance(letters, str) else letters:
        number = number * 26 + letter - 64
    return number


def _last_row(part: bytes) -> int | None:
    match = _ROW_NUMBER.match(part, max(part.rfind(b"<row "), 0))
    return int(match[1]) if match else None


@lru_cache(maxsize=256)
def _unusual(rows: int, columns: int) -> re.Pattern[bytes]:
    """Finds a cell beyond this row or column, or one that does not begin with its reference."""
    beyond = f"(?:{_letters_after(columns)}|[A-Z]{{1,3}}(?:{_numbers_after(rows)}))"
    return re.compile(rf'<c(?:[^ A-Za-z]| (?!r=")| r="{beyond})'.encode())


def _numbers_after(limit: int) -> str:
    digits = str(limit)
    longer = rf"\d{{{len(digits) + 1},}}"
    same = [rf"{digits[:i]}[{int(d) + 1}-9]\d{{{len(digits) - i - 1}}}" for i, d in enumerate(digits) if d != "9"]
    return "|".join([longer, *same])


def _letters_after(limit: int) -> str:
    letters = ""
    while limit:
        limit, rest = divmod(limit - 1, 26)
        letters = chr(65 + rest) + letters
    longer = [rf"[A-Z]{{{len(letters) + 1},3}}"] if len(letters) < 3 else []
    same = [
        rf"{letters[:i]}[{chr(ord(c) + 1)}-Z][A-Z]{{{len(letters) - i - 1}}}" for i, c in enumerate(letters) if c != "Z"
    ]
    return "|".join([*longer, *same])


class _Walk:
    """Counts rows and columns as the parser would place the cells."""

    def __init__(self) -> None:
        self.rows = self.columns = 0
        self.row = self.column = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        element = tag.rpartition(":")[2]
        if element == "row":
            number = attributes.get("r", "")
            self.row = int(number) if number.isdecimal() and len(number) < 8 else self.row + 1
            self.column = 0
        elif element == "c":
            self._place(_REFERENCE.fullmatch(attributes.get("r", "")))
        elif element in {"v", "is", "f"}:
            self.rows = max(self.rows, self.row)
            self.columns = max(self.columns, self.column)

    def _place(self, reference: re.Match[str] | None) -> None:
        if reference:
            self.column, self.row = column_number(reference[1]), int(reference[2])
        else:
            self.column += 1


def _walked(part: bytes) -> tuple[int, int]:
    walk = _Walk()
    parser = expat.ParserCreate()
    parser.StartElementHandler = walk.start
    try:
        parser.Parse(part, True)
    except expat.ExpatError:
        raise Invalid({"file": Message(N_("The file is damaged"))}, code="file_broken") from None
    return walk.rows, walk.columns
