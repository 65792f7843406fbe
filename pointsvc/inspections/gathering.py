"""What a bulletin says of its plan, gathered from the records as they stand: nothing of it is typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pointsvc import clock
from pointsvc.db import db
from pointsvc.inspections import figures, lifecycle, orders
from pointsvc.inspections.models import SEVERITIES, Finding, Rectification
from pointsvc.inspections.reading import UnitView, standing, units_of_plan
from pointsvc.people.models import Organisation
from pointsvc.spotchecks import listing
from pointsvc.spotchecks.models import SpotCheck

_WORST_FIRST = {severity: -place for place, severity in enumerate(SEVERITIES)}


def gathered(plan: SpotCheck, at: datetime) -> dict[str, Any]:
    """The plan, its draw, its units and their problems, as texts and whole numbers, fit to be hashed."""
    today = clock.local(at).date()
    views = units_of_plan(plan.id)
    inspected = [view for view in views if view.status in lifecycle.SETTLED]
    found = standing([view.id for view in inspected if view.id is not None])
    ordered = orders.of_plan(plan.id)
    return {
        **{name: getattr(plan, name) for name in ("plan", "title", "programme", "filing")},
        "announced": int(plan.announced),
        "organisation": db.session.get_one(Organisation, plan.organisation_id).name,
        "bodies": list(dict.fromkeys(one.body for one in listing.inspectors(plan))),
        "strata": [
            {"name": one.name, "n": one.n, "size": one.size} for one in listing.strata(plan) if one.kind != "entry"
        ],
        "draw": _draw(plan),
        "today": today.isoformat(),
        "figures": asdict(figures.of_plan(plan.id, today)),
        "units": [_unit(view, found) for view in inspected],
        "left": [_named(view) for view in views if view.status not in lifecycle.SETTLED],
        "skipped": [
            {"name": one.name, "stratum": one.stratum, "reason": one.skipped}
            for one in listing.placed(plan)
            if one.skipped
        ],
        "problems": _problems(plan, inspected, found, ordered),
        "orders": _orders(ordered.values()),
    }


def _draw(plan: SpotCheck) -> dict[str, Any]:
    names = ("frame_sha256", "commitment", "digits", "seed", "secret")
    frozen, drawn = plan.frozen_at, plan.drawn_at
    return {
        **{name: getattr(plan, name) for name in names},
        "frozen_on": clock.local(frozen).date().isoformat() if frozen else None,
        "drawn_on": clock.local(drawn).date().isoformat() if drawn else None,
    }


def _named(view: UnitView) -> dict[str, Any]:
    return {"code": view.unit, "name": view.name, "stratum": view.stratum}


def _unit(view: UnitView, found: Sequence[Finding]) -> dict[str, Any]:
    return {
        **_named(view),
        "inspected_on": clock.local(view.opened_at).date().isoformat() if view.opened_at else "",
        "findings": sum(one.inspection_id == view.id for one in found),
        # The unit did not agree, and the inspectors let the facts stand.
        "disagrees": int(view.status == "maintained" and bool(view.comment)),
    }


def _problems(
    plan: SpotCheck, inspected: Sequence[UnitView], found: Sequence[Finding], ordered: Mapping[int, Rectification]
) -> list[dict[str, Any]]:
    """The findings under each item of the checklist, in its order; what stands beside the checklist comes last."""
    units = {view.id: view.name for view in inspected}
    items = {one["code"]: one["text"] for one in plan.checklist}
    by_item: dict[str, list[Finding]] = {code: [] for code in items}
    for one in found:
        by_item.setdefault(one.item, []).append(one)
    return [
        {
            "item": items.get(code, ""),
            "units": len({one.inspection_id for one in several}),
            "findings": [
                {
                    "unit": units[one.inspection_id],
                    "severity": one.severity,
                    "article": one.article,
                    "text": one.text,
                    "due_on": ordered[one.id].due_on.isoformat() if one.id in ordered else None,
                }
                for one in sorted(several, key=lambda one: (_WORST_FIRST[one.severity], one.id))
            ],
        }
        for code, several in by_item.items()
        if several
    ]


def _orders(ordered: Any) -> dict[str, Any]:
    days = sorted(one.due_on.isoformat() for one in ordered)
    return {"count": len(days), "first": days[0] if days else None, "last": days[-1] if days else None}
