"""What waits too long is told one level up: once when nobody claims it, once when its day is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select

from pointsvc import clock
from pointsvc.db import db
from pointsvc.lists import telling
from pointsvc.lists.models import Item, ItemContact
from pointsvc.people import settings

AT_ONCE = 500
CONTACTS_KEPT = timedelta(days=180)


def remind(*, at: datetime) -> int:
    """Tell what has aged or is overdue and was not told yet, also after days without service; how many.

    What was told is written down with it, so a second run tells nothing.
    """
    today = clock.local(at).date()
    return _aged(at, today) + _overdue(at, today)


def forget(*, at: datetime) -> None:
    """Remove who filed what has ended long ago: nobody needs to be called back."""
    old = select(Item.id).where(Item.ended_at < at - CONTACTS_KEPT)
    gone = delete(ItemContact).where(ItemContact.item_id.in_(old))
    db.session.execute(gone.execution_options(synchronize_session=False))


def _aged(at: datetime, today: date) -> int:
    told, after = 0, 0
    while rows := _unclaimed(at, after):
        after = rows[-1].id
        days = settings.by_organisation({item.organisation_id for item in rows}, "unclaimed_days")
        for item in rows:
            waits = (today - clock.local(item.opened_at).date()).days
            if waits >= days[item.organisation_id]:
                item.aged_at = at
                telling.tell(item, at, "aged", _above(item), telling.UNCLAIMED, {"days": waits})
                told += 1
        db.session.flush()
    return told


def _unclaimed(at: datetime, after: int) -> Sequence[Item]:
    """Open items of an exchange that are older than a day, in the order of their ids."""
    return db.session.scalars(
        select(Item)
        .where(Item.life == "exchange", Item.status == "open", Item.aged_at.is_(None), Item.id > after)
        .where(Item.opened_at <= at - timedelta(days=1))
        .order_by(Item.id)
        .limit(AT_ONCE)
        .with_for_update(of=Item)
    ).all()


def _overdue(at: datetime, today: date) -> int:
    told = 0
    while rows := _late(today):
        for item in rows:
            item.overdue_at = at
            due_on = item.due_on.isoformat() if item.due_on else ""
            telling.tell(item, at, f"overdue:{due_on}", _above(item), telling.OVERDUE, {"due_on": due_on})
            told += 1
        db.session.flush()
    return told


def _late(today: date) -> Sequence[Item]:
    return db.session.scalars(
        select(Item)
        .where(Item.ended_at.is_(None), Item.due_on < today, Item.overdue_at.is_(None))
        .order_by(Item.id)
        .limit(AT_ONCE)
        .with_for_update(of=Item)
    ).all()


def _above(item: Item) -> list[int]:
    """One level above those who lead the organisation; where there is none, they themselves."""
    levels = telling.levels_of(item)
    return levels[1] if len(levels) > 1 else levels[0] if levels else []
