"""Verbs of the ledger: record, reverse, read. Nothing is ever changed or taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from pointsvc import clock
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Forbidden, Invalid, Message, NotFound
from pointsvc.ledger.models import Entry
from pointsvc.ledger.placing import Place, places
from pointsvc.ledger.writing import NewEntry, Written, add, reverse_many
from pointsvc.people import reach
from pointsvc.people.models import Member, SignIn
from pointsvc.permissions import Actor
from pointsvc.schemes import document as documents
from pointsvc.schemes import service as schemes
from pointsvc.schemes.models import Rule

__all__ = [
    "EntryView",
    "NewEntry",
    "Written",
    "add",
    "check_day",
    "entries",
    "entry",
    "record",
    "record_batch",
    "reverse",
    "reverse_many",
]

EARLIEST = date(2000, 1, 1)
NAMED_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry as it is read: codes and names for ids, and what became of it."""

    id: int
    member: str
    rule: str
    points: Decimal
    occurred_on: date
    recorded_at: datetime
    recorded_by: str
    quantity: Decimal
    tier: str | None
    matter: str | None
    note: str | None
    reverses: int | None = None
    reversed_by: int | None = None

    @property
    def status(self) -> str:
        """``reversal``, ``reversed`` or ``recorded``."""
        if self.reverses is not None:
            return "reversal"
        return "recorded" if self.reversed_by is None else "reversed"


def record(
    *,
    actor: Actor,
    at: datetime,
    member: str,
    rule: str,
    occurred_on: date,
    quantity: Decimal | None = None,
    tier: str | None = None,
    points: Decimal | None = None,
    matter: str | None = None,
    note: str | None = None,
) -> EntryView:
    """Record one entry for the member with this number, by the rule in force on that day.

    Raises NotFound for a member out of reach, Invalid by field for all else that is not right.
    """
    options = {"quantity": quantity, "tier": tier, "points": points, "matter": matter, "note": note}
    return _record(actor, at, [member], rule, occurred_on, "single", options)[0]


def record_batch(
    *,
    actor: Actor,
    at: datetime,
    members: Sequence[str],
    rule: str,
    occurred_on: date,
    quantity: Decimal | None = None,
    tier: str | None = None,
    points: Decimal | None = None,
    matter: str | None = None,
    note: str | None = None,
) -> list[EntryView]:
    """Record the same for several members, all or none, answered in the order given. Raises as ``record``."""
    seen: set[str] = set()
    for n, number in enumerate(members):
        if number in seen:
            raise Invalid({f"members.{n}": Message(N_("%(value)s stands twice"), value=number)})
        seen.add(number)
    if not members:
        raise Invalid({"members": N_("At least one is needed")})
    options = {"quantity": quantity, "tier": tier, "points": points, "matter": matter, "note": note}
    return _record(actor, at, members, rule, occurred_on, "batch", options)


def reverse(*, actor: Actor, at: datetime, entry_id: int, reason: str) -> EntryView:
    """Add the entry that undoes this one, with the reason as its note; both then count for nothing.

    Raises NotFound, Forbidden when another branch recorded it, Conflict 'already_reversed' or
    'is_reversal'.
    """
    before = entry(actor=actor, entry_id=entry_id)
    if not _recorded_in_reach(actor, entry_id):
        raise Forbidden(N_("Another branch recorded this entry, so it alone can reverse it"))
    if before.reverses is not None:
        raise Conflict(N_("A reversal cannot be reversed; record the entry again"), code="is_reversal")
    written = reverse_many(actor=actor, at=at, entry_ids=[entry_id], reason=reason)
    if not written:
        raise Conflict(N_("This entry is reversed already"), code="already_reversed")
    return EntryView(
        id=written[0].id,
        member=before.member,
        rule=before.rule,
        points=-before.points,
        occurred_on=before.occurred_on,
        recorded_at=written[0].recorded_at,
        recorded_by=actor.name,
        quantity=before.quantity,
        tier=before.tier,
        matter=before.matter,
        note=reason,
        reverses=entry_id,
    )


def entry(*, actor: Actor, entry_id: int) -> EntryView:
    """One entry. Raises NotFound when there is none within reach."""
    row = db.session.execute(_views().where(Entry.id == entry_id, reach.visible(actor))).first()
    if row is None:
        raise NotFound()
    return EntryView(*row)


