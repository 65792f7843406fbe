"""The page for the meeting room's wall: one step of the draw at a time, and the dice."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from pointsvc import clock, errors
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, requires
from pointsvc.people.door import words
from pointsvc.permissions import Permission
from pointsvc.scanning import scan
from pointsvc.spotchecks import draw as drawing
from pointsvc.spotchecks import listing, proofs
from pointsvc.spotchecks import service as spotchecks
from pointsvc.spotchecks.models import SpotCheck

bp = Blueprint("walls", __name__)

# Before the dice and after them; what comes later is not to be reached before.
BEFORE = ("list", "fingerprint", "commitment", "dice")
AFTER = ("seed", "drawn", "check")
# So many names can be read from five metres.
ON_A_SCREEN = 8


@bp.get("/spot-checks/<spot_check_id>/wall")
@requires(Permission.SPOTCHECKS_DRAW)
def wall(spot_check_id: str) -> Any:
    """One step of the draw."""
    found = spotchecks.spot_check(actor=actor(), spot_check_id=ref_id(spot_check_id))
    if found.frozen_at is None or found.status == "void":
        return redirect(url_for("spotchecks.plan", spot_check_id=found.id))
    return _screen(found, request.args.get("step", ""), "", {})


@bp.post("/spot-checks/<spot_check_id>/draw")
@requires(Permission.SPOTCHECKS_DRAW)
def draw(spot_check_id: str) -> Any:
    """Take the dice, once."""
    number, typed = ref_id(spot_check_id), request.form.get("digits", "")
    try:
        with transaction():
            spotchecks.draw(actor=actor(), at=clock.now(), spot_check_id=number, digits=typed)
    except errors.Invalid as problem:
        found = spotchecks.spot_check(actor=actor(), spot_check_id=number)
        return _screen(found, "dice", typed, words(problem)), 422
    return redirect(url_for("walls.wall", spot_check_id=number, step="seed"))


def _screen(found: SpotCheck, step: str, typed: str, wrong: dict[str, list[str]]) -> str:
    steps = [*BEFORE, *AFTER] if found.drawn_at else list(BEFORE)
    at = steps.index(step) if step in steps else 0
    address = url_for("draws.draw", plan=found.plan, _external=True)
    drawn = [one for one in listing.placed(found) if not one.skipped] if proofs.revealed(found) else []
    screens = max(-(-len(drawn) // ON_A_SCREEN), 1) if steps[at] == "drawn" else 1
    screen = min(max(request.args.get("screen", 1, type=int), 1), screens)
    return render_template(
        "spotchecks/wall.html",
        found=found,
        organisation=listing.about([found])[found.id].name,
        strata=listing.strata(found),
        step=steps[at],
        number=at + 1,
        steps=len(BEFORE) + len(AFTER),
        ways=_ways(found, steps, at, screen, screens),
        drawn=drawn[(screen - 1) * ON_A_SCREEN : screen * ON_A_SCREEN],
        screen=screen,
        screens=screens,
        revealed=proofs.revealed(found),
        seed=found.seed if proofs.revealed(found) else None,
        secret=found.secret if proofs.revealed(found) else None,
        address=address,
        picture=scan(address),
        fewest=drawing.FEWEST_DIGITS,
        typed=typed,
        errors=wrong,
    )


def _ways(found: SpotCheck, steps: list[str], at: int, screen: int, screens: int) -> dict[str, str | None]:
    """Where the step before and the next one are."""

    def way(place: int, on: int = 1) -> str:
        return url_for("walls.wall", spot_check_id=found.id, step=steps[place], screen=on if on > 1 else None)

    following = way(at, screen + 1) if screen < screens else way(at + 1) if at + 1 < len(steps) else None
    before = way(at, screen - 1) if screen > 1 else way(at - 1) if at else None
    return {"before": before, "next": following if steps[at] != "dice" or found.drawn_at else None}
