"""The roll of a meeting and the list of meetings, as they are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from pointsvc.activities.models import Attendance, Meeting
from pointsvc.db import db
from pointsvc.errors import NotFound
from pointsvc.people import merged, reach
from pointsvc.people.models import (
    Member,
    MemberCategory,
    MemberMerge,
    Membership,
    Organisation,
    OrganisationReach,
)
from pointsvc.permissions import Actor

# A roll is read by people; of a meeting of more the first so many are shown.
LONGEST_ROLL = 2000


@dataclass(frozen=True, slots=True)
class Seat:
    """One line of the roll."""

    number: str
    name: str
    initials: str
    category: str
    mark: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many stand how. ``present`` counts those who came late too."""

    expected: int = 0
    present: int = 0
    late: int = 0
    leave: int = 0
    absent: int = 0
    unmarked: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """A meeting with its counts; ``organisation`` is a code."""

    id: int
    organisation: str
    organisation_name: str
    kind: str
    held_on: date
    title: str
    counts: Counts = field(default_factory=Counts)


@dataclass(frozen=True, slots=True)
class Board:
    """All that the meeting screen shows."""

    meeting: Summary
    organisation_id: int
    roll: list[Seat]
    saved_at: datetime | None


def count(marks: Iterable[str | None], expected: int) -> Counts:
    """The counts of these marks among so many who were expected."""
    return _counts(Counter(mark for mark in marks if mark), expected)


def board(*, actor: Actor, meeting_id: int) -> Board:
    """The meeting with its roll: who belonged to the organisation or below on that day, and guests
    who were marked. Raises NotFound.
    """
    held = db.session.execute(
        _heads().add_columns(Meeting.organisation_id).where(Meeting.id == meeting_id, _reached(actor))
    ).first()
    if held is None:
        raise NotFound()
    head, organisation_id = tuple(held)[:-1], held.organisation_id
    rows = db.session.execute(_roll(meeting_id, organisation_id, held.held_on)).all()
    roll = [Seat(row.number, row.name, row.initials, row.category or "", row.mark) for row in rows]
    saved_at = max((row.marked_at for row in rows if row.marked_at), default=None)
    summary = replace(Summary(*head), counts=count((seat.mark for seat in roll), len(roll)))
    return Board(summary, organisation_id, roll, saved_at)


def meetings(
    *,
    actor: Actor,
    organisation: str | None = None,
    kind: str | None = None,
    since: date | None = None,
    until: date | None = None,
    limit: int = 50,
    after: Sequence[Any] | None = None,
) -> list[Summary]:
    """The meetings of this node and below, the latest day first.

    ``after`` is the last one's (held_on, id). Raises NotFound for an organisation out of reach.
    """
    query = _heads().where(_reached(actor)).order_by(Meeting.held_on.desc(), Meeting.id.desc()).limit(limit)
    if organisation:
        node = reach.organisation(actor, organisation).id
        query = query.where(Meeting.organisation_id.in_(reach.ids_below(node)))
    if kind:
        query = query.where(Meeting.kind == kind)
    if since:
        query = query.where(Meeting.held_on >= since)
    if until:
        query = query.where(Meeting.held_on <= until)
    if after:
        day, last = after
        query = query.where(or_(Meeting.held_on < day, and_(Meeting.held_on == day, Meeting.id < last)))
    found = [Summary(*row) for row in db.session.execute(query)]
    marks, expected = _marks([item.id for item in found]), _expected([item.id for item in found])
    return [replace(item, counts=_counts(marks.get(item.id, Counter()), expected.get(item.id, 0))) for item in found]


# ---- inside


def _counts(marks: Counter[str], expected: int) -> Counts:
    came = marks["present"] + marks["late"]
    unmarked = max(0, expected - sum(marks.values()))
    return Counts(expected, came, marks["late"], marks["leave"], marks["absent"], unmarked)


def _heads() -> Any:
    return select(
        Meeting.id,
        Organisation.code,
        Organisation.name,
        Meeting.kind,
        Meeting.held_on,
        Meeting.title,
    ).join(Organisation, Organisation.id == Meeting.organisation_id)


def _reached(actor: Actor) -> ColumnElement[bool]:
    return Meeting.organisation_id.in_(reach.organisation_ids(actor))


def _roll(meeting_id: int, organisation_id: int, day: date) -> Any:
    here = (
        select(merged.kept(Membership.member_id))
        .join(OrganisationReach, OrganisationReach.below_id == Membership.organisation_id)
        .where(OrganisationReach.above_id == organisation_id, reach.on_day(Membership, day))
    )
    marked = select(merged.kept(Attendance.member_id)).where(
        Attendance.meeting_id == meeting_id, Attendance.mark.is_not(None)
    )
    return (
        select(
            Member.number,
            Member.name,
            Member.initials,
            MemberCategory.category,
            func.coalesce(Attendance.mark, _duplicates_mark(meeting_id)).label("mark"),
            Attendance.marked_at,
        )
        .outerjoin(Attendance, and_(Attendance.member_id == Member.id, Attendance.meeting_id == meeting_id))
        .outerjoin(MemberCategory, and_(MemberCategory.member_id == Member.id, reach.on_day(MemberCategory, day)))
        .where(Member.id.in_(here.union(marked)))
        .order_by(Member.number)
        .limit(LONGEST_ROLL)
    )


def _duplicates_mark(meeting_id: int) -> Any:
    """How a record that was merged into the member's stood at the meeting."""
    other = aliased(Attendance)
    return (
        select(other.mark)
        .join(MemberMerge, MemberMerge.duplicate_id == other.member_id)
        .where(MemberMerge.kept_id == Member.id, MemberMerge.undone_at.is_(None))
        .where(other.meeting_id == meeting_id, other.mark.is_not(None))
        .limit(1)
        .correlate(Member)
        .scalar_subquery()
    )


def _marks(ids: Collection[int]) -> dict[int, Counter[str]]:
    found: dict[int, Counter[str]] = {}
    rows: Any = db.session.execute(
        select(Attendance.meeting_id, Attendance.mark, func.count(merged.kept(Attendance.member_id).distinct()))
        .where(Attendance.meeting_id.in_(ids), Attendance.mark.is_not(None))
        .group_by(Attendance.meeting_id, Attendance.mark)
    )
    for meeting_id, mark, number in rows:
        found.setdefault(meeting_id, Counter())[mark] = number
    return found


def _expected(ids: Collection[int]) -> dict[int, int]:
    rows = db.session.execute(
        select(Meeting.id, func.count(merged.kept(Membership.member_id).distinct()))
        .join(OrganisationReach, OrganisationReach.above_id == Meeting.organisation_id)
        .join(Membership, Membership.organisation_id == OrganisationReach.below_id)
        .where(Meeting.id.in_(ids), reach.on_day(Membership, Meeting.held_on))
        .group_by(Meeting.id)
    )
    return {row[0]: row[1] for row in rows}
