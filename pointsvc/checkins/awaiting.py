"""How much waits for somebody: check-ins and hours for the communities, cards for the home units."""

from __future__ import annotations

from sqlalchemy import func, select

from pointsvc.checkins import lifecycle
from pointsvc.checkins.models import Card, CheckIn, Record
from pointsvc.db import db
from pointsvc.people import reach
from pointsvc.permissions import Actor


def waiting(actor: Actor) -> tuple[int, int]:
    """How many check-ins and how many records of hours wait for the actor's communities, but for the own."""
    within = reach.organisation_ids(actor)
    counts = [
        db.session.scalar(
            select(func.count()).where(
                table.community_id.in_(within),
                table.status == status,
                table.member_id.is_distinct_from(actor.member_id),
            )
        )
        or 0
        for table, status in ((CheckIn, lifecycle.PENDING), (Record, lifecycle.PROPOSED))
    ]
    return counts[0], counts[1]


def cards_waiting(actor: Actor) -> int:
    """How many cards of the home units within reach nobody has acknowledged."""
    mine = (Card.home_id.in_(reach.organisation_ids(actor)), Card.acknowledged_at.is_(None))
    query = select(func.count()).where(*mine, Card.member_id.is_distinct_from(actor.member_id))
    return db.session.scalar(query) or 0
