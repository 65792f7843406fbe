"""The short code of a receipt: an entry's number, unreadable and unguessable without the service's key. Pure.

Fifteen letters and digits (Crockford's base 32: no I, L, O, U) in three groups. Of 75 bits, 35 are a
keyed hash of the number, 35 the number hidden under a keyed hash of that hash, and 5 a check: with
it a typing error is told from a code that never was. Of a million entries, one code in 10^15 opens.
No column of an entry holds its code: it is made from the number whenever it is wanted.
"""

from __future__ import annotations

import hmac

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MEANT = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, "–": None, "—": None})
_BITS = 35
_LENGTH = 15


class Mistyped(ValueError):
    """One letter at least is wrong, missing or in another place."""


def key_of(secret: str) -> bytes:
    """The key of the receipts, made from the service's secret key for this use alone."""
    return hmac.digest(secret.encode(), b"pointsvc receipts 1", "sha256")


def code(key: bytes, entry_id: int) -> str:
    """The receipt's code for this entry, as in ``7Q2KD-M04XV-9HT3B``."""
    mark = _hashed(key, b"mark", entry_id)
    hidden = entry_id ^ _hashed(key, b"hide", mark)
    letters = _letters(mark << _BITS | hidden, _LENGTH - 1)
    letters += LETTERS[_check(letters + "0")]
    return "-".join(letters[at : at + 5] for at in range(0, _LENGTH, 5))


def entry_id(key: bytes, typed: str) -> int | None:
    """The entry that this code is of, None when it is of none. Raises Mistyped.

    Small letters, spaces and missing hyphens do not matter, nor O for 0, I and L for 1.
    """
    letters = typed.upper().translate(_MEANT)
    if len(letters) != _LENGTH or not set(letters) <= set(LETTERS) or _check(letters):
        raise Mistyped(typed)
    value = 0
    for letter in letters[:-1]:
        value = value << 5 | LETTERS.index(letter)
    mark, hidden = divmod(value, 1 << _BITS)
    found = hidden ^ _hashed(key, b"hide", mark)
    return found if _hashed(key, b"mark", found) == mark else None


def _hashed(key: bytes, use: bytes, value: int) -> int:
    digest = hmac.digest(key, use + value.to_bytes(8, "big"), "sha256")
    return int.from_bytes(digest[:8], "big") >> (64 - _BITS)


def _letters(value: int, length: int) -> str:
    return "".join(LETTERS[value >> 5 * place & 31] for place in reversed(range(length)))


def _check(letters: str) -> int:
    """0 for a whole code. Read as a polynomial over GF(32), so any wrong letter and any two swapped tell."""
    rest = 0
    for letter in letters:
        rest = (rest << 1) ^ (0b100101 if rest & 16 else 0) ^ LETTERS.index(letter)
    return rest
