"""Which rules of a sheet members may declare by, and what a paper's one column of amounts means. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from pointsvc.errors import N_, Invalid
from pointsvc.schemes.checking import LIMIT

Document = Mapping[str, Any]
Rule = Mapping[str, Any]

_NUMBER = N_('A number with at most two decimals is needed, such as "12.50"')


def declarable(document: Document, category: str | None = None) -> list[Rule]:
    """The rules that members may declare by, in the order of the sheet; of this category, when given."""
    marks = _marks(document)
    return [
        rule
        for rule in document["rules"]
        if _may(rule, marks) and (category is None or category in rule.get("applies_to", (category,)))
    ]


def may_be_declared(document: Document, rule: Rule) -> bool:
    """Whether members may declare by this rule of the sheet.

    The sheet may say so itself. Where it does not: whatever can give points and is not recorded with
    a meeting. Never a veto.
    """
    return _may(rule, _marks(document))


def _may(rule: Rule, marks: set[str]) -> bool:
    if rule.get("kind") == "veto":
        return False
    if "declare" in rule:
        return bool(rule["declare"])
    return rule["code"] not in marks and max(_points(rule)) > 0


def _marks(document: Document) -> set[str]:
    return {code for marks in document.get("activities", {}).values() for code in marks.values()}


def _points(rule: Rule) -> Iterator[Decimal]:
    if "tiers" in rule:
        yield from (Decimal(tier["points"]) for tier in rule["tiers"])
    else:
        yield from (Decimal(end) for end in rule.get("range", (rule.get("points", "0"),)))


def amount(rule: Rule, text: str) -> dict[str, Any]:
    """One cell of a paper as the rule means it: a quantity, points inside a range, or a level.

    Raises Invalid under ``amount`` for what is no number; what the rule does not take is the
    ledger's to refuse.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if "tiers" in rule:
        known = {tier["name"]: tier["code"] for tier in rule["tiers"]}
        return {"tier": known.get(text, text or None)}
    if not text:
        return {}
    return {"points" if "range" in rule else "quantity": _number(text)}


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text) if len(text) <= 20 else Decimal("NaN")
    except ArithmeticError:
        raise Invalid({"amount": _NUMBER}) from None
    if not number.is_finite() or abs(number) >= LIMIT or number != round(number, 2):
        raise Invalid({"amount": _NUMBER})
    return number.quantize(Decimal("0.01"))
