"""Marks at meetings, and the entries that follow from them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from pointsvc.activities import service as activities
from pointsvc.activities.models import Attendance, Meeting
from pointsvc.db import db, transaction
from pointsvc.errors import Invalid, NotFound
from pointsvc.ledger import service as ledger
from pointsvc.ledger.models import Entry
from pointsvc.people import service as people
from pointsvc.permissions import SYSTEM
from pointsvc.schemes import service as schemes
from tests import factories
from tests.conftest import FrozenClock
from tests.counting import counted
from tests.schemes.sheets import published, ruled_district, sheet, without

DAY = date(2026, 7, 5)


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    ruled_district()


@pytest.fixture
def at(frozen_clock: FrozenClock) -> datetime:
    return frozen_clock()


def open_(at: datetime, who: str = "secretary", **values: Any) -> Meeting:
    given = {"organisation": "QS0101", "kind": "主题党日", "held_on": DAY, **values}
    with transaction():
        return activities.open_meeting(actor=factories.actor(who), at=at, **given)


def mark(at: datetime, meeting: Meeting, who: str = "secretary", **marks: str | None) -> activities.Marked:
    with transaction():
        return activities.mark(actor=factories.actor(who), at=at, meeting_id=meeting.id, marks=marks)


def standing(number: str) -> list[tuple[str, Decimal]]:
    """The rules and points of the member's entries that count."""
    found = ledger.entries(actor=SYSTEM, member=number)
    return sorted((item.rule, item.points) for item in found if item.status == "recorded")


