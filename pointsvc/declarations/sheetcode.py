"""The code on a printed sheet: its number with a digit that finds slips of the pen. Pure."""

from __future__ import annotations

import unicodedata


def code(sheet_id: int) -> str:
    """What is printed: at least five digits, the last of which checks the others."""
    digits = f"{sheet_id:04d}"
    return digits + str(_check(digits))


def number(text: str) -> int | None:
    """The sheet's id behind a code as somebody typed it; None when it cannot be one."""
    digits = "".join(unicodedata.normalize("NFKC", text).split())
    if not (digits.isascii() and digits.isdigit() and 5 <= len(digits) <= 18):
        return None
    return int(digits[:-1]) if digits[-1] == str(_check(digits[:-1])) else None


def _check(digits: str) -> int:
    """The digit by Luhn: one wrong digit, or two neighbours changed about, give another."""
    doubled = (int(digit) * (2 if n % 2 == 0 else 1) for n, digit in enumerate(reversed(digits)))
    return -sum(value // 10 + value % 10 for value in doubled) % 10
