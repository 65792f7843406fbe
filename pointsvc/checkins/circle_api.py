"""JSON routes of the fifteen-minute circle. Reading it needs no sign-in."""

from __future__ import annotations

from typing import Any

from pointsvc import clock
from pointsvc.api import Blueprint, creates, ref_id
from pointsvc.checkins import circle
from pointsvc.checkins import circle_schemas as schemas
from pointsvc.checkins.models import ServicePoint
from pointsvc.db import transaction
from pointsvc.http import actor, public, requires
from pointsvc.permissions import Permission

bp = Blueprint("circle", __name__, description="The fifteen-minute circle: who serves what within a quarter of an hour")


@bp.route("/communities/<code>/circle")
@public
@bp.arguments(schemas.CircleArgs, location="query")
@bp.response(200, schemas.CircleOut)
def get_circle(args: dict[str, Any], code: str) -> dict[str, Any]:
    """Who serves what near this community, and how its requests are answered."""
    node = circle.community_of(code)
    return {
        "community": node.code,
        "community_name": node.name,
        "phone": node.phone,
        "points": circle.points(community_id=node.id, kind=args["kind"], most=args["minutes"]),
        "requests": circle.requests(community_id=node.id, today=clock.today()),
    }


@bp.route("/service-points", methods=["POST"])
@requires(Permission.CHECKINS_DECIDE)
@creates
@bp.arguments(schemas.ServicePointIn)
@bp.response(201, schemas.ServicePointOut)
def add(data: dict[str, Any]) -> ServicePoint:
    """Enter what serves a community within reach."""
    item = data.pop("item")
    return circle.add(actor=actor(), at=clock.now(), item_id=ref_id(item) if item else None, **data)


@bp.route("/service-points/<point_id>", methods=["PATCH"])
@requires(Permission.CHECKINS_DECIDE)
@bp.arguments(schemas.ServicePointChangeIn)
@bp.response(200, schemas.ServicePointOut)
def amend(data: dict[str, Any], point_id: str) -> ServicePoint:
    """Say anew what it is."""
    with transaction():
        return circle.amend(actor=actor(), at=clock.now(), point_id=ref_id(point_id), **data)


@bp.route("/service-points/<point_id>/close", methods=["POST"])
@requires(Permission.CHECKINS_DECIDE)
@bp.response(204)
def close(point_id: str) -> None:
    """Show it no more."""
    with transaction():
        circle.close(actor=actor(), at=clock.now(), point_id=ref_id(point_id))
