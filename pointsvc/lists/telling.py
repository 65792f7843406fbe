"""Who is told of an item: those who lead the organisation whose it is, those who claimed it, the level above."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select

from pointsvc.db import db
from pointsvc.errors import N_
from pointsvc.lists import closing, exchange
from pointsvc.lists.models import Item, ListClaim, ListSet
from pointsvc.notices import service as notices
from pointsvc.people import leaders
from pointsvc.people.models import Organisation
from pointsvc.permissions import PERMISSION_MAP, Permission

CLAIMED = N_("%(unit)s has claimed “%(title)s”; please agree on the details")
GIVEN_BACK = N_("“%(title)s” was given back and can be claimed again: %(reason)s")
FINISHED = N_("“%(title)s” is said to be done; please confirm it with whoever needed it")
RETURNED = N_("“%(title)s” is not done yet; please look at the reason")
CONFIRMED = N_("“%(title)s” was confirmed by whoever needed it")
ASKED = N_("Closing of “%(title)s” is asked for; somebody else looks and confirms it")
CLOSED = N_("“%(title)s” is closed")
REOPENED = N_("“%(title)s” was opened again after the look back")
UNCLAIMED = N_("“%(title)s” has waited for %(days)s days and nobody has claimed it")
OVERDUE = N_("“%(title)s” was due on %(due_on)s and is not done; please see to it")

_MOVED = {
    exchange.FINISH: FINISHED,
    exchange.RETURN: RETURNED,
    exchange.CONFIRM: CONFIRMED,
    "ask": ASKED,
    closing.CANCEL_OFF: CLOSED,
    closing.REOPEN: REOPENED,
}
_LEADERS = sorted(PERMISSION_MAP[Permission.LISTS_FILE])
_OF_LEDGERS = sorted(PERMISSION_MAP[Permission.LEDGERS_WORK])


def claimed(item: Item, unit: Organisation, claim: ListClaim, at: datetime) -> None:
    """Tell those who lead the organisation whose item it is."""
    tell(item, at, f"claim:{claim.id}", _nearest(item), CLAIMED, {"unit": unit.name})


def given_back(item: Item, claim: ListClaim, at: datetime) -> None:
    """Tell those whose item it is that it looks for somebody again."""
    tell(item, at, f"back:{claim.id}", _nearest(item), GIVEN_BACK, {"reason": claim.reason})


def moved(item: Item, act: str, at: datetime) -> None:
    """Tell both sides what was said of the item; each time it is said."""
    holders = select(ListClaim.organisation_id).where(ListClaim.item_id == item.id, ListClaim.ended_at.is_(None))
    ids = set(_nearest(item))
    for organisation_id in db.session.scalars(holders):
        ids.update((_levels(organisation_id, _LEADERS) or [[]])[0])
    message = CLOSED if item.status == "closed" else _MOVED[act]
    tell(item, at, f"{act}:{int(at.timestamp())}", ids, message, {})


def levels_of(item: Item) -> list[list[int]]:
    """The ids of the sign-ins that lead, the nearest level first; of a confidential set the district's alone."""
    hidden = db.session.scalar(select(ListSet.confidential).where(ListSet.id == item.set_id))
    return _levels(item.organisation_id, _OF_LEDGERS if hidden else _LEADERS)


def _nearest(item: Item) -> list[int]:
    return (levels_of(item) or [[]])[0]


def _levels(organisation_id: int, roles: Collection[str]) -> list[list[int]]:
    return leaders.levels([organisation_id], roles).get(organisation_id, [])


def tell(
    item: Item, at: datetime, kind: str, sign_in_ids: Collection[int], message: str, params: dict[str, Any]
) -> None:
    """Put a notice about the item into these inboxes, once for each cause."""
    notices.send_soon(
        at=at,
        sign_in_ids=sign_in_ids,
        message=message,
        params={"title": item.title, **params},
        link=f"/items/{item.id}",
        dedupe_prefix=f"item:{item.id}:{item.round}:{kind}",
    )
