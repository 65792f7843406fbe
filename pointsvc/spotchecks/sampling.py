"""What a sample can say: the chance that it finds a fault, and what covers all units in time. Pure and exact."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import comb

SHARES = (5, 10, 20)
SURE = Fraction(95, 100)


@dataclass(frozen=True, slots=True)
class Chance:
    """Of a stratum in which ``percent`` per cent (``faulty`` units) are at fault."""

    percent: int
    faulty: int
    chance: Fraction
    needed: int


def chance(size: int, faulty: int, n: int) -> Fraction:
    """The chance that ``n`` of ``size`` units hold at least one of the ``faulty``: 1 − C(N−D, n)/C(N, n)."""
    return 1 - Fraction(comb(size - faulty, n), comb(size, n))


def needed(size: int, faulty: int) -> int:
    """The smallest sample that holds at least one of the ``faulty`` (at least one) with 95 per cent."""
    # So many hold one for certain; but of a long list few are enough, and few are quickly tried.
    low, high = 1, 1
    while high < size - faulty + 1 and chance(size, faulty, high) < SURE:
        low, high = high + 1, min(high * 2, size - faulty + 1)
    while low < high:
        middle = (low + high) // 2
        if chance(size, faulty, middle) >= SURE:
            high = middle
        else:
            low = middle + 1
    return low


def chances(size: int, n: int) -> list[Chance]:
    """For 5, 10 and 20 per cent of the stratum at fault; at least one unit, and parts of a unit make one."""
    found = []
    for percent in SHARES:
        faulty = -(-size * percent // 100)
        found.append(Chance(percent, faulty, chance(size, faulty, n), needed(size, faulty)))
    return found


def share_of(size: int, percent: int) -> int:
    """So many per cent of a stratum, and at least one unit; parts of a unit make one."""
    return max(-(-size * percent // 100), 1)


def a_quarter(size: int, quarters: int) -> int:
    """How many units each quarter must take so that all are inspected at least once in so many quarters."""
    return -(-size // quarters)
