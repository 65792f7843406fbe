"""JSON routes of reviews."""

from __future__ import annotations

from typing import Any

from flask import current_app

from pointsvc import clock, codes
from pointsvc.api import Blueprint, creates, ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.people import reach
from pointsvc.permissions import Permission
from pointsvc.reviews import (
    assessing,
    ballots,
    ballots_schemas,
    changing,
    deciding,
    lifecycle,
    listing,
    mine,
    one_time,
    paper,
    results,
    roster,
    schemas,
)
from pointsvc.reviews import service as reviews
from pointsvc.reviews.models import Review

bp = Blueprint("reviews", __name__, description="The yearly democratic review of members")


def secret() -> str:
    """The service's secret, from which the codes of slips are derived."""
    return str(current_app.config["POINTSVC"].secret_key)


@bp.route("/reviews", methods=["POST"])
@requires(Permission.REVIEWS_MANAGE)
@creates
@bp.arguments(schemas.ReviewIn)
@bp.response(201, schemas.ReviewsPreparedOut)
def prepare(data: dict[str, Any]) -> dict[str, Any]:
    """Prepare the year's review of a branch, or of every branch below an organisation."""
    made = reviews.prepare(actor=actor(), at=clock.now(), **data)
    items = listing.reviews(actor=actor(), organisation=data["organisation"], year=data["year"], limit=200)
    return {"made": len(made), "items": [item for item in items if item.id in set(made)]}


@bp.route("/reviews")
@requires(Permission.REVIEWS_READ)
@bp.arguments(schemas.ReviewsArgs, location="query")
@bp.response(200, schemas.ReviewsOut)
def list_reviews(args: dict[str, Any]) -> dict[str, Any]:
    """The reviews of a node and all below it, or of all within reach."""
    limit, place = args.pop("limit"), id_at(args.pop("after"))
    rows = listing.reviews(actor=actor(), limit=limit + 1, before_id=place, **args)
    items, following = one_page(rows, limit)
    return {"items": items, "next": following}


@bp.route("/reviews/figures")
@requires(Permission.REVIEWS_READ)
@bp.arguments(schemas.ReviewFiguresArgs, location="query")
@bp.response(200, schemas.ReviewFiguresOut)
def figures(args: dict[str, Any]) -> listing.Figures:
    """Participation and grades of a node's reviews of one year."""
    who = actor()
    code = args["organisation"] or reach.own_node(who).code
    return listing.figures(actor=who, organisation=code, year=args["year"] or clock.today().year)


@bp.route("/reviews/mine")
@requires(Permission.REVIEWS_VOTE)
@bp.response(200, schemas.MyReviewsOut)
def list_mine() -> dict[str, Any]:
    """The caller's own reviews, and what was decided where that is told."""
    return {"items": mine.mine(actor=actor(), at=clock.now())}


@bp.route("/reviews/<review_id>")
@requires(Permission.REVIEWS_READ)
@bp.response(200, schemas.ReviewBoardOut)
def get_review(review_id: str) -> dict[str, Any]:
    """One review with its roster and what was done."""
    return _board(changing.review(actor(), ref_id(review_id)))


@bp.route("/reviews/<review_id>/results")
@requires(Permission.REVIEWS_READ)
@bp.response(200, schemas.ReviewResultOut)
def get_results(review_id: str) -> results.Result:
    """Counts, self-assessments, points and the decision; no counts before the ballot is closed."""
    return results.result(changing.review(actor(), ref_id(review_id)), clock.today())


@bp.route("/reviews/<review_id>/roster", methods=["PUT"])
@requires(Permission.REVIEWS_MANAGE)
@bp.arguments(schemas.RosterIn)
@bp.response(200, schemas.ReviewBoardOut)
def choose(data: dict[str, Any], review_id: str) -> dict[str, Any]:
    """Say who is graded, who votes, and who votes on paper."""
    choices = {number: roster.Choice(**choice) for number, choice in data["members"].items()}
    with transaction():
        roster.choose(actor=actor(), at=clock.now(), review_id=ref_id(review_id), choices=choices)
    return _board(changing.review(actor(), ref_id(review_id)))


