"""A scheme document as the whole numbers that the reckoning needs. Pure.

Points are hundredths, windows are their length in months (1, 3, 6, 12), counted from the cycle's
first month; the year and the cycle are the same twelve months. Rules go by the id under which the
ledger knows them: one that no entry can have is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pointsvc.db import hundredths
from pointsvc.people.categories import EXEMPT
from pointsvc.schemes.periods import WINDOWS

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Rule:
    """One rule. ``times`` and ``points``: window length -> the most that counts in it."""

    id: int
    code: str
    group: str
    times: Mapping[int, int]
    points: Mapping[int, int]
    highest_only: bool
    applies_to: tuple[str, ...] | None
    veto: bool

    @property
    def ranked(self) -> bool:
        """Whether entries must be compared one by one; of all other rules plain sums are enough."""
        return self.highest_only or bool(self.times)

    def steps(self, kind: str) -> list[tuple[int, int | None]]:
        """Its caps of this kind (``times`` or ``points``) as window and limit, the shortest window first.

        Those of points end with the cycle, without a limit where it has none: sums end there.
        """
        caps = getattr(self, kind)
        steps = sorted(caps.items())
        return steps if kind == "times" or 12 in caps else [*steps, (12, None)]


@dataclass(frozen=True)
class Group:
    """One group: what it starts with, and the ends of what it can come to."""

    code: str
    base: int
    floor: int | None
    cap: int | None


@dataclass(frozen=True)
class Terms:
    """All that a document says about the reckoning. ``grades``: name and least total, best first.

    Whoever is exempt by a recorded decision is so by every document.
    """

    rules: Sequence[Rule]
    groups: Sequence[Group]
    base: int
    by_category: Mapping[str, int]
    floor: int | None
    ceiling: int | None
    carry_over: Fraction
    exempt: Sequence[str]
    ungraded: Sequence[str]
    grades: Sequence[tuple[str, int | None]]

    def rounds(self, kind: str) -> list[dict[int, tuple[int, int | None]]]:
        """Each rule's first step, then the second of those that have one: rule id -> window and limit.

        Rules do not touch each other here, so that all can take their first step at once.
        """
        steps = {rule.id: rule.steps(kind) for rule in self.rules}
        most = max(map(len, steps.values()), default=0)
        return [{key: taken[n] for key, taken in steps.items() if n < len(taken)} for n in range(most)]


def terms(document: Document, rule_ids: Mapping[str, int]) -> Terms:
    """The terms of a valid document, with the ids of its rules by code."""
    base = document.get("base", {})
    return Terms(
        rules=[_rule(item, rule_ids[item["code"]]) for item in document["rules"] if item["code"] in rule_ids],
        groups=[_group(item) for item in document["groups"]],
        base=_points(base.get("default")) or 0,
        by_category={name: hundredths(Decimal(value)) for name, value in base.get("by_category", {}).items()},
        floor=_points(document.get("floor")),
        ceiling=_points(document.get("ceiling")),
        carry_over=Fraction(document.get("carry_over", "0")),
        exempt=tuple(dict.fromkeys([*document.get("exempt", ()), EXEMPT])),
        ungraded=tuple(document.get("ungraded", ())),
        grades=[(item["name"], _points(item.get("min"))) for item in document.get("grades", ())],
    )


def _rule(item: Mapping[str, Any], rule_id: int) -> Rule:
    times: dict[int, int] = {}
    points: dict[int, int] = {}
    for cap in item.get("caps", ()):
        size = WINDOWS[cap["per"]]
        found, limit = (times, cap["times"]) if "times" in cap else (points, hundredths(Decimal(cap["points"])))
        # A year and a cycle are one window: of two caps the tighter one decides.
        found[size] = min(limit, found.get(size, limit))
    return Rule(
        id=rule_id,
        code=item["code"],
        group=item["group"],
        times=times,
        points=points,
        highest_only=bool(item.get("highest_only")),
        applies_to=tuple(item["applies_to"]) if "applies_to" in item else None,
        veto=item.get("kind") == "veto",
    )


def _group(item: Mapping[str, Any]) -> Group:
    return Group(item["code"], _points(item.get("base")) or 0, _points(item.get("floor")), _points(item.get("cap")))


def _points(text: str | None) -> int | None:
    return None if text is None else hundredths(Decimal(text))
