"""Rehearsals by page: asked for on the sheet's page, read as a report, kept with the sheet."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.permissions import SYSTEM, Role
from pointsvc.rehearsals.models import Rehearsal
from pointsvc.schemes import service as schemes
from tests import factories
from tests.conftest import FrozenClock
from tests.rehearsals import work
from tests.tallies import sheets


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    sheets.ruled_district()
    sheets.record("M001", "hours", "2026-01-10", quantity=Decimal(20))
    sheets.record("M004", "award", "2026-01-10", tier="city")


@pytest.fixture
def csrf(client: FlaskClient) -> str:
    """The district clerk has signed in."""
    return factories.browser(client, "admin")


def draft() -> int:
    """A draft without awards, with a new rule, and with a higher bar."""
    rules = [rule for rule in sheets.SHEET["rules"] if rule["code"] != "award"]
    rules.append({"code": "brandnew", "group": "serve", "name": "新设细则", "points": "2"})
    grades = [{"name": "优秀", "min": "90"}, {"name": "合格", "min": "60"}, {"name": "不合格"}]
    document = sheets.SHEET | {"rules": rules, "grades": grades}
    with transaction():
        return schemes.create(
            actor=SYSTEM, at=clock.now(), organisation="QS", starts_on=date(2027, 1, 1), document=document
        ).id


def test_it_is_asked_for_on_the_drafts_page_and_kept_there(client: FlaskClient, csrf: str) -> None:
    scheme_id = draft()
    page = client.get(f"/schemes/{scheme_id}").text
    assert "尚未试算" in page
    assert '<option value="2026">' in page
    # Of 2025 there was no sheet in force that one could compare with.
    assert '<option value="2025">' not in page
    answer = client.post("/rehearsals", data={"csrf_token": csrf, "scheme": scheme_id, "period": "2026"})
    assert answer.status_code == 302
    assert "正在排队" in client.get(answer.location).text
    work.do(db.session.query(Rehearsal).one())
    page = client.get(answer.location).text
    for words in (
        "4 名计分党员中，按草稿计算，0 人总分上升，1 人下降，3 人不变；1 人等次变化。",
        "草稿中没有这条细则",
        "新设细则",
        "欧阳凯敏",
        "仅供组织掌握，不作公示",
        "松岭街道第一党支部",
    ):
        assert words in page
    for address in (f"/schemes/{scheme_id}", f"/schemes/{scheme_id}/publish"):
        assert "0 人上升，1 人下降，1 人等次变化" in client.get(address).text


@pytest.mark.usefixtures("csrf")
def test_a_report_of_an_earlier_state_says_so(client: FlaskClient) -> None:
    scheme_id = draft()
    found = work.rehearse(scheme_id)
    assert "试算之后草稿又有修改" not in client.get(f"/rehearsals/{found.id}").text
    with transaction():
        schemes.revise(actor=SYSTEM, at=clock.now(), scheme_id=scheme_id, revision=1, document=sheets.SHEET)
    assert "试算之后草稿又有修改" in client.get(f"/rehearsals/{found.id}").text
    assert "试算后草稿有修改" in client.get(f"/schemes/{scheme_id}").text


@pytest.mark.usefixtures("csrf")
def test_a_rehearsal_stays_with_the_published_sheet(client: FlaskClient) -> None:
    scheme_id = draft()
    found = work.rehearse(scheme_id)
    with transaction():
        schemes.publish(actor=SYSTEM, at=clock.now(), scheme_id=scheme_id)
    page = client.get(f"/schemes/{scheme_id}").text
    assert f"/rehearsals/{found.id}" in page
    assert "试算草稿" not in page


def test_wrong_days_are_told(client: FlaskClient, csrf: str) -> None:
    scheme_id = draft()
    answer = client.post("/rehearsals", data={"csrf_token": csrf, "scheme": scheme_id, "period": "2026-Q4"})
    assert answer.location == f"/schemes/{scheme_id}"
    assert "这一期还没有开始" in client.get(answer.location).text
    assert client.post("/rehearsals", data={"csrf_token": csrf, "scheme": "x"}).status_code == 404


def test_without_anything_to_compare_with_nothing_is_offered(client: FlaskClient) -> None:
    factories.organisation("OTHER", kind="district")
    factories.sign_in("clerk", Role.DISTRICT_ADMIN, "OTHER")
    factories.browser(client, "clerk")
    with transaction():
        made = schemes.create(
            actor=SYSTEM, at=clock.now(), organisation="OTHER", starts_on=date(2027, 1, 1), document=sheets.SHEET
        )
    page = client.get(f"/schemes/{made.id}").text
    assert "暂不能试算" in page
    assert "试算草稿" not in page


@pytest.mark.usefixtures("csrf")
def test_one_that_failed_says_what_to_do(client: FlaskClient) -> None:
    found = work.ask(draft())
    with transaction():
        db.session.get_one(Rehearsal, found.id).status = "failed"
    assert "本次试算未完成" in client.get(f"/rehearsals/{found.id}").text


def test_who_may_not_read_it_sees_nothing_of_it(client: FlaskClient) -> None:
    scheme_id = draft()
    found = work.rehearse(scheme_id)
    with transaction():
        schemes.publish(actor=SYSTEM, at=clock.now(), scheme_id=scheme_id)
    factories.browser(client, "secretary")
    assert client.get(f"/rehearsals/{found.id}").status_code == 403
    assert "/rehearsals" not in client.get(f"/schemes/{scheme_id}").text