def test_a_meeting_is_opened_once(at: datetime) -> None:
    first = open_(at)
    assert open_(at, who="street").id == first.id
    assert open_(at, title="第二场").id != first.id
    assert open_(at, kind="三会一课").id != first.id


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "团建"}, "kind"),
        ({"held_on": date(2025, 12, 31)}, "kind"),
        ({"held_on": date(2026, 8, 16)}, "held_on"),
        ({"held_on": date(1999, 1, 1)}, "held_on"),
    ],
)
def test_a_wrong_meeting_is_refused_by_field(at: datetime, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        open_(at, **values)
    assert list(refused.value.errors) == [field]


def test_nobody_opens_a_meeting_for_a_stranger(at: datetime) -> None:
    with pytest.raises(NotFound):
        open_(at, organisation="QS0102")


@pytest.mark.parametrize(
    ("value", "entries"),
    [
        ("present", [("themeday", "2.00")]),
        ("late", [("late", "-0.50"), ("themeday", "2.00")]),
        ("absent", [("absent", "-2.00")]),
        ("leave", []),
        (None, []),
    ],
)
def test_each_mark_gives_what_the_sheet_says(at: datetime, value: str | None, entries: list[tuple[str, str]]) -> None:
    meeting = open_(at)
    done = mark(at, meeting, M001=value)
    assert standing("M001") == [(rule, Decimal(points)) for rule, points in entries]
    assert done.entries == len(entries)
    for row in db.session.scalars(select(Entry)):
        assert (row.source, row.occurred_on) == ("meeting", DAY)
        assert row.natural_key is not None
        assert row.natural_key.startswith(f"meeting:{row.source_id}:1:")


@pytest.mark.parametrize("first", ["present", "late", "leave", "absent", None])
@pytest.mark.parametrize("second", ["present", "late", "leave", "absent", None])
def test_another_mark_takes_the_first_back(at: datetime, first: str | None, second: str | None) -> None:
    meeting = open_(at)
    mark(at, meeting, M002=second)
    expected = standing("M002")
    mark(at, meeting, M001=first)
    mark(at, meeting, M001=second)
    assert standing("M001") == expected
    [seat] = [seat for seat in activities.board(actor=SYSTEM, meeting_id=meeting.id).roll if seat.number == "M001"]
    assert seat.mark == second


def test_there_and_back_any_number_of_times(at: datetime) -> None:
    meeting = open_(at)
    for value in ("present", "late", "present", None, "present", "absent", "late"):
        mark(at, meeting, M001=value)
    assert standing("M001") == [("late", Decimal("-0.50")), ("themeday", Decimal("2.00"))]
    total = db.session.scalar(select(func.sum(Entry.points)))
    assert total == Decimal("1.50")


def test_the_same_mark_again_changes_nothing(at: datetime) -> None:
    meeting = open_(at)
    mark(at, meeting, M001="late", M002="leave")
    again = mark(at, meeting, M001="late", M002="leave")
    assert (again.changed, again.unchanged, again.entries) == ({}, 2, 0)
    assert db.session.scalar(select(func.count(Entry.id))) == 2


def test_marks_are_all_or_none(at: datetime) -> None:
    meeting = open_(at)
    with pytest.raises(Invalid) as refused:
        mark(at, meeting, M001="present", M002="asleep")
    assert list(refused.value.errors) == ["marks.M002"]
    for stranger in ("M005", "M999"):
        with pytest.raises(NotFound):
            mark(at, meeting, **{"M001": "present", stranger: "present"})
    assert db.session.scalar(select(func.count(Entry.id))) == 0
    assert db.session.scalar(select(func.count(Attendance.id))) == 0


def test_a_guest_from_another_branch_keeps_the_own_branch(at: datetime) -> None:
    meeting = open_(at)
    mark(at, meeting, who="street", M004="present")
    [entry] = db.session.scalars(select(Entry))
    assert entry.branch_id == factories.organisation_id("QS0102")
    numbers = [seat.number for seat in activities.board(actor=SYSTEM, meeting_id=meeting.id).roll]
    assert numbers == ["M001", "M002", "M003", "M004"]


def test_the_roll_is_of_those_who_belonged_there_on_the_day(at: datetime) -> None:
    with transaction():
        people.transfer(actor=SYSTEM, at=at, number="M001", to="QS0102", on=date(2026, 7, 10))
    before, after = open_(at), open_(at, held_on=date(2026, 7, 12))
    rolls = [
        [seat.number for seat in activities.board(actor=SYSTEM, meeting_id=row.id).roll] for row in (before, after)
    ]
    assert rolls == [["M001", "M002", "M003"], ["M002", "M003"]]
    with pytest.raises(Invalid) as refused:
        mark(at, after, M001="present")
    assert list(refused.value.errors) == ["marks.M001"]


def test_a_kind_that_gives_nothing_is_still_attended(at: datetime) -> None:
    published(document=without("themeday", "late", "absent"))
    meeting = open_(at)
    assert mark(at, meeting, M001="present").entries == 0
    assert activities.board(actor=SYSTEM, meeting_id=meeting.id).meeting.counts.present == 1


def test_counts_tell_how_all_stand(at: datetime) -> None:
    meeting = open_(at)
    mark(at, meeting, M001="late", M002="leave")
    counts = activities.board(actor=SYSTEM, meeting_id=meeting.id).meeting.counts
    assert (counts.expected, counts.present, counts.late, counts.leave, counts.absent, counts.unmarked) == (
        3,
        1,
        1,
        1,
        0,
        1,
    )
    [listed] = activities.meetings(actor=factories.actor("secretary"))
    assert listed.counts == counts


# ---- a whole workbook


def workbook(**marks: str | None) -> list[activities.AttendanceRow]:
    branch = factories.organisation_id("QS0101")
    held = schemes.sheets([branch], DAY)[branch]
    return [
        activities.AttendanceRow(
            organisation_id=branch,
            kind="主题党日",
            held_on=day,
            member_id=factories.member_id(number),
            branch_id=branch,
            sheet=held,
            mark=value,
        )
        for number, value in marks.items()
        for day in (DAY, date(2026, 8, 5))
    ]


def load(at: datetime, rows: list[activities.AttendanceRow]) -> activities.Marked:
    with transaction():
        return activities.add_attendance(actor=SYSTEM, at=at, rows=rows)


def test_a_workbook_makes_meetings_marks_and_entries(at: datetime) -> None:
    done = load(at, workbook(M001="present", M002="late", M003="leave"))
    assert (len(done.changed), done.unchanged, done.entries) == (6, 0, 6)
    assert db.session.scalar(select(func.count(Meeting.id))) == 2
    assert standing("M002") == [("late", Decimal("-0.50"))] * 2 + [("themeday", Decimal("2.00"))] * 2


def test_the_same_workbook_again_adds_nothing(at: datetime) -> None:
    rows = workbook(M001="present", M002="late")
    load(at, rows)
    again = load(at, rows + rows)
    assert (again.changed, again.unchanged, again.entries) == ({}, 4, 0)
    assert db.session.scalar(select(func.count(Entry.id))) == 6


def test_a_corrected_workbook_replaces_what_differs(at: datetime) -> None:
    load(at, workbook(M001="present", M002="present"))
    done = load(at, workbook(M001="present", M002="absent"))
    assert (len(done.changed), done.unchanged) == (2, 2)
    assert standing("M002") == [("absent", Decimal("-2.00"))] * 2


def test_a_workbook_is_taken_back_but_for_what_was_changed_since(at: datetime) -> None:
    done = load(at, workbook(M001="present", M002="present"))
    meeting = open_(at)
    mark(at, meeting, M001="late")
    with transaction():
        undone = activities.take_back(actor=SYSTEM, at=at, changed=done.changed, reason="撤回")
    assert undone == 3
    assert standing("M001") == [("late", Decimal("-0.50")), ("themeday", Decimal("2.00"))]
    assert standing("M002") == []
    again = load(at, workbook(M002="present"))
    assert again.entries == 2
    assert standing("M002") == [("themeday", Decimal("2.00"))] * 2


def test_a_street_with_a_sheet_of_its_own_gives_its_own_points(at: datetime) -> None:
    own = sheet()
    own["rules"][1]["points"] = "3"
    published("QS01", document=own)
    mark(at, open_(at), M001="present")
    assert standing("M001") == [("themeday", Decimal("3.00"))]


@pytest.mark.parametrize("value", ["late", "absent"])
def test_a_whole_branch_takes_as_many_statements_as_one_member(at: datetime, value: str) -> None:
    with transaction():
        rows = [people.NewMember(f"B{n:02}", "程不易", "QS0101") for n in range(50)]
        people.add_members(actor=SYSTEM, at=at, rows=rows)
    meeting = open_(at)
    mark(at, meeting, M001="present", M002="present", **{f"B{n:02}": "present" for n in range(50)})
    secretary = factories.actor("secretary")
    taken = []
    # The first one also loads what the process then keeps.
    for marks in ({"M002": value}, {"M001": value}, {f"B{n:02}": value for n in range(50)}):
        with counted() as statements, transaction():
            done = activities.mark(actor=secretary, at=at, meeting_id=meeting.id, marks=marks)
        assert len(done.changed) == len(marks)
        taken.append(len(statements))
    assert taken[1] == taken[2] <= 14
