"""How much of the lists waits for an actor: claims to agree on, work to confirm, closings, what is overdue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from pointsvc.db import db
from pointsvc.lists.models import Item, ListSet
from pointsvc.lists.reading import open_to
from pointsvc.people import reach
from pointsvc.permissions import Actor, Permission, allowed


@dataclass(frozen=True)
class WaitingItems:
    """Counts of what waits, and the set in which the first of each kind of life stands."""

    claimed: int
    done: int
    asked: int
    overdue: int
    exchange_id: int | None
    closing_id: int | None


def waiting_for(actor: Actor, today: date) -> WaitingItems:
    """What waits for the actor, of the items of its own node (a claim) and of all it reaches (the rest)."""
    own = Item.organisation_id == actor.organisation_id
    other = Item.finished_by_id.is_distinct_from(actor.sign_in_id)
    files = allowed(actor, Permission.LISTS_FILE)
    row = db.session.execute(
        select(
            func.count().filter(Item.life == "exchange", Item.status == "claimed", own),
            func.count().filter(Item.life == "exchange", Item.status == "done", own, other),
            func.count().filter(Item.life == "closing", Item.status == "asked", other),
            func.count().filter(Item.due_on < today),
            func.min(ListSet.id).filter(Item.life == "exchange"),
            func.min(ListSet.id).filter(Item.life == "closing", Item.status == "asked"),
        )
        .join(ListSet, ListSet.id == Item.set_id)
        .where(Item.ended_at.is_(None), open_to(actor), Item.organisation_id.in_(reach.organisation_ids(actor)))
    ).one()
    return WaitingItems(row[0] if files else 0, row[1] if files else 0, row[2], row[3], row[4], row[5])
