"""What goes out comes in again unchanged: into the same service nothing is added, into another the same ledger."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from pointsvc import clock
from pointsvc.activities import service as activities
from pointsvc.db import db, transaction
from pointsvc.errors import Invalid, NotFound
from pointsvc.ledger import service as ledger
from pointsvc.ledger.models import Entry
from pointsvc.people import listing
from pointsvc.permissions import SYSTEM, Role
from tests import factories
from tests.conftest import FrozenClock
from tests.exports.ledgers import FORMS, exported, figures, live, taken_in
from tests.imports.test_service import reasons
from tests.schemes.sheets import SHEET, published, ruled_district, sheet

FIRST, LAST = date(2026, 1, 10), date(2026, 8, 15)

# Texts as people write them, and as nobody should: each must come back to the letter.
WORDS = st.sampled_from(
    ["慰问老党员", "=1+1", "-", "+86", "@all", "'=x", "“引号”，顿号、；分号；《书名》……——", "a;b;c,d\te",
     "第一行\r\n第二行", " 两  空格 ", "１２月", "#N/A", "合计", "备注：无", "_x0041_", "é", "😀"]
)  # fmt: skip
NOTES = st.none() | WORDS | st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
SHAPES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "meeting": {},
    "themeday": {},
    "volunteer": {"quantity": st.sampled_from([Decimal("0.5"), Decimal("1.25"), Decimal(3)])},
    "advice": {"points": st.sampled_from([Decimal(1), Decimal("2.35"), Decimal("3.50")])},
    "award": {"tier": st.sampled_from(["street", "city"]),
              "matter": st.sampled_from(["防汛", "=甲", "甲  乙", "甲 乙"])},
    "absent": {},
    "late": {},
    "crime": {},
}  # fmt: skip


@st.composite
def deeds(draw: st.DrawFn) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(0, 10))):
        if found and draw(st.integers(0, 3)) == 0:
            found.append(dict(draw(st.sampled_from(found))))
            continue
        rule = draw(st.sampled_from([*SHAPES, "award", "advice"]))
        deed = {
            "member": draw(st.sampled_from([row[0] for row in factories.MEMBERS])),
            "rule": rule,
            "occurred_on": FIRST + timedelta(days=draw(st.integers(0, (LAST - FIRST).days))),
            "note": draw(NOTES),
            "matter": draw(st.none() | WORDS),
        }
        found.append(deed | {name: draw(values) for name, values in SHAPES[rule].items()})
    for deed in found:
        deed["reversed"] = draw(st.integers(0, 3)) == 0
    return found


@contextmanager
def a_service() -> Iterator[None]:
    """A service without anything in it, gone afterwards."""
    db.session.remove()
    connection: Any = db.engines[None]
    savepoint = connection.begin_nested()
    try:
        yield
    finally:
        db.session.remove()
        savepoint.rollback()


def record(deed: dict[str, Any]) -> int:
    with transaction():
        values = {name: value for name, value in deed.items() if name != "reversed"}
        made = ledger.record(actor=SYSTEM, at=clock.now(), **values)
        if deed.get("reversed"):
            ledger.reverse(actor=SYSTEM, at=clock.now(), entry_id=made.id, reason="=登错了")
        return made.id


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(Entry)) or 0


def problems(row: Any) -> Any:
    return (row.status, row.problem, row.doubtful, reasons(row))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=deeds(), form=st.sampled_from(FORMS))
def test_a_ledger_comes_back(app: Flask, frozen_clock: FrozenClock, found: list[dict[str, Any]], form: str) -> None:
    with a_service():
        ruled_district()
        for deed in found:
            frozen_clock.advance(seconds=1)
            record(deed)
        files = {kind: exported(kind, form) for kind in ("organisations", "members", "entries")}
        told, scores, rows = live(), figures(), count()
        again = taken_in("entries", files["entries"])
        assert (again.status, again.rejected, again.entries, again.unchanged) == ("done", 0, 0, rows), problems(again)
        assert (count(), figures()) == (rows, scores)
    # Two services that record an entry of the same id in the same instant do not meet.
    frozen_clock.advance(seconds=1)
    with another(files, [(SHEET, date(2026, 1, 1))]):
        for entries in (len(told), 0):
            done = taken_in("entries", files["entries"])
            assert (done.status, done.rejected, done.entries) == ("done", 0, entries), problems(done)
            assert done.left_out == rows - len(told)
            assert live() == told
            assert figures() == scores


@contextmanager
def another(files: dict[str, bytes], sheets: list[tuple[Any, date]]) -> Iterator[None]:
    """A service that has taken in the organisations, the roster and these rule sheets."""
    with a_service():
        for kind in ("organisations", "members"):
            done = taken_in(kind, files[kind])
            assert (done.status, done.rejected) == ("done", 0), problems(done)
        for document, day in sheets:
            taken_in("scheme", orjson.dumps(document), organisation="QS", starts_on=day)
        yield


@pytest.fixture
def district(app: Flask, frozen_clock: FrozenClock) -> Flask:
    ruled_district()
    return app


def entries_file(**changes: str) -> bytes:
    """The entries as a text file, with these headings' cells of the first row of data changed."""
    lines = exported("entries", "utf-8-sig").decode("utf-8-sig").splitlines(keepends=True)
    rows = list(csv.reader(io.StringIO("".join(lines), newline="")))
    for heading, value in changes.items():
        rows[1][rows[0].index(heading)] = value
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue().encode("utf-8-sig")


