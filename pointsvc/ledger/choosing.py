"""What a form for recording points has to choose from: the rules in words, and the members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from pointsvc.db import db
from pointsvc.ledger.models import Entry
from pointsvc.people import listing, reach
from pointsvc.people.models import Member
from pointsvc.permissions import Actor
from pointsvc.schemes import service as schemes
from pointsvc.schemes.models import Rule

MOST_MEMBERS = 500
# How many rules are offered again, and among how many entries they are looked for.
RECENT, LOOKED_AT = 3, 60

Rules = list[dict[str, Any]]


def rules(actor: Actor, numbers: Sequence[str], today: date) -> Rules:
    """The rules in force for the first of these members (or at the actor's own node), by group."""
    node = actor.organisation_id
    if numbers:
        chosen = reach.member(actor, numbers[0])
        node = reach.branch_on([chosen.id], today, actor=actor).get(chosen.id, node)
    sheet = schemes.sheets([node], today).get(node) if node is not None else None
    if sheet is None:
        return []
    grouped: dict[str, list[dict[str, Any]]] = {group["code"]: [] for group in sheet.document["groups"]}
    for rule in sheet.document["rules"]:
        grouped[rule["group"]].append(shown(rule))
    names = {group["code"]: group["name"] for group in sheet.document["groups"]}
    return [{"group": names[code], "rules": items} for code, items in grouped.items() if items]


def chosen(groups: Rules, code: str | None) -> dict[str, Any] | None:
    """The rule with this code, or None."""
    return next((rule for group in groups for rule in group["rules"] if rule["code"] == code), None)


def recent(actor: Actor, groups: Rules) -> list[dict[str, Any]]:
    """The rules that the actor's own branch recorded by hand last, the newest first."""
    # Of a district's node there are no entries, and of all branches below it nobody wants the latest.
    rows = db.session.scalars(
        select(Rule.code)
        .join(Entry, Entry.rule_id == Rule.id)
        .where(Entry.branch_id == actor.organisation_id, Entry.source.in_(("single", "batch")))
        .order_by(Entry.occurred_on.desc(), Entry.id.desc())
        .limit(LOOKED_AT)
    )
    found = (chosen(groups, code) for code in dict.fromkeys(rows))
    return [rule for rule in found if rule][:RECENT]


def members(actor: Actor, numbers: Sequence[str]) -> list[dict[str, Any]]:
    """Whom one may choose: the branch of these members if they are of one, else all within reach."""
    branches = {row.organisation for row in listing.members_by_number(numbers).values()}
    organisation = branches.pop() if len(branches) == 1 else None
    rows = listing.members(actor=actor, organisation=organisation, sort="name", limit=MOST_MEMBERS)
    found = db.session.execute(select(Member.id, Member.initials).where(Member.id.in_([row.id for row in rows])))
    initials = {row.id: row.initials for row in found}
    return [
        {"number": row.number, "name": row.name, "branch": row.organisation_name, "initials": initials[row.id]}
        for row in rows
    ]


def shown(rule: Mapping[str, Any]) -> dict[str, Any]:
    """The rule as a form offers it: its worth in words, and what has to be said beside it."""
    shape = next(name for name in ("range", "tiers", "points") if name in rule)
    low, high = rule.get("range", (None, None))
    return {
        "code": rule["code"],
        "name": rule["name"],
        "worth": _worth(rule),
        "unit": rule.get("unit") if rule.get("kind") != "veto" else None,
        "shape": "fixed" if shape == "points" else shape,
        "low": low,
        "high": high,
        "tiers": [(tier["code"], f"{tier['name']} {_signed(tier['points'])}") for tier in rule.get("tiers", ())],
        "highest_only": bool(rule.get("highest_only")),
    }


def _worth(rule: Mapping[str, Any]) -> str:
    if "points" in rule:
        return _signed(rule["points"]) + (f" / {rule['unit']}" if rule.get("unit") else "")
    ends = rule["range"] if "range" in rule else [rule["tiers"][0]["points"], rule["tiers"][-1]["points"]]
    return " … ".join(_signed(end) for end in ends)


def _signed(points: str) -> str:
    return points.replace("-", "−") if points.startswith("-") else f"+{points}"
