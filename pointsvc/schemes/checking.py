"""Whether a scheme document is right, each fault under the path of its field. Pure.

Fields that are not known here are kept as they are: a district may add its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pointsvc import errors
from pointsvc.errors import Message
from pointsvc.people.categories import EXEMPT

N_ = errors.N_

LIMIT = Decimal(1_000_000)
LONGEST = {"name": 200, "code": 64, "category": 40, "grade": 40, "kind": 64, "unit": 20}
MOST = 500
DEPTH = 20
MARKS = ("present", "late", "absent")
PERS = ("month", "quarter", "half", "year", "cycle")
VALUES = ("points", "range", "tiers")
# What a declaration by this rule is asked for. Asked is a wish: no rule can demand it.
EVIDENCE = ("optional", "asked")

_POINTS = re.compile(r"-?\d{1,6}(\.\d{1,2})?", re.ASCII)
_SHARE = re.compile(r"\d{1,4}/[1-9]\d{0,3}|\d(\.\d{1,6})?", re.ASCII)
_CODE = re.compile(r"\w[\w.-]*")

_FIXED_NEEDED = N_("A mark needs a rule with fixed points")


def validate(document: Any) -> dict[str, list[Message]]:
    """What is wrong with the document, by field path such as ``rules.3.caps.0.per``; empty: nothing."""
    check = _Check()
    check.document(document)
    return check.faults


class _Check:
    """Walks one document and collects its faults."""

    def __init__(self) -> None:
        self.faults: dict[str, list[Message]] = {}

    def fault(self, path: str, text: str, /, **params: Any) -> None:
        self.faults.setdefault(path, []).append(Message(text, **params))

    # ---- single values

    def object(self, path: str, value: Any) -> Mapping[str, Any]:
        if isinstance(value, dict):
            return value
        self.fault(path, N_("An object is needed") if value is not None else N_("This is missing"))
        return {}

    def items(self, path: str, value: Any) -> Sequence[Any]:
        if not isinstance(value, list):
            self.fault(path, N_("A list is needed") if value is not None else N_("This is missing"))
            return ()
        if len(value) > MOST:
            self.fault(path, N_("At most %(most)s"), most=MOST)
            return ()
        return value

    def objects(self, path: str, value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for n, item in enumerate(self.items(path, value)):
            yield f"{path}.{n}", self.object(f"{path}.{n}", item)

    def text(self, path: str, value: Any, kind: str = "name") -> str | None:
        longest = LONGEST[kind]
        if not isinstance(value, str) or not value.strip() or value != value.strip() or len(value) > longest:
            self.fault(path, N_("A text of 1 to %(longest)s characters is needed"), longest=longest)
            return None
        if kind == "code" and not _CODE.fullmatch(value):
            self.fault(path, N_("A code is made of letters, digits, dots and dashes"))
            return None
        return value

    def points(self, path: str, value: Any) -> Decimal | None:
        if not isinstance(value, str) or not _POINTS.fullmatch(value):
            self.fault(path, N_('Points are needed as text with at most two decimals, such as "1.5"'))
            return None
        return Decimal(value)

    def optional_points(self, path: str, holder: Mapping[str, Any], *names: str) -> list[Decimal | None]:
        return [self.points(_at(path, name), holder[name]) if name in holder else None for name in names]

    def share(self, path: str, value: Any) -> None:
        if not isinstance(value, str) or not _SHARE.fullmatch(value) or Fraction(value) > 1:
            self.fault(path, N_('A share from 0 to 1 is needed, such as "0.2" or "1/5"'))

    def flag(self, path: str, value: Any) -> None:
        if not isinstance(value, bool):
            self.fault(path, N_("Must be true or false"))

    def once(self, path: str, value: str | None, seen: set[str]) -> None:
        if value is not None and value in seen:
            self.fault(path, N_("%(value)s stands twice"), value=value)
        elif value is not None:
            seen.add(value)

    def order(self, path: str, low: Decimal | None, high: Decimal | None) -> None:
        if low is not None and high is not None and low > high:
            self.fault(path, N_("The lower end lies above the upper end"))

    def categories(self, path: str, value: Any) -> None:
        seen: set[str] = set()
        for n, item in enumerate(self.items(path, value)):
            self.once(f"{path}.{n}", self.text(f"{path}.{n}", item, "category"), seen)

    def scored(self, path: str, value: Any) -> None:
        """Categories with a total: whoever is exempt by a recorded decision never has one."""
        self.categories(path, value)
        for n, item in enumerate(value if isinstance(value, list) else ()):
            self.unreserved(f"{path}.{n}", item)

    def unreserved(self, path: str, category: Any) -> None:
        if category == EXEMPT:
            self.fault(path, N_("“exempt” is kept for members who are exempt by a recorded decision"))

    # ---- the parts

    def document(self, value: Any) -> None:
        if not isinstance(value, dict):
            self.fault("", N_("A scheme document is a JSON object"))
            return
        self.keepable("", value)
        self.text("name", value.get("name"))
        month = self.object("cycle", value.get("cycle")).get("starts_month")
        if isinstance(month, bool) or month not in (1, 4, 7, 10):
            self.fault("cycle.starts_month", N_("A cycle starts in month 1, 4, 7 or 10"))
        self.totals(value)
        groups = self.groups(value.get("groups"))
        rules = self.rules(value.get("rules"), groups)
        if "activities" in value:
            self.activities(value["activities"], rules)
        if "grades" in value:
            self.grades(value["grades"])

    def keepable(self, path: str, value: Any, depth: int = 0) -> None:
        """Also a field of the district's own must come back exactly as it was given."""
        if depth > DEPTH:
            self.fault(path, N_("This is nested too deeply"))
        elif isinstance(value, dict):
            for key, item in value.items():
                self.keepable(_at(path, key), item, depth + 1)
        elif isinstance(value, list):
            for n, item in enumerate(value):
                self.keepable(_at(path, str(n)), item, depth + 1)
        elif isinstance(value, float | Decimal) or (isinstance(value, int) and abs(value) > 2**53):
            self.fault(path, N_('Numbers with decimals are written as text, such as "1.5"'))

    def totals(self, value: Mapping[str, Any]) -> None:
        base = self.object("base", value.get("base", {}))
        self.optional_points("base", base, "default")
        for category, points in self.object("base.by_category", base.get("by_category", {})).items():
            self.text(f"base.by_category.{category}", category, "category")
            self.unreserved(f"base.by_category.{category}", category)
            self.points(f"base.by_category.{category}", points)
        if "carry_over" in value:
            self.share("carry_over", value["carry_over"])
        self.order("ceiling", *self.optional_points("", value, "floor", "ceiling"))
        for name, check in (("exempt", self.categories), ("ungraded", self.scored)):
            if name in value:
                check(name, value[name])

    def groups(self, value: Any) -> set[str]:
        codes: set[str] = set()
        for path, group in self.objects("groups", value):
            self.once(f"{path}.code", self.text(f"{path}.code", group.get("code"), "code"), codes)
            self.text(f"{path}.name", group.get("name"))
            _, floor, cap = self.optional_points(path, group, "base", "floor", "cap")
            self.order(f"{path}.cap", floor, cap)
        return codes

    def rules(self, value: Any, groups: set[str]) -> dict[str, Mapping[str, Any]]:
        codes: set[str] = set()
        found: dict[str, Mapping[str, Any]] = {}
        for path, rule in self.objects("rules", value):
            code = self.text(f"{path}.code", rule.get("code"), "code")
            self.once(f"{path}.code", code, codes)
            if code is not None:
                found.setdefault(code, rule)
            self.text(f"{path}.name", rule.get("name"))
            group = self.text(f"{path}.group", rule.get("group"), "code")
            if group is not None and group not in groups:
                self.fault(f"{path}.group", N_("There is no group %(code)s"), code=group)
            self.worth(path, rule)
            self.options(path, rule)
        return found

    def worth(self, path: str, rule: Mapping[str, Any]) -> None:
        given = [name for name in VALUES if name in rule]
        if len(given) != 1:
            self.fault(_at(path, given[1]) if given else _at(path, "points"), N_("Exactly one of points, range, tiers"))
        if "points" in rule:
            self.points(f"{path}.points", rule["points"])
        if "range" in rule:
            self.range(f"{path}.range", rule["range"])
        if "tiers" in rule:
            self.tiers(f"{path}.tiers", rule["tiers"])

    def range(self, path: str, value: Any) -> None:
        ends = self.items(path, value)
        if isinstance(value, list) and len(ends) != 2:
            self.fault(path, N_("A range has a lower and an upper end"))
        elif len(ends) == 2:
            low, high = (self.points(f"{path}.{n}", end) for n, end in enumerate(ends))
            self.order(path, low, high)

    def tiers(self, path: str, value: Any) -> None:
        codes: set[str] = set()
        for at, tier in self.objects(path, value):
            self.once(f"{at}.code", self.text(f"{at}.code", tier.get("code"), "code"), codes)
            self.text(f"{at}.name", tier.get("name"))
            self.points(f"{at}.points", tier.get("points"))
        if value == []:
            self.fault(path, N_("At least one is needed"))

    def options(self, path: str, rule: Mapping[str, Any]) -> None:
        checks: dict[str, Callable[[str, Any], Any]] = {
            "unit": lambda at, value: self.text(at, value, "unit"),
            "highest_only": self.flag,
            "applies_to": self.applies_to,
            "caps": self.caps,
            "kind": self.kind,
            "declare": self.flag,
            "evidence": self.evidence,
        }
        for name, check in checks.items():
            if name in rule:
                check(f"{path}.{name}", rule[name])
        if rule.get("declare") is True and rule.get("kind") == "veto":
            self.fault(f"{path}.declare", N_("Nobody declares a veto"))

    def applies_to(self, path: str, value: Any) -> None:
        self.scored(path, value)
        if value == []:
            self.fault(path, N_("At least one is needed"))

    def kind(self, path: str, value: Any) -> None:
        if value != "veto":
            self.fault(path, N_("The only kind is veto"))

    def evidence(self, path: str, value: Any) -> None:
        if value not in EVIDENCE:
            self.fault(path, N_("One of %(values)s"), values=", ".join(EVIDENCE))

    def caps(self, path: str, value: Any) -> None:
        seen: set[str] = set()
        for at, cap in self.objects(path, value):
            if cap.get("per") not in PERS:
                self.fault(f"{at}.per", N_("One of %(values)s"), values=", ".join(PERS))
            if ("points" in cap) == ("times" in cap):
                self.fault(f"{at}.times", N_("Exactly one of points and times"))
                continue
            limit = "points" if "points" in cap else "times"
            self.limit(f"{at}.{limit}", cap[limit], limit)
            self.once(f"{at}.per", f"{cap.get('per')} {limit}", seen)

    def limit(self, path: str, value: Any, kind: str) -> None:
        if kind == "points":
            points = self.points(path, value)
            if points is not None and points <= 0:
                self.fault(path, N_("Must be above 0"))
        elif isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 9999:
            self.fault(path, N_("A whole number above 0 is needed"))

    def activities(self, value: Any, rules: Mapping[str, Mapping[str, Any]]) -> None:
        for kind, marks in self.object("activities", value).items():
            path = f"activities.{kind}"
            self.text(path, kind, "kind")
            marks = self.object(path, marks)
            for mark in (name for name in (*MARKS, "leave") if name in marks):
                self.mark(f"{path}.{mark}", marks[mark], rules)

    def mark(self, path: str, code: Any, rules: Mapping[str, Mapping[str, Any]]) -> None:
        if path.endswith(".leave"):
            self.fault(path, N_("Leave gives no points"))
        elif not isinstance(code, str) or code not in rules:
            self.fault(path, N_("There is no rule %(code)s"), code=code)
        elif "points" not in rules[code]:
            self.fault(path, _FIXED_NEEDED)

    def grades(self, value: Any) -> None:
        names: set[str] = set()
        lowest: Decimal | None = None
        last = len(value) - 1 if isinstance(value, list) else 0
        for n, (path, grade) in enumerate(self.objects("grades", value)):
            self.once(f"{path}.name", self.text(f"{path}.name", grade.get("name"), "grade"), names)
            if "quota" in grade:
                self.share(f"{path}.quota", grade["quota"])
            if "min" not in grade:
                if n != last:
                    self.fault(f"{path}.min", N_("Only the last grade can do without"))
                continue
            least = self.points(f"{path}.min", grade["min"])
            if least is not None and lowest is not None and least >= lowest:
                self.fault(f"{path}.min", N_("Grades stand best first: this must lie below the one before"))
            lowest = least if least is not None else lowest


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
