"""Declarations as the pages show them: names for codes, amounts in words, and what may be done."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask_babel import gettext

from pointsvc.declarations.reading import View, open_to
from pointsvc.declarations.service import KIND
from pointsvc.evidence import service as evidence
from pointsvc.evidence.cleaning import JPEG
from pointsvc.permissions import SYSTEM, Actor

_PLAIN = ("id", "member_name", "branch_name", "occurred_on", "points", "matter", "note", "proxy", "sent_at",
          "decided_at", "decided_by", "reason", "sheet", "line")  # fmt: skip


def shown(who: Actor, views: Sequence[View]) -> list[dict[str, Any]]:
    """Each as the templates take it (see templates/declarations/_parts.html)."""
    pieces = evidence.of(owner_kind=KIND, owner_ids=[view.id for view in views])
    return [
        {
            **{name: getattr(view, name) for name in _PLAIN},
            "number": view.member,
            "rule": view.item["name"],
            "asked": view.item.get("evidence") == "asked",
            "amount": amount(view),
            "state": "reversed" if view.reversed_by else view.status,
            "declared_by": gettext("the service itself") if view.declared_by == SYSTEM.name else view.declared_by,
            "evidence": [
                {"id": piece.id, "filename": piece.filename, "photo": piece.media_type == JPEG}
                for piece in pieces.get(view.id, [])
            ],
            "may": open_to(who, view),
        }
        for view in views
    ]


def amount(view: View) -> str:
    """The level or the quantity in words; nothing when it is one piece of what is counted."""
    if view.tier_name:
        return str(view.tier_name)
    if view.quantity == Decimal(1) and not view.item.get("unit"):
        return ""
    return f"{view.quantity:.2f}".rstrip("0").rstrip(".") + f" {view.item.get('unit', '')}".rstrip()
