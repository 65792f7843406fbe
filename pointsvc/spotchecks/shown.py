"""A plan as programs and pages read it: with its sizes, its chances, and what was drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pointsvc.spotchecks import listing, proofs, sampling
from pointsvc.spotchecks.models import SpotCheck

_HEAD = (
    "id",
    "plan",
    "title",
    "purpose",
    "programme",
    "filing",
    "announced",
    "status",
    "due_on",
    "notice_on",
    "cover_quarters",
    "checklist",
    "reason",
    "void_reason",
    "frame_sha256",
    "commitment",
    "digits",
    "sealed_sha256",
    "created_at",
    "frozen_at",
    "drawn_at",
    "opened_at",
)


def heads(found: Sequence[SpotCheck]) -> list[dict[str, Any]]:
    """What a list says of plans."""
    about = listing.about(found)
    return [
        {
            **{name: getattr(one, name) for name in _HEAD},
            "organisation": about[one.id].organisation,
            "organisation_name": about[one.id].name,
            "again_of": about[one.id].again_of,
        }
        for one in found
    ]


def whole(found: SpotCheck) -> dict[str, Any]:
    """All of a plan but its units, which may be many. The secret only when the draw is public."""
    places = [drawn(one) for one in listing.placed(found)] if found.drawn_at else []
    told = proofs.revealed(found)
    return {
        **heads([found])[0],
        "strata": [stratum(one) for one in listing.strata(found)],
        "inspectors": listing.inspectors(found),
        "seed": found.seed if told else None,
        "secret": found.secret if told else None,
        "drawn": [one for one in places if not one["skipped"]],
        "skipped": [one for one in places if one["skipped"]],
    }


def stratum(one: listing.StratumView) -> dict[str, Any]:
    """A stratum with what its sample can say."""
    fits = 1 <= one.n <= one.size
    return {**asdict(one), "chances": sampling.chances(one.size, one.n) if fits else []}


def drawn(one: listing.Placed) -> dict[str, Any]:
    """A place with who goes there."""
    return {
        **asdict(one),
        "inspectors": [served.code for served in one.serving],
        "passed": [served for served in one.inspectors if served.skipped],
    }
