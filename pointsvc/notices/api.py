"""JSON routes of notices: a person's inbox."""

from __future__ import annotations

from typing import Any

from pointsvc import clock
from pointsvc.api import Blueprint, PageArgs, ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, at_cursor, cursor, requires
from pointsvc.notices import service as notices
from pointsvc.notices.models import Notice
from pointsvc.notices.schemas import NoticeOut, NoticesOut
from pointsvc.permissions import Permission

bp = Blueprint("notices", __name__, description="Notices: a person's inbox")


@bp.route("/notices")
@requires(Permission.SELF)
@bp.arguments(PageArgs, location="query")
@bp.response(200, NoticesOut)
def list_notices(args: dict[str, Any]) -> dict[str, Any]:
    """The caller's own notices, newest first."""
    before = at_cursor(args["after"], int)
    rows = notices.inbox(actor=actor(), limit=args["limit"] + 1, before_id=before[0] if before else None)
    items = rows[: args["limit"]]
    more = len(rows) > len(items)
    return {"items": items, "next": cursor(items[-1].id) if more else None, "unread": notices.unread(actor=actor())}


@bp.route("/notices/<notice_id>/read", methods=["POST"])
@requires(Permission.SELF)
@bp.response(200, NoticeOut)
def read_notice(notice_id: str) -> Notice:
    """Mark a notice as read."""
    with transaction():
        return notices.read(actor=actor(), at=clock.now(), notice_id=ref_id(notice_id))
