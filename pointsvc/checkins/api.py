"""JSON routes of check-ins and of posts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from pointsvc import clock
from pointsvc.api import Blueprint, creates, ref_id
from pointsvc.checkins import cards, listing, posts, schemas
from pointsvc.checkins import coverage as covering
from pointsvc.checkins import service as checkins
from pointsvc.checkins.listing import Asked
from pointsvc.db import transaction
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.permissions import Permission

bp = Blueprint("checkins", __name__, description="Members' service in communities: check-ins, posts, hours, cards")

Found = Row[*tuple[Any, ...]]


@bp.route("/communities")
@requires(Permission.CHECKINS_READ)
@bp.response(200, schemas.CommunitiesOut)
def communities() -> dict[str, Any]:
    """The communities with which members check in."""
    return {"items": listing.communities()}


@bp.route("/checkins", methods=["POST"])
@requires(Permission.CHECKINS_REQUEST)
@creates
@bp.arguments(schemas.CheckInIn)
@bp.response(201, schemas.CheckInOut)
def request_checkin(data: dict[str, Any]) -> Found:
    """Check in with a community, oneself or a member in reach; or type in a signed slip as the community."""
    made = checkins.request(actor=actor(), at=clock.now(), **data)
    return _checkin(made.id)


@bp.route("/checkins", methods=["GET"])
@requires(Permission.CHECKINS_READ)
@bp.arguments(schemas.CheckInsArgs, location="query")
@bp.response(200, schemas.CheckInsOut)
def list_checkins(args: dict[str, Any]) -> dict[str, Any]:
    """The own check-ins; those of members and with communities within reach."""
    limit, after = args.pop("limit"), id_at(args.pop("after"))
    asked = Asked(limit=limit + 1, after=after, **args)
    rows = listing.checkins(actor=actor(), asked=asked)
    items, following = one_page(rows, limit)
    return {"items": items, "next": following}


@bp.route("/checkins/coverage")
@requires(Permission.CHECKINS_OVERSEE)
@bp.arguments(schemas.CheckInCoverageArgs, location="query")
@bp.response(200, schemas.CheckInCoverageOut)
def coverage(args: dict[str, Any]) -> covering.Coverage:
    """Of the members in service of a node and below, how many have checked in. Nobody is put in order."""
    return covering.coverage(actor=actor(), organisation=args["organisation"])


@bp.route("/checkins/<checkin_id>")
@requires(Permission.CHECKINS_READ)
@bp.response(200, schemas.CheckInOut)
def get_checkin(checkin_id: str) -> Found:
    """One check-in."""
    return _checkin(ref_id(checkin_id))


@bp.route("/checkins/<checkin_id>/accept", methods=["POST"])
@requires(Permission.CHECKINS_DECIDE)
@creates
@bp.response(200, schemas.CheckInOut)
def accept(checkin_id: str) -> Found:
    """Accept it as the community; the member serves there from today on."""
    checkins.accept(actor=actor(), at=clock.now(), check_in_id=ref_id(checkin_id))
    return _checkin(ref_id(checkin_id))


@bp.route("/checkins/<checkin_id>/refuse", methods=["POST"])
@requires(Permission.CHECKINS_DECIDE)
@bp.arguments(schemas.ServiceReasonIn)
@bp.response(200, schemas.CheckInOut)
def refuse(data: dict[str, Any], checkin_id: str) -> Found:
    """Do not accept it, and say why."""
    with transaction():
        checkins.refuse(actor=actor(), at=clock.now(), check_in_id=ref_id(checkin_id), **data)
    return _checkin(ref_id(checkin_id))


@bp.route("/checkins/<checkin_id>/withdraw", methods=["POST"])
@requires(Permission.CHECKINS_REQUEST)
@bp.response(200, schemas.CheckInOut)
def withdraw(checkin_id: str) -> Found:
    """Take a check-in back that nobody has decided on."""
    with transaction():
        checkins.withdraw(actor=actor(), at=clock.now(), check_in_id=ref_id(checkin_id))
    return _checkin(ref_id(checkin_id))


@bp.route("/checkins/<checkin_id>/end", methods=["POST"])
@requires(Permission.CHECKINS_REQUEST)
@bp.arguments(schemas.EndCheckInIn)
@bp.response(200, schemas.CheckInOut)
def end(data: dict[str, Any], checkin_id: str) -> Found:
    """End it with a day; its posts fall free."""
    with transaction():
        checkins.end(actor=actor(), at=clock.now(), check_in_id=ref_id(checkin_id), **data)
    return _checkin(ref_id(checkin_id))


@bp.route("/checkins/<checkin_id>/word", methods=["POST"])
@requires(Permission.CHECKINS_DECIDE)
@bp.arguments(schemas.CommunityWordIn)
@bp.response(204)
def say(data: dict[str, Any], checkin_id: str) -> None:
    """Say as the community how a quarter was; it stands on the card."""
    with transaction():
        cards.say(actor=actor(), at=clock.now(), check_in_id=ref_id(checkin_id), **data)


# ---- posts


@bp.route("/posts", methods=["POST"])
@requires(Permission.CHECKINS_DECIDE)
@creates
@bp.arguments(schemas.PostIn)
@bp.response(201, schemas.PostOut)
def open_post(data: dict[str, Any]) -> Found:
    """Open a post of a community within reach."""
    return listing.post(posts.open_post(actor=actor(), at=clock.now(), **data).id)


@bp.route("/posts", methods=["GET"])
@requires(Permission.CHECKINS_READ)
@bp.arguments(schemas.PostsArgs, location="query")
@bp.response(200, schemas.PostsOut)
def list_posts(args: dict[str, Any]) -> dict[str, Any]:
    """Posts of all communities: whoever looks for one finds it."""
    limit, after = args.pop("limit"), id_at(args.pop("after"))
    rows = listing.posts(limit=limit + 1, after=after, **args)
    items, following = one_page(rows, limit)
    return {"items": items, "next": following}


@bp.route("/posts/<post_id>", methods=["GET"])
@requires(Permission.CHECKINS_READ)
@bp.response(200, schemas.PostOut)
def get_post(post_id: str) -> Found:
    """One post."""
    return listing.post(ref_id(post_id))


@bp.route("/posts/<post_id>", methods=["PATCH"])
@requires(Permission.CHECKINS_DECIDE)
@bp.arguments(schemas.PostChangeIn)
@bp.response(200, schemas.PostOut)
def amend_post(data: dict[str, Any], post_id: str) -> Found:
    """Say anew what a post is; never fewer places than are taken."""
    with transaction():
        posts.amend(actor=actor(), at=clock.now(), post_id=ref_id(post_id), **data)
    return listing.post(ref_id(post_id))


@bp.route("/posts/<post_id>/close", methods=["POST"])
@requires(Permission.CHECKINS_DECIDE)
@bp.response(200, schemas.PostOut)
def close_post(post_id: str) -> Found:
    """Let nobody claim it any more."""
    with transaction():
        posts.close(actor=actor(), at=clock.now(), post_id=ref_id(post_id))
    return listing.post(ref_id(post_id))


@bp.route("/posts/<post_id>/reopen", methods=["POST"])
@requires(Permission.CHECKINS_DECIDE)
@bp.response(200, schemas.PostOut)
def reopen_post(post_id: str) -> Found:
    """Let it be claimed again."""
    with transaction():
        posts.reopen(actor=actor(), at=clock.now(), post_id=ref_id(post_id))
    return listing.post(ref_id(post_id))


@bp.route("/posts/<post_id>/claim", methods=["POST"])
@requires(Permission.CHECKINS_REQUEST)
@creates
@bp.arguments(schemas.ClaimPostIn)
@bp.response(201, schemas.PostClaimOut)
def claim(data: dict[str, Any], post_id: str) -> dict[str, Any]:
    """Take a place of a post under an accepted check-in."""
    made = posts.claim(actor=actor(), at=clock.now(), post_id=ref_id(post_id), **data)
    return {"status": made.status, "post": listing.post(made.post_id)}


@bp.route("/posts/<post_id>/leave", methods=["POST"])
@requires(Permission.CHECKINS_REQUEST)
@bp.arguments(schemas.LeavePostIn)
@bp.response(200, schemas.PostClaimOut)
def leave(data: dict[str, Any], post_id: str) -> dict[str, Any]:
    """Give the place back."""
    with transaction():
        made = posts.leave(actor=actor(), at=clock.now(), post_id=ref_id(post_id), **data)
    return {"status": made.status, "post": listing.post(made.post_id)}


@bp.route("/posts/<post_id>/release", methods=["POST"])
@requires(Permission.CHECKINS_DECIDE)
@bp.arguments(schemas.ReleasePostIn)
@bp.response(200, schemas.PostClaimOut)
def release(data: dict[str, Any], post_id: str) -> dict[str, Any]:
    """Let a member go from a post, as the community."""
    with transaction():
        made = posts.let_go(actor=actor(), at=clock.now(), post_id=ref_id(post_id), **data)
    return {"status": made.status, "post": listing.post(made.post_id)}


# ---- inside


def _checkin(check_in_id: int) -> Found:
    return listing.checkin(actor=actor(), check_in_id=check_in_id)
