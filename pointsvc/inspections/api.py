"""JSON routes of inspections: arrive, answer, sign, confirm."""

from __future__ import annotations

from functools import wraps
from typing import Any

from flask import Response, g, request

from pointsvc import clock, errors
from pointsvc.api import Blueprint, View, creates, ref_id
from pointsvc.db import transaction
from pointsvc.evidence import service as evidence
from pointsvc.evidence.shown import answer as file_answer
from pointsvc.http import actor, at_cursor, cursor, requires
from pointsvc.inspections import service as inspections
from pointsvc.inspections.schemas import (
    ArrivalHereIn,
    ArrivalIn,
    ChecklistAnswersIn,
    ConfirmFactsIn,
    FindingOut,
    InspectedUnitsOut,
    InspectionOut,
    InspectionsArgs,
    MaintainFactsIn,
    ReopenInspectionIn,
)
from pointsvc.inspections.shown import shown
from pointsvc.permissions import Permission

bp = Blueprint("inspections", __name__, description="Inspections of drawn units")


@bp.route("/inspections", methods=["POST"])
@requires(Permission.INSPECTIONS_INSPECT)
@creates
@bp.arguments(ArrivalIn)
@bp.response(201, InspectionOut)
def open_inspection(data: dict[str, Any]) -> Any:
    """Arrive at a drawn unit; the instant is kept. Opened by the other inspector already, it is that one."""
    return _open(ref_id(data["spot_check"]), data["unit"])


@bp.route("/spot-checks/<spot_check_id>/inspections", methods=["POST"])
@requires(Permission.INSPECTIONS_INSPECT)
@creates
@bp.arguments(ArrivalHereIn)
@bp.response(201, InspectionOut)
def open_in_spot_check(data: dict[str, Any], spot_check_id: str) -> Any:
    """Arrive at a drawn unit of this spot-check."""
    return _open(ref_id(spot_check_id), data["unit"])


@bp.route("/inspections")
@requires(Permission.INSPECTIONS_READ)
@bp.arguments(InspectionsArgs, location="query")
@bp.response(200, InspectedUnitsOut)
def list_inspections(args: dict[str, Any]) -> dict[str, Any]:
    """The drawn units that concern the reader with the state of each inspection, the latest first."""
    place = at_cursor(args["after"], int)
    rows = inspections.units(
        actor=actor(),
        spot_check_id=None if args["spot_check"] is None else ref_id(args["spot_check"]),
        status=args["status"],
        mine=args["mine"],
        limit=args["limit"] + 1,
        before_id=place[0] if place else None,
    )
    items = rows[: args["limit"]]
    return {"items": items, "next": cursor(items[-1].unit_id) if len(rows) > len(items) else None}


@bp.route("/inspections/<inspection_id>")
@requires(Permission.INSPECTIONS_READ)
@bp.response(200, InspectionOut)
def get_inspection(inspection_id: str) -> dict[str, Any]:
    """One inspection with its checklist, findings and inspectors."""
    return shown(actor(), ref_id(inspection_id))


@bp.route("/inspections/<inspection_id>/answers", methods=["PUT"])
@requires(Permission.INSPECTIONS_INSPECT)
@bp.arguments(ChecklistAnswersIn)
@bp.response(200, InspectionOut)
def put_answers(data: dict[str, Any], inspection_id: str) -> dict[str, Any]:
    """Keep answers. Sent twice they count once; what another has changed meanwhile is kept back and named."""
    number, who = ref_id(inspection_id), actor()
    with transaction():
        kept_back = inspections.answer(
            actor=who,
            at=clock.now(),
            inspection_id=number,
            answers=[inspections.Given(**one) for one in data["answers"]],
        )
    return {**shown(who, number), "kept_back": kept_back}


@bp.route("/inspections/<inspection_id>/sign", methods=["POST"])
@requires(Permission.INSPECTIONS_INSPECT)
@creates
@bp.response(200, InspectionOut)
def sign(inspection_id: str) -> dict[str, Any]:
    """Sign as one of the two inspectors."""
    number, who = ref_id(inspection_id), actor()
    inspections.sign(actor=who, at=clock.now(), inspection_id=number)
    return shown(who, number)