def entries(*, actor: Actor, member: str, limit: int = 50, after: int | None = None) -> list[EntryView]:
    """The member's entries, the newest recorded first, from below the id ``after`` on. Raises NotFound."""
    member_id = reach.member(actor, member).id
    query = _views().where(Entry.member_id == member_id).order_by(Entry.id.desc()).limit(limit)
    if after is not None:
        query = query.where(Entry.id < after)
    return [EntryView(*row) for row in db.session.execute(query)]


def check_day(day: date, at: datetime) -> Message | None:
    """What is wrong with a day on which something is said to have happened, if anything."""
    if day > clock.local(at).date():
        return Message(N_("This day lies in the future"))
    if day < EARLIEST:
        return Message(N_("This day lies before the year %(year)s"), year=EARLIEST.year)
    return None


# ---- inside


def _record(
    actor: Actor,
    at: datetime,
    numbers: Sequence[str],
    rule: str,
    occurred_on: date,
    source: str,
    options: dict[str, Any],
) -> list[EntryView]:
    wrong = check_day(occurred_on, at)
    if wrong:
        raise Invalid({"occurred_on": wrong})
    found = places(actor, numbers, occurred_on)
    _check_places(numbers, found)
    worths = {
        (place.scheme_id, place.digest): _worth(place, rule, occurred_on, options)
        for place in {item.scheme_id: item for item in found.values()}.values()
    }
    quantity = options["quantity"] or Decimal(1)
    shared = {name: options[name] for name in ("tier", "matter", "note")}
    rows = [
        NewEntry(
            member_id=place.member_id,
            branch_id=place.branch_id,
            rule_code=rule,
            scheme_id=place.scheme_id,
            points=worths[place.scheme_id, place.digest],
            occurred_on=occurred_on,
            quantity=quantity,
            **shared,
        )
        for place in (found[number] for number in numbers)
    ]
    written = {item.member_id: item for item in add(actor=actor, at=at, rows=rows, source=source)}
    return [
        EntryView(
            id=written[row.member_id].id,
            member=number,
            rule=rule,
            points=row.points,
            occurred_on=occurred_on,
            recorded_at=written[row.member_id].recorded_at,
            recorded_by=actor.name,
            quantity=quantity,
            **shared,
        )
        for number, row in zip(numbers, rows, strict=True)
    ]


def _check_places(numbers: Sequence[str], found: dict[str, Place]) -> None:
    strangers = [number for number in numbers if number not in found]
    if strangers:
        names = ", ".join(strangers[:NAMED_AT_MOST]) + (" …" if len(strangers) > NAMED_AT_MOST else "")
        raise NotFound(Message(N_("There is no member %(number)s within your reach"), number=names))
    away = [number for number in numbers if found[number].branch_id is None]
    if away:
        names = ", ".join(away[:NAMED_AT_MOST])
        message = Message(N_("On this day %(member)s belonged to no organisation within your reach"), member=names)
        raise Invalid({"occurred_on": message})


def _worth(place: Place, rule: str, day: date, options: dict[str, Any]) -> Decimal:
    if place.scheme_id is None:
        raise Invalid({"rule": Message(N_("No rule sheet is in force here on %(day)s"), day=day)})
    found = documents.rule(schemes.document_of(place.scheme_id, place.digest), rule)
    if found is None:
        text = N_("There is no rule %(rule)s in the rule sheet that is in force on %(day)s")
        raise Invalid({"rule": Message(text, rule=rule, day=day)})
    return documents.worth(found, options["quantity"], options["tier"], options["points"])


def _recorded_in_reach(actor: Actor, entry_id: int) -> bool:
    return bool(
        db.session.scalar(
            select(Entry.id).where(Entry.id == entry_id, Entry.branch_id.in_(reach.organisation_ids(actor)))
        )
    )


def _views() -> Any:
    later = aliased(Entry)
    return (
        select(
            Entry.id,
            Member.number,
            Rule.code,
            Entry.points,
            Entry.occurred_on,
            Entry.recorded_at,
            db.func.coalesce(SignIn.name, "system"),
            Entry.quantity,
            Entry.tier,
            Entry.matter,
            Entry.note,
            Entry.reverses_id,
            later.id,
        )
        .join(Member, Member.id == Entry.member_id)
        .join(Rule, Rule.id == Entry.rule_id)
        .outerjoin(SignIn, SignIn.id == Entry.recorded_by_id)
        .outerjoin(later, later.reverses_id == Entry.id)
    )
