"""Files that name a record which was merged into another: before, after, and after it was undone."""

from __future__ import annotations

from decimal import Decimal

import pytest
from flask import Flask

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.imports import service as imports
from pointsvc.ledger import checking, merging
from pointsvc.people.models import MemberMerge
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.conftest import FrozenClock
from tests.imports.test_service import HEADER, attendance, csv, district, reasons, take_in
from tests.ledger.test_merging import live

__all__ = ["district"]

ROW = ["M004", "单文博", "2026-03-05", "志愿服务", 2, "", "", ""]


@pytest.fixture(autouse=True)
def _clock(district: Flask, frozen_clock: FrozenClock) -> None:
    pass


def merge() -> MemberMerge:
    with transaction():
        return merging.merge(actor=SYSTEM, at=clock.now(), keep="M001", duplicate="M004", reason="重复")


def undo(merge_id: int) -> None:
    with transaction():
        merging.undo(actor=SYSTEM, at=clock.now(), merge_id=merge_id)


def test_rows_that_name_the_duplicate_go_to_the_kept_record() -> None:
    merge()
    rows = csv(HEADER, ROW, ["", "单文博", "2026-03-06", "志愿服务", 1, "", "", ""])
    done = take_in("entries", rows)
    assert (done.accepted, done.entries, reasons(done)) == (2, 2, [])
    assert live("M001") == [("hours", "2.40", "import"), ("hours", "1.20", "import")]
    assert live("M004") == []


def test_the_name_must_be_that_of_the_record_that_is_named() -> None:
    merge()
    done = take_in("entries", csv(HEADER, ["M004", "欧阳凯敏", *ROW[2:]]))
    assert (done.rejected, done.entries) == (1, 0)


def test_of_two_of_one_name_and_one_person_none_is_asked_for_a_number() -> None:
    factories.member("D1", "QS0101", name="单文博")
    with transaction():
        merging.merge(actor=SYSTEM, at=clock.now(), keep="D1", duplicate="M004", reason="重复")
    done = take_in("entries", csv(HEADER, ["", *ROW[1:]], ROW))
    assert (done.entries, reasons(done)) == (2, [])
    assert len(live("D1")) == 2


def test_the_same_file_adds_nothing_after_a_merge_nor_after_it_was_undone() -> None:
    content = csv(HEADER, ROW, ROW)
    assert take_in("entries", content).entries == 2
    for _ in range(2):
        found = merge()
        again = take_in("entries", content)
        assert (again.entries, again.unchanged) == (0, 2)
        undo(found.id)
        again = take_in("entries", content)
        assert (again.entries, again.unchanged) == (0, 2)
    assert len(live("M004")) == 2
    assert live("M001") == []


@pytest.mark.parametrize("parted", [False, True])
def test_an_import_is_taken_back_wherever_its_entries_are_by_now(parted: bool) -> None:
    content = csv(HEADER, ROW)
    done = take_in("entries", content)
    found = merge()
    if parted:
        undo(found.id)
    with transaction():
        imports.undo(actor=SYSTEM, at=clock.now(), import_id=done.id, reason="传错了表")
    assert live("M001") == live("M004") == []
    assert list(checking.faults()) == []
    # And then it may come again, for whoever it is of now.
    assert take_in("entries", content).entries == 1
    assert len(live("M004" if parted else "M001")) == 1


def test_a_sheet_of_marks_is_the_same_sheet_after_a_merge() -> None:
    content = attendance(["M004", "单文博", "√", "请假"])
    assert take_in("attendance", content, filename="签到.xlsx").entries == 1
    merge()
    again = take_in("attendance", content, filename="签到.xlsx")
    assert again.rejected == 0
    assert [points for _, points, _ in live("M001")] == ["1.00"]
    assert live("M004") == []
    with transaction():
        imports.undo(actor=SYSTEM, at=clock.now(), import_id=again.id, reason="传错了表")
    assert sum(Decimal(points) for _, points, _ in live("M001")) == 0


def test_a_roster_that_names_the_duplicate_changes_nothing() -> None:
    factories.member("D1", "QS0102", name="单文博")
    with transaction():
        merging.merge(actor=SYSTEM, at=clock.now(), keep="D1", duplicate="M004", reason="重复")
    roster = csv(["党员编号", "姓名", "所在支部", "类别"], ["M004", "单文博", "QS0102", "正式党员"])
    done = take_in("members", roster)
    assert (done.accepted, done.unchanged, reasons(done)) == (1, 1, [])
