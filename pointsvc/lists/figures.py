"""The figures of lists for the report: I16 by list, and N3. Computed from the records, each with the way to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from pointsvc import clock
from pointsvc.db import db
from pointsvc.lists.models import Item, ListSet
from pointsvc.lists.reading import visible
from pointsvc.people import reach
from pointsvc.people.models import Organisation, OrganisationReach
from pointsvc.permissions import Actor

_DONE = ("confirmed", "publicised", "closed")


@dataclass(frozen=True)
class ListFigures:
    """Of one list in a window: how many came, were claimed and are done, and the median days from filing to done.

    ``claimed`` and ``done`` are of those that came in the window; what has a closing life is not
    claimed. ``link`` shows the items behind it.
    """

    set_id: int
    key: str
    name: str
    items: int
    claimed: int | None
    done: int
    median_days: float | None
    link: str


@dataclass(frozen=True)
class WeakFigures:
    """N3: weak branches whose rectification was open in the window; numbers only, never which."""

    open_in_window: int
    closed: int
    going_on: int
    new: int


def by_list(*, actor: Actor, organisation_id: int, first: date, last: date) -> list[ListFigures]:
    """The figures of each list that is not confidential, for this node and all below it."""
    window = _within(first, last)
    here = (Item.organisation_id.in_(reach.ids_below(organisation_id)), ListSet.confidential.is_(False))
    rows = db.session.execute(
        select(
            Item.set_id,
            Item.list,
            func.count(),
            func.count(Item.claimed_at),
            func.count().filter(Item.status.in_(_DONE)),
        )
        .join(ListSet, ListSet.id == Item.set_id)
        .where(window, *here, visible(actor))
        .group_by(Item.set_id, Item.list)
    ).all()
    found = {(row[0], row[1]): row for row in rows}
    times = _medians(actor, window, here)
    code = db.session.scalar(select(Organisation.code).where(Organisation.id == organisation_id)) or ""
    return [
        _figures(one, key, found[place], times.get(place), code)
        for one in _sets({place[0] for place in found})
        for key in one.lists
        if (place := (one.id, key["key"])) in found
    ]


def _figures(one: ListSet, own: dict[str, str], row: Any, median_days: float | None, code: str) -> ListFigures:
    return ListFigures(
        set_id=one.id,
        key=own["key"],
        name=own["name"],
        items=row[2],
        claimed=row[3] if one.life == "exchange" else None,
        done=row[4],
        median_days=median_days,
        link=f"/lists/{one.id}?list={own['key']}&organisation={code}",
    )


def by_node(*, actor: Actor, organisation_id: int, first: date, last: date) -> list[tuple[str, str, int, int, int]]:
    """For each node right below this one: code, name, items that came, those claimed, those done."""
    rows = db.session.execute(
        select(
            Organisation.code,
            Organisation.name,
            func.count(),
            func.count(Item.claimed_at),
            func.count().filter(Item.status.in_(_DONE)),
        )
        .join(OrganisationReach, OrganisationReach.above_id == Organisation.id)
        .join(Item, Item.organisation_id == OrganisationReach.below_id)
        .join(ListSet, ListSet.id == Item.set_id)
        .where(Organisation.parent_id == organisation_id, ListSet.confidential.is_(False))
        .where(_within(first, last), visible(actor))
        .group_by(Organisation.id)
        .order_by(Organisation.code)
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


def weak_branches(*, organisation_id: int, first: date, last: date) -> WeakFigures:
    """N3: how many organisations stood in the ledger of weak branches with rectification open in the window."""
    begins, ends = _bounds(first, last)
    open_then = and_(Item.opened_at < ends, or_(Item.ended_at.is_(None), Item.ended_at >= begins))

    def count(*more: ColumnElement[bool]) -> int:
        query = (
            select(func.count(func.distinct(Item.organisation_id)))
            .join(ListSet, ListSet.id == Item.set_id)
            .where(ListSet.template == "weak", Item.side == "problem", Item.status != "withdrawn", open_then)
            .where(Item.organisation_id.in_(reach.ids_below(organisation_id)), *more)
        )
        return db.session.scalar(query) or 0

    return WeakFigures(
        open_in_window=count(),
        closed=count(Item.ended_at < ends),
        going_on=count(or_(Item.ended_at.is_(None), Item.ended_at >= ends)),
        new=count(Item.opened_at >= begins),
    )


def _medians(
    actor: Actor, window: ColumnElement[bool], here: Iterable[ColumnElement[bool]]
) -> dict[tuple[int, str], float]:
    """By set and list the median of days from filing to done: reckoned here, for both engines alike."""
    rows: Any = db.session.execute(
        select(Item.set_id, Item.list, Item.opened_at, Item.done_at)
        .join(ListSet, ListSet.id == Item.set_id)
        .where(window, *here, Item.done_at.is_not(None), Item.status.in_(_DONE), visible(actor))
    )
    days: dict[tuple[int, str], list[float]] = {}
    for set_id, key, opened_at, done_at in rows:
        days.setdefault((set_id, key), []).append((done_at - opened_at).total_seconds() / 86400)
    return {place: round(median(several), 1) for place, several in days.items()}


def _sets(set_ids: set[int]) -> Sequence[ListSet]:
    return db.session.scalars(select(ListSet).where(ListSet.id.in_(set_ids)).order_by(ListSet.id)).all()


def _bounds(first: date, last: date) -> tuple[datetime, datetime]:
    zone = clock.local(datetime.combine(first, time(), tzinfo=UTC)).tzinfo
    return (
        datetime.combine(first, time(), tzinfo=zone),
        datetime.combine(last + timedelta(days=1), time(), tzinfo=zone),
    )


def _within(first: date, last: date) -> ColumnElement[bool]:
    begins, ends = _bounds(first, last)
    return and_(Item.opened_at >= begins, Item.opened_at < ends)
