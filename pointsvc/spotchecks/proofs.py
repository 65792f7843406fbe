"""The proof of a draw: one document with all that anybody needs to recompute it.

What is sealed is not in it. The frame is public from the day on which it is frozen; the secret, and
what follows from it, when the draw is public: of an announced check at once, of an unannounced one
when all drawn units have been visited. Units that were visited before are named as they are opened.
"""

from __future__ import annotations

from typing import Any

from pointsvc import clock
from pointsvc.spotchecks import listing
from pointsvc.spotchecks.models import SpotCheck

FORMAT = "pointsvc-draw-1"


def revealed(found: SpotCheck) -> bool:
    """Whether all of the draw is public."""
    return found.opened_at is not None


def document(found: SpotCheck) -> dict[str, Any]:
    """The proof of a plan whose list is frozen, as JSON takes it."""
    placed = listing.placed(found) if found.drawn_at else []
    opened = [one for one in placed if revealed(found) or (one.opened_at and not one.skipped)]
    return {
        "format": FORMAT,
        **_head(found),
        "strata": [{"name": one.name, "n": one.n} for one in listing.strata(found)],
        "frame": found.frame,
        "frame_sha256": found.frame_sha256,
        "commitment": found.commitment,
        "excluded": [
            {"stratum": row.stratum, "code": row.code, "name": row.name, "reason": row.excluded}
            for row in listing.excluded(found)
        ],
        "inspectors": [
            {"code": one.code, "name": one.name, "body": one.body, "conflicts": one.conflicts}
            for one in listing.inspectors(found)
        ],
        "digits": found.digits,
        "sealed": found.sealed_sha256,
        "secret": found.secret if revealed(found) else None,
        "seed": found.seed if revealed(found) else None,
        "skipped": [{"stratum": one.stratum, "code": one.code, "reason": one.skipped} for one in opened if one.skipped],
        "drawn": [_drawn(one) for one in opened if not one.skipped],
    }


def _head(found: SpotCheck) -> dict[str, Any]:
    """What a reader wants to know and no hash holds, but the plan's number."""
    times = ("frozen_at", "drawn_at", "opened_at")
    about = listing.about([found])[found.id]
    names = ("plan", "title", "purpose", "programme", "filing", "announced", "status", "reason", "void_reason")
    return {
        **{name: getattr(found, name) for name in names},
        "organisation": about.name,
        "again_of": about.again_of,
        "due_on": found.due_on.isoformat(),
        **{name: _instant(getattr(found, name)) for name in times},
    }


def _instant(at: Any) -> str | None:
    return clock.local(at).isoformat(timespec="seconds") if at else None


def _drawn(one: listing.Placed) -> dict[str, Any]:
    return {
        "stratum": one.stratum,
        "code": one.code,
        "name": one.name,
        "place": one.place,
        "ticket": one.ticket,
        "inspectors": [served.code for served in one.serving],
        "passed": [{"inspector": served.code, "reason": served.skipped} for served in one.inspectors if served.skipped],
    }
