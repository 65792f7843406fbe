"""The page of reconciliations, and the line about a fault on the first pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, ngettext

from pointsvc import clock, wording
from pointsvc.audit import reconciliations
from pointsvc.audit.api import SHOWN, words_of
from pointsvc.audit.models import Reconciliation
from pointsvc.db import transaction
from pointsvc.firstpages import Line, Part, first_page
from pointsvc.http import actor, requires
from pointsvc.permissions import Actor, Permission, Role, allowed
from pointsvc.waiting import Waiting, waits

bp = Blueprint("reconciliations", __name__)


@bp.get("/reconciliations", endpoint="reconciliations")
@requires(Permission.RECONCILIATIONS_READ)
def reconciliations_page() -> str:
    """The last thirty, each with its faults."""
    rows = reconciliations.listing(limit=SHOWN)
    return render_template(
        "audit/reconciliations.html",
        reconciliations=[_shown(row) for row in rows],
        latest=next((_shown(row) for row in rows if row.ended_at), None),
        job=wording.job_shown(reconciliations.pending()),
        may_run=allowed(actor(), Permission.RECONCILIATIONS_RUN),
    )


@bp.post("/reconciliations")
@requires(Permission.RECONCILIATIONS_RUN)
def run() -> Any:
    """Ask for one now."""
    with transaction():
        reconciliations.request(actor=actor(), at=clock.now())
    flash(gettext("The reconciliation has been asked for; its result will stand here."), "good")
    return redirect(url_for("reconciliations.reconciliations"))


@waits
def _fault(who: Actor) -> Iterator[Waiting]:
    if not allowed(who, Permission.RECONCILIATIONS_READ):
        return
    row = reconciliations.latest()
    if row is not None and not row.ok:
        words = ngettext(
            "Totals and entries differ: %(num)s fault", "Totals and entries differ: %(num)s faults", row.found
        )
        yield Waiting(words, url_for("reconciliations.reconciliations"), "now")


def agreement(who: Actor) -> dict[str, Any] | None:
    """What the first page says of the latest reconciliation; None for whom it is not, or without one."""
    row = reconciliations.latest() if allowed(who, Permission.RECONCILIATIONS_READ) else None
    if row is None:
        return None
    words = gettext("%(entries)s entries and %(standings)s totals looked at", **row.checked)
    return {"ok": row.ok, "checked_at": row.ended_at, "words": words}


@first_page(Role.AUDITOR, Role.SUPERVISOR, Role.SYSTEM_ADMIN, place=80)
def reconciled(who: Actor) -> Iterator[Part]:
    """What the latest reconciliation found."""
    found = agreement(who)
    lines = []
    if found:
        words = gettext("totals and entries agree") if found["ok"] else gettext("totals and entries differ")
        when = wording.moment(found["checked_at"])
        badge = (words, "good" if found["ok"] else "now")
        href = url_for("reconciliations.reconciliations")
        lines.append(Line(found["words"], small=f"{gettext('last checked')} {when}", badge=badge, href=href))
    yield Part(
        gettext("Does everything agree?"),
        lines,
        nothing=gettext("Nothing has been held against each other yet"),
        hint=gettext("Each night totals are held against entries; what was found stands here."),
    )


def _shown(row: Reconciliation) -> dict[str, Any]:
    fields = ("id", "began_at", "ended_at", "ok", "checked", "found")
    return {**{name: getattr(row, name) for name in fields}, "faults": words_of(row), "night": "T" not in row.period}
