"""Changing an item: its row locked, its new status, and a line of its history with the same."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, select

from pointsvc.audit import service as audit
from pointsvc.db import db
from pointsvc.errors import Forbidden, NotFound
from pointsvc.lists import exchange
from pointsvc.lists.models import Item, ItemLog, ListClaim, ListSet
from pointsvc.lists.reading import ENDED, ItemView, visible
from pointsvc.people import reach
from pointsvc.permissions import Actor, Permission, allowed

# Whoever holds the tracking code of an item; not an account of the service.
RESIDENT = Actor(kind="resident", name="resident")


def locked(actor: Actor, item_id: int) -> Item:
    """The item that the actor sees, its row locked. Raises NotFound, Forbidden for a confidential one."""
    row = db.session.execute(
        select(Item, ListSet.confidential)
        .join(ListSet, ListSet.id == Item.set_id)
        .where(Item.id == item_id, visible(actor))
        .with_for_update(of=Item)
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise NotFound()
    if row.confidential and not allowed(actor, Permission.LEDGERS_WORK):
        raise Forbidden()
    return row.Item


def parts_of(actor: Actor, item: Item | ItemView) -> set[str]:
    """Who the actor is to this item of an exchange: see ``exchange``."""
    if actor is RESIDENT:
        return {exchange.RESIDENT}
    parts = {exchange.OWNER} if reach.reaches(actor, item.organisation_id) else set()
    if db.session.scalar(standing(actor, item.id).limit(1)):
        parts.add(exchange.CLAIMANT)
    return parts


def standing(actor: Actor, item_id: int) -> Select[ListClaim]:
    """The claims on this item that stand and that the actor reaches, as a query."""
    query = select(ListClaim).where(ListClaim.item_id == item_id, ListClaim.ended_at.is_(None))
    if not actor.is_system:
        query = query.where(ListClaim.organisation_id.in_(reach.organisation_ids(actor)))
    return query.order_by(ListClaim.id)


def change(
    item: Item,
    *,
    actor: Actor,
    at: datetime,
    act: str,
    new: str,
    note: str | None = None,
    organisation_id: int | None = None,
) -> None:
    """Give the item its new status, and write down who did what and why."""
    old, item.status = item.status, new
    item.ended_at = (item.ended_at or at) if new in ENDED else None
    remember(item, actor=actor, at=at, act=act, old=old, note=note, organisation_id=organisation_id)


def remember(
    item: Item,
    *,
    actor: Actor,
    at: datetime,
    act: str,
    old: str | None,
    note: str | None = None,
    organisation_id: int | None = None,
) -> None:
    """Add a line to the item's history, and to the trail of the audit."""
    line = ItemLog(
        item_id=item.id,
        round=item.round,
        act=act,
        old=old,
        new=item.status,
        organisation_id=organisation_id or actor.organisation_id,
        actor=actor.kind,
        sign_in_id=actor.sign_in_id,
        note=note,
        at=at,
    )
    db.session.add(line)
    db.session.flush()
    audit.note(actor=actor, at=at, action=f"item:{act}", object_id=str(item.id), before=old)
