"""What fits an item: the candidates come from the database in one query, the judgement from ``matching``."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from pointsvc.db import among, db
from pointsvc.lists import matching, reading
from pointsvc.lists.models import Item, ItemTag, ListSet
from pointsvc.lists.reading import ItemView, visible
from pointsvc.people.models import Organisation
from pointsvc.permissions import Actor

# A need looks for an offer, and the other way round.
_OTHER = {"need": "offer", "offer": "need"}
# So many of the newest candidates are weighed against each other.
MOST_CANDIDATES = 200


def suggestions(*, actor: Actor, found: ItemView, most: int = 5) -> list[tuple[matching.Match, str]]:
    """The open items of the other side that fit this one, each with its title, the best first."""
    other = _OTHER.get(found.side)
    words = reading.words_of([found.id])[found.id]
    if other is None or not (words["tag"] or words["skill"]):
        return []
    rows = {row.id: row for row in _candidates(actor, found, other, {*words["tag"], *words["skill"]})}
    theirs = reading.words_of(list(rows))
    cards = [_card(row, theirs[row.id]) for row in rows.values()]
    best = matching.matches(_card(found, words), cards, most=most)
    return [(match, rows[match.id].title) for match in best]


def _candidates(actor: Actor, found: ItemView, side: str, words: Collection[str]) -> Any:
    sharing = select(ItemTag.item_id).where(among(ItemTag.word, words))
    return db.session.execute(
        select(Item.id, Item.title, Item.organisation_id, Organisation.parent_id, Item.starts_on, Item.ends_on)
        .join(ListSet, ListSet.id == Item.set_id)
        .join(Organisation, Organisation.id == Item.organisation_id)
        .where(Item.set_id == found.set_id, Item.side == side, Item.id.in_(sharing))
        .where(Item.status.in_(("open", "claimed")), Item.taken < Item.quota, visible(actor))
        .order_by(Item.id.desc())
        .limit(MOST_CANDIDATES)
    )


def _card(row: Any, words: dict[str, list[str]]) -> matching.Card:
    return matching.Card(
        id=row.id,
        organisation_id=row.organisation_id,
        above_id=row.parent_id,
        tags=frozenset(words["tag"]),
        skills=frozenset(words["skill"]),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
    )
