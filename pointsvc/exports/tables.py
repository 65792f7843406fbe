"""The tables that can be taken away: which rows, under which name. Everything is loaded through reach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pointsvc import clock
from pointsvc.errors import N_, Invalid, Message
from pointsvc.exports import attendance, columns, entries, people, pledges
from pointsvc.people import reach
from pointsvc.people.models import Organisation
from pointsvc.permissions import Actor
from pointsvc.schemes import document as documents
from pointsvc.schemes import periods
from pointsvc.schemes import service as schemes
from pointsvc.spreadsheets import Table

# What may be asked for, and what its sheet is called.
KINDS = {
    "entries": "积分记录",
    "members": "党员花名册",
    "organisations": "组织架构",
    "attendance": "签到表",
    "pledges": "承诺台账",
}


@dataclass(frozen=True)
class Taken:
    """A table that is ready to be written, whose it is, and what the file is called without its ending."""

    kind: str
    table: Table
    organisation: str
    stem: str


def table(
    *,
    actor: Actor,
    at: datetime,
    kind: str,
    organisation: str | None = None,
    member: str | None = None,
    period: str | None = None,
) -> Taken:
    """The table of this kind of a node and below (the actor's own unless a code is given).

    Of entries and attendance only those of the ``period``, if one is given; of entries also those of
    one ``member`` alone. Raises NotFound, Invalid under ``kind`` or ``period``.
    """
    if kind not in KINDS:
        raise Invalid({"kind": Message(N_("One of %(choices)s is needed"), choices=", ".join(KINDS))})
    owner = _owner(actor, organisation)
    since, until = _days(owner, period, clock.local(at).date()) if period else (None, None)
    stem = "-".join([KINDS[kind], owner.name, *([period] if period else [])])
    if kind == "entries" and member:
        person = reach.member(actor, member)
        asked = entries.Asked(member_id=person.id, since=since, until=until, through_id=entries.newest_id())
        stem = "-".join([KINDS[kind], person.name, *([period] if period else [])])
        made = Table(KINDS[kind], columns.ENTRIES, entries.rows(asked))
    else:
        made = _of_node(kind, owner.id, since, until)
    return Taken(kind, made, owner.code, stem)


def _owner(actor: Actor, code: str | None) -> Organisation:
    return reach.named_or_own(actor, code)


def _of_node(kind: str, organisation_id: int, since: date | None, until: date | None) -> Table:
    if kind == "entries":
        asked = entries.Asked(organisation_id, since=since, until=until, through_id=entries.newest_id())
        return Table(KINDS[kind], columns.ENTRIES, entries.rows(asked))
    if kind == "pledges":
        return Table(KINDS[kind], columns.PLEDGES, pledges.rows(organisation_id))
    if kind == "members":
        return Table(KINDS[kind], columns.MEMBERS, people.members(organisation_id))
    if kind == "organisations":
        return Table(KINDS[kind], columns.ORGANISATIONS, people.organisations(organisation_id))
    return Table(KINDS[kind], columns.ATTENDANCE, attendance.rows(organisation_id, since, until))


def _days(owner: Organisation, name: str, today: date) -> tuple[Any, Any]:
    """The first and last day of the period. Only a year's hang on the rule sheet: it begins with the cycle."""
    sheet = schemes.sheets([owner.id], today).get(owner.id)
    when = periods.parse(name, documents.starts_month(sheet.document) if sheet else 1)
    return when.starts_on, when.through_on
