"""Sets and items as they are read: who sees which, names for ids, filters, history, claims."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true

from pointsvc.db import among, db
from pointsvc.errors import NotFound
from pointsvc.lists import closing, exchange
from pointsvc.lists.models import Item, ItemContact, ItemLink, ItemLog, ItemStage, ItemTag, ListClaim, ListSet
from pointsvc.people import reach
from pointsvc.people.models import Organisation, OrganisationReach, SignIn
from pointsvc.permissions import Actor, Permission, Role, allowed

ENDED = tuple(dict.fromkeys((*exchange.ENDED, *closing.ENDED)))


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item with names and codes for ids; of a resident it says nothing."""

    id: int
    set_id: int
    list: str
    life: str
    side: str
    number: int
    round: int
    organisation_id: int
    title: str
    text: str
    place: str
    starts_on: date | None
    ends_on: date | None
    due_on: date | None
    quota: int
    taken: int
    status: str
    kind: str
    cause: str
    measure: str
    responsible: str
    reviewer: str
    acceptance: str
    source: str
    finished_by_id: int | None
    rating: str | None
    thanks: str | None
    confirmed_how: str | None
    opened_at: datetime
    claimed_at: datetime | None
    done_at: datetime | None
    ended_at: datetime | None
    organisation: str
    organisation_name: str
    parent_id: int | None
    confidential: bool


@dataclass(frozen=True)
class Filters:
    """Which items: of one list, one status (or ``running``, ``ended``), below one node, with one word, by days."""

    list: str | None = None
    status: str | None = None
    organisation_id: int | None = None
    word: str | None = None
    overdue_on: date | None = None


# ---- who sees what


def in_district(actor: Actor) -> ColumnElement[bool]:
    """The condition on ListSet that it belongs to the actor's node, or to one above or below it."""
    if actor.is_system:
        return true()
    above = select(OrganisationReach.above_id).where(OrganisationReach.below_id == actor.organisation_id)
    return or_(ListSet.organisation_id.in_(above), ListSet.organisation_id.in_(reach.organisation_ids(actor)))


def open_to(actor: Actor) -> ColumnElement[bool]:
    """The condition on ListSet that the actor may know of it at all."""
    kinds = true() if actor.role != Role.MEMBER else ListSet.life == "exchange"
    hidden = true() if allowed(actor, Permission.LEDGERS_READ) else ListSet.confidential.is_(False)
    return and_(in_district(actor), kinds, hidden)


def visible(actor: Actor) -> ColumnElement[bool]:
    """The condition on Item (joined with ListSet) that the actor may read it.

    Needs and offers are for the whole district to meet; problems are for whoever reaches them.
    """
    if actor.is_system:
        return true()
    if actor.organisation_id is None:
        return false()
    meets = and_(ListSet.life == "exchange", ListSet.confidential.is_(False))
    return and_(open_to(actor), or_(meets, Item.organisation_id.in_(reach.organisation_ids(actor))))


# ---- sets


def sets(*, actor: Actor) -> Sequence[ListSet]:
    """The sets of lists that the actor may see, in the order in which they came."""
    return db.session.scalars(select(ListSet).where(open_to(actor)).order_by(ListSet.id)).all()


def one_set(*, actor: Actor, set_id: int) -> ListSet:
    """One set. Raises NotFound when the actor may not see it."""
    found = db.session.scalar(select(ListSet).where(ListSet.id == set_id, open_to(actor)))
    if found is None:
        raise NotFound()
    return found


def by_template(organisation_id: int, template: str) -> ListSet:
    """The nearest set at or above this organisation that began as this ready one. Raises NotFound."""
    found = db.session.scalar(
        select(ListSet)
        .join(OrganisationReach, OrganisationReach.above_id == ListSet.organisation_id)
        .where(OrganisationReach.below_id == organisation_id, ListSet.template == template)
        .order_by(OrganisationReach.depth, ListSet.id)
        .limit(1)
    )
    if found is None:
        raise NotFound()
    return found


def list_of(found: ListSet, key: str) -> dict[str, str] | None:
    """The list of this set with this key, if there is one."""
    return next((one for one in found.lists if one["key"] == key), None)


# ---- items


def item(*, actor: Actor, item_id: int) -> ItemView:
    """One item. Raises NotFound when the actor may not see it."""
    row = db.session.execute(_views().where(Item.id == item_id, visible(actor))).first()
    if row is None:
        raise NotFound()
    return ItemView(*row)


def items(
    *, actor: Actor, set_id: int, filters: Filters, limit: int = 50, before_id: int | None = None
) -> Sequence[ItemView]:
    """The items of this set that the actor sees, the latest first, from below ``before_id`` on."""
    query = filtered(_views().where(Item.set_id == set_id, visible(actor)), filters)
    if before_id is not None:
        query = query.where(Item.id < before_id)
    return [ItemView(*row) for row in db.session.execute(query.order_by(Item.id.desc()).limit(limit))]


def in_order(*, actor: Actor, set_id: int, key: str, after_id: int, limit: int) -> Sequence[ItemView]:
    """The items of one list that the actor sees, the first first, from above ``after_id`` on."""
    query = _views().where(Item.set_id == set_id, Item.list == key, Item.id > after_id, visible(actor))
    return [ItemView(*row) for row in db.session.execute(query.order_by(Item.id).limit(limit))]


