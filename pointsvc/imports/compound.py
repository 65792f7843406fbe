"""Look into an .xls before anything parses it, for the same two reasons as archive.py.

Such a file is a small file system (sectors chained through a table) with one stream of records.
Only what is needed is read: how far the cells of each sheet reach, and which of them are errors.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pointsvc.errors import N_, Invalid, Message
from pointsvc.imports.extent import check

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

Faults = dict[tuple[int, int], str]

_STREAMS = ("Workbook", "Book")
_HEADER_SECTORS = 109
_NO_SECTOR = 0xFFFFFFFA
_ENTRY = 128
_SMALL_SECTOR = 64

_BEGIN, _LOCK = 0x0809, 0x002F
_GLOBALS = 0x0005
_SEVERAL = 0x00BD
_ERROR, _FORMULAS = 0x0205, frozenset({0x0006, 0x0206, 0x0406})
_CELLS = frozenset({0x0203, 0x00FD, 0x027E, 0x00D6, 0x0204, _SEVERAL, _ERROR}) | _FORMULAS
_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}


def inspect(content: bytes) -> dict[int, Faults]:
    """Measure an .xls, and find the cells that hold an error.

    Returns by index of the sheet, only for sheets with such cells: (row, column), both from 0, to
    the error as text. Raises Invalid for what is broken, locked, too large or no workbook.
    """
    try:
        return _walked(_stream(content))
    except (struct.error, IndexError, ValueError):
        raise Invalid({"file": Message(N_("The file is damaged"))}, code="file_broken") from None


def locked() -> Invalid:
    """The refusal of a file that asks for a password."""
    return Invalid({"file": Message(N_("The file is locked with a password"))}, code="file_locked")


def _walked(stream: bytes) -> dict[int, Faults]:
    faults: dict[int, Faults] = {}
    sheet, rows, columns = -1, 0, 0
    for record, start, size in _records(stream):
        if record in _CELLS:
            row, column = struct.unpack_from("<HH", stream, start)
            if record == _SEVERAL:
                column = struct.unpack_from("<H", stream, start + size - 2)[0]
            elif error := _error(record, stream, start):
                faults.setdefault(sheet, {})[row, column] = error
            rows, columns = max(rows, row + 1), max(columns, column + 1)
        elif record == _BEGIN and struct.unpack_from("<H", stream, start + 2)[0] != _GLOBALS:
            check(rows, columns)
            sheet, rows, columns = sheet + 1, 0, 0
        elif record == _LOCK:
            raise locked()
    check(rows, columns)
    return faults


def _records(stream: bytes) -> Iterator[tuple[int, int, int]]:
    """Each record's kind, where its content begins, and how long it is."""
    position, end, header = 0, len(stream) - 4, struct.Struct("<HH")
    while position <= end:
        record, size = header.unpack_from(stream, position)
        yield record, position + 4, size
        position += 4 + size


def _error(record: int, stream: bytes, start: int) -> str | None:
    if record == _ERROR and stream[start + 7] == 1:
        return _ERRORS.get(stream[start + 6], "#N/A")
    if record in _FORMULAS and stream[start + 12 : start + 14] == b"\xff\xff" and stream[start + 6] == 2:
        return _ERRORS.get(stream[start + 8], "#N/A")
    return None


def _stream(content: bytes) -> bytes:
    """The bytes of the workbook's stream."""
    size = 1 << struct.unpack_from("<H", content, 0x1E)[0]
    if size not in (512, 4096):
        raise IndexError
    table = _table(content, size)
    first_entry, _, limit, first_small = struct.unpack_from("<4L", content, 0x30)
    entries = _joined(content, size, table, first_entry, header=size)
    found = dict(_entries(entries))
    name = next((name for name in _STREAMS if name in found), None)
    if name is None:
        message = N_("The file is an old office document and not a workbook")
        raise Invalid({"file": Message(message)}, code="file_kind")
    start, length = found[name]
    if length >= limit:
        return _joined(content, size, table, start, header=size)[:length]
    small = _numbers(_joined(content, size, table, first_small, header=size))
    root = _joined(content, size, table, struct.unpack_from("<L", entries, 116)[0], header=size)
    return _joined(root, _SMALL_SECTOR, small, start, header=0)[:length]


def _entries(directory: bytes) -> Iterator[tuple[str, tuple[int, int]]]:
    for start in range(0, len(directory) - _ENTRY + 1, _ENTRY):
        length = struct.unpack_from("<H", directory, start + 64)[0]
        name = directory[start : start + min(max(length - 2, 0), 64)].decode("utf-16-le", "replace")
        if name == "EncryptedPackage":
            raise locked()
        yield name, struct.unpack_from("<LL", directory, start + 116)


def _table(content: bytes, size: int) -> list[int]:
    """Which sector follows which."""
    sectors = _numbers(content[0x4C : 0x4C + 4 * _HEADER_SECTORS])
    more = struct.unpack_from("<L", content, 0x44)[0]
    for _ in range(len(content) // size):
        if more >= _NO_SECTOR:
            break
        *further, more = _numbers(content[size * (more + 1) : size * (more + 2)])
        sectors += further
    table: list[int] = []
    for sector in sectors:
        if sector < _NO_SECTOR:
            table += _numbers(content[size * (sector + 1) : size * (sector + 2)])
    return table


def _joined(content: bytes, size: int, table: list[int], sector: int, *, header: int) -> bytes:
    """The chain of sectors that begins here; IndexError when it runs out of the file or in a circle."""
    parts: list[bytes] = []
    while sector < _NO_SECTOR:
        if len(parts) > len(table):
            raise IndexError
        parts.append(content[header + size * sector : header + size * (sector + 1)])
        sector = table[sector]
    return b"".join(parts)


def _numbers(block: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(block) // 4}L", block[: len(block) // 4 * 4]))
