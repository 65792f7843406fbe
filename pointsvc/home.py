"""The first page: each role is led to what waits for it; the district sees the whole.

A member's first page is the own score and a branch secretary's the branch. What the others see is
registered (see firstpages.py), the district's own share here, that of the others in home_*.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext, ngettext
from sqlalchemy import func, select

from pointsvc import clock, coverage
from pointsvc.audit.pages import agreement
from pointsvc.db import db
from pointsvc.firstpages import first_page_of
from pointsvc.http import actor, requires
from pointsvc.imports import service as imports
from pointsvc.ledger.models import Entry
from pointsvc.people import reach
from pointsvc.people.models import Organisation
from pointsvc.permissions import Actor, Permission, Role, allowed
from pointsvc.schemes import periods
from pointsvc.tallies.models import Standing, Tally
from pointsvc.waiting import Waiting, waiting
from pointsvc.wording import period_words

bp = Blueprint("home", __name__)
SHOWN = 8
# In this order: what runs, then what people can look at, then what waits to be sealed or run again.
OPEN_TALLIES = ("running", "queued", "publicised", "computed", "failed")


@bp.get("/")
@requires(Permission.SELF)
def home() -> Any:
    """Lead to the page that answers 'what needs me now?'."""
    who = actor()
    if who.role == Role.MEMBER:
        return redirect(url_for("tallies.score"))
    node = reach.own_node(who)
    if who.role in (Role.SUPERVISOR, Role.AUDITOR, Role.SYSTEM_ADMIN):
        page = first_page_of(who)
        return render_template(
            "home_role.html", organisation=node, today=clock.today(), page=page, waiting=waiting(who)
        )
    if node.kind == "branch":
        return redirect(url_for("activities.branch"))
    return render_template("home.html", **_whole(who, node))


@bp.get("/design")
@requires(Permission.SELF)
def design() -> str:
    """The living page: every part that pages are made of."""
    return render_template("design.html", today=clock.today(), now=clock.now())


def _whole(who: Actor, node: Organisation) -> dict[str, Any]:
    today = clock.today()
    quarter = periods.containing(today, "quarter", 1)
    silent = coverage.silent(who, today)
    tallies, states = _tallies(who), _states(who)
    latest = imports.listing(actor=who, limit=SHOWN) if allowed(who, Permission.IMPORTS_RUN) else []
    month = today.replace(day=1)
    recorded, branches = coverage.active(who, month)
    units = coverage.units(node.id, quarter.starts_on)
    return {
        "organisation": node,
        "today": today,
        "period": quarter.name,
        "may_run": allowed(who, Permission.TALLIES_RUN),
        "may_import": allowed(who, Permission.IMPORTS_RUN),
        "figures": {
            "branches": branches,
            "branches_active": recorded,
            "members": sum(unit["members"] for unit in units),
            "members_reckoned": db.session.scalar(
                select(func.count()).select_from(Standing).where(Standing.branch_id.in_(reach.organisation_ids(who)))
            ),
            "entries_this_month": _entries_since(who, month),
        },
        "waiting": [*waiting(who), *_waiting(tallies, latest, len(silent))],
        "units": units,
        "silent": coverage.silent_part(silent),
        "tallies": tallies,
        "states": states,
        "imports": latest,
        "agreement": agreement(who),
        "page": first_page_of(who),
    }


def _entries_since(who: Actor, since: date) -> int:
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Entry)
            .where(Entry.branch_id.in_(reach.organisation_ids(who)), Entry.occurred_on >= since)
        )
        or 0
    )


def _tallies(who: Actor) -> list[dict[str, Any]]:
    rows = db.session.execute(
        select(Tally.id, Tally.period, Tally.status, Organisation)
        .join(Organisation, Organisation.id == Tally.organisation_id)
        .where(Tally.organisation_id.in_(reach.organisation_ids(who)))
        .order_by(Tally.id.desc())
        .limit(SHOWN)
    )
    return [{"id": row.id, "period": row.period, "status": row.status, "organisation": row[3]} for row in rows]


def _states(who: Actor) -> list[tuple[str, int]]:
    """How many tallies are in each state that is not the last one."""
    rows = db.session.execute(
        select(Tally.status, func.count().label("number"))
        .where(Tally.organisation_id.in_(reach.organisation_ids(who)), Tally.status.in_(OPEN_TALLIES))
        .group_by(Tally.status)
    )
    found = {row.status: row.number for row in rows}
    return [(status, found[status]) for status in OPEN_TALLIES if status in found]


def _waiting(tallies: Sequence[dict[str, Any]], latest: Any, silent: int) -> list[Waiting]:
    found = [
        Waiting(
            gettext("%(file)s waits for an answer about its columns", file=row.filename),
            url_for("imports.run", import_id=row.id),
            "now",
        )
        for row in latest
        if row.status == "mapping"
    ]
    found += [
        Waiting(
            gettext("%(file)s has been looked through and not yet taken in", file=row.filename),
            url_for("imports.run", import_id=row.id),
        )
        for row in latest
        if row.status == "checked"
    ]
    found += [
        Waiting(
            gettext("The tally of %(period)s could not be finished", period=period_words(row["period"])),
            url_for("tallies.tally", tally_id=row["id"]),
            "now",
        )
        for row in tallies
        if row["status"] == "failed"
    ]
    if silent:
        words = ngettext(
            "%(num)s branch has been silent for long", "%(num)s branches have been silent for long", silent
        )
        found.append(Waiting(words, "#silent"))
    return found
