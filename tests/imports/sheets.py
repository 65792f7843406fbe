"""Small workbooks and text files, made on the spot for the tests of reading."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import openpyxl
import xlwt

from pointsvc.imports.workbook import Sheet


def xlsx(rows: Iterable[Sequence[Any]], *, merged: Sequence[str] = (), title: str = "Sheet1") -> bytes:
    """One sheet with these rows and joined ranges ("A1:C1")."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    for cells in merged:
        sheet.merge_cells(cells)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def xls(rows: Iterable[Sequence[Any]]) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Sheet1")
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            sheet.write(y, x, value)
    return saved_xls(book)


def saved_xls(book: xlwt.Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def text_file(rows: Iterable[Sequence[Any]], *, encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    content = io.StringIO()
    csv.writer(content, delimiter=delimiter).writerows(rows)
    return content.getvalue().encode(encoding)


def sheet_of(*rows: Sequence[Any], merged: Sequence[Any] = (), name: str = "Sheet1", delimited: bool = False) -> Sheet:
    """A sheet as the reader hands it over: equally wide rows, empty cells as ``""``."""
    width = max(len(row) for row in rows)
    return Sheet(name, [[*row, *[""] * (width - len(row))] for row in rows], list(merged), delimited)