@bp.route("/reviews/<review_id>/open", methods=["POST"])
@requires(Permission.REVIEWS_MANAGE)
@bp.arguments(schemas.BallotOpenIn)
@bp.response(200, schemas.ReviewOut)
def open_ballot(data: dict[str, Any], review_id: str) -> dict[str, Any]:
    """Fix the roster of today and open the ballot."""
    with transaction():
        return _summary(reviews.open_ballot(actor=actor(), at=clock.now(), review_id=ref_id(review_id), **data))


@bp.route("/reviews/<review_id>/extend", methods=["POST"])
@requires(Permission.REVIEWS_MANAGE)
@bp.arguments(schemas.BallotExtendIn)
@bp.response(200, schemas.ReviewOut)
def extend(data: dict[str, Any], review_id: str) -> dict[str, Any]:
    """Let the ballot end on another day."""
    with transaction():
        return _summary(reviews.extend(actor=actor(), at=clock.now(), review_id=ref_id(review_id), **data))


@bp.route("/reviews/<review_id>/close-ballot", methods=["POST"])
@requires(Permission.REVIEWS_MANAGE)
@bp.response(200, schemas.ReviewOut)
def close_ballot(review_id: str) -> dict[str, Any]:
    """End the ballot and count it."""
    with transaction():
        return _summary(reviews.close_ballot(actor=actor(), at=clock.now(), review_id=ref_id(review_id)))


@bp.route("/reviews/<review_id>/withdraw", methods=["POST"])
@requires(Permission.REVIEWS_MANAGE)
@bp.arguments(schemas.ReviewReasonIn)
@bp.response(200, schemas.ReviewOut)
def withdraw(data: dict[str, Any], review_id: str) -> dict[str, Any]:
    """Take back a review that was begun in error."""
    with transaction():
        return _summary(reviews.withdraw(actor=actor(), at=clock.now(), review_id=ref_id(review_id), **data))


# ---- what members do


@bp.route("/reviews/<review_id>/ballot")
@requires(Permission.REVIEWS_VOTE)
@bp.response(200, ballots_schemas.BallotPaperOut)
def get_ballot(review_id: str) -> ballots.Paper:
    """The caller's own ballot paper."""
    return ballots.own_paper(actor=actor(), at=clock.now(), review_id=ref_id(review_id))


# Not @creates: with an idempotency key the digest of the ballot would be kept beside its voter. That
# each votes once is held by the turnout.
@bp.route("/reviews/<review_id>/ballot", methods=["POST"])
@requires(Permission.REVIEWS_VOTE)
@bp.arguments(ballots_schemas.BallotIn)
@bp.response(201, ballots_schemas.BallotCastOut)
def cast(data: dict[str, Any], review_id: str) -> dict[str, bool]:
    """Cast the caller's own ballot, once. An Idempotency-Key is not looked at here."""
    with transaction():
        ballots.cast(actor=actor(), at=clock.now(), review_id=ref_id(review_id), **data)
    return {"cast": True}


@bp.route("/reviews/<review_id>/self", methods=["PUT"])
@requires(Permission.REVIEWS_VOTE)
@bp.arguments(ballots_schemas.SelfAssessmentIn)
@bp.response(200, ballots_schemas.SelfAssessmentOut)
def assess(data: dict[str, Any], review_id: str) -> Any:
    """Write the caller's own self-assessment."""
    with transaction():
        return assessing.assess(actor=actor(), at=clock.now(), review_id=ref_id(review_id), **data)


@bp.route("/reviews/<review_id>/members/<number>/self", methods=["PUT"])
@requires(Permission.REVIEWS_MANAGE)
@bp.arguments(ballots_schemas.SelfAssessmentIn)
@bp.response(200, ballots_schemas.SelfAssessmentOut)
def assess_from_paper(data: dict[str, Any], review_id: str, number: str) -> Any:
    """Type in what a member has written on paper."""
    with transaction():
        return assessing.assess_from_paper(
            actor=actor(), at=clock.now(), review_id=ref_id(review_id), member=number, **data
        )


# ---- paper, slips, the decision


