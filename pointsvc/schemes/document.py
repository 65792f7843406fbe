"""The scheme document as data: what an entry is worth, and the fingerprint of a rule sheet. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from pointsvc import errors
from pointsvc.schemes.checking import LIMIT, validate

__all__ = ["digest", "merged", "rule", "share", "starts_month", "validate", "worth"]

N_ = errors.N_
Document = Mapping[str, Any]

CENT = Decimal("0.01")
ONE = Decimal(1)
# Units of things that are counted: half an event does not happen, half an hour does.
COUNTED = frozenset({"次", "件", "项", "篇", "条", "个", "人", "人次", "场", "份", "期", "户", "批", "门", "本"})


def starts_month(document: Document) -> int:
    """The month in which the scheme's cycle starts."""
    return int(document["cycle"]["starts_month"])


def rule(document: Document, code: str) -> Mapping[str, Any] | None:
    """The rule of this code, or None."""
    return next((item for item in document["rules"] if item["code"] == code), None)


def share(text: str) -> Fraction:
    """A share as "0.2" or "1/5" (``carry_over``, ``quota``), exactly."""
    return Fraction(text)


def digest(document: Document) -> str:
    """SHA-256 over the document's canonical JSON: the same for the same content."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def merged(newest: Document, earlier: Iterable[Document]) -> Document:
    """The newest document with the rules (and their groups) that only ``earlier`` ones have.

    ``earlier`` comes newest first; of a rule that stands in several, the latest form is taken.
    """
    rules = {item["code"]: item for item in newest["rules"]}
    groups = {item["code"]: item for item in newest["groups"]}
    before = len(rules)
    for document in earlier:
        known = {item["code"]: item for item in document["groups"]}
        for item in document["rules"]:
            if item["code"] not in rules:
                rules[item["code"]] = item
                groups.setdefault(item["group"], known[item["group"]])
    if len(rules) == before:
        return newest
    return {**newest, "rules": list(rules.values()), "groups": list(groups.values())}


def worth(
    rule: Mapping[str, Any],
    quantity: Decimal | None = None,
    tier: str | None = None,
    points: Decimal | None = None,
) -> Decimal:
    """The points of one entry by this rule, rounded half up to two places.

    ``points`` is the recorder's choice within a range. Raises Invalid under ``quantity``, ``tier``
    or ``points`` for what the rule does not take or lacks.
    """
    _check_quantity(rule, quantity)
    if tier is not None and "tiers" not in rule:
        raise errors.Invalid({"tier": N_("This rule has no tiers")})
    if "range" in rule:
        return _chosen(rule, points)
    if points is not None:
        raise errors.Invalid({"points": N_("The points of this rule are fixed and cannot be given")})
    each = _of_tier(rule, tier) if "tiers" in rule else Decimal(rule["points"])
    product = (each * (ONE if quantity is None else quantity)).quantize(CENT, ROUND_HALF_UP)
    if abs(product) >= LIMIT:
        raise errors.Invalid({"quantity": N_("This is more than can be recorded in one entry")})
    return product


def _check_quantity(rule: Mapping[str, Any], quantity: Decimal | None) -> None:
    if quantity is None or quantity == ONE:
        return
    if quantity <= 0:
        raise errors.Invalid({"quantity": N_("The quantity must be above 0")})
    if "range" in rule or rule.get("kind") == "veto":
        raise errors.Invalid({"quantity": N_("This rule takes no quantity")})
    if rule.get("unit") in COUNTED and quantity != quantity.to_integral_value():
        raise errors.Invalid({"quantity": errors.Message(N_("Counted in whole %(unit)s"), unit=rule["unit"])})


def _chosen(rule: Mapping[str, Any], points: Decimal | None) -> Decimal:
    low, high = (Decimal(end) for end in rule["range"])
    if points is None or not low <= points <= high:
        message = errors.Message(N_("Points from %(low)s to %(high)s are needed for this rule"), low=low, high=high)
        raise errors.Invalid({"points": message})
    # Not rounded: a third decimal inside a range is a slip of the pen, not half a cent.
    if points != points.quantize(CENT):
        raise errors.Invalid({"points": N_("At most two decimals")})
    return points.quantize(CENT)


def _of_tier(rule: Mapping[str, Any], tier: str | None) -> Decimal:
    tiers = {item["code"]: item["points"] for item in rule["tiers"]}
    if tier not in tiers:
        names = "、".join(f"{item['code']} ({item['name']})" for item in rule["tiers"])
        raise errors.Invalid({"tier": errors.Message(N_("One of these tiers is needed: %(tiers)s"), tiers=names)})
    return Decimal(tiers[tier])