def counts(*, actor: Actor, set_ids: Collection[int]) -> dict[tuple[int, str], tuple[int, int]]:
    """By set and list: how many items the actor sees, and how many of them still run."""
    running = func.count(Item.id).filter(Item.ended_at.is_(None))
    rows = db.session.execute(
        select(Item.set_id, Item.list, func.count(), running)
        .join(ListSet, ListSet.id == Item.set_id)
        .where(among(Item.set_id, set_ids), visible(actor))
        .group_by(Item.set_id, Item.list)
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def filtered(query: Select[Any], filters: Filters) -> Select[Any]:
    """The query on Item narrowed down to these."""
    if filters.list:
        query = query.where(Item.list == filters.list)
    if filters.status == "running":
        query = query.where(Item.ended_at.is_(None))
    elif filters.status == "ended":
        query = query.where(Item.ended_at.is_not(None))
    elif filters.status:
        query = query.where(Item.status == filters.status)
    if filters.organisation_id is not None:
        query = query.where(Item.organisation_id.in_(reach.ids_below(filters.organisation_id)))
    if filters.word:
        query = query.where(Item.id.in_(select(ItemTag.item_id).where(ItemTag.word == filters.word)))
    if filters.overdue_on is not None:
        query = query.where(Item.ended_at.is_(None), Item.due_on < filters.overdue_on)
    return query


def _views() -> Select[Any]:
    own = [getattr(Item, name) for name in _OWN]
    return (
        select(*own, Organisation.code, Organisation.name, Organisation.parent_id, ListSet.confidential)
        .join(Organisation, Organisation.id == Item.organisation_id)
        .join(ListSet, ListSet.id == Item.set_id)
    )


_OWN = [name for name in ItemView.__dataclass_fields__ if hasattr(Item, name) and name != "organisation"]


# ---- what belongs to items


def words_of(item_ids: Collection[int]) -> dict[int, dict[str, list[str]]]:
    """The tags and skills of these items, by item and kind."""
    rows = db.session.execute(
        select(ItemTag.item_id, ItemTag.kind, ItemTag.word)
        .where(among(ItemTag.item_id, item_ids))
        .order_by(ItemTag.item_id, ItemTag.kind, ItemTag.word)
    )
    found: dict[int, dict[str, list[str]]] = {one: {"tag": [], "skill": []} for one in item_ids}
    for row in rows:
        found[row.item_id][row.kind].append(row.word)
    return found


@dataclass(frozen=True, slots=True)
class ClaimView:
    """Who holds, or held, parts of an item."""

    id: int
    item_id: int
    organisation_id: int
    organisation: str
    organisation_name: str
    amount: int
    note: str
    claimed_at: datetime
    ended_at: datetime | None
    reason: str | None


def claims(item_ids: Collection[int]) -> dict[int, list[ClaimView]]:
    """The claims on these items, by item, the first first."""
    rows: Any = db.session.execute(
        select(
            ListClaim.id,
            ListClaim.item_id,
            ListClaim.organisation_id,
            Organisation.code,
            Organisation.name,
            ListClaim.amount,
            ListClaim.note,
            ListClaim.claimed_at,
            ListClaim.ended_at,
            ListClaim.reason,
        )
        .join(Organisation, Organisation.id == ListClaim.organisation_id)
        .where(among(ListClaim.item_id, item_ids))
        .order_by(ListClaim.id)
    )
    found: dict[int, list[ClaimView]] = {one: [] for one in item_ids}
    for row in rows:
        found[row.item_id].append(ClaimView(*row))
    return found


def stages(item_id: int) -> Sequence[ItemStage]:
    """The stages of one item, in their order."""
    return db.session.scalars(select(ItemStage).where(ItemStage.item_id == item_id).order_by(ItemStage.place)).all()


@dataclass(frozen=True, slots=True)
class Step:
    """One line of an item's history; ``by`` is an account's name, never a resident's."""

    round: int
    act: str
    old: str | None
    new: str
    by: str | None
    actor: str
    organisation_name: str | None
    note: str | None
    at: datetime


def history(item_id: int) -> list[Step]:
    """What was done with one item, the first first."""
    rows = db.session.execute(
        select(
            ItemLog.round,
            ItemLog.act,
            ItemLog.old,
            ItemLog.new,
            SignIn.name,
            ItemLog.actor,
            Organisation.name,
            ItemLog.note,
            ItemLog.at,
        )
        .outerjoin(SignIn, SignIn.id == ItemLog.sign_in_id)
        .outerjoin(Organisation, Organisation.id == ItemLog.organisation_id)
        .where(ItemLog.item_id == item_id)
        .order_by(ItemLog.id)
    )
    return [Step(*row) for row in rows]


def linked(*, actor: Actor, item_id: int) -> list[ItemView]:
    """The items of other lists that belong to this one, as far as the actor sees them."""
    ends = select(ItemLink.to_id).where(ItemLink.from_id == item_id)
    starts = select(ItemLink.from_id).where(ItemLink.to_id == item_id)
    query = _views().where(or_(Item.id.in_(ends), Item.id.in_(starts)), visible(actor))
    return [ItemView(*row) for row in db.session.execute(query.order_by(Item.id))]


def contact(*, actor: Actor, found: ItemView | Item) -> ItemContact | None:
    """Who filed it, for the secretary of that very organisation; nobody else learns that there is anybody."""
    if actor.role != Role.SECRETARY or actor.organisation_id != found.organisation_id:
        return None
    return db.session.get(ItemContact, found.id)
