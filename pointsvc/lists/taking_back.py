"""Taking back what a file brought: items that nobody has acted on are withdrawn, the others stay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, insert, or_, select
from sqlalchemy.orm import aliased

from pointsvc.audit import service as audit
from pointsvc.db import among, db
from pointsvc.errors import Forbidden
from pointsvc.lists.exchange import WITHDRAW
from pointsvc.lists.models import Item, ItemLink, ItemLog, ListSet
from pointsvc.permissions import Actor, Permission, allowed

# What two items are joined by is no act of either.
JOIN = "join"


def take_back(*, actor: Actor, at: datetime, import_id: int, reason: str) -> int:
    """Withdraw the items of this file on which nobody has acted since; how many.

    The same rows may come again afterwards, under new numbers. Raises Forbidden when one stands in a
    confidential set that the actor may not work on.
    """
    mine = (Item.import_id == import_id, Item.status == "open", ~_acted())
    held = select(Item).where(*mine).order_by(Item.id).with_for_update()
    items = db.session.scalars(held.execution_options(populate_existing=True)).all()
    _check_confidential(actor, items)
    for item in items:
        item.status, item.ended_at, item.source_ref = "withdrawn", at, None
    db.session.flush()
    if items:
        db.session.execute(insert(ItemLog), [_line(item, actor, at, reason) for item in items])
    for item in items:
        audit.note(actor=actor, at=at, action=f"item:{WITHDRAW}", object_id=str(item.id), before="open")
    return len(items)


def staying(*, actor: Actor, import_id: int, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The items of this file that stay when it is taken back, because somebody has acted on them.

    Rows of id, number, title, act (the last one), at; of a confidential set for those alone who may work on it.
    """
    log = aliased(ItemLog)
    last = select(func.max(log.id)).where(log.item_id == Item.id).correlate(Item).scalar_subquery()
    act = case((ItemLog.act == "file", JOIN), else_=ItemLog.act)
    query = (
        select(Item.id, Item.number, Item.title, act.label("act"), ItemLog.at)
        .join(ItemLog, ItemLog.id == last)
        .join(ListSet, ListSet.id == Item.set_id)
        .where(Item.import_id == import_id, Item.status != "withdrawn", _acted())
        .order_by(Item.id)
        .limit(limit)
    )
    if not _may_see_confidential(actor):
        query = query.where(ListSet.confidential.is_(False))
    return db.session.execute(query).all()


# ---- inside


def _acted() -> ColumnElement[bool]:
    """The condition on Item that more has happened with it than that it was filed."""
    log, link = aliased(ItemLog), aliased(ItemLink)
    return or_(
        select(log.id).where(log.item_id == Item.id, log.act != "file").exists(),
        select(link.from_id).where(or_(link.from_id == Item.id, link.to_id == Item.id)).exists(),
    )


def _check_confidential(actor: Actor, items: Sequence[Item]) -> None:
    hidden = select(ListSet.id).where(among(ListSet.id, {item.set_id for item in items}), ListSet.confidential)
    if not _may_see_confidential(actor) and db.session.scalar(hidden.limit(1)) is not None:
        raise Forbidden()


def _may_see_confidential(actor: Actor) -> bool:
    return actor.is_system or allowed(actor, Permission.LEDGERS_WORK)


def _line(item: Item, actor: Actor, at: datetime, reason: str) -> dict[str, Any]:
    return {
        "item_id": item.id,
        "round": item.round,
        "act": WITHDRAW,
        "old": "open",
        "new": "withdrawn",
        "organisation_id": actor.organisation_id,
        "actor": actor.kind,
        "sign_in_id": actor.sign_in_id,
        "note": reason,
        "at": at,
    }