@bp.route("/inspections/<inspection_id>/reopen", methods=["POST"])
@requires(Permission.INSPECTIONS_INSPECT)
@creates
@bp.arguments(ReopenInspectionIn)
@bp.response(200, InspectionOut)
def reopen(data: dict[str, Any], inspection_id: str) -> dict[str, Any]:
    """Open it again to correct it; the signatures so far are void."""
    number, who = ref_id(inspection_id), actor()
    inspections.reopen(actor=who, at=clock.now(), inspection_id=number, **data)
    return shown(who, number)


@bp.route("/inspections/<inspection_id>/confirm", methods=["POST"])
@requires(Permission.INSPECTIONS_CONFIRM)
@creates
@bp.arguments(ConfirmFactsIn)
@bp.response(200, InspectionOut)
def confirm(data: dict[str, Any], inspection_id: str) -> dict[str, Any]:
    """The unit's secretary confirms the facts, or says what is not right."""
    number, who = ref_id(inspection_id), actor()
    inspections.confirm(actor=who, at=clock.now(), inspection_id=number, **data)
    return shown(who, number)


@bp.route("/inspections/<inspection_id>/maintain", methods=["POST"])
@requires(Permission.INSPECTIONS_INSPECT)
@creates
@bp.arguments(MaintainFactsIn)
@bp.response(200, InspectionOut)
def maintain(data: dict[str, Any], inspection_id: str) -> dict[str, Any]:
    """Let the facts stand against the unit's comment, or after its time has passed."""
    number, who = ref_id(inspection_id), actor()
    inspections.maintain(actor=who, at=clock.now(), inspection_id=number, **data)
    return shown(who, number)


def cleaned_first(view: View) -> View:
    """Make the uploaded files anew before the transaction of ``creates`` begins: it takes long, and
    SQLite has one writer.
    """

    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        g.pieces = files()
        for one in (one for name in ("photo", "file") for one in request.files.getlist(name)):
            one.stream.seek(0)
        return view(*args, **kwargs)

    return wrapper  # type: ignore[return-value] # the same view, wrapped


@bp.route("/findings/<finding_id>/evidence", methods=["POST"])
@requires(Permission.INSPECTIONS_INSPECT)
@cleaned_first
@creates
@bp.response(201, FindingOut)
def add_evidence(finding_id: str) -> dict[str, Any]:
    """Add a photo or paper (multipart ``file``) to a finding while its inspection is open."""
    who = actor()
    found = inspections.attach(actor=who, at=clock.now(), finding_id=ref_id(finding_id), pieces=g.pieces)
    return next(
        item["finding"]
        for item in shown(who, found.inspection_id)["items"]
        if item["finding"] and item["finding"]["id"] == found.id
    )


@bp.route("/findings/<finding_id>/evidence/<evidence_id>")
@requires(Permission.INSPECTIONS_READ)
@bp.response(200)
def get_evidence(finding_id: str, evidence_id: str) -> Response:
    """The photo or paper itself."""
    return piece(finding_id, evidence_id)


def piece(finding_id: str, evidence_id: str) -> Response:
    """A piece of evidence for whoever may read the inspection of its finding."""
    finding = inspections.finding_of(ref_id(finding_id))
    inspections.inspection(actor=actor(), inspection_id=finding.inspection_id)
    found = evidence.content(owner_kind=inspections.KIND, owner_id=finding.id, evidence_id=ref_id(evidence_id))
    return file_answer(found, preview="preview" in request.args)


def files() -> list[evidence.Piece]:
    """The files of the request made anew. Slow, so before the transaction. Raises Invalid under ``file``."""
    sent = [one for name in ("photo", "file") for one in request.files.getlist(name) if one.filename]
    if not sent:
        raise errors.Invalid({"file": errors.N_("Please choose a file")})
    if len(sent) > evidence.MOST_FILES:
        text = errors.N_("At most %(most)s photos or papers")
        raise errors.Invalid({"file": errors.Message(text, most=evidence.MOST_FILES)})
    return [evidence.clean(one.filename or "", one.stream.read(evidence.MOST_BYTES + 1)) for one in sent]


def _open(spot_check_id: int, unit: str) -> dict[str, Any]:
    who = actor()
    made = inspections.open_inspection(actor=who, at=clock.now(), spot_check_id=spot_check_id, unit=unit)
    return shown(who, made.id)
