"""An inspection with everything that is shown of it, for its route and its page alike."""

from __future__ import annotations

from typing import Any

from pointsvc import clock
from pointsvc.errors import Conflict, Forbidden
from pointsvc.evidence import service as evidence
from pointsvc.evidence.models import Evidence
from pointsvc.inspections import lifecycle, orders
from pointsvc.inspections import service as inspections
from pointsvc.people import reach
from pointsvc.permissions import Actor, Permission, allowed


def shown(who: Actor, inspection_id: int) -> dict[str, Any]:
    """The inspection, its checklist with findings and photos, its inspectors, and what the reader may do."""
    view = inspections.inspection(actor=who, inspection_id=inspection_id)
    serving = inspections.servings([view.unit_id]).get(view.unit_id, [])
    own = {name: getattr(view, name) for name in inspections.UnitView.__slots__}
    return {
        **own,
        "inspectors": serving,
        "items": _items(view),
        "known": inspections.known(view.organisation_id, clock.today()) if view.organisation_id else None,
        "may": _may(who, view, serving),
        "kept_back": [],
    }


def _items(view: inspections.UnitView) -> list[dict[str, Any]]:
    rows = inspections.items(view)
    ids = [row.finding.id for row in rows if row.finding]
    pieces = evidence.of(owner_kind=inspections.KIND, owner_ids=ids)
    ordered = orders.of_inspection(view.id or 0)
    found = []
    for row in rows:
        one = row.finding
        finding = one and {
            **{name: getattr(one, name) for name in ("id", "item", "severity", "article", "text")},
            # What came later shows what was put right; it stands with the rectification.
            "evidence": [piece for piece in pieces.get(one.id, []) if _seen(piece, view)],
            "rectification": ordered[one.id].id if one.id in ordered else None,
            "order": ordered.get(one.id),
        }
        own = {name: getattr(row, name) for name in ("code", "text", "article", "answer", "revision")}
        found.append({**own, "finding": finding})
    return found


def _seen(piece: Evidence, view: inspections.UnitView) -> bool:
    return view.settled_at is None or piece.at <= view.settled_at


def _may(who: Actor, view: inspections.UnitView, serving: list[inspections.ServingView]) -> list[str]:
    found = []
    signed = any(one.sign_in_id == who.sign_in_id and one.signed_at for one in serving)
    for act in lifecycle.INSPECTION[view.status]:
        try:
            _check(who, view, act, signed)
        except (Conflict, Forbidden):
            continue
        found.append(act)
    leads = allowed(who, Permission.RECTIFICATIONS_ORDER) and reach.reaches(who, view.plan_organisation_id)
    if leads and view.status in lifecycle.SETTLED and view.organisation_id:
        found.append("order")
    return found


def _check(who: Actor, view: inspections.UnitView, act: str, signed: bool) -> None:
    if act in lifecycle.UNITS_ACTS:
        here = view.organisation_id is not None and reach.reaches(who, view.organisation_id)
        lifecycle.check_confirming(who, serves=view.serves, here=here)
        return
    lifecycle.check_inspecting(act, who, serves=view.serves, signed=signed)
    if act == lifecycle.MAINTAIN:
        lifecycle.check_maintaining(view.status, due_on=view.confirm_due_on, today=clock.today())
