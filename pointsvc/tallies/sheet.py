"""The results of a tally as a workbook, written row by row."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import xlsxwriter
from flask_babel import gettext

from pointsvc.db import from_hundredths
from pointsvc.errors import N_
from pointsvc.people.models import Organisation
from pointsvc.tallies import listing
from pointsvc.tallies.models import Tally
from pointsvc.wording import period_words

AT_ONCE = 2000
HEADINGS = (N_("Member number"), N_("Name"), N_("Branch"), N_("Category"))
FIGURES = (N_("Base points"), N_("Carried over"), N_("Sum of entries"), N_("Total"), N_("Grade"))
# Text is never taken for a formula or an address.
OPTIONS = {
    "constant_memory": True,
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def results_workbook(tally: Tally, organisation: Organisation) -> bytes:
    """One row a member by number: who, each group's figure, total and grade. Points are numbers."""
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, OPTIONS)
    sheet = book.add_worksheet(period_words(tally.period)[:31])
    bold, points = book.add_format({"bold": True}), book.add_format({"num_format": "0.00"})
    names = listing.group_names(tally)
    heads = [*(gettext(text) for text in HEADINGS), *names.values(), *(gettext(text) for text in FIGURES)]
    sheet.set_column(0, len(heads), 14)
    sheet.freeze_panes(2, 2)
    sheet.write_string(0, 0, f"{organisation.name} {period_words(tally.period)}", bold)
    for column, text in enumerate(heads):
        sheet.write_string(1, column, text, bold)
    for line, row in enumerate(_rows(tally), start=2):
        for column, value in enumerate(_cells(row, names)):
            if isinstance(value, str):
                sheet.write_string(line, column, value)
            elif value is not None:
                sheet.write_number(line, column, float(value), points)
    book.close()
    return buffer.getvalue()


def _cells(row: Any, names: dict[str, str]) -> list[Any]:
    groups = [from_hundredths(row.groups[code]) if code in row.groups else None for code in names]
    figures = [row.base, row.carried, row.raw, row.total]
    return [row.number, row.name, row.branch_name, row.category, *groups, *figures, row.grade]


def _rows(tally: Tally) -> Iterator[Any]:
    after = None
    while rows := listing.results(tally=tally, asked=listing.Asked(limit=AT_ONCE, after=after)):
        yield from rows
        after = (rows[-1].place, rows[-1].number)
