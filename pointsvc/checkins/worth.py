"""What confirmed hours are worth, and which kinds of posts a district has. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

# Units of rules that count time; by any other unit a record is one piece.
HOURS = frozenset({"小时", "时", "钟头", "hour", "hours", "h"})
KINDS = "政策宣传、治安巡逻、矛盾调解、帮困助老、环境维护、文体活动、科普医疗、法律服务"
LONGEST_KIND = 20

_BETWEEN = re.compile(r"[、，,；;\s]+")


def counts(rule: Mapping[str, Any], category: str) -> bool:
    """Whether this rule gives points for service by itself: nobody has to choose any, and it holds for the category."""
    fixed = "points" in rule and rule.get("kind") != "veto"
    return fixed and category in rule.get("applies_to", (category,))


def quantity(rule: Mapping[str, Any], hours: Decimal) -> Decimal | None:
    """The hours, where the rule counts hours; None, which is one piece, where it counts anything else."""
    return hours if rule.get("unit") in HOURS else None


def kinds(text: str) -> list[str]:
    """The kinds of posts in a setting's line, each once, in order; the usual eight when it is left empty."""
    found = [part[:LONGEST_KIND] for part in _BETWEEN.split(text) if part]
    return list(dict.fromkeys(found)) or kinds(KINDS)