def deed(**more: Any) -> dict[str, Any]:
    return {"member": "M001", "rule": "volunteer", "occurred_on": date(2026, 3, 5), "quantity": Decimal(2), **more}


@pytest.mark.parametrize(
    ("heading", "value"),
    [
        ("党员编号", "M002"),
        ("发生日期", "2026-03-06"),
        ("积分细则", "参加三会一课"),
        ("数量", "3.00"),
        ("分值", "2.50"),
        ("级别", "街道"),
        ("事由", "慰问"),
        ("备注", "改过"),
        ("备注", ""),
        ("状态", "已冲销"),
    ],
)
def test_a_changed_row_is_refused_with_its_column(district: Flask, heading: str, value: str) -> None:
    record(deed(note="原样"))
    done = taken_in("entries", entries_file(**{heading: value}))
    assert (done.rejected, done.entries, count()) == (1, 0, 1)
    ((row, column, reason),) = reasons(done)
    assert (row, column) == (2, heading)
    assert "never changed" in reason


def test_a_file_from_before_an_entry_was_taken_back_is_old_and_not_wrong(district: Flask) -> None:
    made = record(deed())
    before = exported("entries")
    with transaction():
        ledger.reverse(actor=SYSTEM, at=clock.now(), entry_id=made, reason="登错了")
    done = taken_in("entries", before)
    assert (done.rejected, done.unchanged, done.entries) == (0, 1, 0)


def test_an_office_may_add_rows_to_what_it_took_away(district: Flask) -> None:
    record(deed())
    content = exported("entries", "utf-8-sig")
    header, row = content.decode("utf-8-sig").splitlines()
    added = row[row.index(",") :].replace("正常", "")
    content = "\r\n".join([header, row, added, added]).encode("utf-8-sig")
    for entries in (2, 0):
        done = taken_in("entries", content)
        assert (done.rejected, done.entries, done.unchanged) == (0, entries, 3 - entries)
    assert count() == 3


def test_a_number_that_an_office_made_up_means_nothing(district: Flask) -> None:
    content = "记录编号,党员编号,日期,积分细则,数量,状态\r\n1,M001,2026-03-05,志愿服务,2,已审核\r\n".encode()
    assert taken_in("entries", content).entries == 1


def test_an_entry_by_an_earlier_version_comes_back_with_its_points(app: Flask, frozen_clock: FrozenClock) -> None:
    dearer = sheet()
    next(rule for rule in dearer["rules"] if rule["code"] == "volunteer")["points"] = "5"
    sheets = [(SHEET, date(2026, 1, 1)), (dearer, date(2026, 3, 1))]
    with a_service():
        ruled_district()
        record(deed())
        published(starts_on=date(2026, 3, 1), document=dearer)
        record(deed(member="M004"))
        files = {kind: exported(kind) for kind in ("organisations", "members", "entries")}
        told, scores = live(), figures()
    frozen_clock.advance(seconds=1)
    with another(files, sheets):
        factories.sign_in("street", Role.SECRETARY, "QS01")
        # A secretary's rows go by the rule sheet in force, whatever the file says of another.
        refused = taken_in("entries", files["entries"], actor=factories.actor("street"))
        assert (refused.rejected, refused.entries) == (1, 1)
        assert "The rule gives 10.00 points" in reasons(refused)[0][2]
        assert taken_in("entries", files["entries"]).entries == 1
        assert (live(), figures()) == (told, scores)


