"""A brake on floods from one address that keeps nothing of it: counts under a key of this process, in its memory.

What is written down would be personal data, however it is hashed: there are few addresses to try.
Each web process counts for itself; what all of them let through is bounded by the board's own limit
in ``answering.MOST_AN_HOUR``.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime

TRIES = 5
MINUTES = 10
_MOST_KEPT = 10_000


class Brake:
    """Counts the tries of each address in stretches of ten minutes, and forgets them after."""

    def __init__(self) -> None:
        self.key = secrets.token_bytes(32)
        self.stretch = 0
        self.counts: dict[bytes, int] = {}

    def take(self, address: str, at: datetime) -> bool:
        """Count one try from this address; whether it may still be let through."""
        stretch = int(at.timestamp()) // (60 * MINUTES)
        if stretch != self.stretch or len(self.counts) >= _MOST_KEPT:
            self.stretch, self.key, self.counts = stretch, secrets.token_bytes(32), {}
        name = hmac.digest(self.key, address.encode(), "sha256")
        self.counts[name] = self.counts.get(name, 0) + 1
        return self.counts[name] <= TRIES
