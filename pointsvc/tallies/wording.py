"""What an explanation says in words: why an entry counts in part or not at all, and what is still open. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from operator import itemgetter
from typing import Any

from pointsvc.db import from_hundredths
from pointsvc.errors import N_, Message
from pointsvc.schemes import periods
from pointsvc.schemes.sentences import plain
from pointsvc.tallies import stages
from pointsvc.tallies.terms import Rule, Terms

Document = Mapping[str, Any]

COUNTED = "counted"
HIGHEST_ONLY = "highest_only"
_WHOLLY = {
    stages.REVERSAL: ("reversal", N_("Takes an earlier entry back; neither of the two counts")),
    stages.REVERSED: ("reversed", N_("Taken back; does not count")),
    stages.NOT_IN_SCHEME: ("not_in_scheme", N_("The rule sheet in force does not have this item")),
    stages.NOT_APPLICABLE: ("not_applicable", N_("This item does not hold for the member's category")),
    stages.LATER: ("later_than_cutoff", N_("Recorded after the cutoff; counts from the next tally on")),
}
_EACH = {
    "month": N_("each month"),
    "quarter": N_("each quarter"),
    "half": N_("each half-year"),
    "year": N_("each year"),
    "cycle": N_("each cycle"),
}
_THIS = {
    "month": N_("this month"),
    "quarter": N_("this quarter"),
    "half": N_("this half-year"),
    "year": N_("this year"),
    "cycle": N_("this cycle"),
}
_HIGHEST = N_("Of several for “%(matter)s” only the highest counts")
_TIMES = N_("No. %(n)s does not count: at most %(limit)s of this item %(each)s")
_POINTS_NOT = N_("No. %(n)s does not count: at most %(limit)s points for this item %(each)s")
_POINTS_PART = N_("No. %(n)s counts in part: at most %(limit)s points for this item %(each)s")
_CAP_NOT = N_("Does not count: “%(group)s” comes to at most %(limit)s points")
_CAP_PART = N_("Counts in part: “%(group)s” comes to at most %(limit)s points")
_FLOOR_NOT = N_("Does not count: “%(group)s” never falls below %(limit)s points")
_FLOOR_PART = N_("Counts in part: “%(group)s” never falls below %(limit)s points")
_LEFT_TIMES = N_("%(n)s more %(each)s")
_LEFT_POINTS = N_("%(points)s points of this item still open %(each)s")
_LEFT_GROUP = N_("%(points)s points of “%(group)s” still open")


@dataclass(frozen=True)
class Line:
    """One entry in an explanation. ``codes`` name each step that held something back, else 'counted'."""

    entry: int
    rule: str | None
    occurred_on: date
    points: Decimal
    counted: Decimal
    codes: tuple[str, ...]
    words: tuple[Message, ...]


@dataclass(frozen=True)
class Chance:
    """What could still be earned by one rule; ``points`` None: without limit."""

    rule: str
    name: str
    group: str
    points: Decimal | None
    words: Message | None


class Explainer:
    """Puts the rows of ``explanation.lines`` for one member into words."""

    def __init__(self, document: Document, terms: Terms) -> None:
        self.rules = {rule.id: rule for rule in terms.rules}
        self.rounds = len(terms.rounds("points"))
        self.steps = {rule.id: rule.steps("points") for rule in terms.rules}
        self.sizes = {rule.id: {*rule.times, *rule.points} for rule in terms.rules}
        self.items = {item["code"]: item for item in document["rules"]}
        self.most = {code: _most(item) for code, item in self.items.items()}
        self.groups = {item["code"]: item for item in document["groups"]}
        self.document = document
        self.month = int(document["cycle"]["starts_month"])

    def lines(self, rows: Sequence[Any]) -> list[Line]:
        """The lines in the order of the rows (day, then id)."""
        seen: Counter[tuple[int, int, int]] = Counter()
        return [self._line(row, seen) for row in rows]

    def _line(self, row: Any, seen: Counter[tuple[int, int, int]]) -> Line:
        rule = self.rules.get(row.rule_id)
        if rule is not None and row.held not in _WHOLLY:
            for size in self.sizes[rule.id]:
                seen[rule.id, size, self._window(row.occurred_on, size)] += 1
        told = list(self._told(row, rule, seen)) or [(COUNTED, None)]
        return Line(
            entry=row.id,
            rule=rule.code if rule else None,
            occurred_on=row.occurred_on,
            points=from_hundredths(row.points),
            counted=from_hundredths(row.counted),
            codes=tuple(code for code, _ in told),
            words=tuple(words for _, words in told if words is not None),
        )

    def _told(self, row: Any, rule: Rule | None, seen: Counter[tuple[int, int, int]]) -> Any:
        if row.held in _WHOLLY or rule is None:
            code, text = _WHOLLY[row.held]
            yield code, Message(text)
        elif row.held == stages.HIGHEST_ONLY:
            yield HIGHEST_ONLY, Message(_HIGHEST, matter=row.matter)
        elif row.held:
            size = row.held - stages.TIMES_CAP
            per = self._per(rule, "times", size)
            n = seen[rule.id, size, self._window(row.occurred_on, size)]
            yield f"times_cap:{per}", Message(_TIMES, n=n, limit=rule.times[size], each=Message(_EACH[per]))
        else:
            yield from self._capped(row, rule, seen)
            yield from self._in_group(row, rule)

    def _capped(self, row: Any, rule: Rule, seen: Counter[tuple[int, int, int]]) -> Any:
        for n, (size, limit) in enumerate(self.steps[rule.id]):
            before, after = getattr(row, f"part_{n}"), getattr(row, f"part_{n + 1}")
            if limit is not None and before != after:
                per = self._per(rule, "points", size)
                number = seen[rule.id, size, self._window(row.occurred_on, size)]
                text = _POINTS_PART if after else _POINTS_NOT
                words = Message(text, n=number, limit=plain(from_hundredths(limit)), each=Message(_EACH[per]))
                yield f"points_cap:{per}", words

    def _in_group(self, row: Any, rule: Rule) -> Any:
        part = getattr(row, f"part_{self.rounds}")
        if part == row.counted:
            return
        group = self.groups[rule.group]
        lowest = from_hundredths(min(row.group_before, row.group_before + part)) + Decimal(group.get("base", "0"))
        if "floor" in group and lowest < Decimal(group["floor"]):
            code, limit, text = "group_floor", group["floor"], _FLOOR_PART if row.counted else _FLOOR_NOT
        else:
            code, limit, text = "group_cap", group["cap"], _CAP_PART if row.counted else _CAP_NOT
        yield code, Message(text, group=group["name"], limit=plain(Decimal(limit)))

    def _per(self, rule: Rule, kind: str, size: int) -> str:
        """The window as the rule sheet names it: of a year and a cycle the tighter cap decides."""
        caps = [cap for cap in self.items[rule.code]["caps"] if kind in cap and periods.WINDOWS[cap["per"]] == size]
        return str(min(caps, key=lambda cap: Decimal(cap[kind]))["per"])

    def _window(self, day: date, size: int) -> int:
        return (day.month - self.month) % 12 // size

    # ---- what is still open

    def chances(self, rows: Sequence[Any], figures: Mapping[str, Decimal], category: str, today: date) -> list[Chance]:
        """What could still be earned in the windows of this day, the most first.

        ``figures`` are the groups' figures.
        """
        counted: dict[int, list[Any]] = {}
        for row in rows:
            if not row.held:
                counted.setdefault(row.rule_id, []).append(row)
        found = []
        for rule in self.rules.values():
            if rule.veto or self.most[rule.code] <= 0:
                continue
            if rule.applies_to is not None and category not in rule.applies_to:
                continue
            points, words = self._open(rule, counted.get(rule.id, ()), figures, today)
            if points is None or points > 0:
                found.append(Chance(rule.code, self.items[rule.code]["name"], rule.group, points, words))
        return sorted(found, key=lambda chance: (chance.points is None, -(chance.points or 0), chance.rule))

    def _open(
        self, rule: Rule, mine: Sequence[Any], figures: Mapping[str, Decimal], today: date
    ) -> tuple[Decimal | None, Message | None]:
        """How much the tightest of all limits leaves, and its words."""
        left: list[tuple[Decimal, Callable[[], Message]]] = []
        for size, times in rule.times.items():
            n = max(0, times - sum(self._same(row, size, today) for row in mine))
            left.append((n * self.most[rule.code], partial(self._times_left, rule, size, n)))
        for n, (size, limit) in enumerate(self.steps[rule.id]):
            if limit is not None:
                used = sum(getattr(row, f"part_{n + 1}") for row in mine if self._same(row, size, today))
                points = from_hundredths(limit - used)
                left.append((points, partial(self._points_left, rule, size, points)))
        group = self.groups[rule.group]
        if "cap" in group:
            points = Decimal(group["cap"]) - figures[rule.group]
            left.append((points, partial(Message, _LEFT_GROUP, points=plain(points), group=group["name"])))
        if not left:
            return None, None
        points, words = min(left, key=itemgetter(0))
        return points, words()

    def _times_left(self, rule: Rule, size: int, n: int) -> Message:
        return Message(_LEFT_TIMES, n=n, each=Message(_THIS[self._per(rule, "times", size)]))

    def _points_left(self, rule: Rule, size: int, points: Decimal) -> Message:
        return Message(_LEFT_POINTS, points=plain(points), each=Message(_THIS[self._per(rule, "points", size)]))

    def _same(self, row: Any, size: int, today: date) -> bool:
        return self._window(row.occurred_on, size) == self._window(today, size)

    def next_grade(self, total: Decimal | None, grade: str | None) -> tuple[str, Decimal] | None:
        """The next better grade and how much is wanting, for somebody who is graded."""
        if total is None or grade is None:
            return None
        above = [item for item in self.document.get("grades", ()) if "min" in item and Decimal(item["min"]) > total]
        return (above[-1]["name"], Decimal(above[-1]["min"]) - total) if above else None


def _most(item: Document) -> Decimal:
    """The most that one entry of a single piece can bring."""
    if "range" in item:
        return Decimal(item["range"][1])
    return max((Decimal(tier["points"]) for tier in item.get("tiers", ())), default=Decimal(item.get("points", "0")))
