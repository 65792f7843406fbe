"""Rules and groups as one sentence each, as an office would read them out. Pure.

The sentences are messages: the edge puts them into the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pointsvc.errors import N_, Message
from pointsvc.schemes.periods import WINDOWS

Item = Mapping[str, Any]

PER = {
    "month": N_("each month"),
    "quarter": N_("each quarter"),
    "half": N_("each half-year"),
    "year": N_("in the whole year"),
    "cycle": N_("in the whole cycle"),
}
CATEGORIES = {
    "regular": N_("full member"),
    "probationary": N_("probationary member"),
    "floating": N_("member working elsewhere"),
    "retired": N_("retired member"),
}
HIGHEST = N_("for one matter only the highest counts")

_THEN = N_("%(one)s, %(more)s")
_ALSO = N_("%(one)s / %(more)s")
_APART = N_("%(one)s; %(more)s")
_TIME = N_("occasion")
_VETO = N_("veto: the total becomes 0 and the grade the lowest")
_DECLARED = {
    True: N_("a member may declare it"),
    False: N_("recorded by the branch, not declared by members"),
}
_ASKED = N_("a photo or paper is welcome with a declaration")
_ONLY_FOR = N_("only for %(categories)s")
_NOTHING = N_("no points")
_EACH = N_("%(points)s points for each %(unit)s"), N_("%(points)s points off for each %(unit)s")
_TIER = N_("%(name)s %(points)s points"), N_("%(name)s %(points)s points off")
_TIERS = N_("by level: %(tiers)s")
_GIVEN = N_("%(low)s to %(high)s points for each %(unit)s"), N_("%(low)s to %(high)s points off for each %(unit)s")
_EITHER = N_("between %(low)s points off and %(high)s points for each %(unit)s")
_MOST = N_("at most %(points)s points %(each)s"), N_("at most %(points)s points off %(each)s")
_TIMES = N_("counted at most %(times)s times %(each)s")
_BEGINS = N_("begins with %(points)s points")
_CAP = N_("at most %(points)s points")
_FLOOR = N_("not below %(points)s points"), N_("at most %(points)s points off")
_TO_NOTHING = N_("down to nothing")
_BOUNDLESS = N_("without limit")


def rule(item: Item) -> Message:
    """What the rule gives, and all that limits it."""
    return _joined([worth(item), *limits(item)], _THEN)


def worth(item: Item) -> Message:
    """What one entry by this rule is worth."""
    if item.get("kind") == "veto":
        return Message(_VETO)
    unit = item.get("unit") or Message(_TIME)
    if "range" in item:
        return _range(item["range"], unit)
    if "tiers" in item:
        return Message(_TIERS, tiers=_joined([_tier(tier) for tier in item["tiers"]], _ALSO))
    points = Decimal(item["points"])
    return _signed(_EACH, points, unit=unit) if points else Message(_NOTHING)


def limits(item: Item) -> list[Message]:
    """Each cap, the shortest window first, then whom and what it holds for."""
    caps = sorted(item.get("caps", ()), key=lambda cap: (WINDOWS[cap["per"]], "points" in cap))
    found = [cap_of(item, cap) for cap in caps]
    if item.get("highest_only"):
        found.append(Message(HIGHEST))
    if item.get("applies_to"):
        found.append(Message(_ONLY_FOR, categories=listed([category(code) for code in item["applies_to"]])))
    if isinstance(item.get("declare"), bool):
        found.append(Message(_DECLARED[item["declare"]]))
    if item.get("evidence") == "asked":
        found.append(Message(_ASKED))
    return found


def cap_of(item: Item, cap: Item) -> Message:
    """One cap of this rule."""
    each = Message(PER[cap["per"]])
    if "times" in cap:
        return Message(_TIMES, times=cap["times"], each=each)
    return Message(_MOST[_only_takes(item)], points=plain(Decimal(cap["points"])), each=each)


def group(item: Item) -> Message:
    """What the group begins with and where it ends."""
    found = []
    if Decimal(item.get("base", "0")):
        found.append(Message(_BEGINS, points=plain(Decimal(item["base"]))))
    if "cap" in item:
        found.append(Message(_CAP, points=plain(Decimal(item["cap"]))))
    if "floor" in item:
        floor = Decimal(item["floor"])
        found.append(_signed(_FLOOR, floor) if floor else Message(_TO_NOTHING))
    return _joined(found or [Message(_BOUNDLESS)], _THEN)


def category(code: str) -> Message | str:
    """A category in words; one of the district's own is shown as the office wrote it."""
    return Message(CATEGORIES[code]) if code in CATEGORIES else code


def listed(parts: Sequence[Message | str], *, apart: bool = False) -> Message | str | None:
    """Several things, one after the other (``apart``: each a list itself); None when there are none."""
    return _joined(parts, _APART if apart else _ALSO) if parts else None


def share(text: str) -> str:
    """A share as one says it: 20 %, or one third as it was written."""
    percent = Fraction(text) * 100
    return f"{percent}%" if percent.denominator == 1 else text


def plain(points: Decimal) -> str:
    """Points as one says them: 12, not 12.00."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def _range(value: Sequence[str], unit: Any) -> Message:
    low, high = (Decimal(end) for end in value)
    if low < 0 < high:
        return Message(_EITHER, low=plain(-low), high=plain(high), unit=unit)
    ends = sorted((abs(low), abs(high)))
    return Message(_GIVEN[low < 0], low=plain(ends[0]), high=plain(ends[1]), unit=unit)


def _tier(tier: Item) -> Message:
    return _signed(_TIER, Decimal(tier["points"]), name=tier["name"])


def _signed(texts: tuple[str, str], points: Decimal, **more: Any) -> Message:
    """The first text for a gain, the second for what is taken off."""
    return Message(texts[points < 0], points=plain(abs(points)), **more)


def _only_takes(item: Item) -> bool:
    values = (
        [item["points"]] if "points" in item else item.get("range", [tier["points"] for tier in item.get("tiers", ())])
    )
    return all(Decimal(value) <= 0 for value in values)


def _joined(parts: Sequence[Any], text: str) -> Any:
    """Several messages as one, so that the reader's language joins them too; in pairs of pairs, never deep."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return Message(text, one=_joined(parts[:middle], text), more=_joined(parts[middle:], text))
