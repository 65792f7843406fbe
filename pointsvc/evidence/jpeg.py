"""The segments of a JPEG file: how often it scans its picture, and the file without what is no picture. Pure."""

from __future__ import annotations

from collections.abc import Iterator

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
# Stuffing, fill bytes, restarts: they stand alone, without a length.
_ALONE = {0x00, 0x01, 0xFF, *range(0xD0, 0xD9)}
# Application segments but JFIF's and Adobe's, which say how colours are meant; and the comment.
_TALK = {*range(0xE1, 0xEE), 0xEF, 0xFE}


def segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Each segment as (marker, first byte, byte behind it), up to the end of the first picture."""
    place = 0
    while (place := content.find(b"\xff", place)) >= 0 and place + 1 < len(content):
        marker = content[place + 1]
        if marker == _END:
            return
        if marker in _ALONE:
            place += 1 if marker == 0xFF else 2
            continue
        behind = place + 2 + max(2, int.from_bytes(content[place + 2 : place + 4], "big"))
        yield marker, place, behind
        place = behind


def scans(content: bytes) -> int:
    """How many times the picture is gone through. A few for a progressive one, thousands for a trap."""
    return sum(marker == _SCAN for marker, _, _ in segments(content))


def silent(content: bytes) -> bytes:
    """The same picture without what cameras and programs write beside it: place, time, device, previews."""
    kept, place = [], 0
    for marker, first, behind in segments(content):
        if marker in _TALK:
            kept.append(content[place:first])
            place = behind
    return b"".join([*kept, content[place:]])
