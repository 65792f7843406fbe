"""What waits for somebody: each noun says its own share, and the first pages show all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pointsvc.permissions import Actor


@dataclass(frozen=True)
class Waiting:
    """One line: what waits (in the reader's language), where it is done, and ``now`` or ``watch``."""

    words: str
    href: str
    tone: str = "watch"


Ask = Callable[[Actor], Iterable[Waiting]]
_asks: list[Ask] = []


def waits(ask: Ask) -> Ask:
    """Register who knows what waits for an actor. It is asked inside a request, once for each first page."""
    _asks.append(ask)
    return ask


def waiting(actor: Actor) -> list[Waiting]:
    """All that waits for this actor, what is due now first."""
    found = [item for ask in _asks for item in ask(actor)]
    return sorted(found, key=lambda item: item.tone != "now")
