"""The sheets of lists: what goes out comes in again unchanged, here and in an empty service; offices' own come in."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.imports import carrying
from pointsvc.imports import service as imports
from pointsvc.imports.models import Import
from pointsvc.lists import reading, sheet
from pointsvc.lists.models import Item
from pointsvc.spreadsheets import write_xlsx
from tests import factories
from tests.conftest import FrozenClock
from tests.imports.sheets import xlsx
from tests.lists.scene import claim, filed, from_resident, problem, rows, set_id


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    factories.district()


def exported(template: str, tmp_path: Any, by: str = "admin") -> bytes:
    """The set's workbook, as this account downloads it."""
    who = factories.actor(by)
    path = tmp_path / f"{template}.xlsx"
    write_xlsx(str(path), sheet.tables(who, reading.one_set(actor=who, set_id=set_id(template))))
    return path.read_bytes()


def brought_in(content: bytes, by: str = "admin") -> Import:
    """The file taken in, as this account."""
    who = factories.actor(by)
    with transaction():
        made = imports.upload(actor=who, at=clock.now(), kind="lists", filename="清单.xlsx", content=content)
    prepared = carrying.prepare(import_id=made.id, at=clock.now())
    with transaction():
        return carrying.take(prepared=prepared, at=clock.now())


def said(content: bytes) -> list[list[Any]]:
    """The cells of all sheets but what is for reading only."""
    book = openpyxl.load_workbook(BytesIO(content))
    return [[cell.value for cell in row[:-1]] for one in book.worksheets for row in one.iter_rows()]


def fill() -> None:
    """A few items of each list, with everything that an item can say."""
    day = factories.date
    filed(
        tags=("助老", "便民"),
        skills=("理发",),
        text="每月一次\n上门",
        quota=2,
        place="松岭小区",
        due_on=day(2026, 9, 1),
    )
    filed("far", "resources", "普法讲座", starts_on=day(2026, 8, 20), ends_on=day(2026, 12, 31))
    problem(
        measure="补齐", cause="无人管", responsible="高建国", reviewer="季明远", kind="制度虚设", acceptance="看记录"
    )
    filed("far", "tasks", "补选书记", "problems")
    problem("far", title="又一个问题")


def test_what_went_out_comes_in_unchanged(app: Flask, tmp_path: Any) -> None:
    fill()
    claim(db.session.scalar(db.select(Item.id).where(Item.title == "楼道照明")))
    for template, expected in (("exchange", 2), ("problems", 3)):
        content = exported(template, tmp_path)
        found = brought_in(content)
        assert (found.status, found.rows, found.unchanged, found.rejected) == ("done", expected, expected, 0), (
            found.problem
        )
        assert said(exported(template, tmp_path)) == said(content)
    assert rows(Item) == 5


def test_an_empty_service_takes_it_in_and_gives_it_out_alike(app: Flask, tmp_path: Any) -> None:
    fill()
    content = exported("problems", tmp_path)
    # As if nothing had been there: what stands on the list goes to another set, and numbers begin again.
    db.session.execute(db.text("UPDATE list_item SET set_id = :away, number = -id"), {"away": set_id("villages")})
    db.session.execute(db.text("UPDATE list_set SET last_number = 0"))
    db.session.commit()
    found = brought_in(content)
    assert (found.accepted, found.unchanged, found.rejected) == (3, 0, 0)
    assert said(exported("problems", tmp_path)) == said(content)
    again = brought_in(content)
    assert (again.unchanged, again.rejected) == (3, 0)


def test_a_row_that_says_otherwise_is_refused(app: Flask, tmp_path: Any) -> None:
    fill()
    book = openpyxl.load_workbook(BytesIO(exported("exchange", tmp_path)))
    book.worksheets[0]["F2"] = "别的事"
    content = BytesIO()
    book.save(content)
    found = brought_in(content.getvalue())
    assert (found.rows, found.rejected, found.unchanged) == (2, 1, 1)


def test_an_offices_own_sheet_comes_in_and_the_same_again_changes_nothing(app: Flask) -> None:
    content = xlsx(
        [
            ["松岭街道第一党支部2026年需求清单", "", "", "", ""],
            ["序号", "需求名称", "需求类别", "完成时限", "联系电话"],
            [1, "上门理发", "助老、便民", "2026年9月30日", "13800001234"],
            [2, "楼道照明", "便民", "", ""],
        ],
        merged=["A1:E1"],
        title="需求清单",
    )
    found = brought_in(content, "secretary")
    assert (found.status, found.accepted, found.rejected) == ("done", 2, 0), found.problem
    assert brought_in(content, "secretary").unchanged == 2
    made = db.session.scalars(db.select(Item).order_by(Item.id)).all()
    assert [(one.title, one.list, one.due_on and one.due_on.isoformat()) for one in made] == [
        ("上门理发", "needs", "2026-09-30"),
        ("楼道照明", "needs", None),
    ]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (["需求清单", "QS0201", "外镇的"], "单位"),
        (["没有的清单", "QS0101", "灯"], "清单名称"),
        (["需求清单", "QS0101", ""], "需求名称"),
    ],
)
def test_a_wrong_row_is_refused_with_its_column(app: Flask, row: list[str], column: str) -> None:
    found = brought_in(xlsx([["清单名称", "单位", "需求名称"], row, ["需求清单", "QS0101", "好的"]]), "secretary")
    assert (found.accepted, found.rejected) == (1, 1)
    refused = imports.refusals(import_id=found.id, limit=9)
    assert [one.column for one in refused] == [column]


def test_a_workbook_says_nothing_of_residents(app: Flask, tmp_path: Any) -> None:
    from_resident()
    content = str(said(exported("exchange", tmp_path, "secretary")))
    assert "家中老人需要上门理发" in content
    assert "周大娘" not in content
    assert "13800001234" not in content


def test_nobody_files_on_a_confidential_ledger_by_a_file(app: Flask) -> None:
    content = xlsx([["清单组", "清单名称", "单位", "问题"], ["weak", "问题清单", "QS0101", "班子不团结"]])
    assert brought_in(content, "secretary").rejected == 1
    assert brought_in(content, "admin").rejected == 0


def test_the_api_takes_the_kind(client: FlaskClient) -> None:
    content = xlsx([["清单名称", "单位", "需求名称"], ["需求清单", "QS0101", "好的"]])
    sent = {"kind": "lists", "file": (BytesIO(content), "清单.xlsx")}
    answer = client.post("/api/v1/imports", data=sent, headers=factories.bearer("secretary"))
    assert answer.status_code == 202
    refused = client.post(
        "/api/v1/imports",
        data={"kind": "lists", "file": (BytesIO(content), "清单.xlsx")},
        headers=factories.bearer("member"),
    )
    assert refused.status_code == 403
