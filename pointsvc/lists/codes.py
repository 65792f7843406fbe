"""Tracking codes: the key of whoever filed a need without an account. Derived, so that it can be told again.

The database holds only the hash. The secretary who took a need down on the telephone reads the code
out, and prints it once more when the slip is lost.
"""

from __future__ import annotations

import hashlib
import hmac

# Without letters and digits that are taken for one another: 31 signs, 12 places, 59 bits.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
PLACES = 12


def code_of(secret: str, item_id: int) -> str:
    """The tracking code of this item."""
    digest = hmac.new(secret.encode(), f"list-item|{item_id}".encode(), hashlib.sha256).digest()
    value, signs = int.from_bytes(digest), ""
    for _ in range(PLACES):
        value, place = divmod(value, len(ALPHABET))
        signs += ALPHABET[place]
    return signs


def plain(code: str) -> str:
    """What was typed, as a code: in capitals, without blanks and dashes."""
    return "".join(sign for sign in code.upper() if sign.isascii() and sign.isalnum())


def printed(code: str) -> str:
    """The code in groups of four, as it is read out."""
    return "-".join(code[at : at + 4] for at in range(0, PLACES, 4))


def hashed(code: str) -> str:
    """What the database holds of a code."""
    return hashlib.sha256(plain(code).encode()).hexdigest()
