"""JSON routes of tallies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify, url_for

from pointsvc import clock, queues, workdays
from pointsvc.api import Blueprint, PageArgs, creates, ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, at_cursor, cursor, id_at, one_page, requires
from pointsvc.people import reach
from pointsvc.people.models import Organisation
from pointsvc.permissions import Permission
from pointsvc.seals import service as seals
from pointsvc.seals.models import Seal
from pointsvc.seals.schemas import ProofOut, proof_answer
from pointsvc.tallies import ordering, sealing
from pointsvc.tallies import service as tallies
from pointsvc.tallies.listing import Asked, marked
from pointsvc.tallies.models import Publication, Tally
from pointsvc.tallies.schemas import (
    PreviousTotalIn,
    PreviousTotalOut,
    ProofArgs,
    PublicationOut,
    ResultsArgs,
    ResultsOut,
    ScoreArgs,
    ScoreOut,
    StandingsArgs,
    StandingsOut,
    TalliesOut,
    TallyIn,
    TallyOut,
    score_answer,
)
from pointsvc.tallies.sealed import proof

bp = Blueprint("tallies", __name__, description="Tallies, results, scores and standings")


def publication_shown(publication: Publication | None) -> dict[str, Any] | None:
    """A publication with the working days that are left of it."""
    if publication is None:
        return None
    fields = {name: getattr(publication, name) for name in PublicationOut._declared_fields if name != "days_left"}
    return {**fields, "days_left": workdays.between(clock.today(), publication.last_day)}


def _shown(
    found: Tally,
    organisation: Organisation,
    publication: Publication | None = None,
    sealed: Mapping[int, Seal] | None = None,
) -> dict[str, Any]:
    job = queues.job(found.job_id)
    known = seals.of_tallies([found.id]) if sealed is None else sealed
    return {
        **{name: getattr(found, name) for name in TallyOut._declared_fields if hasattr(found, name)},
        "through_on": found.through_on,
        "cutoff_at": found.cutoff_at,
        "organisation": organisation.code,
        "progress": job.progress if job else 0,
        "size": job.size if job else 0,
        "error": job.error if job and (found.status == "failed" or job.status == "dead") else None,
        "publication": publication_shown(publication),
        "seal": known.get(found.id),
    }


@bp.route("/tallies", methods=["POST"])
@requires(Permission.TALLIES_RUN)
@creates
@bp.arguments(TallyIn)
@bp.response(202, TallyOut)
def request_tally(data: dict[str, Any]) -> Any:
    """Ask for a tally; a worker computes it. Poll what ``Location`` names."""
    who = actor()
    found = tallies.request(actor=who, at=clock.now(), **data)
    publication = tallies.newest_publications([found.id]).get(found.id)
    body = _shown(found, reach.organisation_by_id(who, found.organisation_id), publication)
    return body, 202, {"Location": url_for("tallies_api.get_tally", tally_id=found.id)}


@bp.route("/tallies")
@requires(Permission.TALLIES_READ)
@bp.arguments(PageArgs, location="query")
@bp.response(200, TalliesOut)
def list_tallies(args: dict[str, Any]) -> dict[str, Any]:
    """The tallies within reach, newest first."""
    place = id_at(args["after"])
    rows = tallies.listing(actor=actor(), limit=args["limit"] + 1, before_id=place)
    shown, following = one_page(rows, args["limit"], "Tally.id")
    ids = [found.id for found, _ in shown]
    newest, sealed = tallies.newest_publications(ids), seals.of_tallies(ids)
    items = [_shown(found, organisation, newest.get(found.id), sealed) for found, organisation in shown]
    return {"items": items, "next": following}


@bp.route("/tallies/<tally_id>")
@requires(Permission.TALLIES_READ)
@bp.response(200, TallyOut)
def get_tally(tally_id: str) -> dict[str, Any]:
    """How far a tally is."""
    found, organisation = tallies.tally(actor=actor(), tally_id=ref_id(tally_id))
    return _shown(found, organisation, tallies.newest_publications([found.id]).get(found.id))


@bp.route("/tallies/<tally_id>/seal", methods=["POST"])
@requires(Permission.TALLIES_SEAL)
@bp.response(200, TallyOut)
@bp.alt_response(202, schema=TallyOut)
def seal_tally(tally_id: str) -> Any:
    """Seal a publicised tally; a large one is sealed by a worker (202): poll what ``Location`` names."""
    who = actor()
    with transaction():
        found = sealing.seal(actor=who, at=clock.now(), tally_id=ref_id(tally_id))
    body = _shown(found, reach.organisation_by_id(who, found.organisation_id))
    if found.status == "sealed":
        return body
    return body, 202, {"Location": url_for("tallies_api.get_tally", tally_id=found.id)}


@bp.route("/tallies/<tally_id>/proof")
@requires(Permission.SCORE_READ)
@bp.arguments(ProofArgs, location="query")
@bp.response(200, ProofOut)
def get_proof(args: dict[str, Any], tally_id: str) -> dict[str, Any]:
    """The proof of a member's publicised result; check it with verify.py or on the page /verify."""
    return proof_answer(proof(actor=actor(), tally_id=ref_id(tally_id), **args))


