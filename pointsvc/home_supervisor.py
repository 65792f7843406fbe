"""The supervisors' first page: whom do we visit, what is overdue, what did we find?

Here is what the points alone tell; plans, findings and deadlines are registered by the nouns that
keep them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext, ngettext
from sqlalchemy import func, select

from pointsvc import clock, coverage, wording
from pointsvc.db import db
from pointsvc.disputes.models import Dispute
from pointsvc.firstpages import Action, Figure, Line, Part, first_page
from pointsvc.people import reach
from pointsvc.people.models import Organisation
from pointsvc.permissions import Actor, Role

SHOWN = 8


@first_page(Role.SUPERVISOR, place=60)
def supervised(who: Actor) -> Iterator[Figure | Part | Action]:
    """Branches that record something, objections past their day, silent branches."""
    today = clock.today()
    recorded, branches = coverage.active(who, today.replace(day=1))
    late = _overdue(who, today)
    number = sum(row.number for row in late)
    silent = coverage.silent(who, today)
    yield Figure(gettext("Branches with entries this month"), recorded, f"/ {branches}", href="#silent")
    yield Figure(gettext("Silent branches"), len(silent), href="#silent")
    yield Figure(gettext("Objections past their day"), number, href="#overdue", now=bool(number))
    yield Part(
        gettext("Objections past their day"),
        [_line(row) for row in late[:SHOWN]],
        nothing=gettext("Every objection has been replied to in time"),
        hint=gettext("A branch that owes a reply for longer than its days stands here."),
        more=(url_for("disputes.disputes", status="open"), gettext("All")),
        anchor="overdue",
    )
    yield coverage.silent_part(silent)


@first_page(Role.SUPERVISOR, place=90)
def look_at_meetings(who: Actor) -> Iterator[Action]:
    """What a supervisor does most while no noun knows better."""
    yield Action(gettext("Look at the meetings"), url_for("activities.meetings"))


def _overdue(who: Actor, today: date) -> Any:
    """Branches with objections whose reply is overdue, the longest first."""
    first = func.min(Dispute.reply_due_on).label("first")
    return db.session.execute(
        select(Organisation.name, func.count().label("number"), first)
        .join(Organisation, Organisation.id == Dispute.branch_id)
        .where(Dispute.status == "open", Dispute.reply_due_on < today)
        .where(Dispute.branch_id.in_(reach.organisation_ids(who)))
        .group_by(Organisation.id, Organisation.name)
        .order_by(first, Organisation.name)
    ).all()


def _line(row: Any) -> Line:
    day = wording.day(row.first)
    return Line(
        row.name,
        small=ngettext("%(num)s objection", "%(num)s objections", row.number),
        tail=gettext("reply was due on %(day)s", day=day),
        href=url_for("disputes.disputes", status="open"),
    )
