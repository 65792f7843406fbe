"""The pages of exports and of a member's card, without a browser."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from pointsvc import clock
from pointsvc.audit.models import AuditEvent
from pointsvc.db import db, transaction
from pointsvc.exports.models import Export
from pointsvc.ledger import service as ledger
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.conftest import FrozenClock
from tests.schemes.sheets import ruled_district
from tests.tallies.work import tally
from workers import base


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    ruled_district()
    for rule, day, more in (
        ("volunteer", date(2026, 2, 5), {"quantity": Decimal(5)}),
        ("themeday", date(2026, 7, 5), {"note": "=SUM(1)"}),
        ("themeday", date(2026, 7, 6), {}),
    ):
        with transaction():
            ledger.record(actor=SYSTEM, at=clock.now(), member="M001", rule=rule, occurred_on=day, **more)


def sheets(content: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_the_page_offers_tables_and_archives(client: FlaskClient) -> None:
    factories.browser(client, "street")
    page = client.get("/exports?kind=members").text
    assert 'value="members" required checked' in page
    assert page.count('<option value="QS0102"') == 2
    assert "还没有数据包" in page


@pytest.mark.parametrize("form", ["xlsx", "csv:utf-8", "csv:gb18030"])
def test_a_table_is_downloaded(client: FlaskClient, form: str) -> None:
    factories.browser(client, "secretary")
    address = f"/exports/table?kind=entries&organisation=QS0101&period=2026-Q3&format={form}"
    answer = client.get(address, buffered=True)
    assert answer.status_code == 200
    if form == "xlsx":
        ((rows),) = sheets(answer.data).values()
        assert len(rows) == 3
    else:
        encoding = "utf-8-sig" if form.endswith("utf-8") else "gb18030"
        assert len(answer.data.decode(encoding).splitlines()) == 3


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("kind=entries&organisation=QS0102", 404),
        ("kind=entries&member=M004", 404),
        ("kind=novels", 422),
        ("kind=entries&format=doc", 422),
        ("kind=entries&format=csv:latin1", 422),
        ("kind=entries&period=soon", 422),
        ("", 422),
    ],
)
def test_what_is_not_there_is_told(client: FlaskClient, query: str, status: int) -> None:
    factories.browser(client, "secretary")
    assert client.get(f"/exports/table?{query}", buffered=True).status_code == status


def test_an_archive_is_asked_for_watched_and_fetched(app: Flask, client: FlaskClient) -> None:
    token = factories.browser(client, "secretary")
    asked = client.post("/exports", data={"csrf_token": token, "organisation": "QS0101"})
    assert asked.status_code == 302
    assert "正在排队" in client.get(asked.location).text
    early = client.get(f"{asked.location}/content")
    assert (early.status_code, early.location) == (302, asked.location)
    while base.run_next(app):
        pass
    page = client.get(asked.location).text
    assert "entries.csv" in page
    assert f"{asked.location}/content" in page
    answer = client.get(f"{asked.location}/content", buffered=True)
    assert (answer.status_code, answer.data[:2]) == (200, b"PK")
    assert "可下载" in client.get("/exports").text
    assert client.post("/exports", data={"csrf_token": token, "organisation": "QS0102"}).status_code == 404
    row = db.session.scalars(select(Export)).one()
    row.status = "failed"
    db.session.commit()
    assert "数据包未能生成。" in client.get(asked.location).text
    row.status = "removed"
    db.session.commit()
    assert "重新生成" in client.get(asked.location).text


def test_without_the_role_there_is_no_page_and_no_link(client: FlaskClient) -> None:
    factories.browser(client, "member")
    for address in ("/exports", "/exports/table?kind=entries", "/exports/1"):
        assert client.get(address).status_code == 403
    assert "/exports/table" not in client.get("/members/M001").text


def test_lists_lead_to_their_files(client: FlaskClient) -> None:
    factories.browser(client, "secretary")
    for address, wanted in (
        ("/members", "kind=members"),
        ("/members", "kind=entries"),
        ("/members/M001", "kind=entries&amp;member=M001"),
        ("/members/M001", "/members/M001/card"),
        ("/meetings", "kind=attendance"),
        ("/organisations", "kind=organisations"),
    ):
        assert wanted in client.get(address).text, address


def test_the_results_of_a_tally_are_noted_too(client: FlaskClient) -> None:
    found = tally("QS0101", "2026-Q3")
    factories.browser(client, "secretary")
    answer = client.get(f"/tallies/{found.id}/results.xlsx", buffered=True)
    ((title, headings, *rows),) = sheets(answer.data).values()
    assert title[0] == "松岭街道第一党支部 2026年第3季度"
    assert headings[:4] == ["党员编号", "姓名", "所在党支部", "类别"]
    assert [row[0] for row in rows] == ["M001", "M002", "M003"]
    assert 68.0 in rows[0]
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "export:results")).one()
    assert (event.object_id, event.details) == (str(found.id), {"rows": 3})


# ---- the card


def test_a_card_says_what_counted_by_group_and_by_quarter(client: FlaskClient) -> None:
    factories.browser(client, "secretary")
    page = client.get("/members/M001/card?period=2026-Q3").text
    for words in ("欧阳凯敏", "党员积分卡", "68.00", "分类得分", "分期得分", "=SUM(1)", "支部书记（签字）"):
        assert words in page, words
    # Base 60, six for service in the first quarter, one theme day of July counts.
    assert [page.count(f">{total}<") > 0 for total in ("66.00", "68.00")] == [True, True]


def test_a_card_as_a_workbook_is_noted(client: FlaskClient) -> None:
    factories.browser(client, "secretary")
    answer = client.get("/members/M001/card.xlsx?period=2026-Q3", buffered=True)
    found = sheets(answer.data)
    assert list(found) == ["党员信息", "积分记录", "分类得分", "分期得分"]
    assert ["姓名", "欧阳凯敏"] in found["党员信息"]
    entries = found["积分记录"][1:]
    assert [(row[0], row[2], row[3]) for row in entries] == [
        (date(2026, 2, 5), 6.0, 6.0),
        (date(2026, 7, 5), 2.0, 2.0),
        (date(2026, 7, 6), 2.0, 0.0),
    ]
    assert "=SUM(1)" in entries[1]
    assert found["分类得分"][-1][1] == 68.0
    assert [row[1] for row in found["分期得分"][1:]] == [66.0, 66.0, 68.0]
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "export:card")).one()
    assert (event.object_id, event.details["period"]) == ("M001", "2026-Q3")


@pytest.mark.parametrize(
    ("name", "number", "status"),
    [
        ("member", "M001", 200),
        ("member", "M002", 404),
        ("secretary", "M004", 404),
        ("auditor", "M005", 200),
        ("operator", "M001", 403),
        ("secretary", "NOBODY", 404),
    ],
)
def test_who_may_see_whose_card(client: FlaskClient, name: str, number: str, status: int) -> None:
    factories.browser(client, name)
    for ending in ("card", "card.xlsx"):
        assert client.get(f"/members/{number}/{ending}", buffered=True).status_code == status


def test_a_card_of_no_period_is_refused(client: FlaskClient) -> None:
    factories.browser(client, "secretary")
    assert client.get("/members/M001/card?period=2026-Q7").status_code == 422
    assert client.get("/members/M001/card?period=2027-Q1").status_code == 422


def test_a_card_of_somebody_who_is_not_scored_says_so(client: FlaskClient) -> None:
    factories.browser(client, "secretary")
    assert client.get("/members/M003/card").status_code == 200
    assert client.get("/members/M003/card.xlsx", buffered=True).status_code == 200
