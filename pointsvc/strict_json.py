"""JSON as we take it from outside: nothing doubled, nothing that cannot be kept, not too deep."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from pointsvc.errors import N_, Problem

MAX_DEPTH = 20


def parse_json(raw: bytes) -> Any:
    """A JSON text, strictly: UTF-8, no key twice, no NaN, no odd characters, not too deep.

    Numbers with a point come as Decimal. Raises Problem 'malformed_json'.
    """
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_no_duplicates,
            parse_constant=_no_constant,
            parse_float=Decimal,
        )
        _check(value)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise Problem(N_("The body is not proper JSON"), code="malformed_json") from error
    return value


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not a number")


def _check(value: Any, level: int = 0) -> None:
    if level > MAX_DEPTH:
        raise ValueError("too deep")
    if isinstance(value, dict):
        for key, item in value.items():
            _check(key, level)
            _check(item, level + 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, level + 1)
    elif isinstance(value, str) and ("\x00" in value or any("\ud800" <= c <= "\udfff" for c in value)):
        # PostgreSQL cannot keep NUL, and a lone surrogate is no text at all.
        raise ValueError("text holds characters that cannot be kept")
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
        raise ValueError("a number is too large")
