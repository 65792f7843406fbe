"""Open what an office uploads, whatever its ending says, and hand over plain rows."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import PurePath
from typing import cast

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetMetadata,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from pointsvc.errors import N_, Invalid, Message
from pointsvc.imports import archive, compound, delimited
from pointsvc.imports.extent import check
from pointsvc.imports.texts import Unreadable

MAX_BYTES = 64 * 1024 * 1024

Cell = str | int | float | bool | date | datetime | time | timedelta | None
Range = tuple[tuple[int, int], tuple[int, int]]
Faults = dict[tuple[int, int], str]

_ZIP = b"PK\3\4"

_FOREIGN = (
    ((b"%PDF",), N_("The file is a PDF document; upload the workbook that it was made from")),
    ((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM"), N_("The file is a picture; upload a workbook")),
    ((b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b"), N_("The file is packed; unpack it and upload the workbook")),
    ((b"{\\rtf",), N_("The file is a text document; copy the table into a workbook")),
)
# Many office systems write a web page and give it the ending .xls.
_WEB = (b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"<head", b"<style", b"<body", b"<div")

_NOT_XLSX = (
    ("xl/workbook.bin", N_("The file is a binary workbook (.xlsb); save it as .xlsx")),
    ("content.xml", N_("The file is an OpenDocument file; save it as .xlsx")),
    ("word/document.xml", N_("The file is a Word document; copy the table into a workbook")),
    ("ppt/presentation.xml", N_("The file is a presentation; copy the table into a workbook")),
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet from its cell A1 on, all rows equally wide; empty cells are ``""``.

    ``merged`` holds the joined cells as (first, last) corners of (row, column) from 0.
    ``delimited``: it comes from a text file, where a stray separator shifts a row's cells.
    """

    name: str
    rows: list[list[Cell]]
    merged: list[Range] = field(default_factory=list)
    delimited: bool = False


@dataclass(frozen=True, slots=True)
class Book:
    """All visible sheets of a file. ``hidden`` names those that nobody sees and nobody reads."""

    filename: str
    sheets: list[Sheet]
    hidden: list[str] = field(default_factory=list)


def read(content: bytes, filename: str) -> Book:
    """Read a workbook (.xlsx, .xls) or a text file of values (.csv), told apart by content.

    Formulas count with the result that the file holds; a formula without one stands as text that
    begins with ``=``, an error as ``#N/A`` and the like, which the cell readers refuse.
    Raises Invalid (field ``file``) for what is empty, locked, broken, too large or no table.
    """
    if not content.strip(b"\0\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise Invalid({"file": Message(N_("The file is empty"))}, code="file_empty")
    if len(content) > MAX_BYTES:
        raise Invalid(
            {"file": Message(N_("The file is larger than %(limit)s MB"), limit=MAX_BYTES >> 20)},
            code="file_too_large",
        )
    if content.startswith(_ZIP):
        _refuse_other_archives(archive.parts_of(content))
        return _workbook(content, filename, archive.inspect(content))
    if content.startswith(compound.SIGNATURE):
        return _workbook(content, filename, compound.inspect(content))
    _refuse_foreign(content)
    rows = cast(list[list[Cell]], delimited.rows_of(content))
    return Book(filename, [Sheet(PurePath(filename).stem, rows, delimited=True)])


def _kind(message: str) -> Invalid:
    return Invalid({"file": Message(message)}, code="file_kind")


def _refuse_other_archives(parts: frozenset[str]) -> None:
    if "xl/workbook.xml" in parts:
        return
    for part, message in _NOT_XLSX:
        if part in parts:
            raise _kind(message)
    raise _kind(N_("The file is an archive and not a workbook; unpack it and upload the workbook"))


def _refuse_foreign(content: bytes) -> None:
    for beginnings, message in _FOREIGN:
        if content.startswith(beginnings):
            raise _kind(message)
    if content[:512].lstrip(b"\xef\xbb\xbf\r\n\t ").lower().startswith(_WEB):
        raise _kind(N_("The file is a web page with another ending; open it and save it as .xlsx"))


def _workbook(content: bytes, filename: str, faults: dict[int, Faults]) -> Book:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        hidden = [m.name for m in book.sheets_metadata if not _visible(m)]
        return Book(filename, list(_sheets(book, faults)), hidden)
    except PasswordError:
        raise compound.locked() from None
    except CalamineError:
        raise Invalid({"file": Message(N_("The file is damaged"))}, code="file_broken") from None
    except BaseException as error:
        # The parser's own failures come as a class outside Exception that it does not export.
        if type(error).__name__ == "PanicException":
            raise Invalid({"file": Message(N_("The file is damaged"))}, code="file_broken") from None
        raise


def _visible(sheet: SheetMetadata) -> bool:
    return sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet


def _sheets(book: CalamineWorkbook, faults: dict[int, Faults]) -> Iterator[Sheet]:
    used = 0
    for index, metadata in enumerate(book.sheets_metadata):
        if not _visible(metadata):
            continue
        sheet = book.get_sheet_by_index(index)
        rows, columns = (sheet.end[0] + 1, sheet.end[1] + 1) if sheet.end else (0, 0)
        check(rows, columns, used)
        used += rows * columns
        yield Sheet(metadata.name, _rows(sheet, faults.get(index, {})), sheet.merged_cell_ranges or [])


def _rows(sheet: CalamineSheet, faults: Faults) -> list[list[Cell]]:
    """The rows from A1 on, with the cells put in that the parser takes for empty."""
    rows = cast(list[list[Cell]], sheet.to_python(skip_empty_area=False))
    if not faults:
        return rows
    height = max(len(rows), 1 + max(row for row, _ in faults))
    width = max(len(rows[0]) if rows else 0, 1 + max(column for _, column in faults))
    rows = [row + [""] * (width - len(row)) for row in [*rows, *([] for _ in range(height - len(rows)))]]
    for (row, column), written in faults.items():
        rows[row][column] = Unreadable(written)
    return rows
