"""Numbers that say who somebody is and must not be made public: identity and mobile numbers. Pure."""

from __future__ import annotations

import re

# Digits as a Chinese keyboard may write them; one character stays one character.
_PLAIN = str.maketrans("０１２３４５６７８９Ｘｘ－　", "0123456789XX- ")
_IDENTITY = r"\d{6}[ -]?\d{4}[ -]?\d{4}[ -]?\d{3}[\dXx]"
# Fifteen digits until 1999: the year has two, so month and day must fit for it to be one.
_OLD_IDENTITY = r"\d{8}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}"
_MOBILE = r"(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}"
_NUMBERS = re.compile(rf"(?<!\d)(?:{_IDENTITY}|{_OLD_IDENTITY}|{_MOBILE})(?!\d)")


def numbers_in(text: str) -> list[str]:
    """The identity and mobile numbers in this text, as they stand there, in their order."""
    return [text[found.start() : found.end()] for found in _NUMBERS.finditer(text.translate(_PLAIN))]
