"""The first page: each role is led to what waits for it; the district sees the whole."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext, ngettext
from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import aliased

from pointsvc import clock
from pointsvc.db import db
from pointsvc.http import actor, requires
from pointsvc.imports import service as imports
from pointsvc.ledger.models import Entry
from pointsvc.people import reach
from pointsvc.people.models import Membership, Organisation, OrganisationReach
from pointsvc.permissions import Actor, Permission, Role, allowed
from pointsvc.schemes import periods
from pointsvc.tallies.models import Standing, Tally
from pointsvc.waiting import Waiting, waiting

bp = Blueprint("home", __name__)
SILENT_DAYS = 42
SHOWN = 8


@bp.get("/")
@requires(Permission.SELF)
def home() -> Any:
    """Lead to the page that answers 'what needs me now?'."""
    who = actor()
    if who.role == Role.MEMBER:
        return redirect(url_for("tallies.score"))
    if who.role == Role.SYSTEM_ADMIN:
        return redirect(url_for("people.organisations"))
    node = reach.organisation_by_id(who, who.organisation_id or 0)
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
    units = _units(node.id, quarter.starts_on)
    silent = _silent(who, today)
    tallies = _tallies(who)
    latest = imports.listing(actor=who, limit=SHOWN) if allowed(who, Permission.IMPORTS_RUN) else []
    return {
        "organisation": node,
        "today": today,
        "period": quarter.name,
        "may_run": allowed(who, Permission.TALLIES_RUN),
        "may_import": allowed(who, Permission.IMPORTS_RUN),
        "figures": {
            "branches": sum(unit["branches"] for unit in units),
            "branches_active": sum(unit["active"] for unit in units),
            "members": sum(unit["members"] for unit in units),
            "members_reckoned": db.session.scalar(
                select(func.count()).select_from(Standing).where(Standing.branch_id.in_(reach.organisation_ids(who)))
            ),
            "entries_this_month": _entries_since(who, today.replace(day=1)),
        },
        "waiting": [*waiting(who), *_waiting(tallies, latest, len(silent))],
        "units": units,
        "silent": silent[:SHOWN],
        "silent_days": SILENT_DAYS,
        "tallies": tallies,
        "imports": latest,
        "agreement": None,
    }


def _units(node_id: int, since: date) -> list[dict[str, Any]]:
    """Coverage below each child of the node: branches, those with an entry since, and members."""
    below = aliased(Organisation)
    unit = (
        select(Organisation.id.label("unit_id"), below.id.label("branch_id"))
        .join(OrganisationReach, OrganisationReach.above_id == Organisation.id)
        .join(below, (below.id == OrganisationReach.below_id) & (below.kind == "branch"))
        .where(Organisation.parent_id == node_id)
        .subquery()
    )
    active = select(Entry.id).where(Entry.branch_id == unit.c.branch_id, Entry.occurred_on >= since).exists()
    members: ScalarSelect[int] = (
        select(func.count())
        .select_from(Membership)
        .where(Membership.organisation_id == unit.c.branch_id, Membership.ends_on.is_(None))
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(
            Organisation.code,
            Organisation.name,
            func.count().label("branches"),
            func.count().filter(active).label("active"),
            func.coalesce(func.sum(members), 0).label("members"),
        )
        .join(unit, unit.c.unit_id == Organisation.id)
        .group_by(Organisation.id, Organisation.code, Organisation.name)
        .order_by(Organisation.code)
    )
    return [{**row._mapping, "members": int(row.members)} for row in rows]


def _silent(who: Actor, today: date) -> list[dict[str, Any]]:
    """Branches without any entry for long, the longest silence first."""
    last: ScalarSelect[date] = (
        select(func.max(Entry.occurred_on)).where(Entry.branch_id == Organisation.id).scalar_subquery()
    )
    above = aliased(Organisation)
    rows = db.session.execute(
        select(Organisation.code, Organisation.name, above.name.label("parent"), last.label("last_on"))
        .outerjoin(above, above.id == Organisation.parent_id)
        .where(Organisation.kind == "branch", Organisation.id.in_(reach.organisation_ids(who)))
        .where((last < today - timedelta(days=SILENT_DAYS)) | last.is_(None))
        .order_by(last.is_not(None), last, Organisation.code)
    )
    return [{**row._mapping, "days": (today - row.last_on).days if row.last_on else None} for row in rows]


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


def _waiting(tallies: list[dict[str, Any]], latest: Any, silent: int) -> list[Waiting]:
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
            gettext("The tally of %(period)s could not be finished", period=row["period"]),
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