@bp.route("/reviews/<review_id>/codes", methods=["POST"])
@requires(Permission.REVIEWS_MANAGE)
@creates
@bp.arguments(ballots_schemas.BallotCodesIn)
@bp.response(201, ballots_schemas.BallotCodesMadeOut)
def make_codes(data: dict[str, Any], review_id: str) -> dict[str, int]:
    """Make one-time codes for representatives of the masses."""
    # The codes are not in the answer: answers to requests with a key are kept.
    return {"codes": one_time.make(actor=actor(), at=clock.now(), review_id=ref_id(review_id), secret=secret(), **data)}


@bp.route("/reviews/<review_id>/codes")
@requires(Permission.REVIEWS_MANAGE)
@bp.response(200, ballots_schemas.BallotCodesOut)
def list_codes(review_id: str) -> dict[str, list[str]]:
    """The codes that can still be used."""
    found = one_time.unused(actor=actor(), review_id=ref_id(review_id), secret=secret())
    return {"codes": [codes.printed(code) for code in found]}


@bp.route("/reviews/<review_id>/counts", methods=["PUT"])
@requires(Permission.REVIEWS_MANAGE)
@bp.arguments(ballots_schemas.PaperCountsIn)
@bp.response(200, schemas.ReviewOut)
def enter_counts(data: dict[str, Any], review_id: str) -> dict[str, Any]:
    """Type in the counts of paper ballots of one part; typed again they replace the ones before."""
    counter, second = data["counters"]
    given = paper.Ballots(data["given_out"], data["returned"], data["valid"], counter, second)
    values = {"part": data["part"], "ballots": given, "members": data["members"]}
    with transaction():
        paper.enter(actor=actor(), at=clock.now(), review_id=ref_id(review_id), **values)
    return _summary(changing.review(actor(), ref_id(review_id)))


@bp.route("/reviews/<review_id>/decide", methods=["POST"])
@requires(Permission.REVIEWS_MANAGE)
@bp.arguments(schemas.ReviewDecideIn)
@bp.response(200, schemas.ReviewOut)
def decide(data: dict[str, Any], review_id: str) -> dict[str, Any]:
    """Write down the grades that the meeting resolved."""
    data["grades"] = {number: deciding.Grade(**given) for number, given in data["grades"].items()}
    with transaction():
        return _summary(deciding.decide(actor=actor(), at=clock.now(), review_id=ref_id(review_id), **data))


@bp.route("/reviews/<review_id>/reconsider", methods=["POST"])
@requires(Permission.REVIEWS_MANAGE)
@bp.arguments(schemas.ReviewReasonIn)
@bp.response(200, schemas.ReviewOut)
def reconsider(data: dict[str, Any], review_id: str) -> dict[str, Any]:
    """Let the meeting decide anew; the earlier decision is kept."""
    with transaction():
        return _summary(deciding.reconsider(actor=actor(), at=clock.now(), review_id=ref_id(review_id), **data))


@bp.route("/reviews/<review_id>/publicise", methods=["POST"])
@requires(Permission.REVIEWS_MANAGE)
@bp.response(200, schemas.ReviewOut)
def publicise(review_id: str) -> dict[str, Any]:
    """Let the members read the result and object."""
    with transaction():
        return _summary(deciding.publicise(actor=actor(), at=clock.now(), review_id=ref_id(review_id)))


@bp.route("/reviews/<review_id>/close", methods=["POST"])
@requires(Permission.REVIEWS_MANAGE)
@bp.response(200, schemas.ReviewOut)
def close(review_id: str) -> dict[str, Any]:
    """End the review."""
    with transaction():
        return _summary(deciding.close(actor=actor(), at=clock.now(), review_id=ref_id(review_id)))


def _summary(found: Review) -> dict[str, Any]:
    summary = listing.summary(found)
    return {name: getattr(summary, name) for name in summary.__dataclass_fields__}


def _board(found: Review) -> dict[str, Any]:
    more = {"roster": roster.seats(found, clock.today()), "events": listing.events(found)}
    return {**_summary(found), **more, "possible": sorted(lifecycle.possible(found.status))}
