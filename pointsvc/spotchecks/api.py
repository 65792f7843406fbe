"""JSON routes of spot-checks: the plan, the frozen list, the draw, and its public proof."""

from __future__ import annotations

from typing import Any

from flask import url_for

from pointsvc import clock, workdays
from pointsvc.api import Blueprint, PageArgs, creates, ref_id
from pointsvc.db import transaction
from pointsvc.errors import N_, Invalid
from pointsvc.http import actor, at_cursor, cursor, public, requires
from pointsvc.people import settings
from pointsvc.permissions import Permission
from pointsvc.spotchecks import choosing, entries, framing, history, listing, planning, proofs, shown
from pointsvc.spotchecks import service as spotchecks
from pointsvc.spotchecks.models import SpotCheck
from pointsvc.spotchecks.schemas import (
    DrawIn,
    DrawnEntriesOut,
    EntryVerdictIn,
    FrozenOut,
    SpotAdviceOut,
    SpotCheckChangeIn,
    SpotCheckIn,
    SpotCheckOpenIn,
    SpotCheckReasonIn,
    SpotChecksArgs,
    SpotChecksOut,
    SpotInspectorsIn,
    SpotUnitsIn,
    SpotUnitsOut,
    StandDownIn,
    WholeSpotCheckOut,
)

bp = Blueprint("spotchecks", __name__, description="Spot-checks: plans, draws that anybody can recompute, proofs")


@bp.route("/spot-checks", methods=["POST"])
@requires(Permission.SPOTCHECKS_PLAN)
@creates
@bp.arguments(SpotCheckIn)
@bp.response(201, WholeSpotCheckOut)
def plan(data: dict[str, Any]) -> Any:
    """Begin a plan, with its units and inspectors or without."""
    who, at = actor(), clock.now()
    parts = {name: data.pop(name) for name in ("strata", "excluded", "inspectors")}
    data = due(data)
    if "due_on" not in data:
        raise Invalid({"due_on": N_("Say until when the units are inspected")})
    made = planning.plan(actor=who, at=at, **data)
    if parts["strata"]:
        _put_units(made.id, parts)
    if parts["inspectors"]:
        people = inspectors_of(parts["inspectors"])
        planning.put_inspectors(actor=who, at=at, spot_check_id=made.id, inspectors=people)
    return shown.whole(made), 201, {"Location": url_for("spotchecks_api.get_spot_check", spot_check_id=made.id)}


@bp.route("/spot-checks")
@requires(Permission.SPOTCHECKS_READ)
@bp.arguments(SpotChecksArgs, location="query")
@bp.response(200, SpotChecksOut)
def list_spot_checks(args: dict[str, Any]) -> dict[str, Any]:
    """The plans within reach, newest first."""
    place, limit = at_cursor(args["after"], int), args["limit"]
    rows = listing.spot_checks(
        actor=actor(), status=args["status"], limit=limit + 1, before_id=place[0] if place else None
    )
    return {"items": shown.heads(rows[:limit]), "next": cursor(rows[limit - 1].id) if len(rows) > limit else None}


@bp.route("/spot-checks/<spot_check_id>")
@requires(Permission.SPOTCHECKS_READ)
@bp.response(200, WholeSpotCheckOut)
def get_spot_check(spot_check_id: str) -> dict[str, Any]:
    """A plan with its strata, inspectors and what was drawn."""
    return shown.whole(spotchecks.spot_check(actor=actor(), spot_check_id=ref_id(spot_check_id)))


@bp.route("/spot-checks/<spot_check_id>", methods=["PUT"])
@requires(Permission.SPOTCHECKS_PLAN)
@bp.arguments(SpotCheckChangeIn)
@bp.response(200, WholeSpotCheckOut)
def change(data: dict[str, Any], spot_check_id: str) -> dict[str, Any]:
    """Change a plan's head while it is written."""
    with transaction():
        return shown.whole(
            planning.change(actor=actor(), at=clock.now(), spot_check_id=ref_id(spot_check_id), **due(data))
        )


@bp.route("/spot-checks/<spot_check_id>/units")
@requires(Permission.SPOTCHECKS_READ)
@bp.arguments(PageArgs, location="query")
@bp.response(200, SpotUnitsOut)
def list_units(args: dict[str, Any], spot_check_id: str) -> dict[str, Any]:
    """The units of a plan, also those that are left out."""
    found = spotchecks.spot_check(actor=actor(), spot_check_id=ref_id(spot_check_id))
    place, limit = at_cursor(args["after"], int), args["limit"]
    rows = listing.units(found, limit=limit + 1, after_id=place[0] if place else 0)
    return {"items": rows[:limit], "next": cursor(rows[limit - 1].id) if len(rows) > limit else None}


