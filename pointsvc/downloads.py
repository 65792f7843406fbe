"""Files as answers: written to a temporary file first, then sent piece by piece.

So a fault in the middle is still an answer of its own, the rows can be counted before anything is
sent, and a slow reader holds no database connection.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from typing import IO, Any

from flask import Response, send_file

from pointsvc.spreadsheets import CSV, XLSX, Table, write_csv, write_xlsx

# A text file without a mark at its beginning is taken by spreadsheet programs for the local encoding.
ENCODINGS = {"utf-8": "utf-8-sig", "gb18030": "gb18030"}


def as_xlsx(tables: Sequence[Table], stem: str) -> tuple[Response, int]:
    """A workbook with these sheets, to be kept as ``stem``.xlsx, and how many rows it has in all."""
    return _sent(lambda file: sum(write_xlsx(file.name, tables)), XLSX, f"{stem}.xlsx")


def as_csv(table: Table, stem: str, encoding: str = "utf-8") -> tuple[Response, int]:
    """A text file of values, to be kept as ``stem``.csv, and how many rows it has."""
    answer, rows = _sent(lambda file: write_csv(file, table, ENCODINGS[encoding]), CSV, f"{stem}.csv")
    answer.headers["Content-Type"] = f"{CSV}; charset={encoding}"
    return answer, rows


def as_file(pieces: Iterable[bytes], kind: str, name: str) -> Response:
    """A file that is there in pieces, to be kept under this name."""
    return _sent(lambda file: file.writelines(pieces), kind, name)[0]


def _sent(write: Callable[[IO[bytes]], Any], kind: str, name: str) -> tuple[Response, Any]:
    # Not in a block: it is closed, and so removed, when the answer has been sent.
    file: Any = tempfile.NamedTemporaryFile()  # noqa: SIM115
    try:
        found = write(file)
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        answer = send_file(file, mimetype=kind, as_attachment=True, download_name=name)
        answer.content_length = size
        return answer, found
    except BaseException:
        file.close()
        raise
