"""Verbs of activities: open a meeting, mark who came, and let the points follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from pointsvc.activities import marking
from pointsvc.activities.marking import Marked, take_back
from pointsvc.activities.models import MARKS, Meeting
from pointsvc.activities.roll import Board, Seat, Summary, board, meetings
from pointsvc.db import db
from pointsvc.errors import N_, Invalid, Message, NotFound
from pointsvc.ledger import service as ledger
from pointsvc.ledger.placing import Place, places
from pointsvc.people import reach
from pointsvc.people.models import Organisation
from pointsvc.permissions import Actor
from pointsvc.schemes import service as schemes

__all__ = [
    "AttendanceRow",
    "Board",
    "Marked",
    "Seat",
    "Summary",
    "add_attendance",
    "board",
    "kinds",
    "mark",
    "meeting",
    "meetings",
    "open_meeting",
    "take_back",
]


@dataclass(frozen=True, slots=True)
class AttendanceRow:
    """One mark of an attendance sheet: ``organisation_id`` held the meeting, ``branch_id`` and ``sheet``
    are the member's of that day.
    """

    organisation_id: int
    kind: str
    held_on: date
    member_id: int
    branch_id: int
    sheet: schemes.Sheet | None
    mark: str | None
    title: str = ""


def open_meeting(
    *, actor: Actor, at: datetime, organisation: str, kind: str, held_on: date, title: str = ""
) -> Meeting:
    """The meeting of this organisation, kind, day and title: a new one, or the one that is there.

    Raises NotFound for the organisation, Invalid under ``held_on`` or ``kind``.
    """
    owner = reach.organisation(actor, organisation)
    wrong = ledger.check_day(held_on, at)
    if wrong:
        raise Invalid({"held_on": wrong})
    known = kinds(organisation_id=owner.id, on=held_on)
    if kind not in known:
        text = N_("The rule sheet in force on %(day)s has no such kind of meeting; it has: %(kinds)s")
        none = N_("No rule sheet is in force here on %(day)s")
        raise Invalid({"kind": Message(text if known else none, day=held_on, kinds="、".join(known))})
    key = (owner.id, kind, held_on, title.strip())
    return db.session.get_one(Meeting, _open(actor, at, [key])[key])


def kinds(*, organisation_id: int, on: date) -> list[str]:
    """The kinds of meeting that the rule sheet in force here on this day knows."""
    sheet = schemes.sheets([organisation_id], on).get(organisation_id)
    return list(sheet.document.get("activities", {})) if sheet else []


def meeting(*, actor: Actor, meeting_id: int) -> tuple[Meeting, Organisation]:
    """A meeting and whose it is. Raises NotFound when there is none within reach."""
    row = db.session.execute(
        select(Meeting, Organisation)
        .join(Organisation, Organisation.id == Meeting.organisation_id)
        .where(Meeting.id == meeting_id, Meeting.organisation_id.in_(reach.organisation_ids(actor)))
    ).first()
    if row is None:
        raise NotFound()
    return row[0], row[1]


def mark(*, actor: Actor, at: datetime, meeting_id: int, marks: Mapping[str, str | None]) -> Marked:
    """Mark these members (by number) present, late, leave, absent, or None to take the mark back.

    The points follow at once. All or none. Raises NotFound for the meeting or a member out of
    reach, Invalid under ``marks.<number>``.
    """
    held, _ = meeting(actor=actor, meeting_id=meeting_id)
    if not marks:
        return Marked()
    found = places(actor, list(marks), held.held_on)
    _check(marks, found)
    rows = [
        marking.Mark(
            meeting_id=held.id,
            kind=held.kind,
            held_on=held.held_on,
            member_id=found[number].member_id,
            branch_id=found[number].branch_id or 0,
            scheme_id=found[number].scheme_id,
            digest=found[number].digest,
            mark=value,
        )
        for number, value in marks.items()
    ]
    return marking.put(actor=actor, at=at, marks=rows)


def add_attendance(*, actor: Actor, at: datetime, rows: Iterable[AttendanceRow]) -> Marked:
    """The marks of a whole workbook, set-based: meetings are opened, marks written, entries added.

    The rows have been checked by the caller. The same workbook again changes nothing; another mark
    for the same member and meeting replaces the one before. ``take_back`` with the answer's
    ``changed`` undoes it.
    """
    wanted = list(rows)
    keys = {(row.organisation_id, row.kind, row.held_on, row.title) for row in wanted}
    ids = _open(actor, at, sorted(keys))
    marks = [
        marking.Mark(
            meeting_id=ids[row.organisation_id, row.kind, row.held_on, row.title],
            kind=row.kind,
            held_on=row.held_on,
            member_id=row.member_id,
            branch_id=row.branch_id,
            scheme_id=row.sheet.scheme_id if row.sheet else None,
            digest=row.sheet.digest if row.sheet else None,
            mark=row.mark,
        )
        for row in wanted
    ]
    return marking.put(actor=actor, at=at, marks=marks)


# ---- inside

_Key = tuple[int, str, date, str]


def _open(actor: Actor, at: datetime, keys: Sequence[_Key]) -> dict[_Key, int]:
    """The ids of these meetings; those that are not there are added."""
    if not keys:
        return {}
    dialect: Any = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    values = [
        {
            "organisation_id": organisation_id,
            "kind": kind,
            "held_on": held_on,
            "title": title,
            "created_at": at,
            "created_by_id": actor.sign_in_id,
        }
        for organisation_id, kind, held_on, title in keys
    ]
    db.session.execute(dialect.insert(Meeting.__table__).on_conflict_do_nothing(), values)
    # By organisation and day, which are few; kind and title are compared here.
    rows = db.session.execute(
        select(Meeting.id, Meeting.organisation_id, Meeting.kind, Meeting.held_on, Meeting.title).where(
            Meeting.organisation_id.in_({key[0] for key in keys}), Meeting.held_on.in_({key[2] for key in keys})
        )
    )
    return {(row.organisation_id, row.kind, row.held_on, row.title): row.id for row in rows}


def _check(marks: Mapping[str, str | None], found: Mapping[str, Place]) -> None:
    strangers = [number for number in marks if number not in found]
    if strangers:
        raise NotFound(Message(N_("There is no member %(number)s within your reach"), number=", ".join(strangers[:5])))
    wrong: dict[str, Message] = {}
    for number, value in marks.items():
        if value is not None and value not in MARKS:
            wrong[f"marks.{number}"] = Message(N_("One of %(values)s"), values=", ".join(MARKS))
        elif found[number].branch_id is None:
            text = N_("On this day %(member)s belonged to no organisation within your reach")
            wrong[f"marks.{number}"] = Message(text, member=number)
    if wrong:
        raise Invalid(wrong)
