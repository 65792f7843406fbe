"""Numbers that no text may publish: identity numbers and mobile telephones. Pure.

Whatever may come to stand on a board is scanned before it is kept, so that nobody has to find it
on the wall. An office's line, with its area code, is no mobile and stays.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from pointsvc.errors import N_, Invalid

_GAP = r"[\s\-‐-―·.]?"
# Six digits of a place, a birth day that exists in a calendar, three digits and the check sign.
_IDENTITY = re.compile(
    rf"(?<!\d)(?:\d{_GAP}){{6}}(?:1{_GAP}9|2{_GAP}0)(?:{_GAP}\d){{2}}{_GAP}(?:0{_GAP}[1-9]|1{_GAP}[0-2]){_GAP}"
    rf"(?:0{_GAP}[1-9]|[12]{_GAP}\d|3{_GAP}[01])(?:{_GAP}\d){{3}}{_GAP}[\dXx](?!\d)"
)
_MOBILE = re.compile(rf"(?<!\d)(?:\+?86{_GAP})?1{_GAP}[3-9](?:{_GAP}\d){{9}}(?!\d)")

_REFUSED = N_("Please leave out identity numbers and mobile telephone numbers: this text may come to hang on a board")


def numbers_in(text: str) -> list[str]:
    """The identity and mobile numbers in a text, as they stand there."""
    return list(_found(unicodedata.normalize("NFKC", text)))


def check(texts: Mapping[str, str | None]) -> None:
    """See that none of these texts (by field) holds such a number. Raises Invalid by field."""
    wrong = {name: _REFUSED for name, text in texts.items() if text and numbers_in(text)}
    if wrong:
        raise Invalid(wrong, code="private_number")


def _found(text: str) -> Iterator[str]:
    for found in _IDENTITY.finditer(text):
        yield found[0]
    for found in _MOBILE.finditer(_IDENTITY.sub(" ", text)):
        yield found[0]
