"""What a rule sheet changes against the one before it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pointsvc.errors import N_, Message
from pointsvc.schemes import sentences
from pointsvc.schemes.checking import MARKS

Document = Mapping[str, Any]
Say = Callable[[Mapping[str, Any]], Message]

# What of a rule or group is compared, in the words of a page.
RULE_FIELDS = {
    "name": N_("name"),
    "group": N_("group"),
    "points": N_("worth"),
    "range": N_("worth"),
    "tiers": N_("levels"),
    "unit": N_("unit"),
    "caps": N_("caps"),
    "highest_only": N_("highest only"),
    "applies_to": N_("for whom"),
    "kind": N_("veto"),
    "declare": N_("declaring"),
    "evidence": N_("papers"),
}
GROUP_FIELDS = {"name": N_("name"), "base": N_("begins with"), "floor": N_("floor"), "cap": N_("cap")}
SHEET_FIELDS = {
    "name": N_("title"),
    "cycle": N_("cycle"),
    "base": N_("base points"),
    "carry_over": N_("carried over"),
    "floor": N_("lowest total"),
    "ceiling": N_("highest total"),
    "exempt": N_("not scored"),
    "ungraded": N_("scored, not graded"),
    "grades": N_("grades"),
    "activities": N_("points for attendance"),
}

_MONTH = N_("from the first of month %(month)s")
_GRADE = N_("%(name)s from %(points)s points")
_REST = N_("%(name)s for the rest")
_GUIDE = N_("%(grade)s (guide: not more than %(share)s)")
_MARKS = N_("%(kind)s: %(rules)s")
_DEFAULT = N_("%(points)s points")
_OF = N_("%(category)s %(points)s points")
_NAMED = N_("“%(name)s”: %(more)s")

_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


@dataclass(frozen=True)
class Item:
    """A rule or group that was added, removed or changed; ``before`` or ``after`` is None where it is not."""

    code: str
    name: str
    before: Message | None = None
    after: Message | None = None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Items:
    """The rules or groups that differ."""

    added: list[Item] = field(default_factory=list)
    removed: list[Item] = field(default_factory=list)
    changed: list[Item] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True)
class Changes:
    """All that differs; ``sheet``: field -> what it says before and after (None: nothing)."""

    rules: Items
    groups: Items
    sheet: dict[str, tuple[Message | str | None, Message | str | None]]

    def __bool__(self) -> bool:
        return bool(self.rules or self.groups or self.sheet)


def changes(before: Document, after: Document) -> Changes:
    """What ``after`` changes against ``before``; the order of rules is no change."""
    return Changes(
        rules=_items(before, after, "rules", RULE_FIELDS),
        groups=_items(before, after, "groups", GROUP_FIELDS),
        sheet={
            name: (said(before, name), said(after, name))
            for name in SHEET_FIELDS
            if _same_form(before.get(name)) != _same_form(after.get(name))
        },
    )


def _items(before: Document, after: Document, kind: str, known: Mapping[str, str]) -> Items:
    old, new = (_by_code(document, kind) for document in (before, after))
    say: Say = sentences.rule if kind == "rules" else sentences.group
    found = Items(
        added=[Item(code, item["name"], after=say(item)) for code, item in new.items() if code not in old],
        removed=[Item(code, item["name"], before=say(item)) for code, item in old.items() if code not in new],
    )
    for code, item in new.items():
        fields = tuple(_differing(old[code], item, known)) if code in old else ()
        if fields:
            was = _named(old[code], say(old[code]), fields)
            found.changed.append(Item(code, item["name"], was, _named(item, say(item), fields), fields))
    return found


def _by_code(document: Document, kind: str) -> dict[str, Mapping[str, Any]]:
    """The items by code, a rule's group by its name: that is what it is to people."""
    if kind == "groups":
        return {item["code"]: item for item in document["groups"]}
    names = {group["code"]: group["name"] for group in document["groups"]}
    return {item["code"]: {**item, "group": names[item["group"]]} for item in document["rules"]}


