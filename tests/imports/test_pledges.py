"""The office's ledger of pledges: what is understood, what is refused and where, the same file again, the way back."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.errors import Forbidden
from pointsvc.imports import pledges as pledge_rows
from pointsvc.imports import service as imports
from pointsvc.people.models import Member
from pointsvc.permissions import SYSTEM
from pointsvc.pledges.models import Pledge
from tests import factories
from tests.conftest import FrozenClock
from tests.exports.ledgers import FORMS, exported
from tests.imports.test_service import carry_out, reasons, sheet, take_in
from tests.pledges.work import act, at_status, district, log, made, row

HEADER = [
    "序号",
    "承诺人",
    "所在党支部",
    "承诺事项",
    "承诺类型",
    "可核查指标",
    "基数",
    "目标",
    "完成时限",
    "受益对象",
    "见证人",
]
TITLE = ["松岭街道2026年党员公开承诺台账"]
ROWS = [
    [1, "欧阳凯敏", "松岭街道第一党支部", "每月上门看望独居老人两次", "实事承诺", "上门次数", "去年6次", "24次",
     "2026年9月30日", "独居老人", "网格员"],
    [2, "曾晓岚", "松岭街道第一党支部", "窗口服务零差评", "岗位承诺", "", "", "", "2026年11月", "", ""],
    [3, "松岭街道第一党支部", "松岭街道第一党支部", "建成一处便民驿站", "", "", "", "", "年底前", "", ""],
]  # fmt: skip


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    district()


def ledger(*rows: list[Any]) -> bytes:
    return sheet(TITLE, HEADER, *rows)


def kept() -> list[tuple[Any, ...]]:
    """The pledges that are there and not withdrawn: whose, kind, until when, status."""
    found = db.session.execute(
        select(Member.number, Pledge.kind, Pledge.due_on, Pledge.status)
        .outerjoin(Member, Member.id == Pledge.member_id)
        .select_from(Pledge)
        .where(Pledge.status != "withdrawn")
        .order_by(Pledge.id)
    )
    return [tuple(one) for one in found]


EXPECTED = [
    ("M001", "practical", date(2026, 9, 30), "submitted"),
    ("M002", "post", date(2026, 11, 30), "submitted"),
    (None, "practical", date(2026, 12, 31), "submitted"),
]


def test_a_ledger_comes_in_and_waits_for_the_meeting() -> None:
    done = take_in("pledges", ledger(*ROWS), filename="台账.xlsx")
    assert (done.status, done.rows, done.accepted, done.rejected, done.unchanged) == ("done", 3, 3, 0, 0)
    assert kept() == EXPECTED
    first = db.session.scalars(select(Pledge).order_by(Pledge.id)).first()
    assert first is not None
    assert (first.baseline, first.target, first.witness, first.import_id) == ("去年6次", "24次", "网格员", done.id)
    assert log(first.id) == [("make", None, "submitted")]


def test_the_same_ledger_again_changes_nothing_and_one_line_twice_is_one() -> None:
    take_in("pledges", ledger(*ROWS), filename="台账.xlsx")
    again = take_in("pledges", ledger(*ROWS, ROWS[0]), filename="台账.xlsx")
    assert (again.accepted, again.unchanged) == (4, 4)
    assert kept() == EXPECTED


def test_a_look_through_writes_nothing() -> None:
    looked = take_in("pledges", ledger(*ROWS), filename="台账.xlsx", dry_run=True)
    assert (looked.status, looked.accepted) == ("checked", 3)
    assert kept() == []


def test_faults_are_named_by_row_and_column() -> None:
    branch = "松岭街道第一党支部"
    done = take_in(
        "pledges",
        ledger(
            [1, "王不在", branch, "修路", "", "", "", "", "", "", ""],
            [2, "欧阳凯敏", branch, "", "", "上门次数", "", "", "", "", ""],
            [3, "欧阳凯敏", branch, "看望老人", "", "", "", "", "", "", "王阿姨13800001234"],
            [4, "欧阳凯敏", branch, "看望老人", "", "", "", "", "二月三十", "", ""],
            [5, "欧阳凯敏", branch, "好" * 501, "", "", "", "", "", "", ""],
            [6, "欧阳凯敏", branch, "修好路灯", "", "", "", "", "", "", ""],
        ),
        filename="台账.xlsx",
    )
    assert (done.rows, done.accepted, done.rejected) == (6, 1, 5)
    assert [(number, column) for number, column, _ in reasons(done)] == [
        (4, "承诺事项"),
        (6, "完成时限"),
        (7, "承诺事项"),
        (3, "承诺人"),
        (5, "见证人"),
    ]


def test_an_import_is_taken_back_as_far_as_nobody_has_decided() -> None:
    done = take_in("pledges", ledger(*ROWS), filename="台账.xlsx")
    first = db.session.scalars(select(Pledge.id).order_by(Pledge.id)).first()
    assert first is not None
    act("approve", "secretary", first)
    for _ in range(2):
        with transaction():
            imports.undo(actor=SYSTEM, at=clock.now(), import_id=done.id, reason="传错了文件")
    assert kept() == [("M001", "practical", date(2026, 9, 30), "approved")]
    again = take_in("pledges", ledger(*ROWS), filename="台账.xlsx")
    assert (again.accepted, again.unchanged) == (3, 1)
    assert len(kept()) == 3


def test_who_may_bring_one_in() -> None:
    with pytest.raises(Forbidden):
        take_in("pledges", ledger(*ROWS), actor=factories.actor("member"))
    done = take_in("pledges", ledger(*ROWS), actor=factories.actor("neighbour"), filename="台账.xlsx")
    assert (done.accepted, done.rejected) == (0, 3)


@pytest.mark.parametrize("form", FORMS)
def test_what_goes_out_comes_back_unchanged(form: str) -> None:
    ids = [at_status("published"), at_status("fulfilled"), made("secretary", organisation="QS0101"), made("leader")]
    at_status("withdrawn")
    content = exported("pledges", form)
    again = take_in("pledges", content, filename="承诺.xlsx" if form == "xlsx" else "承诺.csv")
    assert (again.rows, again.accepted, again.unchanged, again.rejected) == (4, 4, 4, 0), reasons(again)
    assert sorted(db.session.scalars(select(Pledge.id).where(Pledge.status != "withdrawn"))) == sorted(ids)


def test_what_went_out_comes_in_elsewhere_word_by_word() -> None:
    number = made()
    said = {name: getattr(row(number), name) for name in ("kind", "horizon", "text", "baseline", "target", "due_on")}
    content = exported("pledges")
    act("withdraw", "member", number)
    take_in("pledges", content, filename="承诺.xlsx")
    new = db.session.scalars(select(Pledge).where(Pledge.status == "submitted")).one()
    assert {name: getattr(new, name) for name in said} == said


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("", date(2026, 12, 31)),
        (None, date(2026, 12, 31)),
        ("全年", date(2026, 12, 31)),
        ("2027年底", date(2027, 12, 31)),
        ("年底前", date(2026, 12, 31)),
        ("9月", date(2026, 9, 30)),
        ("2027年2月底前", date(2027, 2, 28)),
        ("2026.9.15", date(2026, 9, 15)),
        (date(2026, 5, 1), date(2026, 5, 1)),
    ],
)
def test_a_due_day_is_the_last_of_what_is_named(cell: object, day: date) -> None:
    assert pledge_rows._due(cell, year=2026) == day


def test_programs_send_one_in_and_take_it_back(client: FlaskClient) -> None:
    headers = factories.bearer("secretary")
    file = (BytesIO(ledger(*ROWS, [4, "王不在", "", "修路", "", "", "", "", "", "", ""])), "台账.xlsx")
    made = client.post("/api/v1/imports", data={"kind": "pledges", "file": file}, headers=headers)
    assert made.status_code == 202
    carry_out(int(made.json["id"]))
    shown = client.get(f"/api/v1/imports/{made.json['id']}", headers=headers).json
    assert (shown["status"], shown["rows"], shown["accepted"], shown["rejected"]) == ("done", 4, 3, 1)
    assert [(one["row"], one["column"]) for one in shown["errors"]] == [(6, "承诺人")]
    undone = client.post(f"/api/v1/imports/{made.json['id']}/undo", json={"reason": "传错了"}, headers=headers)
    assert (undone.status_code, undone.json["status"]) == (200, "undone")
    assert kept() == []


def test_the_ledger_is_a_table_to_take_away(client: FlaskClient) -> None:
    made()
    answer = client.get("/api/v1/exports/pledges?format=csv", headers=factories.bearer("secretary"))
    assert answer.status_code == 200
    assert "每月上门看望独居老人两次" in answer.data.decode("utf-8-sig")
    assert client.get("/api/v1/exports/pledges", headers=factories.bearer("member")).status_code == 403
    elsewhere = client.get("/api/v1/exports/pledges?organisation=QS0101", headers=factories.bearer("neighbour"))
    assert elsewhere.status_code == 404
