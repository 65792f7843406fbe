"""The reckoning once more, in plain Python over plain lists, as slow and obvious as it can be.

Written from the definition of the reckoning alone and sharing no code with the product, it is what
the product's SQL is held against. An entry is a dictionary: ``id, rule, points`` (Decimal),
``occurred_on``, ``recorded_at`` and perhaps ``matter`` and ``reverses`` (an id).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

Entry = dict[str, Any]
LENGTH = {"month": 1, "quarter": 3, "half": 6, "year": 12, "cycle": 12}
ORDER = ("month", "quarter", "half", "year", "cycle")
ZERO = Decimal("0.00")


def reckon(
    scheme: dict[str, Any],
    category: str,
    entries: Iterable[Entry],
    *,
    starts_on: date,
    through_on: date,
    cutoff: datetime | None = None,
    previous: Decimal | None = None,
) -> dict[str, Any]:
    """All figures of one member of this category; ``kept`` are the entries that no step holds back wholly."""
    rules = {rule["code"]: rule for rule in scheme["rules"]}
    known = [e for e in entries if cutoff is None or e["recorded_at"] <= cutoff]
    live = live_entries(rules, category, [e for e in known if starts_on <= e["occurred_on"] <= through_on])
    kept = highest_only(rules, live)
    figures = {}
    counting: set[int] = set()
    for code in {e["rule"] for e in live}:
        mine = within_times(rules[code], [e for e in kept if e["rule"] == code], starts_on)
        figures[code] = within_points(rules[code], mine, starts_on)
        counting |= {e["id"] for e in mine}
    groups = {}
    for group in scheme["groups"]:
        summed = sum((figures[code] for code in figures if rules[code]["group"] == group["code"]), ZERO)
        groups[group["code"]] = clip(Decimal(group.get("base", "0")) + summed, group.get("floor"), group.get("cap"))
    base = Decimal(
        scheme.get("base", {}).get("by_category", {}).get(category, scheme.get("base", {}).get("default", "0"))
    )
    carried = half_up(Fraction(previous or 0) * Fraction(scheme.get("carry_over", "0")))
    veto = any(rules[e["rule"]].get("kind") == "veto" for e in live)
    total = clip(base + carried + sum(groups.values(), ZERO), scheme.get("floor"), scheme.get("ceiling"))
    total = total_of(scheme, category, ZERO if veto else total)
    return {
        "raw": sum((e["points"] for e in live), ZERO),
        "base": base,
        "carried": carried,
        "rules": figures,
        "groups": groups,
        "total": total,
        "grade": grade_of(scheme, category, total, veto=veto),
        "veto": veto,
        "kept": counting,
    }


def live_entries(rules: dict[str, Any], category: str, entries: list[Entry]) -> list[Entry]:
    """Step 1; an entry whose rule the scheme does not know has no place in it."""
    taken_back = {e["reverses"] for e in entries if e.get("reverses") is not None}
    found = []
    for entry in entries:
        if entry.get("reverses") is not None or entry["id"] in taken_back or entry["rule"] not in rules:
            continue
        if category in rules[entry["rule"]].get("applies_to", [category]):
            found.append(entry)
    return found


def highest_only(rules: dict[str, Any], live: list[Entry]) -> list[Entry]:
    """Step 2."""
    best: dict[str, Entry] = {}
    alone = []
    for entry in sorted(live, key=lambda e: (-e["points"], e["occurred_on"], e["id"])):
        if rules[entry["rule"]].get("highest_only") and entry.get("matter"):
            best.setdefault(entry["matter"], entry)
        else:
            alone.append(entry)
    return alone + list(best.values())


def within_times(rule: dict[str, Any], entries: list[Entry], starts_on: date) -> list[Entry]:
    """Step 3."""
    for per in ORDER:
        for cap in rule.get("caps", []):
            if cap["per"] == per and "times" in cap:
                ranked = sorted(entries, key=lambda e: (-abs(e["points"]), e["occurred_on"], e["id"]))
                seen: dict[int, int] = {}
                entries = []
                for entry in ranked:
                    number = window(entry["occurred_on"], per, starts_on)
                    seen[number] = seen.get(number, 0) + 1
                    if seen[number] <= cap["times"]:
                        entries.append(entry)
    return entries


def within_points(rule: dict[str, Any], entries: list[Entry], starts_on: date) -> Decimal:
    """Step 4."""
    sums: dict[int, Decimal] = {}
    for entry in entries:
        month = window(entry["occurred_on"], "month", starts_on)
        sums[month] = sums.get(month, ZERO) + entry["points"]
    for per in ORDER:
        for cap in rule.get("caps", []):
            if cap["per"] == per and "points" in cap:
                wider: dict[int, Decimal] = {}
                for month, value in sums.items():
                    first = month // LENGTH[per] * LENGTH[per]
                    wider[first] = wider.get(first, ZERO) + value
                limit = Decimal(cap["points"])
                sums = {first: max(-limit, min(limit, value)) for first, value in wider.items()}
    return sum(sums.values(), ZERO)


def window(day: date, per: str, starts_on: date) -> int:
    """Which window of the cycle the day lies in."""
    months = (day.year - starts_on.year) * 12 + day.month - starts_on.month
    return months // LENGTH[per]


def clip(value: Decimal, low: str | None, high: str | None) -> Decimal:
    """Between two ends that may be missing."""
    if low is not None:
        value = max(value, Decimal(low))
    return value if high is None else min(value, Decimal(high))


def half_up(value: Fraction) -> Decimal:
    """To two places, half up."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def total_of(scheme: dict[str, Any], category: str, total: Decimal) -> Decimal | None:
    """Nothing for a category that is exempt, by the scheme or by a recorded decision."""
    return None if category in [*scheme.get("exempt", []), "exempt"] else total


def grade_of(scheme: dict[str, Any], category: str, total: Decimal | None, *, veto: bool) -> str | None:
    """Steps 7 and 8."""
    grades = scheme.get("grades", [])
    if total is None or category in scheme.get("ungraded", []) or not grades:
        return None
    if veto:
        return str(grades[-1]["name"])
    for grade in grades:
        if "min" not in grade or total >= Decimal(grade["min"]):
            return str(grade["name"])
    return None
