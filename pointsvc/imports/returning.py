"""The refused rows as a workbook, the reason beside each, ready to be mended and sent again."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import xlsxwriter
from flask_babel import gettext

from pointsvc.errors import N_
from pointsvc.imports import service as imports
from pointsvc.imports.batch import unpacked
from pointsvc.imports.models import Import, RejectedRow

# Distinct enough that the same workbook, mended and sent again, has them passed over.
HEADINGS = (N_("Reason for refusal"), N_("Sheet it came from"), N_("Row it came from"), N_("Column at fault"))
AT_ONCE = 1000
# Text is never taken for a formula or an address, whatever a cell of the office began with.
OPTIONS = {
    "constant_memory": True,
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def rejected_workbook(row: Import) -> bytes:
    """A sheet with the refused rows: the reason, sheet, row and column, then the cells as they came."""
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, OPTIONS)
    sheet = book.add_worksheet(gettext("Refused rows")[:31])
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "font_color": "#9b1c1c"})
    sheet.set_column(0, 0, 48, wrapped)
    sheet.set_column(1, 40, 16)
    sheet.freeze_panes(1, 1)
    columns = list(dict.fromkeys(heading for refused in _all(row.id) for heading, _ in refused.cells))
    for column, text in enumerate([*(gettext(heading) for heading in HEADINGS), *columns]):
        sheet.write_string(0, column, text, bold)
    for line, refused in enumerate(_all(row.id), start=1):
        reason = unpacked(refused.message, refused.params).render(gettext)
        cells = dict(refused.cells)
        values = [reason, refused.sheet, str(refused.row), refused.column, *(cells.get(name) for name in columns)]
        for column, value in enumerate(values):
            if value is not None:
                sheet.write_string(line, column, value)
    book.close()
    return buffer.getvalue()


def _all(import_id: int) -> Iterator[RejectedRow]:
    after = 0
    while rows := imports.refusals(import_id=import_id, limit=AT_ONCE, after=after):
        yield from rows
        after = rows[-1].id
