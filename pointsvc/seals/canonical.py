"""The one way in which a leaf or a seal is written down, so that its hash can be made again anywhere. Pure.

JSON in UTF-8 with sorted keys and no spaces. Values are texts, whole numbers and nothing (null), and
objects and lists of these: no fraction and no truth value, which programs write in different ways.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson


def written(value: Mapping[str, Any]) -> bytes:
    """The value in its one form. Raises ValueError for what has more than one."""
    _check(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def points(hundredths: int) -> str:
    """Whole hundredths as points with their two decimals."""
    whole, rest = divmod(abs(hundredths), 100)
    return f"{'-' if hundredths < 0 else ''}{whole}.{rest:02}"


def instant(value: datetime) -> str:
    """An instant in UTC, with microseconds."""
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _check(value: Any) -> None:
    kind = type(value)
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str:
                raise ValueError(f"{key!r} is not a text")
            _check(item)
    elif kind is list:
        for item in value:
            _check(item)
    elif kind is not str and kind is not int and value is not None:
        raise ValueError(f"{value!r} has no one way to be written")
