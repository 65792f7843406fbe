"""What a form for declaring has to choose from: rules with what is still open, and members."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from pointsvc.declarations import rules
from pointsvc.declarations.weighing import grounds
from pointsvc.errors import Message
from pointsvc.ledger import choosing as ledger_choosing
from pointsvc.people import listing
from pointsvc.permissions import Actor
from pointsvc.schemes import service as schemes

# For each rule by code how many points are still open to a member (None: no limit), and why.
Open = Mapping[str, tuple[Decimal | None, Message | None]]
OpenFor = Callable[[Actor, str], Open | None]
_open_for: list[OpenFor] = []


@dataclass(frozen=True, slots=True)
class Whose:
    """Of whom a form is."""

    id: int
    number: str
    name: str


def still_open(ask: OpenFor) -> OpenFor:
    """Register who knows what is still open to the member with this number; None when nobody can say."""
    _open_for.append(ask)
    return ask


def offered(actor: Actor, member: Whose, day: date) -> list[dict[str, Any]]:
    """The rules that may be declared of this member on this day, by group, each with what is still open."""
    ground = grounds([(member.number, member.id, day)], actor=None)[0]
    document = ground.document
    if not document["rules"]:
        return []
    still = _still(actor, member.number)
    grouped: dict[str, list[dict[str, Any]]] = {group["code"]: [] for group in document["groups"]}
    for rule in rules.declarable(document, ground.category):
        grouped[rule["group"]].append({**shown(rule), "open": _open(still, rule["code"])})
    names = {group["code"]: group["name"] for group in document["groups"]}
    return [{"group": names[code], "rules": items} for code, items in grouped.items() if items]


def _still(actor: Actor, number: str) -> Open | None:
    for ask in _open_for:
        found = ask(actor, number)
        if found is not None:
            return found
    return None


def _open(still: Open | None, code: str) -> dict[str, Any] | None:
    if still is None:
        return None
    points, words = still.get(code, (Decimal(0), None))
    return {"points": points, "words": words}


def shown(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as the forms offer it; ``asked``: a photo or paper would be welcome."""
    return {**ledger_choosing.shown(rule), "asked": rule.get("evidence") == "asked"}


def numbered(organisation_id: int, day: date) -> list[dict[str, Any]]:
    """The rules that may be declared here on this day, numbered as they are printed on paper."""
    sheet = schemes.sheets([organisation_id], day).get(organisation_id)
    items = rules.declarable(sheet.document) if sheet else []
    return [{"n": n, "rule": rule, **shown(rule)} for n, rule in enumerate(items, 1)]


def members(actor: Actor, organisation: str) -> list[dict[str, Any]]:
    """Who belongs to this organisation and below, by name: number, name, initials."""
    rows = listing.members(actor=actor, organisation=organisation, sort="name", limit=ledger_choosing.MOST_MEMBERS)
    return [{"number": row.number, "name": row.name, "initials": row.place} for row in rows]
