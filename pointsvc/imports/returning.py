"""The refused rows as a table for a workbook, the reason beside each, ready to be mended and sent again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flask_babel import gettext

from pointsvc.errors import N_
from pointsvc.imports import service as imports
from pointsvc.imports.batch import unpacked
from pointsvc.imports.models import Import, RejectedRow
from pointsvc.spreadsheets import Column, Table

# Distinct enough that the same workbook, mended and sent again, has them passed over.
REASON = N_("Reason for refusal")
HEADINGS = (N_("Sheet it came from"), N_("Row it came from"), N_("Column at fault"))
AT_ONCE = 1000


def rejected_table(row: Import) -> Table:
    """A sheet with the refused rows: the reason, sheet, row and column, then the cells as they came."""
    columns = list(dict.fromkeys(heading for refused in _all(row.id) for heading, _ in refused.cells))
    return Table(
        gettext("Refused rows"),
        [Column(gettext(REASON), width=60), *(Column(text) for text in (*map(gettext, HEADINGS), *columns))],
        _rows(row.id, columns),
    )


def _rows(import_id: int, columns: Sequence[str]) -> Iterator[list[str | None]]:
    for refused in _all(import_id):
        reason = unpacked(refused.message, refused.params).render(gettext)
        cells = dict(refused.cells)
        yield [reason, refused.sheet, str(refused.row), refused.column, *(cells.get(name) for name in columns)]


def _all(import_id: int) -> Iterator[RejectedRow]:
    after = 0
    while rows := imports.refusals(import_id=import_id, limit=AT_ONCE, after=after):
        yield from rows
        after = rows[-1].id
