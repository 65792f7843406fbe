"""The number of an entry in files that leave the service and may come back. Pure.

The id alone would not do: in another service, or in a copy that went its own way, the same id is
another entry. The letters behind it are made of id and instant of recording, and so say of which
entry the number is. They guard against mistakes, not against forgers: nothing is gained by them.
"""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache

# No vowels, so that the letters never make a word, and no two that look alike.
_LETTERS = "BCDFGHJKMNPQRSTVWXYZ"
_TRIPLES = [one + two + three for one in _LETTERS for two in _LETTERS for three in _LETTERS]
_WRITTEN = re.compile(rf"(\d{{1,18}})-[{_LETTERS}]{{6}}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


def written(entry_id: int, recorded_at: datetime) -> str:
    """The number of this entry, such as ``1024-KMRTBX``."""
    high, low = divmod(zlib.crc32(b"%d:%d" % (entry_id, _ticks(recorded_at))), len(_TRIPLES))
    return f"{entry_id}-{_TRIPLES[high % len(_TRIPLES)]}{_TRIPLES[low]}"


@lru_cache(maxsize=1 << 12)
def _ticks(instant: datetime) -> int:
    # A file that was imported was recorded in one instant.
    return (instant - _EPOCH) // _TICK


def id_in(text: str) -> int | None:
    """The id in a text that looks like a number of ours, or None. Whether it is one only ``written`` tells."""
    found = _WRITTEN.fullmatch(text)
    return int(found[1]) if found else None
