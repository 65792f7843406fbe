"""What is in the service already of a unit, so that nobody asks it for that again (免报清单)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ScalarSelect, func, or_, select

from pointsvc.activities.models import Meeting
from pointsvc.db import db
from pointsvc.ledger.models import Entry
from pointsvc.people import reach
from pointsvc.people.models import OrganisationReach
from pointsvc.pledges.models import Pledge
from pointsvc.tallies.models import Publication, Tally

DAYS = 365
_SHOWN = ("published", "changing", "fulfilled", "unfulfilled_cause", "unfulfilled", "rated", "closed")


@dataclass(frozen=True, slots=True)
class Known:
    """Counts of one organisation and all below it, from ``since`` to ``until``."""

    since: date
    until: date
    meetings: int
    entries: int
    publicity: int
    pledges: int


def known(organisation_id: int, until: date) -> Known:
    """What the service holds of the year up to this day: meetings, entries, publicity and published pledges."""
    since = until - timedelta(days=DAYS)
    below = reach.ids_below(organisation_id)
    above = select(OrganisationReach.above_id).where(OrganisationReach.below_id == organisation_id)
    asked: tuple[ScalarSelect[int], ...] = (
        select(func.count())
        .select_from(Meeting)
        .where(Meeting.organisation_id.in_(below), Meeting.held_on.between(since, until))
        .scalar_subquery(),
        select(func.count())
        .select_from(Entry)
        .where(Entry.branch_id.in_(below), Entry.occurred_on.between(since, until), Entry.reverses_id.is_(None))
        .scalar_subquery(),
        select(func.count())
        .select_from(Publication)
        .join(Tally, Tally.id == Publication.tally_id)
        .where(or_(Tally.organisation_id.in_(below), Tally.organisation_id.in_(above)))
        .where(Publication.published_on.between(since, until))
        .scalar_subquery(),
        select(func.count())
        .select_from(Pledge)
        .where(Pledge.organisation_id.in_(below), Pledge.status.in_(_SHOWN))
        .where(Pledge.published_on.between(since, until))
        .scalar_subquery(),
    )
    row = db.session.execute(select(*asked)).one()
    return Known(since, until, row[0], row[1], row[2], row[3])
