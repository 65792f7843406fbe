"""The last guard before a text is public: identity and mobile numbers keep their ends only. Pure."""

from __future__ import annotations

import unicodedata

from pointsvc.people.private import numbers_in


def masked(text: str) -> str:
    """The text with each mobile number as 138****1234 and each identity number as 35*************123."""
    for number in numbers_in(text):
        text = text.replace(number, _ends(number))
    return text


def is_private(phone: str) -> bool:
    """Whether a telephone is somebody's mobile rather than the line of an office."""
    return bool(numbers_in(phone))


def _ends(number: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKC", number) if c.isalnum())
    if len(plain) < 15:
        plain = plain[-11:]
        return f"{plain[:3]}****{plain[-4:]}"
    return f"{plain[:2]}{'*' * (len(plain) - 5)}{plain[-3:]}"
