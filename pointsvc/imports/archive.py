"""Look into an .xlsx before anything parses it.

The parser builds each sheet as one dense block and inflates whatever it is given. A file of a few
kilobytes may so ask for gigabytes: by a part that inflates a thousandfold, or by two cells in
opposite corners. Both are measured here, on the real bytes and not on what the file says of itself.

The parser also reads a formula without a result, and an error value such as #N/A, as an empty cell.
Such cells are found here, so that they can be refused instead of being taken for empty.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from html import unescape
from xml.parsers import expat

from pointsvc.errors import N_, Invalid, Message
from pointsvc.imports.extent import check_sheet, column_number

MAX_UNCOMPRESSED = 200 * 1024 * 1024
MAX_PARTS = 5000
# Dull sheets shrink to a hundredth; no honest part of this size shrinks to a three-hundredth.
MAX_RATIO = 300
RATIO_COUNTS_FROM = 10 * 1024 * 1024

_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_CELL = rb'<(?:\w+:)?c (?:[^>]*? )?r="([A-Z]{1,3})(\d{1,7})"'
_FORMULA = rb"<(?:\w+:)?f(?: [^>]*)?(?:/>|>([^<]*)</(?:\w+:)?f>)"
_ERROR = re.compile(_CELL + rb'[^>]*(?<= )t="e"[^>]*>\s*(?:' + _FORMULA + rb")?\s*<(?:\w+:)?v>([^<]*)<")
_UNCOMPUTED = re.compile(
    _CELL + rb"([^>]*)>\s*" + _FORMULA + rb"\s*(?:<(?:\w+:)?v(?:\s*/>|></(?:\w+:)?v>))?\s*</(?:\w+:)?c>"
)

Faults = dict[tuple[int, int], str]


def parts_of(content: bytes) -> frozenset[str]:
    """The names of the archive's parts. Raises Invalid when it is broken."""
    with _opened(content) as archive:
        return frozenset(archive.namelist())


def inspect(content: bytes) -> dict[int, Faults]:
    """Measure an .xlsx, and find the cells whose value is missing or an error.

    Returns by index of the sheet, only for sheets with such cells: (row, column), both from 0, to the
    formula or the error as text. Raises Invalid for what is broken, locked or too large.
    """
    faults: dict[str, Faults] = {}
    with _opened(content) as archive:
        _check_directory(archive)
        for info in archive.infolist():
            part = _inflated(content, info)
            _refuse_entities(info.filename, part)
            if b"sheetData" in part:
                check_sheet(part)
                if found := _faults(part):
                    faults[info.filename] = found
        return _by_sheet(archive, faults) if faults else {}


def _opened(content: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError):
        raise _broken() from None


def _broken() -> Invalid:
    return Invalid({"file": Message(N_("The file is damaged"))}, code="file_broken")


def _too_large() -> Invalid:
    return Invalid({"file": Message(N_("The file unpacks to far too much"))}, code="file_too_large")


def _check_directory(archive: zipfile.ZipFile) -> None:
    """Judge by the archive's own directory first: it costs nothing."""
    infos = archive.infolist()
    if any(info.flag_bits & 1 for info in infos):
        raise Invalid({"file": Message(N_("The file is locked with a password"))}, code="file_locked")
    if len(infos) > MAX_PARTS or sum(info.file_size for info in infos) > MAX_UNCOMPRESSED:
        raise _too_large()
    for info in infos:
        if info.file_size > RATIO_COUNTS_FROM and info.file_size > MAX_RATIO * info.compress_size:
            raise _too_large()


def _inflated(content: bytes, info: zipfile.ZipInfo) -> bytes:
    """The part's real bytes: never more than its directory entry promises, which was judged."""
    try:
        header = _LOCAL_HEADER.unpack_from(content, info.header_offset)
    except struct.error:
        raise _broken() from None
    start = info.header_offset + _LOCAL_HEADER.size + header[-2] + header[-1]
    packed = memoryview(content)[start : start + info.compress_size]
    if info.compress_type == zipfile.ZIP_STORED:
        part = bytes(packed)
    elif info.compress_type == zipfile.ZIP_DEFLATED:
        part = _deflated(packed, info.file_size)
    else:
        raise _broken()
    if header[0] != b"PK\3\4" or len(part) != info.file_size:
        raise _broken()
    return part


def _deflated(packed: memoryview, promised: int) -> bytes:
    try:
        return zlib.decompressobj(-15).decompress(packed, promised + 1)
    except zlib.error:
        raise _broken() from None


def _refuse_entities(name: str, part: bytes) -> None:
    """Spreadsheet programs never declare entities; who does wants to multiply them."""
    if name.endswith((".xml", ".rels")) and (b"<!DOCTYPE" in part[:4096] or b"<!ENTITY" in part[:4096]):
        raise _broken()


def _faults(part: bytes) -> Faults:
    found: Faults = {}
    if b't="e"' in part:
        for match in _ERROR.finditer(part):
            found[_place(match)] = match[4].decode("utf-8", "replace")
    if b"<f" in part or b":f" in part:
        for match in _UNCOMPUTED.finditer(part):
            # A formula whose result is the empty text is marked t="str": that one is computed.
            if b't="str"' not in match[0]:
                found[_place(match)] = "=" + unescape((match[4] or b"...").decode("utf-8", "replace"))
    return found


def _place(match: re.Match[bytes]) -> tuple[int, int]:
    return int(match[2]) - 1, column_number(match[1]) - 1


def _by_sheet(archive: zipfile.ZipFile, faults: dict[str, Faults]) -> dict[int, Faults]:
    """Name the faults by the sheet's place in the workbook instead of the part inside the archive."""
    try:
        return {index: faults[part] for index, part in enumerate(_sheet_parts(archive)) if part in faults}
    except (KeyError, expat.ExpatError):
        raise _broken() from None


def _sheet_parts(archive: zipfile.ZipFile) -> Iterator[str]:
    relations = _attributes(archive.read("xl/_rels/workbook.xml.rels"), "Relationship")
    target = {relation["Id"]: relation["Target"] for relation in relations}
    for sheet in _attributes(archive.read("xl/workbook.xml"), "sheet"):
        path = next((target[value] for key, value in sheet.items() if key.endswith(":id") and value in target), "")
        yield path.lstrip("/") if path.startswith("/") else "xl/" + path


def _attributes(part: bytes, element: str) -> list[dict[str, str]]:
    """The attributes of every element of this name, with or without a prefix."""
    found: list[dict[str, str]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, attributes: (
        found.append(attributes) if tag.rpartition(":")[2] == element else None
    )
    parser.Parse(part, True)
    return found
