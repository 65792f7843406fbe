"""Settling a pledge: what came of it, the points that follow by the organisation's rule, and taking that back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import aliased

from pointsvc import clock
from pointsvc.db import db
from pointsvc.errors import N_, Invalid, Message
from pointsvc.ledger import service as ledger
from pointsvc.ledger.heirs import heirs
from pointsvc.ledger.models import Entry
from pointsvc.ledger.placing import places
from pointsvc.people import carrying, merged, private, settings
from pointsvc.people.models import Member
from pointsvc.permissions import Actor
from pointsvc.pledges.lifecycle import OUTCOMES, SETTLING
from pointsvc.pledges.models import Pledge
from pointsvc.pledges.taking import one, write_down
from pointsvc.schemes import document as documents
from pointsvc.schemes import service as schemes

# Which setting names the rule of an outcome; for an objective cause there is none.
RULE_SETTING = {"fulfilled": "pledge_rule_fulfilled", "unfulfilled": "pledge_rule_broken"}
MATTER = 200


def settle(
    *,
    actor: Actor,
    at: datetime,
    pledge_id: int,
    outcome: str,
    text: str = "",
    on: date | None = None,
    points: Decimal | None = None,
) -> None:
    """Say what came of a pledge; what follows from it by the organisation's rule is posted at once.

    ``text`` says how it is known, and for what was not fulfilled the cause. ``points`` only for a
    rule with a range. Raises NotFound, Forbidden ('own_pledge' for the own), Conflict 'wrong_status' or
    'counts_once', Invalid by field.
    """
    if outcome not in OUTCOMES:
        raise Invalid({"outcome": Message(N_("One of %(choices)s is needed"), choices=", ".join(OUTCOMES))})
    if outcome != "fulfilled" and not text.strip():
        raise Invalid({"text": N_("Please write the cause; it is explained to the masses")})
    private.check({"text": text})
    row, status = one(SETTLING[outcome], actor, at, pledge_id)
    day = on or clock.local(at).date()
    if fault := ledger.check_day(day, at):
        raise Invalid({"on": fault})
    if row.member_id is not None:
        carrying.check_counts(row.member_id, carrying.gone([row.member_id]))
    row.outcome, row.settled_on = outcome, day
    step_id = write_down(SETTLING[outcome], actor, at, [(row, status)], text=text.strip() or None)[0]
    _post(actor, at, row, step_id, points)


def unsettle(*, actor: Actor, at: datetime, pledge_id: int, reason: str) -> None:
    """Take the settlement back: the pledge is under way again and its points are reversed.

    Raises NotFound, Forbidden ('own_pledge' for the own), Conflict 'wrong_status', Invalid.
    """
    if not reason.strip():
        raise Invalid({"reason": N_("Please write the reason; the member reads it")})
    private.check({"reason": reason})
    row, status = one("unsettle", actor, at, pledge_id)
    row.outcome, row.settled_on = None, None
    write_down("unsettle", actor, at, [(row, status)], text=reason)
    if standing := [entry_id for entry_id, _ in entries(pledge_id)]:
        ledger.reverse_many(actor=actor, at=at, entry_ids=standing, reason=reason)


def close(*, actor: Actor, at: datetime, pledge_id: int) -> None:
    """End the ratings of a settled pledge. Raises NotFound, Forbidden, Conflict 'wrong_status'."""
    row, status = one("close", actor, at, pledge_id)
    write_down("close", actor, at, [(row, status)])


def entries(pledge_id: int) -> list[tuple[int, Decimal]]:
    """The entries that its settlement has posted and nobody has reversed: id and points.

    What a merge of its member has moved stands for what it was.
    """
    later = aliased(Entry)
    posted = select(Entry.id).where(Entry.source == "pledge", Entry.source_id == pledge_id)
    mine = Entry.id.in_(posted)
    rows = db.session.execute(
        select(Entry.id, Entry.points)
        .where(or_(mine, Entry.id.in_(heirs(posted))) if merged.happened() else mine)
        .where(~exists().where(later.reverses_id == Entry.id))
        .order_by(Entry.id)
    )
    return [(row.id, row.points) for row in rows]


def offered(organisation_id: int, day: date) -> dict[str, Mapping[str, Any] | None]:
    """By which rule (as the rule sheet in force has it) each outcome gives points here; None: by none."""
    codes = {outcome: rule_of(organisation_id, outcome) for outcome in OUTCOMES}
    sheet = schemes.sheets([organisation_id], day).get(organisation_id) if any(codes.values()) else None
    return {
        outcome: documents.rule(sheet.document, code) if sheet is not None and code else None
        for outcome, code in codes.items()
    }


def rule_of(organisation_id: int, outcome: str) -> str | None:
    """The code of the rule by which this outcome gives points here; None: none does."""
    name = RULE_SETTING.get(outcome)
    return settings.value(organisation_id, name) or None if name else None


def _post(actor: Actor, at: datetime, row: Pledge, step_id: int, points: Decimal | None) -> None:
    rule = rule_of(row.organisation_id, row.outcome or "")
    if row.member_id is None or rule is None:
        if points is not None:
            raise Invalid({"points": N_("No rule is set here by which this gives points")})
        return
    number = db.session.get_one(Member, row.member_id).number
    day = row.settled_on or clock.local(at).date()
    found = places(actor, [number], day)
    try:
        ledger.check_places([number], found)
    except Invalid as problem:
        raise Invalid({"on": problem.errors["occurred_on"]}) from problem
    place = next(iter(found.values()))
    options = {"quantity": None, "tier": None, "points": points}
    entry = ledger.NewEntry(
        member_id=place.member_id,
        branch_id=place.branch_id or 0,
        rule_code=rule,
        scheme_id=place.scheme_id or 0,
        points=ledger.worth(place, rule, day, options),
        occurred_on=day,
        matter=row.text[:MATTER],
        source_id=row.id,
        # Of this settlement: taken back and settled again, it is another.
        natural_key=f"pledge:{row.id}:{step_id}",
    )
    ledger.add(actor=actor, at=at, rows=[entry], source="pledge")
