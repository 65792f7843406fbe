"""Numbers that no text may publish: identity numbers and mobile telephones. Pure.

Whatever may come to stand on a board is scanned before it is kept, so that nobody has to find it
on the wall. An office's line, with its area code, is no mobile and stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pointsvc.errors import N_, Invalid

# Digits and signs as a Chinese keyboard may write them; one character stays one character.
_PLAIN = str.maketrans("０１２３４５６７８９Ｘｘ－．　＋", "0123456789XX-. +")
_GAP = r"[\s\-‐-―·.]?"
# Six digits of a place, a birth day that exists in a calendar, three digits and the check sign.
_IDENTITY = re.compile(
    rf"(?<!\d)(?:\d{_GAP}){{6}}(?:1{_GAP}9|2{_GAP}0)(?:{_GAP}\d){{2}}{_GAP}(?:0{_GAP}[1-9]|1{_GAP}[0-2]){_GAP}"
    rf"(?:0{_GAP}[1-9]|[12]{_GAP}\d|3{_GAP}[01])(?:{_GAP}\d){{3}}{_GAP}[\dXx](?!\d)"
)
# Fifteen digits until 1999: the year has two of them.
_OLD_IDENTITY = re.compile(r"(?<!\d)\d{8}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?!\d)")
_MOBILE = re.compile(rf"(?<!\d)(?:\+?86{_GAP})?1{_GAP}[3-9](?:{_GAP}\d){{9}}(?!\d)")

_REFUSED = N_("Please leave out identity numbers and mobile telephone numbers: this text may come to hang on a board")


def numbers_in(text: str) -> list[str]:
    """The identity and mobile numbers in a text, as they stand there, in their order."""
    plain = text.translate(_PLAIN)
    return [text[start:end] for start, end in sorted(_found(plain))]


def check(texts: Mapping[str, str | None]) -> None:
    """See that none of these texts (by field) holds such a number. Raises Invalid by field."""
    wrong = {name: _REFUSED for name, text in texts.items() if text and numbers_in(text)}
    if wrong:
        raise Invalid(wrong, code="private_number")


def _found(plain: str) -> Iterator[tuple[int, int]]:
    for kind in (_IDENTITY, _OLD_IDENTITY, _MOBILE):
        yield from (found.span() for found in kind.finditer(plain))
        # What is an identity number holds no mobile number; the places stay the same.
        plain = kind.sub(lambda found: " " * len(found[0]), plain)
