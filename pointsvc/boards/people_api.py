"""JSON routes of what boards say of members: profiles and consents; and the register of badges and plates."""

from __future__ import annotations

from typing import Any

from pointsvc import clock
from pointsvc.api import Blueprint, creates, ref_id
from pointsvc.boards import schemas
from pointsvc.boards import service as boards
from pointsvc.db import transaction
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.permissions import Permission

bp = Blueprint("boards_of_members", __name__, description="Profiles, consents, badges and door plates")


@bp.route("/members/<number>/profile")
@requires(Permission.CONSENTS_GIVE)
@bp.response(200, schemas.ProfileOut)
def get_profile(number: str) -> dict[str, Any]:
    """What boards say of a member, and what it has consented to."""
    return _profile(number)


@bp.route("/members/<number>/profile", methods=["PUT"])
@requires(Permission.BOARDS_MANAGE)
@bp.arguments(schemas.ProfileIn)
@bp.response(200, schemas.ProfileOut)
def describe(data: dict[str, Any], number: str) -> dict[str, Any]:
    """Write down a member's post and duties."""
    with transaction():
        boards.describe(actor=actor(), at=clock.now(), member=number, **data)
    return _profile(number)


@bp.route("/members/<number>/consents")
@requires(Permission.CONSENTS_GIVE)
@bp.response(200, schemas.ConsentsOut)
def list_consents(number: str) -> dict[str, Any]:
    """All consents of a member, the latest first."""
    return {"items": boards.consents(actor=actor(), member=number)}


@bp.route("/members/<number>/consents", methods=["POST"])
@requires(Permission.CONSENTS_GIVE)
@creates
@bp.arguments(schemas.ConsentIn)
@bp.response(201, schemas.ConsentsOut)
def give_consent(data: dict[str, Any], number: str) -> dict[str, Any]:
    """Write down what a member consents to: the own word, or a signed paper."""
    boards.give_consent(actor=actor(), at=clock.now(), member=number, **data)
    return {"items": boards.consents(actor=actor(), member=number)}


@bp.route("/members/<number>/consents/withdraw", methods=["POST"])
@requires(Permission.CONSENTS_GIVE)
@creates
@bp.arguments(schemas.ConsentEndIn)
@bp.response(200, schemas.ConsentsOut)
def withdraw_consent(data: dict[str, Any], number: str) -> dict[str, Any]:
    """Withdraw consents. The member is gone from every board at once."""
    boards.withdraw_consent(actor=actor(), at=clock.now(), member=number, **data)
    return {"items": boards.consents(actor=actor(), member=number)}


@bp.route("/insignia")
@requires(Permission.INSIGNIA_READ)
@bp.arguments(schemas.InsigniaArgs, location="query")
@bp.response(200, schemas.InsigniaRegisterOut)
def register(args: dict[str, Any]) -> dict[str, Any]:
    """Badges and plates issued in a node and below, the latest first."""
    place = id_at(args["after"])
    rows = boards.register(
        actor=actor(),
        at=clock.now(),
        organisation=args["organisation"],
        kind=args["kind"],
        limit=args["limit"] + 1,
        before_id=place,
    )
    items, following = one_page(rows, args["limit"])
    return {"items": items, "next": following}


@bp.route("/insignia", methods=["POST"])
@requires(Permission.INSIGNIA_RECORD)
@creates
@bp.arguments(schemas.InsigniaIn)
@bp.response(201, schemas.InsigniaOut)
def issue(data: dict[str, Any]) -> dict[str, Any]:
    """Write down badges given to members, or a plate on a door: all or none."""
    return {"ids": [row.id for row in boards.issue(actor=actor(), at=clock.now(), **data)]}


@bp.route("/insignia/<insignia_id>/take-back", methods=["POST"])
@requires(Permission.INSIGNIA_RECORD)
@creates
@bp.response(200, schemas.InsigniaOut)
def take_back(insignia_id: str) -> dict[str, Any]:
    """Strike a line that was written down by mistake."""
    return {"ids": [boards.take_back(actor=actor(), at=clock.now(), insignia_id=ref_id(insignia_id)).id]}


# ---- inside


def _profile(number: str) -> dict[str, Any]:
    found = boards.profile(actor=actor(), at=clock.now(), member=number)
    return {**vars(found), "photo": found.photo is not None, "consents": sorted(found.consents)}
