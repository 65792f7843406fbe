"""JSON routes of rehearsals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for

from pointsvc import clock, queues
from pointsvc.api import Blueprint, PageArgs, creates, ref_id
from pointsvc.http import actor, at_cursor, cursor, id_at, one_page, requires
from pointsvc.permissions import Permission
from pointsvc.rehearsals import service as rehearsals
from pointsvc.rehearsals.models import Rehearsal
from pointsvc.rehearsals.schemas import (
    ChangedGradesOut,
    RehearsalIn,
    RehearsalOut,
    RehearsalsArgs,
    RehearsalsOut,
    WholeRehearsalOut,
)

bp = Blueprint("rehearsals", __name__, description="Drafts tried out on what was recorded")

NAMES = (
    "id",
    "scheme_id",
    "in_force_id",
    "digest",
    "period",
    "starts_on",
    "through_on",
    "status",
    "members",
    "apart",
    "asked_at",
    "cutoff_at",
    "done_at",
)


@bp.route("/rehearsals", methods=["POST"])
@requires(Permission.SCHEMES_MANAGE)
@creates
@bp.arguments(RehearsalIn)
@bp.response(202, RehearsalOut)
def ask(data: dict[str, Any]) -> Any:
    """Ask for a rehearsal of a draft; a worker does it. Poll what ``Location`` names."""
    scheme_id = ref_id(data.pop("scheme"))
    found = rehearsals.ask(actor=actor(), at=clock.now(), scheme_id=scheme_id, **data)
    location = url_for("rehearsals_api.get_rehearsal", rehearsal_id=found.id)
    return _shown([found])[0], 202, {"Location": location}


@bp.route("/rehearsals")
@requires(Permission.REHEARSALS_READ)
@bp.arguments(RehearsalsArgs, location="query")
@bp.response(200, RehearsalsOut)
def list_rehearsals(args: dict[str, Any]) -> dict[str, Any]:
    """The rehearsals within reach, newest first."""
    place = id_at(args["after"])
    rows = rehearsals.listing(
        actor=actor(),
        scheme_id=ref_id(args["scheme"]) if args["scheme"] else None,
        limit=args["limit"] + 1,
        before_id=place,
    )
    shown, following = one_page(rows, args["limit"])
    return {"items": _shown(shown), "next": following}


@bp.route("/rehearsals/<rehearsal_id>")
@requires(Permission.REHEARSALS_READ)
@bp.response(200, WholeRehearsalOut)
def get_rehearsal(rehearsal_id: str) -> dict[str, Any]:
    """How far a rehearsal is, and what it found."""
    found, _ = rehearsals.rehearsal(actor=actor(), rehearsal_id=ref_id(rehearsal_id))
    return {**_shown([found])[0], "report": found.report}


@bp.route("/rehearsals/<rehearsal_id>/changes")
@requires(Permission.REHEARSALS_READ)
@bp.arguments(PageArgs, location="query")
@bp.response(200, ChangedGradesOut)
def list_changed(args: dict[str, Any], rehearsal_id: str) -> dict[str, Any]:
    """Who would have another grade under the draft, by member number."""
    found, _ = rehearsals.rehearsal(actor=actor(), rehearsal_id=ref_id(rehearsal_id))
    place = at_cursor(args["after"], str)
    rows = rehearsals.changed(rehearsal=found, limit=args["limit"] + 1, after=place[0] if place else None)
    shown = rows[: args["limit"]]
    return {"items": shown, "next": cursor(shown[-1]["number"]) if len(rows) > len(shown) else None}


def _shown(rows: Sequence[Rehearsal]) -> list[dict[str, Any]]:
    known = rehearsals.about(rehearsals=rows)
    found = []
    for row in rows:
        job = queues.job(row.job_id) if row.status != "done" else None
        found.append(
            {
                **{name: getattr(row, name) for name in NAMES},
                **known[row.id],
                "progress": job.progress if job else row.members,
                "size": job.size if job else row.members,
                "error": job.error if job and row.status == "failed" else None,
            }
        )
    return found