@bp.route("/tallies/<tally_id>/results")
@requires(Permission.TALLIES_READ)
@bp.arguments(ResultsArgs, location="query")
@bp.response(200, ResultsOut)
def list_results(args: dict[str, Any], tally_id: str) -> dict[str, Any]:
    """The results of a version, the newest finished one by default."""
    who = actor()
    found, organisation = tallies.tally(actor=who, tally_id=ref_id(tally_id))
    limit, sort = args["limit"], args["sort"].removeprefix("-")
    asked = Asked(
        sort=sort,
        down=args["sort"].startswith("-"),
        limit=limit + 1,
        after=at_cursor(args["after"], int if sort == "total" else str, str),
        branch=args["branch"],
        grade=args["grade"],
        find=args["find"],
        within=ordering.branches(who, organisation).ids() if sort == "total" else None,
    )
    rows = tallies.results(tally=found, asked=asked, version=args["version"])
    shown, following = one_page(rows, limit, "place", "number")
    return {"items": marked(found, shown), "next": following}


@bp.route("/members/<number>/score")
@requires(Permission.SCORE_READ)
@bp.arguments(ScoreArgs, location="query")
@bp.doc(responses={200: {"description": "The score", "content": {"application/json": {"schema": ScoreOut}}}})
def get_score(args: dict[str, Any], number: str) -> Response:
    """A member's live score, each entry explained."""
    who = actor()
    found = tallies.score(actor=who, at=clock.now(), member=number, period=args["period"])
    return jsonify(score_answer(found))


@bp.route("/members/<number>/previous-total", methods=["PUT"])
@requires(Permission.MEMBERS_MANAGE)
@bp.arguments(PreviousTotalIn)
@bp.response(200, PreviousTotalOut)
def put_previous_total(data: dict[str, Any], number: str) -> dict[str, Any]:
    """Declare last cycle's total from before the service, for carry-over."""
    with transaction():
        row = tallies.set_previous_total(actor=actor(), at=clock.now(), member=number, **data)
        return {"member": number, "cycle": row.cycle_starts_on, "total": row.total, "source": row.source}


@bp.route("/standings")
@requires(Permission.PUBLICITY_READ)
@bp.arguments(StandingsArgs, location="query")
@bp.response(200, StandingsOut)
def list_standings(args: dict[str, Any]) -> dict[str, Any]:
    """The standings of an organisation and below, the highest total first, where its setting shows an order."""
    who, limit = actor(), args["limit"]
    place = at_cursor(args["after"], int, str, int, int)
    asked = Asked(sort="total", down=True, limit=limit + 1, after=place[:2] if place else None)
    rows = tallies.standings(
        actor=who, at=clock.now(), organisation=args["organisation"], period=args["period"], asked=asked
    )
    shown = tallies.ranked(rows[:limit], place)
    following = None
    if len(rows) > limit:
        last, seen = shown[-1], (place[2] if place else 0) + len(shown)
        following = cursor(last.row.place, last.row.number, seen, last.rank)
    return {"items": shown, "next": following}