def test_points_of_meetings_are_not_given_twice_when_the_attendance_came_in_first(
    app: Flask, frozen_clock: FrozenClock
) -> None:
    with a_service():
        ruled_district()
        hold("QS01", date(2026, 3, 5), "学雷锋  志愿服务", M001="present", M002="late", M004="leave", M003="absent")
        hold("QS01", date(2026, 3, 5), "", M001="present")
        record(deed())
        files = {kind: exported(kind) for kind in ("organisations", "members", "attendance", "entries")}
        told, scores = live(), figures()
        again = taken_in("attendance", files["attendance"])
        assert (again.rejected, again.unchanged, again.entries) == (0, 5, 0), reasons(again)
    frozen_clock.advance(seconds=1)
    with another(files, [(SHEET, date(2026, 1, 1))]):
        marked = taken_in("attendance", files["attendance"])
        assert (marked.rejected, marked.entries) == (0, 5), reasons(marked)
        assert exported("attendance", "utf-8-sig") == content_again(files["attendance"])
        done = taken_in("entries", files["entries"])
        assert (done.rejected, done.unchanged, done.entries) == (0, 5, 1)
        assert (live(), figures()) == (told, scores)


def hold(organisation: str, day: date, title: str, **marks: str) -> None:
    """A theme day at which these members stood so."""
    with transaction():
        meeting = activities.open_meeting(
            actor=SYSTEM, at=clock.now(), organisation=organisation, kind="主题党日", held_on=day, title=title
        )
        activities.mark(actor=SYSTEM, at=clock.now(), meeting_id=meeting.id, marks=marks)


def content_again(book: bytes) -> bytes:
    """A workbook's rows as the text file that says the same."""
    rows = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    file = io.StringIO(newline="")
    csv.writer(file).writerows([[str(int(c)) if isinstance(c, float) else c for c in row] for row in rows])
    return file.getvalue().encode("utf-8-sig")


@pytest.mark.parametrize("form", FORMS)
def test_organisations_and_roster_come_back(app: Flask, frozen_clock: FrozenClock, form: str) -> None:
    with a_service():
        factories.district()
        factories.organisation("QS03", "+甲党总支", kind="community", parent="QS")
        factories.member("0012", "QS03", name="阿依古丽·买买提", category="退役军人", joined_on=date(1998, 7, 1))
        files = {kind: exported(kind, form) for kind in ("organisations", "members")}
        plain = {kind: exported(kind, "utf-8-sig") for kind in files}
        for kind in files:
            again = taken_in(kind, files[kind])
            assert (again.rejected, again.unchanged) == (0, again.rows), reasons(again)
    with a_service():
        for kind, rows in (("organisations", 7), ("members", 6)):
            done = taken_in(kind, files[kind])
            assert (done.rejected, done.unchanged, done.rows) == (0, 0, rows), reasons(done)
            assert exported(kind, "utf-8-sig") == plain[kind]
        with transaction():
            row = listing.member(actor=SYSTEM, number="0012")
        assert (row.name, row.organisation, row.category) == ("阿依古丽·买买提", "QS03", "退役军人")
        assert row.joined_on == date(1998, 7, 1)
        assert exported("organisations", "gb18030").decode("gb18030").count("'+甲党总支") == 1


def test_a_branch_takes_away_its_own_and_no_more(district: Flask) -> None:
    for number in ("M001", "M004"):
        record(deed(member=number))
    own = factories.actor("secretary")
    for kind, rows in (("entries", 1), ("members", 3), ("organisations", 1), ("attendance", 0)):
        content = exported(kind, "utf-8-sig", actor=own, organisation="QS0101")
        assert len(content.splitlines()) == rows + 1, kind
    again = taken_in("entries", exported("entries", actor=own, organisation="QS0101"), actor=own)
    assert (again.rejected, again.unchanged, again.entries) == (0, 1, 0)
    # Another branch's numbers are strangers here, and so are its members.
    refused = taken_in("entries", exported("entries"), actor=own)
    assert (refused.rejected, refused.unchanged, refused.entries) == (1, 1, 0)
    assert "no member M004" in reasons(refused)[0][2]
    with pytest.raises(NotFound):
        exported("entries", actor=own, organisation="QS0102")


def test_a_period_is_the_days_on_which_it_happened(district: Flask) -> None:
    for day in (date(2026, 3, 31), date(2026, 4, 1), date(2026, 6, 30), date(2026, 7, 1)):
        record(deed(occurred_on=day))
    for period, rows in (("2026-Q2", 2), ("2026-06", 1), ("2026-H1", 3), ("2026", 4)):
        assert len(exported("entries", "utf-8-sig", period=period).splitlines()) == rows + 1, period
    assert len(exported("entries", "utf-8-sig", member="M001", period="2026-Q2").splitlines()) == 3
    assert len(exported("entries", "utf-8-sig", member="M002").splitlines()) == 1
    with pytest.raises(Invalid):
        exported("entries", period="2026-Q9")
