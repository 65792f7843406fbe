"""The page where the drawn entries are gone through: in order, or not and why."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from pointsvc import clock, errors
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, requires
from pointsvc.people.door import words
from pointsvc.permissions import Permission, allowed
from pointsvc.spotchecks import entries

bp = Blueprint("drawn_entries", __name__)


@bp.get("/spot-checks/<spot_check_id>/entries", endpoint="entries")
@requires(Permission.SPOTCHECKS_READ)
def list_entries(spot_check_id: str) -> str:
    """The drawn entries with what each rests on."""
    return _page(ref_id(spot_check_id), None, "", {})


@bp.post("/spot-checks/<spot_check_id>/entries/<unit_id>")
@requires(Permission.SPOTCHECKS_DRAW)
def judge(spot_check_id: str, unit_id: str) -> Any:
    """Say of one whether it is in order."""
    number, unit, note = ref_id(spot_check_id), ref_id(unit_id), request.form.get("note", "").strip()[:500]
    try:
        with transaction():
            entries.judge(
                actor=actor(),
                at=clock.now(),
                spot_check_id=number,
                unit_id=unit,
                in_order=request.form.get("found") == "in_order",
                note=note,
            )
    except errors.Invalid as problem:
        return _page(number, unit, note, words(problem)), 422
    return redirect(url_for("drawn_entries.entries", spot_check_id=number) + f"#unit-{unit}")


def _page(number: int, unit: int | None, typed: str, wrong: dict[str, list[str]]) -> str:
    who = actor()
    found, drawn = entries.drawn_entries(actor=who, spot_check_id=number)
    return render_template(
        "spotchecks/entries.html",
        found=found,
        entries=drawn,
        progress=entries.progress(drawn),
        may_judge=found.status == "drawn" and allowed(who, Permission.SPOTCHECKS_DRAW),
        at=unit,
        typed=typed,
        errors=wrong,
    )