@bp.route("/spot-checks/<spot_check_id>/units", methods=["PUT"])
@requires(Permission.SPOTCHECKS_PLAN)
@bp.arguments(SpotUnitsIn)
@bp.response(200, WholeSpotCheckOut)
def put_units(data: dict[str, Any], spot_check_id: str) -> dict[str, Any]:
    """Make these the strata and units of a plan, in place of what it had."""
    with transaction():
        return shown.whole(_put_units(ref_id(spot_check_id), data))


@bp.route("/spot-checks/<spot_check_id>/inspectors", methods=["PUT"])
@requires(Permission.SPOTCHECKS_PLAN)
@bp.arguments(SpotInspectorsIn)
@bp.response(200, WholeSpotCheckOut)
def put_inspectors(data: dict[str, Any], spot_check_id: str) -> dict[str, Any]:
    """Make these the inspectors of a plan."""
    people = inspectors_of(data["inspectors"])
    number = ref_id(spot_check_id)
    with transaction():
        return shown.whole(
            planning.put_inspectors(actor=actor(), at=clock.now(), spot_check_id=number, inspectors=people)
        )


@bp.route("/spot-checks/<spot_check_id>/advice")
@requires(Permission.SPOTCHECKS_READ)
@bp.response(200, SpotAdviceOut)
def advice(spot_check_id: str) -> dict[str, Any]:
    """Which units were inspected often enough this year, and how the promise to reach every unit stands."""
    found = spotchecks.spot_check(actor=actor(), spot_check_id=ref_id(spot_check_id))
    cap = settings.value(found.organisation_id, "inspections_a_year")
    today = clock.today()
    return {
        "often": history.often(found, cap=cap, year=today.year),
        "covers": history.covers(found, today=today),
    }


@bp.route("/spot-checks/<spot_check_id>/freeze", methods=["POST"])
@requires(Permission.SPOTCHECKS_PLAN)
@bp.response(200, FrozenOut)
def freeze(spot_check_id: str) -> dict[str, Any]:
    """Freeze the list of units and commit to a secret: both become public, the secret does not."""
    with transaction():
        found = spotchecks.freeze(actor=actor(), at=clock.now(), spot_check_id=ref_id(spot_check_id))
        return {**shown.whole(found), "frame": found.frame}


@bp.route("/spot-checks/<spot_check_id>/draw", methods=["POST"])
@requires(Permission.SPOTCHECKS_DRAW)
@bp.arguments(DrawIn)
@bp.response(200, WholeSpotCheckOut)
def draw(data: dict[str, Any], spot_check_id: str) -> dict[str, Any]:
    """Draw by the digits of the dice, once."""
    ceased = {one["code"]: one["reason"] for one in data["ceased"]}
    with transaction():
        return shown.whole(
            spotchecks.draw(
                actor=actor(),
                at=clock.now(),
                spot_check_id=ref_id(spot_check_id),
                digits=data["digits"],
                ceased=ceased,
            )
        )


@bp.route("/spot-checks/<spot_check_id>/open", methods=["POST"])
@requires(Permission.SPOTCHECKS_DRAW)
@bp.arguments(SpotCheckOpenIn)
@bp.response(200, WholeSpotCheckOut)
def open_units(data: dict[str, Any], spot_check_id: str) -> dict[str, Any]:
    """Make known that these units of an unannounced check (or all) were drawn."""
    units = None if data["units"] is None else [ref_id(one) for one in data["units"]]
    number = ref_id(spot_check_id)
    with transaction():
        return shown.whole(spotchecks.open_units(actor=actor(), at=clock.now(), spot_check_id=number, unit_ids=units))


@bp.route("/spot-checks/<spot_check_id>/void", methods=["POST"])
@requires(Permission.SPOTCHECKS_PLAN)
@bp.arguments(SpotCheckReasonIn)
@bp.response(200, WholeSpotCheckOut)
def void(data: dict[str, Any], spot_check_id: str) -> dict[str, Any]:
    """Say publicly that nothing comes of a plan."""
    with transaction():
        return shown.whole(spotchecks.void(actor=actor(), at=clock.now(), spot_check_id=ref_id(spot_check_id), **data))


