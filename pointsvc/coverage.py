"""How far the work reaches: which branches record something, and which are silent."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext
from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import aliased

from pointsvc import wording
from pointsvc.db import db
from pointsvc.firstpages import Line, Part
from pointsvc.ledger.models import Entry
from pointsvc.people import reach
from pointsvc.people.models import Membership, Organisation, OrganisationReach
from pointsvc.permissions import Actor

SILENT_DAYS = 42
SHOWN = 8


def units(node_id: int, since: date) -> list[dict[str, Any]]:
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


def active(who: Actor, since: date) -> tuple[int, int]:
    """How many of the branches within reach have an entry since this day, and how many there are."""
    recorded = select(Entry.id).where(Entry.branch_id == Organisation.id, Entry.occurred_on >= since).exists()
    row = db.session.execute(
        select(func.count().filter(recorded), func.count())
        .select_from(Organisation)
        .where(Organisation.kind == "branch", Organisation.id.in_(reach.organisation_ids(who)))
    ).one()
    return row[0], row[1]


def silent(who: Actor, today: date) -> list[dict[str, Any]]:
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
    return [dict(row._mapping) for row in rows]


def silent_part(branches: list[dict[str, Any]]) -> Part:
    """The silent branches as a list of a first page, each leading to its branch."""
    return Part(
        gettext("Silent branches"),
        [_line(branch) for branch in branches[:SHOWN]],
        nothing=gettext("No branch is silent"),
        hint=gettext("Every branch has recorded something lately."),
        beside=gettext("no entry for more than %(n)s days", n=SILENT_DAYS),
        anchor="silent",
    )


def _line(branch: dict[str, Any]) -> Line:
    last_on = branch["last_on"]
    tail = gettext("no entry so far")
    if last_on:
        tail = f"{gettext('last entry')} {wording.day(last_on)}"
    return Line(
        branch["name"],
        small=branch["parent"] or "",
        tail=tail,
        href=url_for("activities.branch", organisation=branch["code"]),
    )
