"""The draw: who is inspected and by whom, out of nothing but SHA-256. Pure; the standard library alone.

Every hash is over UTF-8 text with ``|`` between its parts, and is told as lower-case hex. Whoever has
the frame, the secret and the digits gets the same result on any machine; ``check_draw.py`` and the
page /check-draw each do it anew, without this file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from heapq import nsmallest

FEWEST_DIGITS = 20
MOST_DIGITS = 200
INSPECTORS = 2
CONFLICT = "conflict of interest"

# An input method for Chinese may write full-width digits; they were read off the same dice.
_WIDE = str.maketrans("０１２３４５６７８９", "0123456789")


@dataclass(frozen=True, slots=True)
class Line:
    """A unit of the frame."""

    stratum: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A unit's place in its stratum, from 1, and the ticket that gave it."""

    place: int
    code: str
    ticket: str


@dataclass(frozen=True, slots=True)
class Seat:
    """An inspector's place for a unit; ``skipped`` is why the next one serves instead."""

    place: int
    inspector: str
    skipped: str | None = None


def digest(text: str) -> str:
    """The SHA-256 of a text, as 64 hex digits."""
    return sha256(text.encode()).hexdigest()


def fits(part: str) -> bool:
    """Whether this may be a part of a line: not empty, on one line, without the sign that parts the parts."""
    return bool(part) and "|" not in part and part.isprintable() and part == part.strip()


def frame(lines: Iterable[Line]) -> str:
    """The frame as it is hashed. Raises ValueError with the line that is no line, or stands there twice."""
    ordered = sorted(lines, key=lambda line: (line.stratum, line.code))
    for before, line in zip([None, *ordered], ordered, strict=False):
        if not (fits(line.stratum) and fits(line.code) and fits(line.name)):
            raise ValueError(f"{line.stratum} {line.code}")
        if before is not None and (before.stratum, before.code) == (line.stratum, line.code):
            raise ValueError(f"{line.stratum} {line.code}")
    return "".join(f"{line.stratum}|{line.code}|{line.name}\n" for line in ordered)


def lines(frame: str) -> Iterator[Line]:
    """The units of a frame in its order."""
    for line in frame.split("\n")[:-1]:
        yield Line(*line.split("|"))


def strata(frame: str) -> dict[str, list[str]]:
    """The codes of each stratum of a frame."""
    found: dict[str, list[str]] = {}
    for line in lines(frame):
        found.setdefault(line.stratum, []).append(line.code)
    return found


def commitment(plan: str, frame_sha256: str, secret: str) -> str:
    """What is published when the frame is frozen, so that the secret cannot be chosen afterwards."""
    return digest(f"commit|v1|{plan}|{frame_sha256}|{secret}")


def cleaned(typed: str) -> str | None:
    """The digits as they are hashed: without the spaces; None when they are too few, too many or no digits."""
    found = "".join(typed.split()).translate(_WIDE)
    fitting = found.isascii() and found.isdigit() and FEWEST_DIGITS <= len(found) <= MOST_DIGITS
    return found if fitting else None


def seed(plan: str, frame_sha256: str, secret: str, digits: str) -> str:
    """What all tickets are made of."""
    return digest(f"seed|v1|{plan}|{frame_sha256}|{secret}|{digits}")


def tickets(seed: str, stratum: str, codes: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The ticket of each of these units, with its code."""
    # What is the same for all of a stratum is hashed once: of 100,000 units it saves half the time.
    start = sha256(f"ticket|v1|{seed}|{stratum}|".encode())
    for code in codes:
        one = start.copy()
        one.update(code.encode())
        yield one.hexdigest(), code


def first(seed: str, stratum: str, codes: Iterable[str], count: int) -> list[Ticket]:
    """The first ``count`` units of a stratum by their tickets."""
    found = nsmallest(count, tickets(seed, stratum, codes))
    return [Ticket(place + 1, code, ticket) for place, (ticket, code) in enumerate(found)]


def chosen(
    seed: str, stratum: str, codes: Sequence[str], n: int, skipped: Mapping[str, str]
) -> tuple[list[Ticket], list[Ticket]]:
    """The ``n`` units that are drawn, and those before the last of them that were skipped."""
    ordered = first(seed, stratum, codes, n + len(skipped))
    serving = [one for one in ordered if one.code not in skipped][:n]
    last = serving[-1].place if serving else 0
    passed = [one for one in ordered if one.code in skipped and (one.place < last or len(serving) < n)]
    return serving, passed


def seats(
    seed: str, unit: str, inspectors: Mapping[str, frozenset[str]], away: Mapping[str, str] | None = None
) -> list[Seat]:
    """Who inspects a unit: places by ticket up to the second who serves.

    ``inspectors``: the codes of the units with which each has a conflict of interest. ``away``: who
    cannot go to this unit, and why.
    """
    ordered = sorted(inspectors, key=lambda one: digest(f"inspector|v1|{seed}|{unit}|{one}"))
    found: list[Seat] = []
    serving = 0
    for place, one in enumerate(ordered, 1):
        reason = CONFLICT if unit in inspectors[one] else (away or {}).get(one)
        found.append(Seat(place, one, reason))
        serving += reason is None
        if serving == INSPECTORS:
            break
    return found


def sealed(plan: str, seed: str, drawn: Mapping[str, Sequence[Ticket]]) -> str:
    """The fingerprint of a list that is not public yet: of the first units by ticket of each stratum.

    The seed is in it, so nobody can try lists until one fits. Skipping changes nothing of it.
    """
    listed = "".join(f"{name}|{one.place}|{one.code}\n" for name in sorted(drawn) for one in drawn[name])
    return digest(f"sealed|v1|{plan}|{seed}|{listed}")
