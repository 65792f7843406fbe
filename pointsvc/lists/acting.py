"""What is done with an item after it was filed and claimed: one verb for each act of its life."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, select

from pointsvc import codes
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Forbidden, Invalid, Message, NotFound
from pointsvc.lists import changing, closing, exchange, privacy, telling
from pointsvc.lists.changing import RESIDENT
from pointsvc.lists.models import RATINGS, Item, ItemStage
from pointsvc.people import reach
from pointsvc.permissions import Actor, Permission, allowed

# These say why; the others may.
REASONED = frozenset({exchange.RETURN, exchange.WITHDRAW, closing.REOPEN})


def act(
    *,
    actor: Actor,
    at: datetime,
    item_id: int,
    act: str,
    note: str | None = None,
    rating: str | None = None,
    due_on: date | None = None,
) -> Item:
    """Do this act to the item, as its kind of life has it.

    ``rating`` goes with confirming an exchange; ``due_on`` is a new deadline, when a problem is
    opened again or sent back.

    Raises NotFound, Forbidden 'not_yours' or 'own_work', Conflict 'wrong_state' or 'stages_open',
    Invalid by field.
    """
    item = changing.locked(actor, item_id)
    note = (note or "").strip() or None
    _check_words(act, note)
    if item.life == "exchange":
        return _exchange(item, actor, at, act, note, rating)
    return _closing(item, actor, at, act, note, due_on)


def stage_done(*, actor: Actor, at: datetime, item_id: int, place: int, note: str | None = None) -> Item:
    """Note that one stage of long work is done. Raises NotFound, Conflict 'wrong_state'."""
    item = changing.locked(actor, item_id)
    _check_reach(actor, item)
    stage = db.session.get(ItemStage, (item.id, place))
    if stage is None:
        raise NotFound()
    if item.life != "closing" or item.status not in ("open", "under_way") or stage.done_at is not None:
        raise Conflict(N_("In its present state this cannot be done with the item"), code="wrong_state")
    stage.done_at, stage.done_by_id = at, actor.sign_in_id
    changing.change(item, actor=actor, at=at, act="stage", new="under_way", note=note or stage.target)
    return item


# ---- by the tracking code


def by_code(*, code: str, lock: bool = False) -> Item | None:
    """The item behind a tracking code, if there is one."""
    query = select(Item).where(Item.code_hash == codes.hashed(code))
    return db.session.scalar(query.with_for_update() if lock else query)


def resident_act(*, at: datetime, code: str, act: str, note: str | None = None, rating: str | None = None) -> Item:
    """What whoever filed it says with the tracking code: confirm with a rating, not done yet, or withdraw.

    Raises NotFound for an unknown code, and as ``act``.
    """
    item = by_code(code=code, lock=True)
    if item is None:
        raise NotFound()
    note = (note or "").strip() or None
    _check_words(act, note)
    if note and privacy.tells(note):
        raise Invalid({"note": privacy.TOLD})
    return _exchange(item, RESIDENT, at, act, note, rating)


# ---- inside


def _exchange(item: Item, actor: Actor, at: datetime, act: str, note: str | None, rating: str | None) -> Item:
    new = exchange.after(item.status, act)
    if actor is not RESIDENT and not allowed(actor, Permission.LISTS_FILE):
        raise Forbidden()
    exchange.check_parts(act, side=item.side, parts=changing.parts_of(actor, item))
    exchange.check_own_work(act, finisher=actor.sign_in_id is not None and actor.sign_in_id == item.finished_by_id)
    if act == exchange.CONFIRM:
        _rate(item, actor, rating, note)
    elif act == exchange.FINISH:
        item.done_at, item.finished_by_id = at, actor.sign_in_id
    elif act == exchange.RETURN:
        item.done_at = item.finished_by_id = None
    changing.change(item, actor=actor, at=at, act=act, new=new, note=note)
    if act in (exchange.FINISH, exchange.RETURN, exchange.CONFIRM):
        telling.moved(item, act, at)
    return item


def _rate(item: Item, actor: Actor, rating: str | None, thanks: str | None) -> None:
    if rating not in RATINGS:
        raise Invalid({"rating": Message(N_("One of %(choices)s is needed"), choices=", ".join(RATINGS))})
    item.rating, item.thanks, item.confirmed_by_id = rating, thanks, actor.sign_in_id
    if actor is RESIDENT:
        item.confirmed_how = "code"
    else:
        item.confirmed_how = "phone" if item.source in ("public", "phone") else "unit"


def _closing(item: Item, actor: Actor, at: datetime, act: str, note: str | None, due_on: date | None) -> Item:
    new = closing.after(item.status, act)
    _check_reach(actor, item)
    closing.check_other(new, asker=actor.sign_in_id is not None and actor.sign_in_id == item.finished_by_id)
    closing.check_stages(new, open_stages=_open_stages(item.id))
    if new == "asked":
        item.done_at, item.finished_by_id = at, actor.sign_in_id
    elif new == "closed":
        item.confirmed_by_id = actor.sign_in_id
    elif act in (closing.RETURN, closing.REOPEN):
        item.done_at = item.finished_by_id = item.confirmed_by_id = None
        item.overdue_at, item.due_on = None, due_on or item.due_on
    item.round = closing.round_after(act, item.round)
    changing.change(item, actor=actor, at=at, act=act, new=new, note=note)
    if new in ("asked", "closed") or act in (closing.RETURN, closing.REOPEN):
        telling.moved(item, act if new != "asked" else "ask", at)
    return item


def _open_stages(item_id: int) -> int:
    query = select(func.count()).where(ItemStage.item_id == item_id, ItemStage.done_at.is_(None))
    return db.session.scalar(query) or 0


def _check_reach(actor: Actor, item: Item) -> None:
    if not reach.reaches(actor, item.organisation_id):
        raise NotFound()


def _check_words(act: str, note: str | None) -> None:
    if act in REASONED and not note:
        raise Invalid({"note": N_("Please say why")})
    if note and len(note) > 500:
        raise Invalid({"note": Message(N_("Between %(min)s and %(max)s characters"), min=1, max=500)})
