"""From an uploaded file to recognised sheets: what is clear, what must be asked, what is hopeless."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pointsvc.errors import N_, Invalid, Message
from pointsvc.imports import workbook
from pointsvc.imports.columns import Recognition, recognise
from pointsvc.imports.days import year_in
from pointsvc.imports.headings import Kind
from pointsvc.imports.texts import shown
from pointsvc.imports.workbook import Book, Sheet

SAMPLES = 3
WHAT_IS_MISSING = {
    "code": N_("the organisation's code"),
    "name": N_("the name"),
    "organisation": N_("the branch"),
    "occurred_on": N_("the day"),
    "rule": N_("the rule"),
    "year": N_("the year of the meetings"),
    "meetings": N_("the meetings' columns"),
    "matter": N_("the matter"),
    "meeting_kind": N_("the kind of meeting"),
}


class Reading:
    """A book with the recognition of each of its sheets that holds a table."""

    def __init__(self, book: Book, recognitions: Mapping[str, Recognition]) -> None:
        self.book = book
        self.recognitions = recognitions

    def let_go(self) -> None:
        """Forget the rows: they have been read, and of a large file they are half of what is kept."""
        self.book.sheets.clear()

    @property
    def doubtful(self) -> list[dict[str, Any]]:
        """The columns to be asked about, each heading once: sheet, heading, candidates, samples, guess."""
        asked: dict[str, dict[str, Any]] = {}
        for sheet in self.book.sheets:
            found = self.recognitions.get(sheet.name)
            for doubt in found.doubtful if found else ():
                asked.setdefault(
                    doubt.heading,
                    {
                        "sheet": sheet.name,
                        "heading": doubt.heading,
                        "candidates": list(doubt.candidates),
                        "samples": _samples(sheet, found.data_row, doubt.column) if found else [],
                    },
                )
        return list(asked.values())


def read(content: bytes, filename: str, kind: Kind, remembered: Mapping[str, str]) -> Reading:
    """Read and recognise. Raises Invalid under ``file`` when nothing in it can be understood."""
    book = workbook.read(content, filename)
    year = year_in(filename)
    found = {sheet.name: recognise(sheet, kind, remembered, year) for sheet in book.sheets}
    tables = {name: one for name, one in found.items() if one.header_row is not None}
    if not tables:
        names = "、".join(found)
        raise Invalid({"file": Message(N_("No row of headings was found (sheets: %(sheets)s)"), sheets=names)})
    reading = Reading(book, tables)
    if not reading.doubtful:
        _refuse_missing(tables)
    return reading


def _refuse_missing(tables: Mapping[str, Recognition]) -> None:
    for name, found in tables.items():
        if found.missing:
            what = WHAT_IS_MISSING.get(found.missing[0], found.missing[0])
            raise Invalid(
                {
                    "file": Message(
                        N_("Sheet %(sheet)s, row %(row)s: the headings do not say which column is %(what)s"),
                        sheet=name,
                        row=(found.header_row or 0) + 1,
                        what=Message(what),
                    )
                }
            )


def _samples(sheet: Sheet, first: int, index: int) -> list[str]:
    found: list[str] = []
    for row in sheet.rows[first:]:
        text = shown(row[index]) if index < len(row) and row[index] is not None else ""
        if text and text not in found:
            found.append(text)
        if len(found) == SAMPLES:
            break
    return found
