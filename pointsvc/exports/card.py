"""A member's card (一人一卡): who, every entry and what of it counted, by group, by period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext

from pointsvc import clock
from pointsvc.db import hundredths
from pointsvc.errors import N_, Problem
from pointsvc.exports.columns import CATEGORY
from pointsvc.people import reach
from pointsvc.people.models import Member, Organisation
from pointsvc.permissions import Actor
from pointsvc.schemes import document as documents
from pointsvc.schemes import periods
from pointsvc.spreadsheets import Column, Table
from pointsvc.tallies import service as tallies
from pointsvc.tallies.shown import score_shown
from pointsvc.wording import period_words

MEMBER, ENTRIES, GROUPS, PERIODS = N_("The member"), N_("Entries"), N_("By group"), N_("By period")


@dataclass(frozen=True)
class Card:
    """All that stands on a card. ``score`` is as the score page has it; ``stages`` are the quarters so far."""

    member: Member
    found: tallies.Score
    branch: Organisation
    score: dict[str, Any]
    stages: list[tuple[str, Decimal | None, str | None]]

    @property
    def scheme(self) -> str:
        """The name of the rule sheet."""
        return str(self.found.document["name"])


def card(*, actor: Actor, at: datetime, member: str, period: str | None = None) -> Card:
    """The card of this member, cycle-to-date in a period (this quarter). Raises as ``tallies.score``."""
    found = tallies.score(actor=actor, at=at, member=member, period=period)
    who = reach.member(actor, member)
    return Card(who, found, tallies.branch_of(found), score_shown(found), list(_stages(actor, at, found)))


def _stages(actor: Actor, at: datetime, found: tallies.Score) -> Iterator[tuple[str, Decimal | None, str | None]]:
    """The total at each quarter's end of the cycle, up to the card's own period."""
    month = documents.starts_month(found.document)
    day = periods.cycle_start(found.period.through_on, month)
    last = min(found.period.through_on, clock.local(at).date())
    while day <= last:
        quarter = periods.containing(day, "quarter", month)
        try:
            then = tallies.score(actor=actor, at=at, member=found.number, period=quarter.name)
            yield quarter.name, then.total, then.grade
        except Problem:
            # No branch or no rule sheet at that time.
            yield quarter.name, None, None
        day = _following(quarter.through_on)


def _following(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def card_tables(made: Card) -> list[Table]:
    """The card as the sheets of a workbook."""
    return [
        Table(
            gettext(MEMBER), [Column(gettext(N_("Fact")), width=18), Column(gettext(N_("Value")), width=36)], _who(made)
        ),
        Table(gettext(ENTRIES), _entry_columns(), _entries(made)),
        Table(gettext(GROUPS), _figure_columns(N_("Group")), _groups(made)),
        Table(gettext(PERIODS), [*_figure_columns(N_("Period")), Column(gettext(N_("Grade")))], _periods(made)),
    ]


def _who(made: Card) -> Iterator[tuple[str, str | None]]:
    member, found = made.member, made.found
    yield gettext(N_("Name")), member.name
    yield gettext(N_("Member number")), member.number
    yield gettext(N_("Branch")), made.branch.name
    yield gettext(N_("Category")), CATEGORY.get(found.category, found.category)
    yield gettext(N_("Joined the Party")), member.joined_on.isoformat() if member.joined_on else None
    yield gettext(N_("Rule sheet")), made.scheme
    yield gettext(N_("Period")), period_words(found.period.name)
    yield gettext(N_("counted through")), found.counted_through.isoformat()


def _entry_columns() -> list[Column]:
    return [
        Column(gettext(N_("Day")), "day", 12),
        Column(gettext(N_("Rule")), width=30),
        Column(gettext(N_("Points")), "points"),
        Column(gettext(N_("Counted")), "points"),
        Column(gettext(N_("Why")), width=50),
        Column(gettext(N_("Note")), width=30),
    ]


def _entries(made: Card) -> Iterator[list[Any]]:
    for line in reversed(made.score["lines"]):
        points, counted = hundredths(line["points"]), hundredths(line["counted"])
        yield [line["occurred_on"], line["rule"], points, counted, line["why"] or None, line["note"]]


def _figure_columns(first: str) -> list[Column]:
    return [Column(gettext(first), width=26), Column(gettext(N_("Points")), "points")]


def _groups(made: Card) -> Iterator[list[Any]]:
    yield [gettext(N_("Base points")), hundredths(made.score["base"])]
    yield [gettext(N_("Carried over")), hundredths(made.score["carried"])]
    for group in made.score["groups"]:
        yield [group["name"], hundredths(group["figure"])]
    total = made.score["total"]
    yield [gettext(N_("Total")), None if total is None else hundredths(total)]


def _periods(made: Card) -> Iterator[list[Any]]:
    for name, total, grade in made.stages:
        yield [period_words(name), None if total is None else hundredths(total), grade]
