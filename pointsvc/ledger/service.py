"""Verbs of the ledger: record, reverse, read. Nothing is ever changed or taken away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pointsvc import clock
from pointsvc.errors import N_, Conflict, Forbidden, Invalid, Message, NotFound
from pointsvc.ledger.moving import MERGED, OF_BOTH, PARTED
from pointsvc.ledger.placing import Place, places
from pointsvc.ledger.reading import MARK_CHANGED, MISTAKEN, TWICE, EntryView, disputed, disputed_among, entries, entry
from pointsvc.ledger.writing import NewEntry, Written, add, reverse_many
from pointsvc.people import reach
from pointsvc.permissions import Actor
from pointsvc.schemes import document as documents
from pointsvc.schemes import service as schemes

__all__ = [
    "MARK_CHANGED",
    "OWN_REASONS",
    "TWICE",
    "EntryView",
    "NewEntry",
    "Written",
    "add",
    "check_day",
    "check_places",
    "disputed",
    "disputed_among",
    "entries",
    "entry",
    "record",
    "record_batch",
    "reverse",
    "reverse_many",
    "worth",
]

# The service's own reasons for a reversal: kept in English, shown in the reader's language.
OWN_REASONS = (MARK_CHANGED, MERGED, MISTAKEN, OF_BOTH, PARTED, TWICE)

EARLIEST = date(2000, 1, 1)
NAMED_AT_MOST = 5


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
    once: str | None = None,
) -> EntryView:
    """Record one entry for the member with this number, by the rule in force on that day.

    ``once`` names what the entry is of, when the caller knows that it has not been recorded yet. Raises
    NotFound for a member out of reach, Invalid by field for all else that is not right.
    """
    options = {"quantity": quantity, "tier": tier, "points": points, "matter": matter, "note": note}
    return _record(actor, at, [member], rule, occurred_on, "single", options, once)[0]


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
    once: str | None = None,
) -> list[EntryView]:
    """Record the same for several members, all or none, answered in the order given. Raises as ``record``.

    With ``once``, a key of the form that was filled in, sending that form again records nothing more.
    """
    seen: set[str] = set()
    for n, number in enumerate(members):
        if number in seen:
            raise Invalid({f"members.{n}": Message(N_("%(value)s stands twice"), value=number)})
        seen.add(number)
    if not members:
        raise Invalid({"members": N_("At least one is needed")})
    options = {"quantity": quantity, "tier": tier, "points": points, "matter": matter, "note": note}
    return _record(actor, at, members, rule, occurred_on, "batch", options, once)


def reverse(*, actor: Actor, at: datetime, entry_id: int, reason: str) -> EntryView:
    """Add the entry that undoes this one, with the reason as its note; both then count for nothing.

    Raises NotFound, Forbidden when another branch recorded it, Conflict 'already_reversed' or
    'is_reversal'.
    """
    before = entry(actor=actor, entry_id=entry_id)
    if before.reversed_by is not None:
        # Also when a merge did it: what has taken its place is another entry.
        raise Conflict(N_("This entry is reversed already"), code="already_reversed")
    if not reach.reaches(actor, before.branch_id):
        raise Forbidden(N_("Another branch recorded this entry, so it alone can reverse it"))
    if before.reverses is not None:
        raise Conflict(N_("A reversal cannot be reversed; record the entry again"), code="is_reversal")
    written = reverse_many(actor=actor, at=at, entry_ids=[entry_id], reason=reason)
    if not written:
        raise Conflict(N_("This entry is reversed already"), code="already_reversed")
    return replace(
        before,
        id=written[0].id,
        points=-before.points,
        recorded_at=written[0].recorded_at,
        recorded_by=actor.name,
        note=reason,
        source="reversal",
        reverses=entry_id,
        disputed=False,
    )


def check_day(day: date, at: datetime) -> Message | None:
    """What is wrong with a day on which something is said to have happened, if anything."""
    if day > clock.local(at).date():
        return Message(N_("This day lies in the future"))
    if day < EARLIEST:
        return Message(N_("This day lies before the year %(year)s"), year=EARLIEST.year)
    return None


def check_places(numbers: Sequence[str], found: Mapping[str, Place]) -> None:
    """See that each of these members is among the found, with a branch of that day.

    Raises NotFound for members out of reach, Invalid under ``occurred_on`` for those without a branch.
    """
    strangers = [number for number in numbers if number not in found]
    if strangers:
        names = ", ".join(strangers[:NAMED_AT_MOST]) + (" …" if len(strangers) > NAMED_AT_MOST else "")
        raise NotFound(Message(N_("There is no member %(number)s within your reach"), number=names))
    away = [number for number in numbers if found[number].branch_id is None]
    if away:
        names = ", ".join(away[:NAMED_AT_MOST])
        message = Message(N_("On this day %(member)s belonged to no organisation within your reach"), member=names)
        raise Invalid({"occurred_on": message})


def worth(place: Place, rule: str, day: date, options: Mapping[str, Any]) -> Decimal:
    """The points of an entry by this rule of the place's rule sheet; ``options``: quantity, tier, points.

    Raises Invalid under ``rule``, ``quantity``, ``tier`` or ``points``.
    """
    if place.scheme_id is None or place.digest is None:
        raise Invalid({"rule": Message(N_("No rule sheet is in force here on %(day)s"), day=day)})
    found = documents.rule(schemes.document_of(place.scheme_id, place.digest), rule)
    if found is None:
        text = N_("There is no rule %(rule)s in the rule sheet that is in force on %(day)s")
        raise Invalid({"rule": Message(text, rule=rule, day=day)})
    return documents.worth(found, options["quantity"], options["tier"], options["points"])


# ---- inside


def _record(
    actor: Actor,
    at: datetime,
    numbers: Sequence[str],
    rule: str,
    occurred_on: date,
    source: str,
    options: dict[str, Any],
    once: str | None = None,
) -> list[EntryView]:
    wrong = check_day(occurred_on, at)
    if wrong:
        raise Invalid({"occurred_on": wrong})
    found = places(actor, numbers, occurred_on)
    check_places(numbers, found)
    if len({found[number].member_id for number in numbers}) < len(numbers):
        raise Invalid({"members": N_("Two of these numbers mean one person, whose records were merged")})
    sheets = {place.scheme_id: place for place in found.values()}
    worths = {scheme_id: worth(place, rule, occurred_on, options) for scheme_id, place in sheets.items()}
    quantity = options["quantity"] or Decimal(1)
    shared = {name: options[name] for name in ("tier", "matter", "note")}
    rows = [
        NewEntry(
            member_id=place.member_id,
            branch_id=place.branch_id or 0,
            rule_code=rule,
            scheme_id=place.scheme_id or 0,
            points=worths[place.scheme_id],
            occurred_on=occurred_on,
            quantity=quantity,
            natural_key=f"form:{once}:{place.member_id}" if once else None,
            **shared,
        )
        for place in (found[number] for number in numbers)
    ]
    written = {item.member_id: item for item in add(actor=actor, at=at, rows=rows, source=source)}
    if written.keys() - {row.member_id for row in rows}:
        text = N_("One of these records has just been merged into another. Please try again; nothing was recorded.")
        raise Conflict(text, code="merged_meanwhile")
    return [
        EntryView(
            id=written[row.member_id].id,
            member=found[number].number,
            rule=rule,
            points=row.points,
            occurred_on=occurred_on,
            recorded_at=written[row.member_id].recorded_at,
            recorded_by=actor.name,
            quantity=quantity,
            source=source,
            branch_id=row.branch_id,
            scheme_id=row.scheme_id,
            digest=found[number].digest or "",
            **shared,
        )
        for number, row in zip(numbers, rows, strict=True)
        if row.member_id in written
    ]
