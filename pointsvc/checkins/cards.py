"""Verbs of the quarter's card (一卡), which goes back to the home unit: say a word, make, acknowledge.

What stands on a card is read from the records each time, so that a confirmation that is taken back
never stands on it; the home unit acknowledges the hours that it saw.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from pointsvc import clock
from pointsvc.audit import service as audit
from pointsvc.checkins import telling
from pointsvc.checkins.lifecycle import ACCEPTED, ENDED
from pointsvc.checkins.models import Card, CheckIn, Word
from pointsvc.checkins.service_card import Whole, card, quarter_of, within
from pointsvc.checkins.standing import held_checkin, standing
from pointsvc.db import UtcTime, db, on_postgresql
from pointsvc.errors import N_, Conflict, Forbidden, Invalid, Message
from pointsvc.people import merged, reach
from pointsvc.people.models import Membership
from pointsvc.permissions import Actor
from pointsvc.schemes import periods

LONGEST_WORD = 500


def say(*, actor: Actor, at: datetime, check_in_id: int, quarter: str, text: str) -> None:
    """Let the community say this of the member's quarter there; said again, it stands in its place.

    Raises NotFound, Forbidden, Invalid, Conflict 'wrong_status' where nothing was accepted.
    """
    period = quarter_of(quarter, clock.local(at).date())
    row = held_checkin(actor, check_in_id)
    stood = standing(actor, row, clock.local(at).date())
    if stood.own or not stood.community:
        raise Forbidden()
    if row.status not in (ACCEPTED, ENDED):
        raise Conflict(N_("This check-in was never accepted"), code="wrong_status")
    if not 1 <= len(text.strip()) <= LONGEST_WORD:
        raise Invalid({"text": Message(N_("Between %(min)s and %(max)s characters"), min=1, max=LONGEST_WORD)})
    word = db.session.get(Word, (row.id, period.name))
    if word is None:
        word = Word(check_in_id=row.id, quarter=period.name)
        db.session.add(word)
    word.text, word.said_at, word.said_by_id = text.strip(), at, actor.sign_in_id
    db.session.flush()
    audit.note(actor=actor, at=at, action="checkin:say", object_id=str(row.id), quarter=period.name)


def acknowledge(*, actor: Actor, at: datetime, member: str, quarter: str) -> None:
    """Say as the home unit that the card has been seen; the hours on it are kept beside.

    Raises NotFound, Forbidden for the own card, Invalid, Conflict 'quarter_runs' before its end,
    'no_card' without a check-in, 'acknowledged_already' when nothing has changed since.
    """
    today = clock.local(at).date()
    whole = card(actor=actor, at=at, member=member, quarter=quarter)
    _check_home(actor, whole, today)
    if not whole.places:
        raise Conflict(N_("In this quarter the member had not checked in anywhere"), code="no_card")
    if whole.acknowledged_hours == whole.hours:
        raise Conflict(N_("This card has been acknowledged already"), code="acknowledged_already")
    make(at=at, before=whole.through_on + timedelta(days=1), member_id=whole.member_id)
    row = db.session.scalars(
        select(Card).where(Card.member_id == whole.member_id, Card.quarter == whole.quarter).with_for_update()
    ).one()
    row.acknowledged_at, row.acknowledged_by_id, row.hours = at, actor.sign_in_id, whole.hours
    db.session.flush()
    audit.note(actor=actor, at=at, action="service_card:acknowledge", object_id=str(row.id), hours=str(whole.hours))


def make(*, at: datetime, before: date, member_id: int | None = None) -> None:
    """Make the cards of the last quarter that ended before this day: of everybody (then the home units are
    told), or of one member. What is there already stays as it is.
    """
    running = periods.containing(before, "quarter", 1)
    period = periods.containing(running.starts_on - timedelta(days=1), "quarter", 1)
    table: Any = Card.__table__
    people = select(merged.kept(CheckIn.member_id).label("member_id")).where(*within(period)).distinct().subquery()
    at_home = and_(Membership.member_id == people.c.member_id, reach.on_day(Membership, period.through_on))
    rows = select(people.c.member_id, Membership.organisation_id, literal(period.name), literal(at, UtcTime())).join(
        Membership, at_home
    )
    if member_id is not None:
        rows = rows.where(people.c.member_id == member_id)
    dialect: Any = postgresql if on_postgresql() else sqlite
    names = ["member_id", "home_id", "quarter", "made_at"]
    db.session.execute(dialect.insert(table).from_select(names, rows).on_conflict_do_nothing())
    if member_id is None:
        telling.cards(at=at, quarter=period.name)


# ---- inside


def _check_home(actor: Actor, whole: Whole, today: date) -> None:
    if whole.through_on >= today:
        raise Conflict(N_("This quarter is not over yet"), code="quarter_runs")
    home = reach.branch_on([whole.member_id], whole.through_on, actor=actor)
    if whole.member_id == actor.member_id or whole.member_id not in home:
        raise Forbidden()
