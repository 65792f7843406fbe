"""The page of pictures of a branch or node: grades, participation, caps that bind. Never a list of names."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import format_date, gettext

from pointsvc import clock
from pointsvc.activities import overview
from pointsvc.http import actor, requires
from pointsvc.people import reach
from pointsvc.permissions import Permission
from pointsvc.tallies import picturing

bp = Blueprint("charts", __name__)


@bp.get("/charts")
@requires(Permission.TALLIES_READ)
def charts() -> str:
    """The pictures of the reader's node, or of ``organisation`` within reach."""
    who, today = actor(), clock.today()
    code = request.args.get("organisation")
    node = reach.named_or_own(who, code)
    drawn = [_grades(node.id), _participation(node.id, today), _caps(node.id, today)]
    return render_template(
        "charts.html", organisation=node, today=today, charts=[chart for chart in drawn if chart["rows"]]
    )


def _share(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


def _grades(organisation_id: int) -> dict[str, Any]:
    found = [(grade or gettext("not graded"), n) for grade, n in picturing.grades(organisation_id=organisation_id)]
    everybody = sum(n for _, n in found)
    best = max(found, key=lambda pair: pair[1], default=("", 0))
    return {
        "kind": "bars",
        "title": gettext("Members by grade"),
        "says": gettext(
            "%(members)s members; most of them, %(n)s, are “%(grade)s”.", members=everybody, n=best[1], grade=best[0]
        ),
        "columns": [gettext("Grade"), gettext("Members"), gettext("Share")],
        "rows": [[name, n, f"{_share(n, everybody)}%"] for name, n in found],
        "values": [n for _, n in found],
        "unit": "",
    }


def _participation(organisation_id: int, today: date) -> dict[str, Any]:
    since = today.replace(year=today.year - 1, day=1)
    months = overview.participation(organisation_id, since, today)[-12:]
    rows = [
        [format_date(date(year, month, 1), "MMM"), marks, came, f"{_share(came, marks)}%"]
        for year, month, marks, came in months
    ]
    marks, came = sum(row[2] for row in months), sum(row[3] for row in months)
    return {
        "kind": "columns",
        "title": gettext("Who came to meetings, by month"),
        "says": gettext("Of %(marks)s marks in these months %(share)s%% say that somebody came.")
        % {"marks": marks, "share": _share(came, marks)},
        "columns": [gettext("Month"), gettext("Marks"), gettext("Came"), gettext("Share")],
        "rows": rows,
        "values": [_share(came, marks) for _, _, marks, came in months],
        "unit": "%",
        "most": 100,
    }


def _caps(organisation_id: int, today: date) -> dict[str, Any]:
    found = picturing.caps(organisation_id=organisation_id, on=today)
    tightest = max(found, key=lambda bound: bound.held, default=None)
    says = ""
    if tightest is not None:
        says = gettext(
            "“%(group)s” is full for %(n)s of %(members)s members.",
            group=tightest.name,
            n=tightest.held,
            members=tightest.members,
        )
    return {
        "kind": "bars",
        "title": gettext("Where the limit is reached"),
        "says": says,
        "columns": [gettext("Points group"), gettext("Members at its limit"), gettext("Share")],
        "rows": [[bound.name, bound.held, f"{_share(bound.held, bound.members)}%"] for bound in found],
        "values": [_share(bound.held, bound.members) for bound in found],
        "unit": "%",
        "most": 100,
    }