@bp.route("/spot-checks/<spot_check_id>/units/<unit_id>/skip", methods=["POST"])
@requires(Permission.SPOTCHECKS_DRAW)
@bp.arguments(SpotCheckReasonIn)
@bp.response(200, WholeSpotCheckOut)
def skip(data: dict[str, Any], spot_check_id: str, unit_id: str) -> dict[str, Any]:
    """Pass over a drawn unit that has ceased to exist; the next ticket serves."""
    who, number = actor(), ref_id(spot_check_id)
    with transaction():
        spotchecks.skip(actor=who, at=clock.now(), spot_check_id=number, unit_id=ref_id(unit_id), **data)
        return shown.whole(spotchecks.spot_check(actor=who, spot_check_id=number))


@bp.route("/spot-checks/<spot_check_id>/units/<unit_id>/stand-down", methods=["POST"])
@requires(Permission.SPOTCHECKS_DRAW)
@bp.arguments(StandDownIn)
@bp.response(200, WholeSpotCheckOut)
def stand_down(data: dict[str, Any], spot_check_id: str, unit_id: str) -> dict[str, Any]:
    """Let the next inspector by ticket serve in the place of one who cannot go."""
    who, number = actor(), ref_id(spot_check_id)
    with transaction():
        spotchecks.stand_down(actor=who, at=clock.now(), spot_check_id=number, unit_id=ref_id(unit_id), **data)
        return shown.whole(spotchecks.spot_check(actor=who, spot_check_id=number))


@bp.route("/spot-checks/<spot_check_id>/proof")
@public
@bp.response(200, description="The proof as check_draw.py and the page /check-draw take it")
def proof(spot_check_id: str) -> dict[str, Any]:
    """All that is public of a draw, from the day on which its list was frozen."""
    return proofs.document(listing.public(spot_check_id=ref_id(spot_check_id)))


@bp.route("/spot-checks/<spot_check_id>/entries")
@requires(Permission.SPOTCHECKS_READ)
@bp.response(200, DrawnEntriesOut)
def list_entries(spot_check_id: str) -> dict[str, Any]:
    """The entries that were drawn, and what was found of them."""
    _, found = entries.drawn_entries(actor=actor(), spot_check_id=ref_id(spot_check_id))
    return {"items": found, "progress": entries.progress(found)}


@bp.route("/spot-checks/<spot_check_id>/entries/<unit_id>", methods=["PUT"])
@requires(Permission.SPOTCHECKS_DRAW)
@bp.arguments(EntryVerdictIn)
@bp.response(200, DrawnEntriesOut)
def judge(data: dict[str, Any], spot_check_id: str, unit_id: str) -> dict[str, Any]:
    """Say of a drawn entry whether it is in order."""
    with transaction():
        entries.judge(
            actor=actor(), at=clock.now(), spot_check_id=ref_id(spot_check_id), unit_id=ref_id(unit_id), **data
        )
    return list_entries(spot_check_id)


# ---- shared with the pages


def due(data: dict[str, Any]) -> dict[str, Any]:
    """The head with its last day: as it was said, or so many working days from today."""
    days = data.pop("due_days", None)
    if days is not None:
        data["due_on"] = workdays.after(clock.today(), days)
    if "checklist" in data:
        data["checklist"] = [
            {**item, "code": item["code"] or str(place)} for place, item in enumerate(data["checklist"], 1)
        ]
    return data


def inspectors_of(rows: list[dict[str, Any]]) -> list[planning.NewInspector]:
    """Inspectors as they were sent; without a code the name is the code."""
    return [planning.NewInspector(**{**row, "code": row["code"] or row["name"]}) for row in rows]


def part_of(row: dict[str, Any]) -> framing.Part:
    """A stratum as it was sent."""
    source = choosing.Source(**row["source"]) if row["source"] else None
    units = [(unit["code"], unit["name"]) for unit in row["units"]]
    return framing.Part(row["name"], row["kind"], row["n"], row["percent"], units, source)


def _put_units(spot_check_id: int, data: dict[str, Any]) -> SpotCheck:
    return framing.put_units(
        actor=actor(),
        at=clock.now(),
        spot_check_id=spot_check_id,
        parts=[part_of(row) for row in data["strata"]],
        excluded={one["code"]: one["reason"] for one in data["excluded"]},
    )
