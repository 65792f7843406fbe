"""What tallies must know of objections. Disputes, a noun to the right, registers who tells it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from pointsvc.tallies.models import Tally


@dataclass(frozen=True)
class Objections:
    """How many objections to a tally's results, or to entries in its window, wait for a reply.

    ``upheld``: how many were upheld since its cutoff; ``changed``: those of them by which entries
    were taken back or recorded.
    """

    open: int = 0
    upheld: int = 0
    changed: int = 0


Tell = Callable[[Tally], Objections]
Disputed = Callable[[Tally, Collection[int]], set[int]]
_tells: list[Tell] = []
_disputed: list[Disputed] = []


def objections_of(tell: Tell) -> Tell:
    """Register who counts the objections to a tally."""
    _tells.append(tell)
    return tell


def disputed_in(disputed: Disputed) -> Disputed:
    """Register who knows which of these members (by id) object to their result or an entry in its window."""
    _disputed.append(disputed)
    return disputed


def objections(tally: Tally) -> Objections:
    """The objections to this tally."""
    found = [tell(tally) for tell in _tells]
    return Objections(
        sum(one.open for one in found), sum(one.upheld for one in found), sum(one.changed for one in found)
    )


def disputed(tally: Tally, member_ids: Collection[int]) -> set[int]:
    """Those of these members whose result in this tally is disputed."""
    return set[int]().union(*(one(tally, member_ids) for one in _disputed))
