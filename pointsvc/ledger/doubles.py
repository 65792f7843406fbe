"""Deeds that seem to have been recorded twice: a hint for people to look at, never more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from pointsvc.db import db
from pointsvc.ledger.models import Entry
from pointsvc.ledger.reading import EntryView, entries_by_id
from pointsvc.people import reach
from pointsvc.people.models import Member, Organisation, SignIn
from pointsvc.permissions import Actor

# Older ones have been looked at, or nobody minds any more.
LOOKED_BACK = timedelta(days=90)
# Whoever answers for many branches sees those among the newest entries: ids grow with the time of recording.
NEWEST = 20_000
NEWEST_COUNTED = 5_000
COUNTED_AT_MOST = 100
# These come by a way of their own, so the same recorder may well have recorded the deed before.
_BESIDE = ("merge", "receipt")


@dataclass(frozen=True, slots=True)
class Double:
    """Two live entries of one member, rule, day and matter. ``place`` is that of the pair in the list."""

    place: tuple[int, int]
    member: str
    member_name: str
    earlier: EntryView
    later: EntryView


def listing(
    *,
    actor: Actor,
    today: date,
    organisation: str | None = None,
    limit: int,
    after: Sequence[int] | None = None,
) -> list[Double]:
    """Probable doubles of this node and below (else: of the actor's), the newest first.

    ``after`` is the place of the last one. Raises NotFound for the organisation.
    """
    query, one, other = _pairs(actor, today, organisation, NEWEST)
    query = query.order_by(one.id.desc(), other.id.desc()).limit(limit)
    if after is not None:
        query = query.where(tuple_(one.id, other.id) < tuple_(*after))
    rows = db.session.execute(query).all()
    views = entries_by_id({row.id for row in rows} | {row.other_id for row in rows})
    return [
        Double(
            (row.id, row.other_id),
            row.number,
            row.name,
            *sorted((views[row.id], views[row.other_id]), key=lambda view: view.id),
        )
        for row in rows
    ]


def count(*, actor: Actor, today: date) -> int:
    """How many there are, up to a hundred."""
    query, _, _ = _pairs(actor, today, None, NEWEST_COUNTED)
    return db.session.scalar(select(func.count()).select_from(query.limit(COUNTED_AT_MOST).subquery())) or 0


def _pairs(
    actor: Actor, today: date, organisation: str | None, newest: int
) -> tuple[Select[*tuple[Any, ...]], Any, Any]:
    node = reach.organisation(actor, organisation) if organisation else _own(actor)
    within = reach.ids_below(node.id) if node else reach.organisation_ids(actor)
    one, other = aliased(Entry), aliased(Entry)
    same = and_(
        other.member_id == one.member_id,
        other.rule_id == one.rule_id,
        other.occurred_on == one.occurred_on,
        func.coalesce(other.matter, "") == func.coalesce(one.matter, ""),
        # Each pair once: of two within reach the later one leads.
        or_(other.id < one.id, and_(other.id != one.id, other.branch_id.not_in(within))),
    )
    query = (
        select(one.id, other.id.label("other_id"), Member.number, Member.name)
        .select_from(one)
        .join(other, same)
        .join(Member, Member.id == one.member_id)
        .where(one.branch_id.in_(within), one.occurred_on > today - LOOKED_BACK)
        .where(_live(one), _live(other), _apart(one, other), reach.visible(actor))
    )
    if node is None or node.kind != "branch":
        top = select(func.coalesce(func.max(Entry.id), 0) - newest).scalar_subquery()
        query = query.where(one.id > top)
    return query, one, other


def _own(actor: Actor) -> Organisation | None:
    return None if actor.organisation_id is None else reach.organisation_by_id(actor, actor.organisation_id)


def _live(entry: Any) -> ColumnElement[bool]:
    later = aliased(Entry)
    return and_(entry.reverses_id.is_(None), ~select(later.id).where(later.reverses_id == entry.id).exists())


def _apart(one: Any, other: Any) -> ColumnElement[bool]:
    """Recorded by two branches, by people of two organisations, or once by a way of its own."""
    beside = and_(one.source != other.source, or_(one.source.in_(_BESIDE), other.source.in_(_BESIDE)))
    return or_(one.branch_id != other.branch_id, _node(one) != _node(other), beside)


def _node(entry: Any) -> Any:
    """The organisation whose account recorded it."""
    recorder = aliased(SignIn)
    return select(recorder.organisation_id).where(recorder.id == entry.recorded_by_id).scalar_subquery()
