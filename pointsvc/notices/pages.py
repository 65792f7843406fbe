"""Pages of notices."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from pointsvc import clock
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, at_cursor, cursor, requires
from pointsvc.notices import service as notices
from pointsvc.notices.schemas import words
from pointsvc.permissions import Permission

bp = Blueprint("notices", __name__)

ON_A_PAGE = 30


@bp.get("/notices", endpoint="notices")
@requires(Permission.SELF)
def list_notices() -> str:
    before = at_cursor(request.args.get("after"), int)
    rows = notices.inbox(actor=actor(), limit=ON_A_PAGE + 1, before_id=before[0] if before else None)
    shown = rows[:ON_A_PAGE]
    following = url_for("notices.notices", after=cursor(shown[-1].id)) if len(rows) > ON_A_PAGE else None
    items = [
        {"id": row.id, "words": words(row), "link": row.link, "created_at": row.created_at, "read_at": row.read_at}
        for row in shown
    ]
    return render_template(
        "notices/notices.html", notices=items, unread=notices.unread(actor=actor()), pager={"next": following}
    )


@bp.post("/notices/<notice_id>/read")
@requires(Permission.SELF)
def read(notice_id: str) -> Any:
    with transaction():
        notices.read(actor=actor(), at=clock.now(), notice_id=ref_id(notice_id))
    return redirect(url_for("notices.notices"))


@bp.post("/notices/read-all")
@requires(Permission.SELF)
def read_all() -> Any:
    with transaction():
        notices.read_all(actor=actor(), at=clock.now())
    return redirect(url_for("notices.notices"))
