"""JSON routes of rectifications: order, answer, look again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import g

from pointsvc import clock
from pointsvc.api import Blueprint, creates, ref_id
from pointsvc.errors import NotFound
from pointsvc.http import actor, at_cursor, cursor, requires
from pointsvc.inspections import lifecycle, orders
from pointsvc.inspections import service as inspections
from pointsvc.inspections.api import cleaned_first
from pointsvc.inspections.schemas import (
    RectificationAnswerIn,
    RectificationIn,
    RectificationOut,
    RectificationOutcomeIn,
    RectificationRecheckIn,
    RectificationReturnIn,
    RectificationsArgs,
    RectificationsOut,
)
from pointsvc.people import reach
from pointsvc.permissions import Actor, Permission

bp = Blueprint("rectifications", __name__, description="Rectification of findings")


# Two names of one call: the shorter one is what callers know from before.
@bp.route("/findings/<finding_id>/rectify", methods=["POST"], endpoint="rectify")
@bp.route("/findings/<finding_id>/rectification", methods=["POST"])
@requires(Permission.RECTIFICATIONS_ORDER)
@creates
@bp.arguments(RectificationIn)
@bp.response(201, RectificationOut)
def order(data: dict[str, Any], finding_id: str) -> Any:
    """Order that a finding be put right."""
    who = actor()
    (made,) = inspections.order(
        actor=who, at=clock.now(), demands={ref_id(finding_id): data["demand"]}, days=data["days"]
    )
    return _one(who, made.id)


@bp.route("/rectifications")
@requires(Permission.INSPECTIONS_READ)
@bp.arguments(RectificationsArgs, location="query")
@bp.response(200, RectificationsOut)
def list_rectifications(args: dict[str, Any]) -> dict[str, Any]:
    """The rectifications that concern the reader, the latest first."""
    who, place = actor(), at_cursor(args["after"], int)
    rows = inspections.rectifications(
        actor=who,
        today=clock.today(),
        status=args["status"],
        spot_check_id=None if args["spot_check"] is None else ref_id(args["spot_check"]),
        organisation_id=None if args["organisation"] is None else reach.organisation(who, args["organisation"]).id,
        limit=args["limit"] + 1,
        before_id=place[0] if place else None,
    )
    items = rows[: args["limit"]]
    return {"items": _shown(who, items), "next": cursor(items[-1].id) if len(rows) > len(items) else None}


@bp.route("/rectifications/<rectification_id>")
@requires(Permission.INSPECTIONS_READ)
@bp.response(200, RectificationOut)
def get_rectification(rectification_id: str) -> dict[str, Any]:
    """One rectification."""
    return _one(actor(), ref_id(rectification_id))


@bp.route("/rectifications/<rectification_id>/answer", methods=["POST"])
@requires(Permission.RECTIFICATIONS_ANSWER)
@creates
@bp.arguments(RectificationAnswerIn)
@bp.response(200, RectificationOut)
def answer(data: dict[str, Any], rectification_id: str) -> dict[str, Any]:
    """The unit says what it has put right."""
    who, number = actor(), ref_id(rectification_id)
    inspections.answer_order(actor=who, at=clock.now(), rectification_id=number, text=data["answer"])
    return _one(who, number)


@bp.route("/rectifications/<rectification_id>/evidence", methods=["POST"])
@requires(Permission.RECTIFICATIONS_ANSWER)
@cleaned_first
@creates
@bp.response(201, RectificationOut)
def add_evidence(rectification_id: str) -> dict[str, Any]:
    """Add a photo or paper (multipart ``file``) that shows what was put right; never demanded."""
    who, number = actor(), ref_id(rectification_id)
    inspections.attach_to_order(actor=who, at=clock.now(), rectification_id=number, pieces=g.pieces)
    return _one(who, number)


@bp.route("/rectifications/<rectification_id>/close", methods=["POST"])
@requires(Permission.RECTIFICATIONS_RECHECK)
@creates
@bp.arguments(RectificationOutcomeIn)
@bp.response(200, RectificationOut)
def close(data: dict[str, Any], rectification_id: str) -> dict[str, Any]:
    """Close it after a second look, as rectified or as not rectified."""
    act = lifecycle.CLOSE if data["rectified"] else lifecycle.FAIL
    return _recheck(ref_id(rectification_id), act, data["outcome"])


@bp.route("/rectifications/<rectification_id>/return", methods=["POST"])
@requires(Permission.RECTIFICATIONS_RECHECK)
@creates
@bp.arguments(RectificationReturnIn)
@bp.response(200, RectificationOut)
def send_back(data: dict[str, Any], rectification_id: str) -> dict[str, Any]:
    """Return it to the unit with a new deadline."""
    return _recheck(ref_id(rectification_id), lifecycle.SEND_BACK, data["outcome"], data["days"])


@bp.route("/findings/<finding_id>/recheck", methods=["POST"])
@requires(Permission.RECTIFICATIONS_RECHECK)
@creates
@bp.arguments(RectificationRecheckIn)
@bp.response(200, RectificationOut)
def recheck(data: dict[str, Any], finding_id: str) -> dict[str, Any]:
    """Look again at the rectification of this finding."""
    found = orders.of_finding(ref_id(finding_id))
    if found is None:
        raise NotFound()
    return _recheck(found.id, data["act"], data["outcome"], data["days"])


def _recheck(number: int, act: str, words: str, days: int | None = None) -> dict[str, Any]:
    who = actor()
    inspections.recheck(actor=who, at=clock.now(), rectification_id=number, act=act, words=words, days=days)
    return _one(who, number)


def _one(who: Actor, number: int) -> dict[str, Any]:
    return _shown(who, [inspections.rectification(actor=who, rectification_id=number)])[0]


def _shown(who: Actor, views: Sequence[inspections.OrderView]) -> list[dict[str, Any]]:
    today = clock.today()
    may = orders.rights(who, views, today)
    return [
        {
            **{name: getattr(view, name) for name in inspections.OrderView.__slots__},
            "overdue": view.overdue(today),
            "may": may[view.id],
        }
        for view in views
    ]
