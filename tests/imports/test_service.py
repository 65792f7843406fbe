"""The verbs of imports: counts, refusals, the same file again, and the way back."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import orjson
import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.errors import Conflict, Forbidden, Invalid, NotFound
from pointsvc.imports import carrying
from pointsvc.imports import service as imports
from pointsvc.imports.batch import unpacked
from pointsvc.imports.models import Import
from pointsvc.imports.returning import rejected_table
from pointsvc.ledger import service as ledger
from pointsvc.ledger.models import Entry
from pointsvc.people import service as people
from pointsvc.permissions import SYSTEM, Actor
from pointsvc.schemes import service as schemes
from pointsvc.spreadsheets import write_xlsx
from tests import factories

DOCUMENT = {
    "name": "测试办法（2026年）",
    "cycle": {"starts_month": 1},
    "base": {"default": "60"},
    "groups": [{"code": "all", "name": "全部"}],
    "rules": [
        {"code": "meet", "group": "all", "name": "参加会议", "points": "1", "unit": "次"},
        {"code": "hours", "group": "all", "name": "志愿服务", "points": "1.2", "unit": "小时"},
        {"code": "duty", "group": "all", "name": "交办任务未完成", "range": ["-5", "-1"]},
        {
            "code": "award",
            "group": "all",
            "name": "受表彰（就高不重复）",
            "highest_only": True,
            "tiers": [{"code": "city", "name": "市", "points": "10"}],
        },
    ],
    "activities": {"主题党日": {"present": "meet"}},
    "grades": [{"name": "合格", "min": "60"}, {"name": "不合格"}],
}
HEADER = ["党员编号", "姓名", "日期", "积分细则", "数量", "级别", "分值", "事由"]


@pytest.fixture
def district(app: Flask) -> Flask:
    """The little district with a scheme in force since the new year of 2026."""
    factories.district()
    with transaction():
        scheme = schemes.create(
            actor=SYSTEM, at=clock.now(), organisation="QS", starts_on=date(2026, 1, 1), document=DOCUMENT
        )
        schemes.publish(actor=SYSTEM, at=clock.now(), scheme_id=scheme.id)
    return app


def sheet(*rows: list[Any], title: str = "Sheet1") -> bytes:
    """A workbook of one sheet with these rows."""
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def csv(*rows: list[Any]) -> bytes:
    return "\n".join(",".join(str(cell) for cell in row) for row in rows).encode("gb18030")


def take_in(kind: str, content: bytes, *, actor: Actor = SYSTEM, filename: str = "表.csv", **more: Any) -> Import:
    """Upload and carry out, as a worker would."""
    with transaction():
        row = imports.upload(actor=actor, at=clock.now(), kind=kind, filename=filename, content=content, **more)
    return carry_out(row.id)


def carry_out(import_id: int) -> Import:
    prepared = carrying.prepare(import_id=import_id, at=clock.now())
    with transaction():
        return carrying.take(prepared=prepared, at=clock.now())


def reasons(row: Import) -> list[tuple[int, str, str]]:
    return [
        (item.row, item.column, str(unpacked(item.message, item.params)))
        for item in imports.refusals(import_id=row.id, limit=200)
    ]


def entries() -> int:
    return db.session.scalar(select(func.count()).select_from(Entry)) or 0


def live_points() -> Any:
    return db.session.scalar(select(func.sum(Entry.points)))


# ---- entries


def test_two_equal_rows_in_one_file_are_two_entries(district: Flask) -> None:
    rows = [HEADER, *[["M001", "欧阳凯敏", "2026-03-05", "志愿服务", 2, "", "", ""]] * 2]
    done = take_in("entries", csv(*rows))
    assert (done.status, done.rows, done.accepted, done.rejected, done.entries) == ("done", 2, 2, 0, 2)


def test_the_same_file_again_adds_nothing(district: Flask) -> None:
    content = csv(HEADER, *[["M001", "欧阳凯敏", "2026-03-05", "志愿服务", 2, "", "", ""]] * 2)
    take_in("entries", content)
    again = take_in("entries", content)
    assert (again.status, again.unchanged, again.entries, entries()) == ("done", 2, 0, 2)


def test_a_longer_file_adds_only_what_is_new(district: Flask) -> None:
    line = ["M001", "欧阳凯敏", "2026-03-05", "志愿服务", 2, "", "", ""]
    take_in("entries", csv(HEADER, line))
    longer = take_in("entries", csv(HEADER, line, line, ["M004", "单文博", "2026-03-06", "志愿服务", 1, "", "", ""]))
    assert (longer.unchanged, longer.entries) == (1, 2)


def test_an_import_is_taken_back_by_reversals_and_may_come_again(district: Flask) -> None:
    content = csv(HEADER, ["M001", "欧阳凯敏", "2026-03-05", "志愿服务", 2, "", "", ""])
    for generation in range(1, 4):
        done = take_in("entries", content)
        assert done.entries == 1
        for _ in range(2):
            with transaction():
                undone = imports.undo(actor=SYSTEM, at=clock.now(), import_id=done.id, reason="登错了")
            assert undone.status == "undone"
        assert (entries(), live_points()) == (2 * generation, 0)


def test_a_reversed_entry_comes_back_with_its_file(district: Flask) -> None:
    content = csv(HEADER, ["M001", "欧阳凯敏", "2026-03-05", "志愿服务", 2, "", "", ""])
    take_in("entries", content)
    entry_id = db.session.scalars(select(Entry.id)).one()
    with transaction():
        ledger.reverse(actor=SYSTEM, at=clock.now(), entry_id=entry_id, reason="重复")
    assert take_in("entries", content).entries == 1


def test_a_dry_run_counts_and_writes_nothing(district: Flask) -> None:
    content = csv(HEADER, ["M001", "欧阳凯敏", "2026-03-05", "志愿服务", 2, "", "", ""])
    looked = take_in("entries", content, dry_run=True)
    assert (looked.status, looked.accepted, looked.entries, entries()) == ("checked", 1, 1, 0)
    with transaction():
        imports.commit(actor=SYSTEM, at=clock.now(), import_id=looked.id)
    assert (carry_out(looked.id).status, entries()) == ("done", 1)


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        (["M999", "某某", "2026-03-05", "志愿服务", 1, "", "", ""], "党员编号", "no member M999"),
        (["M001", "单文博", "2026-03-05", "志愿服务", 1, "", "", ""], "姓名", "do not fit"),
        (["", "", "2026-03-05", "志愿服务", 1, "", "", ""], "姓名", "Neither a number nor a name"),
        (["M001", "", "1900-01-05", "志愿服务", 1, "", "", ""], "日期", "1900"),
        (["M001", "", "2199-01-05", "志愿服务", 1, "", "", ""], "日期", "future"),
        (["M001", "", "2025-12-31", "志愿服务", 1, "", "", ""], "积分细则", "No rule sheet is in force"),
        (["M001", "", "", "志愿服务", 1, "", "", ""], "日期", "day is missing"),
        (["M001", "", "2026-02-30", "志愿服务", 1, "", "", ""], "日期", "no such day"),
        (["M001", "", "2026-03-05", "没有的细则", 1, "", "", ""], "积分细则", "no rule 没有的细则"),
        (["M001", "", "2026-03-05", "志愿服务", -1, "", "", ""], "数量", "not more than zero"),
        (["M001", "", "2026-03-05", "参加会议", 1.5, "", "", ""], "数量", "whole"),
        (["M001", "", "2026-03-05", "志愿服务", "1.234", "", "", ""], "数量", "more than two decimals"),
        (["M001", "", "2026-03-05", "交办任务未完成", "", "", -9, ""], "分值", "from -5 to -1"),
        (["M001", "", "2026-03-05", "交办任务未完成", "", "", "", ""], "分值", "from -5 to -1"),
        (["M001", "", "2026-03-05", "受表彰（就高不重复）", "", "省", "", ""], "级别", "One of these tiers"),
        (["M001", "", "2026-03-05", "志愿服务", 1, "", 99, ""], "分值", "99"),
        (["M001", "", "2026-03-05", "志愿服务", "=1+1", "", "", ""], "数量", "formula"),
    ],
)
def test_a_faulty_row_is_refused_by_row_and_column(district: Flask, line: list[Any], column: str, words: str) -> None:
    good = ["M001", "欧阳凯敏", "2026-03-05", "志愿服务", 2, "", "", ""]
    done = take_in("entries", csv(HEADER, good, line))
    assert (done.status, done.accepted, done.rejected, done.entries) == ("done", 1, 1, 1)
    ((row, heading, reason),) = reasons(done)
    assert (row, heading) == (3, column)
    assert words in reason


def test_two_members_of_one_name_are_asked_apart_by_number(district: Flask) -> None:
    factories.member("M050", "QS0101", name="单文博")
    done = take_in("entries", csv(HEADER[1:], ["单文博", "2026-03-05", "志愿服务", 1, "", "", ""]))
    assert done.rejected == 1
    assert "Several members are called 单文博" in reasons(done)[0][2]


def test_a_name_alone_is_enough_when_it_is_one_members(district: Flask) -> None:
    assert take_in("entries", csv(HEADER[1:], ["单文博", "2026-03-05", "志愿服务", 1, "", "", ""])).entries == 1


def test_a_secretary_imports_only_for_the_own_branch(district: Flask) -> None:
    content = csv(
        HEADER,
        ["M001", "欧阳凯敏", "2026-03-05", "志愿服务", 1, "", "", ""],
        ["M004", "单文博", "2026-03-05", "志愿服务", 1, "", "", ""],
    )
    done = take_in("entries", content, actor=factories.actor("secretary"))
    assert (done.accepted, done.rejected) == (1, 1)
    assert "no member M004" in reasons(done)[0][2]


def test_rejected_rows_come_back_and_can_be_mended_and_sent(district: Flask, tmp_path: Path) -> None:
    content = csv(HEADER, ["M001", "欧阳凯敏", "2026-02-30", "志愿服务", 2, "", "", "=1"])
    done = take_in("entries", content)
    with district.test_request_context():
        write_xlsx(str(tmp_path / "rejected.xlsx"), [rejected_table(done)])
    returned = CalamineWorkbook.from_path(tmp_path / "rejected.xlsx").get_sheet_by_index(0).to_python()
    assert returned[0][4:] == HEADER
    assert returned[1][4:6] == ["M001", "欧阳凯敏"]
    mended = [returned[0], [*returned[1][:6], "2026-02-28", *returned[1][7:11], "慰问"]]
    assert take_in("entries", sheet(*mended), filename="退回.xlsx").entries == 1


# ---- people


def test_a_roster_names_its_branches_and_fills_downwards(district: Flask) -> None:
    rows = [
        ["松岭街道党员花名册"],
        ["序号", "党员编号", "姓名", "入党时间", "党员类别", "所在党支部", "联系电话"],
        [1, "N1", "江　帆", "1975.3", "离退休党员", "松岭街道第一党支部", "1"],
        [2, "N2", "龙明", "２０２５.０９", "预备党员", None, "2"],
        ["合计", None, "2人"],
    ]
    done = take_in("members", sheet(*rows), filename="花名册.xlsx")
    assert (done.rows, done.accepted, done.rejected) == (2, 2, 0)
    assert factories.member_id("N2")


def test_a_roster_without_numbers_gets_them_once(district: Flask) -> None:
    rows = [["姓名", "党员类别", "所在党支部"], ["江帆", "正式党员", "QS0102"], ["龙明", "正式党员", "QS0102"]]
    take_in("members", sheet(*rows), filename="a.xlsx")
    assert factories.member_id("QS0102-001")
    assert take_in("members", sheet(*rows), filename="b.xlsx").unchanged == 2


def test_a_roster_that_differs_from_what_is_known_is_told_not_taken(district: Flask) -> None:
    rows = [["党员编号", "姓名", "党员类别", "所在党支部"], ["M001", "欧阳凯敏", "流动党员", "松岭街道第一党支部"]]
    for dry_run in (True, False):
        done = take_in("members", sheet(*rows), filename="a.xlsx", dry_run=dry_run)
        assert (done.rejected, reasons(done)[0][1]) == (1, "党员类别")


def test_an_unknown_branch_is_named(district: Flask) -> None:
    rows = [["党员编号", "姓名", "所在党支部"], ["N1", "江帆", "没有的支部"]]
    done = take_in("members", sheet(*rows), filename="a.xlsx")
    assert reasons(done) == [(2, "所在党支部", "There is no organisation 没有的支部 within your reach")]


# ---- attendance


def attendance(*rows: list[Any], title: str = "松岭街道第一党支部2026年第一季度签到表") -> bytes:
    return sheet([title], ["党员编号", "姓名", "2月5日主题党日", "3月5日主题党日"], *rows, title="QS0101")


def test_marks_become_meetings_and_points_once(district: Flask) -> None:
    content = attendance(["M001", "欧阳凯敏", "√", "请假"], ["M002", "曾晓岚", "1", None])
    done = take_in("attendance", content, filename="签到.xlsx")
    assert (done.rows, done.accepted, done.entries) == (2, 2, 2)
    again = take_in("attendance", content, filename="签到.xlsx")
    assert (again.entries, again.unchanged, entries()) == (0, 2, 2)


def test_attendance_is_taken_back(district: Flask) -> None:
    done = take_in("attendance", attendance(["M001", "欧阳凯敏", "√", "√"]), filename="签到.xlsx")
    with transaction():
        imports.undo(actor=SYSTEM, at=clock.now(), import_id=done.id, reason="传错了表")
    assert (entries(), live_points()) == (4, 0)


def test_an_unknown_mark_refuses_the_row_and_names_the_meeting(district: Flask) -> None:
    done = take_in("attendance", attendance(["M001", "欧阳凯敏", "？？", "√"]), filename="签到.xlsx")
    assert (done.rejected, done.entries) == (1, 0)
    assert reasons(done)[0][:2] == (3, "2026年2月5日主题党日")


# ---- the file as a whole, questions, and who may


def test_a_doubtful_column_is_asked_once_and_remembered(district: Flask) -> None:
    content = csv(["党员编号", "姓名", "日期", "积分细则", "服务数量时长"], ["M001", "", "2026-03-05", "志愿服务", 2])
    asked = take_in("entries", content)
    assert asked.status == "mapping"
    assert [question["heading"] for question in asked.doubtful] == ["服务数量时长"]
    with pytest.raises(Invalid), transaction():
        imports.answer(actor=SYSTEM, at=clock.now(), import_id=asked.id, choices={})
    with transaction():
        imports.answer(actor=SYSTEM, at=clock.now(), import_id=asked.id, choices={"服务数量时长": "quantity"})
    assert carry_out(asked.id).entries == 1
    assert take_in("entries", content).status == "done"


@pytest.mark.parametrize(
    ("kind", "content", "words"),
    [
        ("entries", b"\xff\xfe\x00\xd8\x00\xd8", "characters"),
        ("entries", "你好，这里没有表格".encode(), "headings"),
        ("entries", b"PK\x03\x04 broken", "damaged"),
        ("scheme", b"{", "JSON"),
        ("scheme", b'{"name": "x"}', "cycle"),
    ],
)
def test_a_hopeless_file_is_refused_in_words(district: Flask, kind: str, content: bytes, words: str) -> None:
    done = take_in(kind, content)
    assert done.status == "failed"
    assert done.problem is not None
    assert words in str(unpacked(**done.problem))


def test_a_scheme_is_adopted_once(district: Flask) -> None:
    content = orjson.dumps({**DOCUMENT, "floor": "0"})
    assert take_in("scheme", content, filename="办法.json").status == "done"
    assert take_in("scheme", content, filename="办法.json").status == "done"
    found = schemes.in_force(factories.organisation_id("QS0101"), date(2026, 5, 1))
    assert found is not None
    assert (found.version, found.starts_on) == (2, date(2026, 1, 1))


def test_roles_import_only_what_they_may(district: Flask) -> None:
    for name, kind in (("secretary", "scheme"), ("secretary", "organisations"), ("overseer", "entries")):
        with pytest.raises(Forbidden), transaction():
            imports.upload(actor=factories.actor(name), at=clock.now(), kind=kind, filename="a", content=b"x")


def test_an_empty_file_and_an_unknown_kind_are_refused_at_once(district: Flask) -> None:
    for kind, content, field in (("entries", b"", "file"), ("novels", b"x", "kind")):
        with pytest.raises(Invalid) as refused, transaction():
            imports.upload(actor=SYSTEM, at=clock.now(), kind=kind, filename="a", content=content)
        assert list(refused.value.errors) == [field]


def test_only_entries_and_attendance_can_be_taken_back(district: Flask) -> None:
    rows = [["党员编号", "姓名", "所在党支部"], ["N1", "江帆", "QS0101"]]
    done = take_in("members", sheet(*rows), filename="a.xlsx")
    with pytest.raises(Conflict, match="Only imports of attendance"), transaction():
        imports.undo(actor=SYSTEM, at=clock.now(), import_id=done.id, reason="x")


def test_a_stranger_does_not_find_the_import(district: Flask) -> None:
    done = take_in("entries", csv(HEADER), actor=factories.actor("secretary"))
    with pytest.raises(NotFound):
        imports.find(actor=factories.actor("neighbour"), import_id=done.id)
    assert imports.find(actor=factories.actor("street"), import_id=done.id).id == done.id


def test_what_a_closed_account_uploaded_is_not_taken_in(district: Flask) -> None:
    with transaction():
        row = imports.upload(
            actor=factories.actor("secretary"), at=clock.now(), kind="entries", filename="a.csv", content=csv(HEADER)
        )
        people.disable_sign_in(actor=SYSTEM, at=clock.now(), name="secretary")
    assert carry_out(row.id).status == "failed"
