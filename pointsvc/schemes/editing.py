"""Groups and rules by form: what a form shows of one, and the document that a filled form makes. Pure.

Whatever a district has added to a rule stays. A form is never refused here: the document that it
makes is checked as every document is, and each fault led back to its field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pointsvc.schemes.checking import PERS
from pointsvc.schemes.filling import Edited, Fields, Form, kept, put
from pointsvc.schemes.naming import code_for
from pointsvc.schemes.periods import WINDOWS

Document = Mapping[str, Any]

SHAPES = ("points", "range", "tiers")
EMPTY_TIERS = 3
# Whether members may declare by the rule: what a form sends, and what the document then says.
DECLARED = {"yes": True, "no": False}
_OF_A_RULE = ("name", "group", *SHAPES, "unit", "caps", "applies_to", "kind", "highest_only", "declare", "evidence")
_OF_A_GROUP = ("name", "base", "floor", "cap")


def found(document: Document, kind: str, code: str | None) -> dict[str, Any]:
    """The group or rule of this code; an empty one without a code or when it is gone."""
    return next((dict(item) for item in document[kind] if item["code"] == code), {})


# ---- groups


def group_fields(document: Document, code: str | None) -> Fields:
    """What the form of a group shows."""
    group = found(document, "groups", code)
    return {name: group.get(name, "") for name in _OF_A_GROUP}


def with_group(document: Document, form: Form, code: str | None) -> Edited:
    """The document with this group changed, or with a new one at its end."""
    old = found(document, "groups", code)
    new = {"code": old.get("code") or _new_code(document, "groups", form.text("name")), "name": form.text("name")}
    for name in ("base", "floor", "cap"):
        put(new, name, form.number(name))
    return _placed(document, "groups", kept(old, *_OF_A_GROUP) | new, {name: name for name in _OF_A_GROUP})


# ---- rules


def rule_fields(document: Document, code: str | None, group: str = "") -> Fields:
    """What the form of a rule shows; a new one stands in ``group``."""
    rule = found(document, "rules", code) or {"group": group, "points": "", "unit": "次"}
    low, high = rule.get("range", ("", ""))
    fields: Fields = {
        "name": rule.get("name", ""),
        "group": rule["group"],
        "shape": next((shape for shape in SHAPES if shape in rule), "points"),
        "points": rule.get("points", ""),
        "low": low,
        "high": high,
        "unit": rule.get("unit", ""),
        "applies_to": list(rule.get("applies_to", ())),
        "veto": rule.get("kind") == "veto",
        "highest_only": bool(rule.get("highest_only")),
        "evidence": rule.get("evidence") == "asked",
        "declare": next((name for name, value in DECLARED.items() if rule.get("declare") is value), ""),
    }
    tiers = [*rule.get("tiers", ()), *({} for _ in range(EMPTY_TIERS))]
    for n, tier in enumerate(tiers):
        fields |= {f"tier-{n}-{name}": tier.get(name, "") for name in ("code", "name", "points")}
    for cap in rule.get("caps", ()):
        limit = "times" if "times" in cap else "points"
        fields[f"cap-{cap['per']}-{limit}"] = str(cap[limit])
    return fields


def with_rule(document: Document, form: Form, code: str | None) -> Edited:
    """The document with this rule changed, or with a new one behind the others of its group."""
    old = found(document, "rules", code)
    new: dict[str, Any] = {
        "code": old.get("code") or _new_code(document, "rules", form.text("name")),
        "group": form.text("group"),
        "name": form.text("name"),
    }
    fields = {name: name for name in ("name", "group", "unit", "applies_to", "declare")}
    put(new, "unit", form.text("unit"))
    put(new, "applies_to", form.several("applies_to"))
    put(new, "kind", form.ticked("veto") and "veto")
    put(new, "highest_only", form.ticked("highest_only"))
    # Not to ask for it is what saying nothing means too.
    put(new, "evidence", "asked" if form.ticked("evidence") else old.get("evidence") == "optional" and "optional")
    if form.text("declare") in DECLARED:
        new["declare"] = DECLARED[form.text("declare")]
    _worth(new, old, form, fields)
    _caps(new, old, form, fields)
    return _placed(document, "rules", kept(old, *_OF_A_RULE) | new, fields)


def _worth(new: dict[str, Any], old: Mapping[str, Any], form: Form, fields: dict[str, str]) -> None:
    shape = form.text("shape")
    if shape == "range":
        new["range"] = [form.number("low"), form.number("high")]
        fields.update({"range": "low", "range.0": "low", "range.1": "high"})
    elif shape == "tiers":
        new["tiers"] = _tiers(old, form, fields)
        fields["tiers"] = "tier-0-name"
    else:
        # A veto takes no points, and nobody should have to write that down.
        new["points"] = form.number("points") or ("0" if form.ticked("veto") else "")
        fields["points"] = "points"


def _tiers(old: Mapping[str, Any], form: Form, fields: dict[str, str]) -> list[dict[str, Any]]:
    known = {tier["code"]: tier for tier in old.get("tiers", ())}
    tiers: list[dict[str, Any]] = []
    for row in form.rows("tier"):
        name, points = form.text(f"tier-{row}-name"), form.number(f"tier-{row}-points")
        if not name and not points:
            continue
        fields.update({f"tiers.{len(tiers)}.{part}": f"tier-{row}-{part}" for part in ("name", "points")})
        code = form.text(f"tier-{row}-code") or code_for(name, [*known, *(tier["code"] for tier in tiers)])
        tiers.append(kept(known.get(code, {}), "name", "points") | {"code": code, "name": name, "points": points})
    return tiers


def _caps(new: dict[str, Any], old: Mapping[str, Any], form: Form, fields: dict[str, str]) -> None:
    known = {(cap["per"], "times" in cap): cap for cap in old.get("caps", ())}
    caps: list[dict[str, Any]] = []
    for per in sorted(PERS, key=lambda per: WINDOWS[per]):
        for limit, value in (
            ("times", form.count(f"cap-{per}-times")),
            ("points", form.number(f"cap-{per}-points")),
        ):
            if value not in (None, ""):
                fields.update({f"caps.{len(caps)}.{part}": f"cap-{per}-{limit}" for part in (limit, "per")})
                caps.append({**known.get((per, limit == "times"), {}), "per": per, limit: value})
    put(new, "caps", caps)


# ---- both


def with_move(document: Document, kind: str, code: str, *, up: bool) -> dict[str, Any]:
    """The document with this group or rule one place further up or down; rules stay in their group."""
    items = list(document[kind])
    place = next((n for n, item in enumerate(items) if item["code"] == code), None)
    if place is None:
        return dict(document)
    beside = range(place - 1, -1, -1) if up else range(place + 1, len(items))
    same = (n for n in beside if kind == "groups" or items[n]["group"] == items[place]["group"])
    other = next(same, place)
    items[place], items[other] = items[other], items[place]
    return {**document, kind: items}


def without(document: Document, kind: str, code: str) -> dict[str, Any]:
    """The document without this group or rule."""
    return {**document, kind: [item for item in document[kind] if item["code"] != code]}


def needed_by(document: Document, kind: str, code: str) -> list[str]:
    """What still needs this group or rule: the names of rules, or the kinds of meetings."""
    if kind == "groups":
        return [rule["name"] for rule in document["rules"] if rule["group"] == code]
    return [name for name, marks in document.get("activities", {}).items() if code in marks.values()]


def _new_code(document: Document, kind: str, name: str) -> str:
    return code_for(name, {item["code"] for item in document[kind]})


def _placed(document: Document, kind: str, item: dict[str, Any], fields: Mapping[str, str]) -> Edited:
    items = list(document[kind])
    place = next((n for n, old in enumerate(items) if old["code"] == item["code"]), len(items))
    items[place : place + 1] = [item]
    paths = {f"{kind}.{place}.{path}": name for path, name in fields.items()}
    return Edited({**document, kind: items}, paths, f"{kind}-{item['code']}")
