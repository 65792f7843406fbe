"""Scores through a merge: the union while it stands, and each one's own after it was undone."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.ledger import merging
from pointsvc.ledger import service as ledger
from pointsvc.permissions import SYSTEM
from pointsvc.tallies import checking
from pointsvc.tallies import service as tallies
from pointsvc.tallies.listing import Asked
from pointsvc.tallies.models import Standing
from pointsvc.tallies.standing import standing_of
from tests import factories
from tests.conftest import FrozenClock
from tests.tallies import oracle, sheets, work

NUMBERS = count()
FIGURES = ("raw", "base", "carried", "total", "grade", "veto", "rules", "groups")
OPTIONS: dict[str, dict[str, Any]] = {
    "class": {},
    "note": {},
    "talk": {},
    "award": {"tier": "city"},
    "hours": {"quantity": Decimal("1.5")},
    "duty": {"points": Decimal("-3.5")},
    "crime": {},
}
DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["M001", "M004"]),
        st.sampled_from([*OPTIONS, "class", "award", "award"]),
        st.integers(0, 220),
        st.sampled_from([None, "防汛", "创建"]),
        st.booleans(),
    ),
    max_size=14,
)


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    sheets.ruled_district()


def merge(keep: str = "M001", duplicate: str = "M004") -> int:
    with transaction():
        return merging.merge(actor=SYSTEM, at=clock.now(), keep=keep, duplicate=duplicate, reason="重复").id


def undo(merge_id: int) -> None:
    with transaction():
        merging.undo(actor=SYSTEM, at=clock.now(), merge_id=merge_id)


def figures(number: str) -> dict[str, Any] | None:
    """The kept standing of this very record."""
    db.session.expire_all()
    found = standing_of(factories.member_id(number))
    return None if found is None else {name: getattr(found, name) for name in FIGURES}


def record(deeds: list[Any]) -> None:
    for member, rule, days, matter, back in deeds:
        day = date.fromordinal(date(2026, 1, 1).toordinal() + days)
        shared = {"matter": matter} if rule == "award" else {}
        made = sheets.record(member, rule, day.isoformat(), **OPTIONS[rule], **shared)
        if back:
            sheets.reverse(made)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=DEEDS)
def test_merged_the_union_counts_and_parted_each_ones_own(deeds: list[Any]) -> None:
    # Rolling an example back would undo the test's own commits; two people nobody knows yet are as good.
    one, other = (f"{letter}{next(NUMBERS)}" for letter in "KD")
    for number, place in ((one, "QS0101"), (other, "QS0102")):
        factories.member(number, place)
    record([({"M001": one, "M004": other}[member], *rest) for member, *rest in deeds])
    before = figures(one), figures(other)
    # What is moved is recorded anew, behind all that was there.
    moved = [{**entry, "id": entry["id"] + 10**6, **_moved(entry)} for entry in work.entries_of(other)]
    expected = oracle.reckon(
        sheets.SHEET,
        "regular",
        work.entries_of(one) + moved,
        starts_on=date(2026, 1, 1),
        through_on=date(2026, 12, 31),
    )
    found = merge(one, other)
    after = tallies.score(actor=SYSTEM, at=clock.now(), member=one)
    assert {name: getattr(after, name) for name in FIGURES} == {name: expected[name] for name in FIGURES}
    standing = figures(one)
    assert standing is not None
    assert (standing["total"], standing["grade"]) == (expected["total"], expected["grade"])
    assert figures(other) is None
    undo(found)
    assert (figures(one), figures(other)) == before


def _moved(entry: dict[str, Any]) -> dict[str, Any]:
    return {"reverses": entry["reverses"] + 10**6} if entry["reverses"] is not None else {}


def test_both_totals_are_settled_in_the_same_transaction() -> None:
    sheets.record("M004", "talk", "2026-07-02")
    with transaction():
        merging.merge(actor=SYSTEM, at=clock.now(), keep="M001", duplicate="M004", reason="重复")
    rows = db.session.execute(select(Standing.member_id, Standing.total)).all()
    totals = {row.member_id: row.total for row in rows}
    assert totals[factories.member_id("M001")] == Decimal("68.00")
    assert factories.member_id("M004") not in totals
    assert list(checking.faults(at=clock.now(), pause=db.session.rollback)) == []


def test_in_a_tally_one_person_is_one_also_of_a_period_before_the_merge() -> None:
    sheets.record("M004", "talk", "2026-05-02")
    before = work.tally("QS01", "2026-Q2")
    assert (before.members, before.unreckoned) == (4, 0)
    found = merge()
    after = work.tally("QS01", "2026-Q2")
    assert (after.version, after.members, after.unreckoned) == (2, 3, 0)
    rows = {row.number: row.total for row in tallies.results(tally=after, asked=Asked(limit=200))}
    assert rows == {"M001": Decimal("68.00"), "M002": Decimal("60.00"), "M003": None}
    undo(found)
    assert work.tally("QS01", "2026-Q2").members == 4


def test_what_was_tallied_before_holds_as_it_was(frozen_clock: FrozenClock) -> None:
    sheets.record("M004", "talk", "2026-05-02")
    work.tally("QS", "2026-Q2")
    frozen_clock.advance(minutes=1)
    merge()
    frozen_clock.advance(minutes=1)
    # Each result is reckoned again as it was known at its cutoff, and nothing differs.
    assert list(checking.faults(at=clock.now(), pause=db.session.rollback)) == []


def test_the_score_is_explained_entry_by_entry() -> None:
    sheets.record("M001", "talk", "2026-05-02")
    sheets.record("M004", "talk", "2026-05-02")
    merge()
    found = tallies.score(actor=SYSTEM, at=clock.now(), member="M004")
    assert [(line.points, line.counted) for line in found.lines] == [
        (Decimal("8.00"), Decimal("8.00")),
        (Decimal("8.00"), Decimal("4.00")),
    ]
    sources = {view.source for view in ledger.entries(actor=SYSTEM, member="M001")}
    assert sources == {"single", "merge"}
