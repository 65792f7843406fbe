"""Codes for whoever has no account, to vote or to follow a need: printed on slips, kept as hashes. Pure.

A code is derived from the service's secret, so that a slip that was spoilt or lost can be printed
again although the database holds only the hash of it.
"""

from __future__ import annotations

import hashlib
import hmac

# Without letters and digits that are taken for one another: 31 signs, 12 places, 59 bits.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
PLACES = 12


def code_of(secret: str, opened: str) -> str:
    """The code for what it opens: ``list-item|7``, ``review-code|3|12``."""
    digest = hmac.new(secret.encode(), opened.encode(), hashlib.sha256).digest()
    value, signs = int.from_bytes(digest), ""
    for _ in range(PLACES):
        value, place = divmod(value, len(ALPHABET))
        signs += ALPHABET[place]
    return signs


def plain(code: str) -> str:
    """What was typed, as a code: in capitals, without blanks and dashes."""
    return "".join(sign for sign in code.upper() if sign.isascii() and sign.isalnum())


def printed(code: str) -> str:
    """The code in groups of four, as it is read out or from a slip."""
    return "-".join(code[at : at + 4] for at in range(0, PLACES, 4))


def hashed(code: str) -> str:
    """What the database holds of a code."""
    return hashlib.sha256(plain(code).encode()).hexdigest()
