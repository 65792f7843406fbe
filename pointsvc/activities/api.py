"""JSON routes of activities."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from pointsvc import clock
from pointsvc.activities import service as activities
from pointsvc.activities.schemas import BoardOut, MarksIn, MeetingIn, MeetingOut, MeetingsArgs, MeetingsOut
from pointsvc.api import Blueprint, creates, ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, at_cursor, one_page, requires
from pointsvc.permissions import Permission

bp = Blueprint("activities", __name__, description="Meetings and who came")


@bp.route("/meetings", methods=["POST"])
@requires(Permission.MEETINGS_RECORD)
@creates
@bp.arguments(MeetingIn)
@bp.response(201, MeetingOut)
def open_meeting(data: dict[str, Any]) -> activities.Summary:
    """Open a meeting."""
    meeting = activities.open_meeting(actor=actor(), at=clock.now(), **data)
    return activities.board(actor=actor(), meeting_id=meeting.id).meeting


@bp.route("/meetings/<meeting_id>/marks", methods=["PUT"])
@requires(Permission.MEETINGS_RECORD)
@bp.arguments(MarksIn)
@bp.response(200, BoardOut)
def mark(data: dict[str, Any], meeting_id: str) -> dict[str, Any]:
    """Mark who came; the points follow at once."""
    with transaction():
        activities.mark(actor=actor(), at=clock.now(), meeting_id=ref_id(meeting_id), marks=data["marks"])
    return _whole(activities.board(actor=actor(), meeting_id=ref_id(meeting_id)))


@bp.route("/meetings")
@requires(Permission.MEETINGS_READ)
@bp.arguments(MeetingsArgs, location="query")
@bp.response(200, MeetingsOut)
def list_meetings(args: dict[str, Any]) -> dict[str, Any]:
    """The meetings of a node and all below it, or of all within reach."""
    limit, after = args.pop("limit"), at_cursor(args.pop("after"), date, int)
    rows = activities.meetings(actor=actor(), limit=limit + 1, after=after, **args)
    items, following = one_page(rows, limit, "held_on", "id")
    return {"items": items, "next": following}


@bp.route("/meetings/<meeting_id>")
@requires(Permission.MEETINGS_READ)
@bp.response(200, BoardOut)
def get_meeting(meeting_id: str) -> dict[str, Any]:
    """One meeting with its roll."""
    return _whole(activities.board(actor=actor(), meeting_id=ref_id(meeting_id)))


def _whole(board: activities.Board) -> dict[str, Any]:
    return {**asdict(board.meeting), "marks": board.roll}
