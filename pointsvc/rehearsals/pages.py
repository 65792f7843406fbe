"""Pages of rehearsals: ask for one, and the report to be attached to the decision."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from pointsvc import clock, errors, queues
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, at_cursor, cursor, requires
from pointsvc.permissions import Actor, Permission, allowed
from pointsvc.rehearsals import service as rehearsals
from pointsvc.rehearsals.models import Rehearsal
from pointsvc.rehearsals.shown import report_shown
from pointsvc.schemes.models import Scheme
from pointsvc.schemes.pages import on_scheme_page
from pointsvc.wording import job_shown, period_words

bp = Blueprint("rehearsals", __name__)

# So many that the list of a district fits on the paper that is attached to the decision.
ON_A_PAGE = 200
WITH_A_SCHEME = 20


@bp.post("/rehearsals")
@requires(Permission.SCHEMES_MANAGE)
def ask() -> Any:
    """Ask for a rehearsal of a draft."""
    scheme_id = ref_id(request.form.get("scheme", ""))
    try:
        with transaction():
            found = rehearsals.ask(
                actor=actor(), at=clock.now(), scheme_id=scheme_id, period=request.form.get("period", "")
            )
    except errors.Invalid as problem:
        flash(next(iter(problem.errors.values()))[0].render(gettext), "error")
        return redirect(url_for("schemes.scheme", scheme_id=scheme_id))
    return redirect(url_for("rehearsals.rehearsal", rehearsal_id=found.id))


@bp.get("/rehearsals/<rehearsal_id>")
@requires(Permission.REHEARSALS_READ)
def rehearsal(rehearsal_id: str) -> str:
    """How far it is, then its report."""
    who = actor()
    found, organisation = rehearsals.rehearsal(actor=who, rehearsal_id=ref_id(rehearsal_id))
    job = queues.job(found.job_id)
    place = at_cursor(request.args.get("after"), str)
    rows = rehearsals.changed(rehearsal=found, limit=ON_A_PAGE + 1, after=place[0] if place else None)
    shown = rows[:ON_A_PAGE]
    following = None
    if len(rows) > len(shown):
        following = url_for("rehearsals.rehearsal", rehearsal_id=found.id, after=cursor(shown[-1]["number"]))
    return render_template(
        "rehearsals/rehearsal.html",
        rehearsal=_shown([found])[0],
        organisation=organisation,
        name=found.document["name"],
        job=job_shown(job) if found.status in ("queued", "running") else None,
        problem=job.error if job and found.status == "failed" else None,
        report=report_shown(found.report) if found.report else None,
        changed=shown,
        pager={"next": f"{following}#changed" if following else None},
        may_manage=allowed(who, Permission.SCHEMES_MANAGE),
    )


@on_scheme_page
def _of_scheme(who: Actor, scheme: Scheme) -> dict[str, Any]:
    """The rehearsals of a sheet, and for a draft what one can be asked for over."""
    if not allowed(who, Permission.REHEARSALS_READ):
        return {}
    rows = rehearsals.listing(actor=who, scheme_id=scheme.id, limit=WITH_A_SCHEME)
    may_ask = scheme.status == "draft" and allowed(who, Permission.SCHEMES_MANAGE)
    names = rehearsals.offered(scheme=scheme, today=clock.today()) if may_ask else []
    return {
        "rehearsals": _shown(rows),
        "may_rehearse": may_ask,
        "rehearsal_periods": [(name, period_words(name)) for name in names],
    }


def _shown(rows: Any) -> list[dict[str, Any]]:
    names = (
        "id",
        "scheme_id",
        "period",
        "starts_on",
        "through_on",
        "status",
        "members",
        "apart",
        "asked_at",
        "cutoff_at",
        "digest",
        "done_at",
    )
    known = rehearsals.about(rehearsals=rows)
    return [{**{name: getattr(row, name) for name in names}, **known[row.id], **_head(row)} for row in rows]


def _head(row: Rehearsal) -> dict[str, Any]:
    """What a list says of the report."""
    return {name: row.report[name] if row.report else None for name in ("up", "down", "other_grade")}
