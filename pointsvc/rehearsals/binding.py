"""Every cap, floor and ceiling of the two sheets, with how often it held something back. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pointsvc.db import from_hundredths
from pointsvc.schemes.periods import WINDOWS
from pointsvc.tallies.terms import Terms

Document = Mapping[str, Any]
# What binds, as it is counted: kind, code (of a rule or group, or ''), months of the window (or 0).
Key = tuple[str, str, int]
Counts = dict[Key, tuple[int, int]]


@dataclass(frozen=True)
class Limit:
    """One limit of a sheet: ``value`` as the document writes it, '' for 'highest only'."""

    key: Key
    name: str
    value: str
    per: str = ""


def counted(terms: Terms, rows: Any) -> Counts:
    """The rows of ``comparing.held`` under their keys: members and hundredths."""
    rules = {rule.id: rule for rule in terms.rules}
    found: Counts = {}
    for row in rows:
        if row.kind in ("cap", "floor"):
            key = (row.kind, terms.groups[row.key].code, 0)
        else:
            rule = rules[row.key]
            size = rule.steps("points")[row.size][0] if row.kind == "points" else row.size
            key = (row.kind, rule.code, size)
        # What a cap of deductions holds back is below nothing.
        found[key] = (row.members, abs(row.points))
    return found


def added(one: Mapping[Any, tuple[int, int]], other: Mapping[Any, tuple[int, int]]) -> dict[Any, tuple[int, int]]:
    """The counts of two sets of members that have nobody in common."""
    found = dict(one)
    for key, (number, points) in other.items():
        known = found.get(key, (0, 0))
        found[key] = (known[0] + number, known[1] + points)
    return found


def limits(document: Document) -> Iterator[Limit]:
    """All limits of a sheet: those of each rule, of each group, and of the total."""
    for rule in document["rules"]:
        yield from _of_rule(rule)
    for group in document["groups"]:
        for kind in ("cap", "floor"):
            if kind in group:
                yield Limit((kind, group["code"], 0), group["name"], group[kind])
    for kind in ("ceiling", "floor"):
        if kind in document:
            yield Limit((f"total_{kind}", "", 0), "", document[kind])


def _of_rule(rule: Mapping[str, Any]) -> Iterator[Limit]:
    if rule.get("highest_only"):
        yield Limit(("highest_only", rule["code"], 0), rule["name"], "")
    tightest: dict[Key, Limit] = {}
    for cap in rule.get("caps", ()):
        kind = "times" if "times" in cap else "points"
        limit = Limit((kind, rule["code"], WINDOWS[cap["per"]]), rule["name"], str(cap[kind]), cap["per"])
        # A year and a cycle are one window: of two caps the tighter one decides.
        known = tightest.setdefault(limit.key, limit)
        if Decimal(limit.value) < Decimal(known.value):
            tightest[limit.key] = limit
    yield from tightest.values()


def told(before: Document, draft: Document, counts: tuple[Counts, Counts]) -> list[dict[str, Any]]:
    """All limits of both sheets for the report; a side that lacks one has None there."""
    sides = [{limit.key: limit for limit in limits(document)} for document in (before, draft)]
    found = []
    for key in dict.fromkeys((*sides[0], *sides[1])):
        known = sides[1].get(key) or sides[0][key]
        ends = [_side(side.get(key), count) for side, count in zip(sides, counts, strict=True)]
        found.append({"kind": key[0], "code": key[1], "name": known.name, "before": ends[0], "after": ends[1]})
    return found


def _side(limit: Limit | None, counts: Counts) -> dict[str, Any] | None:
    if limit is None:
        return None
    members, points = counts.get(limit.key, (0, 0))
    return {
        "limit": limit.value,
        "per": limit.per,
        "members": members,
        "points": f"{from_hundredths(points):.2f}",
    }