def _named(item: Mapping[str, Any], words: Message, fields: tuple[str, ...]) -> Message:
    """The sentence, behind the name or the group's where that is what changes."""
    if "name" in fields:
        words = Message(_NAMED, name=item["name"], more=words)
    if "group" in fields:
        words = Message(_NAMED, name=item["group"], more=words)
    return words


def _differing(before: Mapping[str, Any], after: Mapping[str, Any], known: Mapping[str, str]) -> Iterator[str]:
    for name in known:
        # To say no to declaring is more than to say nothing of it.
        form = str if name == "declare" else _same_form
        if form(before.get(name)) != form(after.get(name)):
            yield name


def _same_form(value: Any) -> Any:
    """The value so that what means the same is the same: 3 and 3.00, caps in any order, nothing and no."""
    if value in (None, False, [], {}):
        return None
    if isinstance(value, str):
        return _number(value)
    if isinstance(value, dict):
        return {key: kept for key, item in value.items() if (kept := _same_form(item)) is not None} or None
    if isinstance(value, list):
        forms = [_same_form(item) for item in value]
        return sorted(forms, key=repr) if all(isinstance(item, dict) and "per" in item for item in value) else forms
    return value


def _number(text: str) -> Any:
    return Decimal(text).normalize() if _NUMBER.fullmatch(text) else text


# ---- the parts of the sheet in words


def said(document: Document, name: str) -> Message | str | None:
    """What the sheet says in this field (of ``SHEET_FIELDS``), in words; None where it says nothing."""
    value = document.get(name)
    return _SAYS[name](document, value) if value not in (None, [], {}) else None


def _cycle(document: Document, value: Any) -> Message:
    return Message(_MONTH, month=value["starts_month"])


def _points(document: Document, value: Any) -> Message:
    return Message(_DEFAULT, points=sentences.plain(Decimal(value)))


def _base(document: Document, value: Any) -> Message | str | None:
    parts: list[Any] = [_points(document, value.get("default", "0"))]
    parts += [
        Message(_OF, category=sentences.category(code), points=sentences.plain(Decimal(points)))
        for code, points in value.get("by_category", {}).items()
    ]
    return sentences.listed(parts)


def _grades(document: Document, value: Any) -> Message | str | None:
    return sentences.listed([_grade(grade) for grade in value])


def _grade(grade: Mapping[str, Any]) -> Message:
    words = Message(_REST, name=grade["name"])
    if "min" in grade:
        words = Message(_GRADE, name=grade["name"], points=sentences.plain(Decimal(grade["min"])))
    return Message(_GUIDE, grade=words, share=sentences.share(grade["quota"])) if "quota" in grade else words


def _activities(document: Document, value: Any) -> Message | str | None:
    return sentences.listed([_marks(document, kind, marks) for kind, marks in value.items()], apart=True)


def _marks(document: Document, kind: str, marks: Mapping[str, Any]) -> Message:
    names = {rule["code"]: rule["name"] for rule in document["rules"]}
    given = [names[marks[mark]] for mark in MARKS if mark in marks]
    return Message(_MARKS, kind=kind, rules=sentences.listed(given) or "—")


def _share(document: Document, value: Any) -> str:
    return sentences.share(value)


def _text(document: Document, value: Any) -> str:
    return str(value)


def _categories(document: Document, value: Any) -> Message | str | None:
    return sentences.listed([sentences.category(code) for code in value])


_SAYS: Mapping[str, Callable[[Document, Any], Message | str | None]] = {
    "name": _text,
    "cycle": _cycle,
    "base": _base,
    "carry_over": _share,
    "floor": _points,
    "ceiling": _points,
    "exempt": _categories,
    "ungraded": _categories,
    "grades": _grades,
    "activities": _activities,
}
