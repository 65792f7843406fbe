"""Claiming parts of an item, and giving them back. The last part goes to exactly one, however many ask at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, update
from sqlalchemy.exc import IntegrityError

from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Forbidden, Invalid, Message, NotFound
from pointsvc.lists import changing, exchange, reading, telling
from pointsvc.lists.models import Item, ListClaim
from pointsvc.people import reach
from pointsvc.permissions import Actor, Permission, allowed

_CLAIMABLE = sorted(status for status, acts in exchange.TRANSITIONS.items() if exchange.CLAIM in acts)


def claim(
    *,
    actor: Actor,
    at: datetime,
    item_id: int,
    amount: int = 1,
    organisation: str | None = None,
    note: str = "",
) -> ListClaim:
    """Claim ``amount`` parts for this organisation (a code; else the actor's own).

    Raises NotFound, Invalid, Conflict 'full' when not so many parts are left, 'claimed_already',
    'wrong_state', Forbidden 'own_item' for the organisation's own.
    """
    found = reading.item(actor=actor, item_id=item_id)
    if found.life != "exchange":
        raise Conflict(N_("Only needs, resources and projects are claimed"), code="wrong_state")
    unit = reach.named_or_own(actor, organisation)
    if unit.id == found.organisation_id:
        raise Forbidden(N_("This is your own item; another organisation claims it"), code="own_item")
    if not 1 <= amount <= found.quota:
        text = Message(N_("A whole number from %(low)s to %(high)s is needed"), low=1, high=found.quota)
        raise Invalid({"amount": text})
    _take(item_id, amount, at)
    made = ListClaim(
        item_id=item_id,
        organisation_id=unit.id,
        amount=amount,
        note=note,
        claimed_at=at,
        claimed_by_id=actor.sign_in_id,
    )
    db.session.add(made)
    try:
        db.session.flush()
    except IntegrityError as error:
        raise Conflict(N_("This organisation has claimed it already"), code="claimed_already") from error
    item = db.session.get_one(Item, item_id, populate_existing=True)
    changing.remember(
        item, actor=actor, at=at, act=exchange.CLAIM, old=found.status, note=note or None, organisation_id=unit.id
    )
    telling.claimed(item, unit, made, at)
    return made


def _take(item_id: int, amount: int, at: datetime) -> None:
    """Take the parts if they are left: one statement, so that two who come at once cannot both have the last."""
    taking = (
        update(Item)
        .where(Item.id == item_id, Item.status.in_(_CLAIMABLE), Item.taken + amount <= Item.quota)
        .values(taken=Item.taken + amount, status="claimed", claimed_at=func.coalesce(Item.claimed_at, at))
        .returning(Item.id)
        .execution_options(synchronize_session=False)
    )
    if db.session.scalars(taking).first() is not None:
        return
    now = db.session.get_one(Item, item_id, populate_existing=True)
    exchange.after(now.status, exchange.CLAIM)
    raise Conflict(N_("Not so many parts are left; others have claimed them"), code="full")


def unclaim(*, actor: Actor, at: datetime, item_id: int, reason: str, claim_id: int | None = None) -> Item:
    """Give the parts of a claim back: of this one, else of the only one that the actor holds.

    Raises NotFound, Forbidden 'not_yours', Conflict 'wrong_state', Invalid without a reason.
    """
    item = changing.locked(actor, item_id)
    exchange.after(item.status, exchange.UNCLAIM)
    if not allowed(actor, Permission.LISTS_FILE):
        raise Forbidden()
    exchange.check_parts(exchange.UNCLAIM, side=item.side, parts=changing.parts_of(actor, item))
    found = _own_claim(actor, item_id, claim_id)
    if not reason.strip():
        raise Invalid({"reason": N_("Please say why it is given back")})
    item.taken -= found.amount
    found.ended_at, found.ended_by_id, found.reason = at, actor.sign_in_id, reason.strip()
    new = exchange.after_unclaim(item.status, left=item.taken)
    if new == "open":
        item.claimed_at = None
    changing.change(
        item,
        actor=actor,
        at=at,
        act=exchange.UNCLAIM,
        new=new,
        note=found.reason,
        organisation_id=found.organisation_id,
    )
    telling.given_back(item, found, at)
    return item


def holds(*, actor: Actor, item_id: int) -> bool:
    """Whether the actor's own organisation holds a part of this item."""
    own = changing.standing(actor, item_id).where(ListClaim.organisation_id == actor.organisation_id)
    return db.session.scalar(own.limit(1)) is not None


def _own_claim(actor: Actor, item_id: int, claim_id: int | None) -> ListClaim:
    held = list(db.session.scalars(changing.standing(actor, item_id)))
    if claim_id is not None:
        held = [one for one in held if one.id == claim_id]
    if not held:
        raise NotFound()
    if len(held) > 1:
        raise Invalid({"claim": N_("Say which claim is given back")})
    return held[0]
