"""What recorded entries would be worth by another document, as SQL.

It is what ``schemes.document.worth`` would have said had the same been recorded by that document:
points or the tier's points times the quantity, rounded half up; within a range what was recorded,
brought into the range.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, type_coerce
from sqlalchemy.orm import InstrumentedAttribute

from pointsvc.db import hundredths
from pointsvc.ledger.models import Entry
from pointsvc.tallies import expressions as sql
from pointsvc.tallies import stages

Document = Mapping[str, Any]
Expression = ColumnElement[Any] | InstrumentedAttribute[Any]


def worth(document: Document, rule_ids: Mapping[str, int]) -> Expression:
    """An entry's hundredths by this document; NULL where it could not have been recorded by it.

    A reversal is worth the opposite of what it takes back: it has its rule, quantity and tier.
    """
    back = Entry.reverses_id.is_not(None)
    recorded = case((back, -stages.points()), else_=stages.points())
    worths = {rule_ids[item["code"]]: _worth(item, recorded) for item in document["rules"] if item["code"] in rule_ids}
    value = sql.chosen(Entry.rule_id, worths)
    return case((back, -value), else_=value)


def _worth(item: Mapping[str, Any], recorded: Expression) -> Expression:
    if "range" in item:
        low, high = (sql.number(hundredths(Decimal(end))) for end in item["range"])
        return sql.clip(recorded, low, high)
    if "tiers" in item:
        worths = {sql.words(tier["code"]): _product(tier["points"]) for tier in item["tiers"]}
        return case(worths, value=Entry.tier, else_=None)
    return _product(item["points"])


def _product(points: str) -> Expression:
    """So many points times the quantity, half up (away from zero), in whole numbers only."""
    each = hundredths(Decimal(points))
    quantity = type_coerce(Entry.quantity, BigInteger)
    rounded = (sql.number(abs(each)) * quantity + sql.number(50)) // sql.number(100)
    return -rounded if each < 0 else rounded
