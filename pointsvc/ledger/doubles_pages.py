"""The page of deeds that seem to have been recorded twice, with one click to take one back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext

from pointsvc import clock
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.errors import N_
from pointsvc.http import actor, at_cursor, cursor, requires
from pointsvc.ledger import doubles
from pointsvc.ledger import service as ledger
from pointsvc.people import listing as people
from pointsvc.people import reach
from pointsvc.people.pages import beside_the_register
from pointsvc.permissions import SYSTEM, Actor, Permission, allowed
from pointsvc.waiting import Waiting, waits

bp = Blueprint("doubles", __name__)

beside_the_register("doubles.doubles", N_("Perhaps recorded twice"), Permission.LEDGER_RECORD)
ON_A_PAGE = 20


@bp.get("/doubles", endpoint="doubles")
@requires(Permission.LEDGER_RECORD)
def doubles_page() -> str:
    who, code = actor(), request.args.get("organisation") or None
    found = doubles.listing(
        actor=who,
        today=clock.today(),
        organisation=code,
        limit=ON_A_PAGE + 1,
        after=at_cursor(request.args.get("after"), int, int),
    )
    shown = found[:ON_A_PAGE]
    following = None
    if len(found) > len(shown):
        following = url_for("doubles.doubles", organisation=code, after=cursor(*shown[-1].place))
    names = people.names_of({view.branch_id for one in shown for view in (one.earlier, one.later)})
    own = {branch_id for branch_id in names if reach.reaches(who, branch_id)}
    return render_template(
        "ledger/doubles.html",
        doubles=[
            {
                "member": one.member,
                "member_name": one.member_name,
                "rule": one.later.rule_name,
                "occurred_on": one.later.occurred_on,
                "matter": one.later.matter,
                "entries": [_shown(view, names, own) for view in (one.earlier, one.later)],
            }
            for one in shown
        ],
        pager={"next": following},
    )


def _shown(view: ledger.EntryView, names: dict[int, str], own: set[int]) -> dict[str, Any]:
    return {
        "id": view.id,
        "points": view.points,
        "branch": names[view.branch_id],
        "source": view.source,
        "recorded_at": view.recorded_at,
        "recorded_by": gettext("the service itself") if view.recorded_by == SYSTEM.name else view.recorded_by,
        "may_reverse": view.branch_id in own,
    }


@bp.post("/doubles/<entry_id>/reverse")
@requires(Permission.LEDGER_RECORD)
def reverse(entry_id: str) -> Any:
    with transaction():
        ledger.reverse(actor=actor(), at=clock.now(), entry_id=ref_id(entry_id), reason=ledger.TWICE)
    flash(gettext("The entry has been taken back."), "good")
    return redirect(url_for("doubles.doubles", organisation=request.form.get("organisation") or None))


@waits
def doubles_wait(who: Actor) -> list[Waiting]:
    """What seems to be there twice: look at these."""
    number = doubles.count(actor=who, today=clock.today()) if allowed(who, Permission.LEDGER_RECORD) else 0
    if not number:
        return []
    text = ngettext(
        "%(num)s deed seems to be recorded twice: please look",
        "%(num)s deeds seem to be recorded twice: please look",
        number,
    )
    return [Waiting(text, url_for("doubles.doubles"))]
