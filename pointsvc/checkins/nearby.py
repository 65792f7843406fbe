"""The quarter of an hour on foot: rings, where a point stands in the sketch, and what no office's line is. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

RINGS = (5, 10, 15)
FARTHEST = RINGS[-1]
KINDS = "政务服务、医疗卫生、养老助餐、托育教育、便民维修、文化体育、购物买菜、其他服务"
# The sketch is a square of this size with the community in the middle; the last ring nearly fills it.
SIZE = 320
MIDDLE = SIZE / 2
_INMOST, _OUTMOST = 16, 144
# So far apart that neighbours in the list never stand in one line.
_TURN = math.pi * (3 - math.sqrt(5))

_MOBILE = re.compile(r"(?<!\d)1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?!\d)")


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of the list in the sketch: its number there, and where it stands."""

    number: int
    x: float
    y: float


def radius(minutes: int) -> float:
    """How far from the middle so many minutes are; the middle itself is kept free for the office."""
    return _INMOST + (_OUTMOST - _INMOST) * minutes / FARTHEST


def sketch(minutes: Sequence[int]) -> list[Dot]:
    """Where the points of a list with these minutes stand. Only the distance means something, never the direction."""
    return [
        Dot(
            n,
            round(MIDDLE + radius(far) * math.sin(_TURN * n), 1),
            round(MIDDLE - radius(far) * math.cos(_TURN * n), 1),
        )
        for n, far in enumerate(minutes, 1)
    ]


def holds_mobile(text: str) -> bool:
    """Whether a text holds a mobile number, which is somebody's own and not an office's line."""
    return _MOBILE.search(text) is not None
