"""Text files of values: which encoding, which separator, and the rows."""

from __future__ import annotations

import codecs
import csv
import io
from itertools import islice

from pointsvc.errors import N_, Invalid, Message
from pointsvc.imports.extent import check
from pointsvc.spreadsheets import plain

DELIMITERS = ",;\t"
# The separator shows itself within so many lines.
SAMPLE_ROWS = 50

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LONGEST_CHARACTER = 4


def rows_of(content: bytes) -> list[list[str]]:
    """The rows of a text file, all equally wide. An empty line is a row of empty cells.

    The mark that keeps a text from being taken for a formula is off. Understands UTF-8 (with and
    without mark), UTF-16 with mark and GB18030; comma, semicolon or tab. Raises Invalid for other
    encodings and for quotes that do not close.
    """
    text = decoded(content)
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    width = 0
    try:
        for row in reader:
            rows.append(row)
            if len(row) > width:
                width = len(row)
                check(len(rows), width)
    except csv.Error as error:
        raise _malformed(reader.line_num, str(error)) from None
    check(len(rows), width)
    if "'" in text:
        rows = [[plain(cell) for cell in row] for row in rows]
    return [row if len(row) == width else row + [""] * (width - len(row)) for row in rows]


def decoded(content: bytes) -> str:
    """The text of the file. Raises Invalid when it is in no encoding that offices use."""
    if content.startswith(_UTF_16):
        return _decoded(content, "utf-16")
    if content.startswith(codecs.BOM_UTF8):
        return _decoded(content, "utf-8-sig")
    if b"\0" in content:
        raise Invalid({"file": Message(N_("The file is neither a workbook nor a text file"))}, code="file_kind")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        # Cut off within the last character: UTF-8 that lost its end, and not another encoding.
        if error.start >= len(content) - _LONGEST_CHARACTER and not content[: error.start].isascii():
            raise _undecodable() from None
    return _decoded(content, "gb18030")


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise _undecodable() from None


def _undecodable() -> Invalid:
    return Invalid(
        {"file": Message(N_("The characters of the file cannot be read; save it as UTF-8 or as a workbook"))},
        code="file_encoding",
    )


def _malformed(line: int, problem: str) -> Invalid:
    if "field larger" in problem or "unexpected end" in problem:
        message = Message(N_("A quotation mark near line %(line)s is never closed"), line=line)
    else:
        message = Message(N_("The quotation marks in line %(line)s do not match"), line=line)
    return Invalid({"file": message}, code="file_broken")


def _delimiter(text: str) -> str:
    """The separator that cuts the most of the first rows; of equals the one that makes more cells.

    A note full of semicolons makes many cells of one row; the separator cuts the headings too.
    """

    def cut(delimiter: str) -> tuple[int, int]:
        sample = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            cells = [len(row) - 1 for row in islice(sample, SAMPLE_ROWS)]
        except csv.Error:
            return 0, 0
        return sum(map(bool, cells)), sum(cells)

    return max(DELIMITERS, key=cut)
