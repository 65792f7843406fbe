"""Tables as answers: written to a temporary file first, then sent piece by piece.

So a fault in the middle is still an answer of its own, the rows can be counted before anything is
sent, and a slow reader holds no database connection.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from typing import IO, Any

from flask import Response, send_file

from pointsvc.spreadsheets import CSV, XLSX, Table, write_csv, write_xlsx

# A text file without a mark at its beginning is taken by spreadsheet programs for the local encoding.
ENCODINGS = {"utf-8": "utf-8-sig", "gb18030": "gb18030"}


def as_xlsx(tables: Sequence[Table], stem: str) -> tuple[Response, int]:
    """A workbook with these sheets, to be kept as ``stem``.xlsx, and how many rows it has in all."""
    file = _temporary(".xlsx")
    rows = sum(write_xlsx(file.name, tables))
    return _sent(file, XLSX, f"{stem}.xlsx"), rows


def as_csv(table: Table, stem: str, encoding: str = "utf-8") -> tuple[Response, int]:
    """A text file of values, to be kept as ``stem``.csv, and how many rows it has."""
    file = _temporary(".csv")
    rows = write_csv(file, table, ENCODINGS[encoding])
    file.seek(0)
    return _sent(file, f"{CSV}; charset={encoding}", f"{stem}.csv"), rows


def _temporary(ending: str) -> IO[bytes]:
    # Closed, and so removed, when it has been sent.
    return tempfile.NamedTemporaryFile(suffix=ending)


def _sent(file: Any, kind: str, name: str) -> Response:
    return send_file(file, mimetype=kind, as_attachment=True, download_name=name)
