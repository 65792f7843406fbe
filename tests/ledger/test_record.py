"""Recording, one and several: what it writes and what it refuses."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from pointsvc.db import db, transaction
from pointsvc.errors import Conflict, Forbidden, Invalid, NotFound
from pointsvc.ledger import service as ledger
from pointsvc.ledger.models import Entry
from pointsvc.people import service as people
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.conftest import FrozenClock
from tests.counting import counted
from tests.schemes.sheets import published, ruled_district, sheet

DAY = date(2026, 7, 5)


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    ruled_district()


@pytest.fixture
def at(frozen_clock: FrozenClock) -> datetime:
    return frozen_clock()


def record(at: datetime, who: str = "secretary", **values: Any) -> ledger.EntryView:
    given = {"member": "M001", "rule": "meeting", "occurred_on": DAY, **values}
    with transaction():
        return ledger.record(actor=factories.actor(who), at=at, **given)


def refused(at: datetime, **values: Any) -> list[str]:
    before = db.session.scalar(select(func.count(Entry.id)))
    with pytest.raises(Invalid) as problem:
        record(at, **values)
    assert db.session.scalar(select(func.count(Entry.id))) == before
    return list(problem.value.errors)


def test_an_entry_keeps_all_that_is_known_of_it(at: datetime) -> None:
    made = record(at, rule="volunteer", quantity=Decimal("2.5"), matter="清河", note="河边")
    row = db.session.get_one(Entry, made.id)
    assert (row.points, row.quantity, row.matter, row.note) == (Decimal("3.00"), Decimal("2.50"), "清河", "河边")
    assert (row.occurred_on, row.recorded_at, row.source) == (DAY, at, "single")
    assert row.branch_id == factories.organisation_id("QS0101")
    assert row.recorded_by_id == factories.actor("secretary").sign_in_id
    assert made == ledger.entry(actor=factories.actor("secretary"), entry_id=made.id)
    assert made.status == "recorded"
    assert made.rule_name == "志愿服务"


def test_the_branch_is_that_of_the_day(at: datetime) -> None:
    with transaction():
        people.transfer(actor=SYSTEM, at=at, number="M001", to="QS0102", on=date(2026, 7, 1))
    before = record(at, occurred_on=date(2026, 6, 30))
    after = record(at, who="neighbour")
    assert db.session.get_one(Entry, before.id).branch_id == factories.organisation_id("QS0101")
    assert db.session.get_one(Entry, after.id).branch_id == factories.organisation_id("QS0102")
    assert refused(at) == ["occurred_on"]
    assert refused(at, occurred_on=date(2026, 7, 1)) == ["occurred_on"]
    assert refused(at, who="neighbour", occurred_on=date(2026, 6, 30)) == ["occurred_on"]


def test_the_rule_is_that_of_the_day(at: datetime) -> None:
    changed = sheet()
    changed["rules"][0]["points"] = "5"
    published(starts_on=date(2026, 8, 1), document=changed)
    assert record(at).points == Decimal("1.00")
    assert record(at, occurred_on=date(2026, 8, 1)).points == Decimal("5.00")


def test_a_publication_counts_for_the_very_next_entry(at: datetime) -> None:
    assert record(at).points == Decimal("1.00")
    changed = sheet()
    changed["rules"][0]["points"] = "4"
    published(document=changed)
    assert record(at).points == Decimal("4.00")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"rule": "no such"}, "rule"),
        ({"occurred_on": date(2025, 12, 31)}, "rule"),
        ({"occurred_on": date(2026, 8, 16)}, "occurred_on"),
        ({"occurred_on": date(1999, 12, 31)}, "occurred_on"),
        ({"occurred_on": date(1900, 1, 1)}, "occurred_on"),
        ({"points": Decimal(1)}, "points"),
        ({"tier": "city"}, "tier"),
        ({"quantity": Decimal(0)}, "quantity"),
        ({"quantity": Decimal(-1)}, "quantity"),
        ({"quantity": Decimal("0.5")}, "quantity"),
        ({"rule": "award"}, "tier"),
        ({"rule": "award", "tier": "moon"}, "tier"),
        ({"rule": "advice"}, "points"),
        ({"rule": "advice", "points": Decimal("3.51")}, "points"),
        ({"rule": "crime", "quantity": Decimal(2)}, "quantity"),
    ],
)
def test_what_is_not_right_is_refused_by_field(at: datetime, values: dict[str, Any], field: str) -> None:
    assert refused(at, **values) == [field]


def test_today_can_be_recorded_by_the_clock_of_the_office(at: datetime, frozen_clock: FrozenClock) -> None:
    # 01:00 in Shanghai is still the day before in UTC.
    frozen_clock.set(datetime.fromisoformat("2026-08-16T01:00:00+08:00"))
    assert record(frozen_clock(), occurred_on=date(2026, 8, 16)).occurred_on == date(2026, 8, 16)


@pytest.mark.parametrize("member", ["M004", "M005", "M999"])
def test_a_stranger_and_nobody_are_alike(at: datetime, member: str) -> None:
    with pytest.raises(NotFound) as problem:
        record(at, member=member)
    assert str(problem.value).replace(member, "X") == "There is no member X within your reach"


def test_a_batch_is_recorded_in_its_order(at: datetime) -> None:
    with transaction():
        made = ledger.record_batch(
            actor=factories.actor("street"), at=at, members=["M004", "M002", "M001"], rule="meeting", occurred_on=DAY
        )
    assert [item.member for item in made] == ["M004", "M002", "M001"]
    assert [item.id for item in made] == sorted(item.id for item in made)
    rows = db.session.scalars(select(Entry).order_by(Entry.id)).all()
    assert {row.source for row in rows} == {"batch"}
    branches = [factories.organisation_id(code) for code in ("QS0102", "QS0101", "QS0101")]
    assert [row.branch_id for row in rows] == branches


@pytest.mark.parametrize("members", [["M001", "M005"], ["M001", "M999"], []])
def test_a_batch_is_all_or_none(at: datetime, members: list[str]) -> None:
    with pytest.raises((NotFound, Invalid)), transaction():
        ledger.record_batch(actor=factories.actor("secretary"), at=at, members=members, rule="meeting", occurred_on=DAY)
    assert db.session.scalar(select(func.count(Entry.id))) == 0


def test_nobody_stands_twice_in_a_batch(at: datetime) -> None:
    with pytest.raises(Invalid) as problem:
        ledger.record_batch(
            actor=factories.actor("secretary"), at=at, members=["M001", "M002", "M001"], rule="meeting", occurred_on=DAY
        )
    assert list(problem.value.errors) == ["members.2"]


def test_a_form_sent_twice_records_once(at: datetime) -> None:
    given: dict[str, Any] = {"members": ["M001", "M002"], "rule": "meeting", "occurred_on": DAY, "once": "7:abc"}
    for expected in (2, 0):
        with transaction():
            made = ledger.record_batch(actor=factories.actor("secretary"), at=at, **given)
        assert len(made) == expected
    assert db.session.scalar(select(func.count(Entry.id))) == 2


def test_a_reversal_is_the_opposite_of_its_entry(at: datetime, frozen_clock: FrozenClock) -> None:
    made = record(at, rule="award", tier="city", matter="救人")
    frozen_clock.advance(days=1)
    with transaction():
        back = ledger.reverse(actor=factories.actor("street"), at=frozen_clock(), entry_id=made.id, reason="登记有误")
    first, second = db.session.get_one(Entry, made.id), db.session.get_one(Entry, back.id)
    same = ("member_id", "branch_id", "rule_id", "scheme_id", "quantity", "tier", "matter", "occurred_on")
    assert [getattr(first, name) for name in same] == [getattr(second, name) for name in same]
    assert (second.points, second.note, second.source) == (-first.points, "登记有误", "reversal")
    assert second.recorded_at == frozen_clock()
    assert (back.status, back.reverses) == ("reversal", made.id)
    found = ledger.entries(actor=factories.actor("secretary"), member="M001")
    assert [(item.id, item.status) for item in found] == [(back.id, "reversal"), (made.id, "reversed")]
    assert found[0] == back
    assert found[1].reversed_by == back.id


def test_an_entry_is_reversed_once_and_a_reversal_never(at: datetime) -> None:
    made = record(at)
    secretary = factories.actor("secretary")
    with transaction():
        back = ledger.reverse(actor=secretary, at=at, entry_id=made.id, reason="误")
    for entry_id, code in ((made.id, "already_reversed"), (back.id, "is_reversal")):
        with pytest.raises(Conflict) as problem, transaction():
            ledger.reverse(actor=secretary, at=at, entry_id=entry_id, reason="误")
        assert problem.value.code == code


def test_the_new_branch_reads_old_entries_but_does_not_reverse_them(at: datetime) -> None:
    made = record(at, occurred_on=date(2026, 6, 1))
    with transaction():
        people.transfer(actor=SYSTEM, at=at, number="M001", to="QS0102", on=date(2026, 7, 1))
    neighbour = factories.actor("neighbour")
    assert ledger.entry(actor=neighbour, entry_id=made.id).id == made.id
    with pytest.raises(Forbidden):
        ledger.reverse(actor=neighbour, at=at, entry_id=made.id, reason="误")
    with transaction():
        ledger.reverse(actor=factories.actor("secretary"), at=at, entry_id=made.id, reason="误")


def test_the_same_thing_is_one_entry_for_ever(at: datetime) -> None:
    scheme = published()
    rows = [
        ledger.NewEntry(
            member_id=factories.member_id("M001"),
            branch_id=factories.organisation_id("QS0101"),
            rule_code="meeting",
            scheme_id=scheme.id,
            points=Decimal(n),
            occurred_on=DAY,
            natural_key=key,
        )
        for n, key in enumerate(("row:1", "row:2", None, None), start=1)
    ]
    with transaction():
        made = ledger.add(actor=SYSTEM, at=at, rows=rows, source="import", source_id=5)
    assert {item.natural_key for item in made} == {"row:1", "row:2", None}
    points = db.session.scalars(select(Entry.points).where(Entry.source_id == 5).order_by(Entry.id)).all()
    assert points == [Decimal(n) for n in (1, 2, 3, 4)]
    with transaction():
        assert ledger.add(actor=SYSTEM, at=at, rows=rows[:2], source="import", source_id=6) == []
        ledger.reverse_many(actor=SYSTEM, at=at, entry_ids=[item.id for item in made], reason="撤回")
    with transaction():
        assert ledger.add(actor=SYSTEM, at=at, rows=rows[:2], source="import", source_id=6) == []
        assert ledger.reverse_many(actor=SYSTEM, at=at, entry_ids=[item.id for item in made], reason="撤回") == []


def test_many_are_reversed_by_a_query(at: datetime) -> None:
    with transaction():
        ledger.record_batch(
            actor=factories.actor("secretary"), at=at, members=["M001", "M002"], rule="meeting", occurred_on=DAY
        )
        back = ledger.reverse_many(
            actor=SYSTEM, at=at, entry_ids=select(Entry.id).where(Entry.source == "batch"), reason="撤回"
        )
    assert len(back) == 2
    assert db.session.scalar(select(func.sum(Entry.points))) == 0


def test_fifty_take_as_many_statements_as_one(at: datetime) -> None:
    with transaction():
        rows = [people.NewMember(f"B{n:02}", "程不易", "QS0101") for n in range(50)]
        people.add_members(actor=SYSTEM, at=at, rows=rows)
    record(at)
    secretary = factories.actor("secretary")
    taken = []
    for members in (["M001"], [row.number for row in rows]):
        with counted() as statements, transaction():
            ledger.record_batch(actor=secretary, at=at, members=members, rule="meeting", occurred_on=DAY)
        taken.append(len(statements))
    assert taken[0] == taken[1] <= 8
