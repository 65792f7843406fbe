"""Declaring by form, as a browser without scripts sends it."""

from __future__ import annotations

import re
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from tests import factories
from tests.conftest import FrozenClock
from tests.declarations.work import act, count, declared, district, hidden, seen, status
from tests.evidence import files
from tests.schemes.sheets import published, sheet


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    district()


def form(client: FlaskClient, rule: str = "volunteer", **more: Any) -> dict[str, Any]:
    found = hidden(client, f"/declarations/new?rule={rule}")
    return {**found, "occurred_on": "2026-07-05", **more}


def test_the_first_step_offers_what_may_be_declared_and_what_is_still_open(client: FlaskClient) -> None:
    factories.browser(client, "member")
    page = client.get("/declarations/new").text
    assert re.findall(r"rule=(\w+)", page) == ["volunteer", "advice", "award"]
    assert "服务群众" in page
    assert "参加主题党日" not in page
    assert "+1.2 / 小时" in page


def test_the_limit_is_told_before_sending(client: FlaskClient) -> None:
    changed = sheet()
    rule = next(rule for rule in changed["rules"] if rule["code"] == "advice")
    rule["caps"] = [{"per": "year", "points": "3"}]
    published(document=changed)
    factories.browser(client, "member")
    assert "本项今年还可以得 3 分" in client.get("/declarations/new").text
    act("approve", "secretary", declared(rule="advice", points=Decimal(3)))
    assert "目前已到封顶" in client.get("/declarations/new").text
    assert "目前已到封顶" in client.get("/declarations/new?rule=advice").text


@pytest.mark.parametrize(
    ("rule", "fields"),
    [("volunteer", {"quantity"}), ("advice", {"points"}), ("award", {"tier", "matter"})],
)
def test_the_second_step_asks_only_what_the_rule_needs(client: FlaskClient, rule: str, fields: set[str]) -> None:
    factories.browser(client, "member")
    page = client.get(f"/declarations/new?rule={rule}").text
    names = set(re.findall(r'<(?:input|select|textarea)[^>]* name="(\w+)"', page.split("<main")[1]))
    assert names & {"quantity", "points", "tier", "matter"} == fields
    assert {"occurred_on", "note", "photo", "file"} <= names
    assert 'value="2026-08-15"' in page
    assert 'capture="environment"' in page


def test_a_member_declares_with_a_photo(client: FlaskClient) -> None:
    factories.browser(client, "member")
    data = form(client, quantity="2", note="河边", photo=(BytesIO(files.photo()), "合影.jpg"))
    answer = client.post("/declarations/new", data=data)
    assert answer.status_code == 302
    page = client.get(answer.location).text
    assert "申报已提交，审核通过后计分。" in page
    [address] = re.findall(r'src="(/declarations/\d+/evidence/\d+\?preview=1)"', page)
    small = client.get(address)
    assert (small.status_code, small.mimetype) == (200, "image/jpeg")
    assert Image.open(BytesIO(small.data)).size == (60, 40)
    assert client.get(address.split("?")[0]).headers["Content-Security-Policy"].endswith("sandbox")
    own = client.get("/declarations/own").text
    assert "待审核" in own
    assert "2 小时" in own


def test_the_same_form_twice_declares_once(client: FlaskClient) -> None:
    factories.browser(client, "member")
    data = form(client, quantity="2")
    assert [client.post("/declarations/new", data=data).status_code for _ in range(2)] == [302, 302]
    assert count() == 1


def test_a_wrong_form_is_shown_again_with_reasons(client: FlaskClient) -> None:
    factories.browser(client, "member")
    data = form(client, "advice", points="9", note="写过的话", photo=(BytesIO(files.photo()), "a.jpg"))
    answer = client.post("/declarations/new", data=data)
    assert answer.status_code == 422
    assert 'href="#points"' in answer.text
    assert "写过的话" in answer.text
    assert "请重新选择照片" in answer.text
    bad = client.post("/declarations/new", data=form(client, quantity="1", photo=(BytesIO(b"MZ"), "a.jpg")))
    assert bad.status_code == 422
    assert 'href="#file"' in bad.text
    assert "“a.jpg”不是照片" in bad.text
    six = [
        (BytesIO(files.photo(colour)), f"{colour}.jpg") for colour in ("red", "blue", "green", "gray", "pink", "tan")
    ]
    many = client.post("/declarations/new", data=form(client, quantity="1", file=six))
    assert (many.status_code, count()) == (422, 0)


def test_too_much_at_once_is_told_in_words(client: FlaskClient) -> None:
    factories.browser(client, "member")
    much = b"x" * 21 * 1024**2
    answer = client.post("/declarations/new", data=much, content_type="multipart/form-data; boundary=b")
    assert (answer.status_code, "内容过大" in answer.text) == (413, True)


def test_a_rule_that_is_not_offered_leads_back_to_the_first_step(client: FlaskClient) -> None:
    factories.browser(client, "member")
    data = {**form(client, quantity="1"), "rule": "meeting"}
    answer = client.post("/declarations/new", data=data)
    assert answer.status_code == 422
    assert "这一项由支部登记，不能自主申报" in answer.text
    assert "rule=volunteer" in answer.text


def test_a_secretary_declares_for_one_member_or_goes_to_the_lines(client: FlaskClient) -> None:
    factories.browser(client, "secretary")
    assert client.get("/declarations/new").location == "/declarations/lines"
    page = client.get("/declarations/new?member=M003&rule=volunteer").text
    assert "由您为阿里木·江代录" in page
    data = {**hidden(client, "/declarations/new?member=M003&rule=volunteer"), "occurred_on": "2026-07-05"}
    assert client.post("/declarations/new", data={**data, "quantity": "1"}).status_code == 302
    assert client.get("/declarations/new?member=M004").status_code == 404
    assert client.post("/declarations/new", data={**data, "member": "M004", "key": "x"}).status_code == 404


def test_who_has_no_record_has_no_own_list(client: FlaskClient) -> None:
    factories.browser(client, "secretary")
    assert client.get("/declarations/own").status_code == 404


def test_a_returned_one_is_amended_with_other_photos(client: FlaskClient) -> None:
    factories.browser(client, "member")
    location = client.post(
        "/declarations/new", data=form(client, quantity="2", photo=(BytesIO(files.photo()), "旧.jpg"))
    ).location
    made = int(location.rsplit("/", 1)[1])
    act("return", "secretary", made, reason="照片不清楚")
    own = client.get("/declarations/own").text
    assert "照片不清楚" in own
    page = client.get(f"/declarations/{made}/amend").text
    assert "照片不清楚" in page
    assert 'value="2"' in page
    [old] = re.findall(r'name="leave_out" value="(\d+)"><span>去掉 旧.jpg', page)
    data = {
        **hidden(client, f"/declarations/{made}/amend"),
        "occurred_on": "2026-07-06",
        "quantity": "3",
        "leave_out": old,
        "photo": (BytesIO(files.photo("blue")), "新.jpg"),
    }
    assert client.post(f"/declarations/{made}/amend", data=data).status_code == 302
    page = client.get(location).text
    [address] = re.findall(r"(/declarations/\d+/evidence/\d+)\?preview", page)
    assert "filename*=UTF-8''%E6%96%B0.jpg" in client.get(address).headers["Content-Disposition"]
    assert (status(made), f"{seen(made).points:.2f}") == ("pending", "3.60")


def test_another_rule_may_be_chosen_when_amending(client: FlaskClient) -> None:
    factories.browser(client, "member")
    made = declared()
    act("return", "secretary", made)
    assert f"/declarations/{made}/amend?rule=award" in client.get(f"/declarations/{made}/amend?rule=").text
    data = {**hidden(client, f"/declarations/{made}/amend?rule=award"), "occurred_on": "2026-07-05"}
    wrong = client.post(f"/declarations/{made}/amend", data=data)
    assert (wrong.status_code, 'href="#tier"' in wrong.text) == (422, True)
    assert client.post(f"/declarations/{made}/amend", data={**data, "tier": "city"}).status_code == 302
    assert seen(made).rule == "award"


def test_a_photo_is_added_later_and_a_declaration_withdrawn(client: FlaskClient) -> None:
    token = factories.browser(client, "member")
    made = declared()
    nothing = client.post(f"/declarations/{made}/evidence", data={"csrf_token": token})
    assert (nothing.status_code, "请选择文件" in nothing.text) == (422, True)
    data = {"csrf_token": token, "file": (BytesIO(files.pdf()), "证明.pdf")}
    assert client.post(f"/declarations/{made}/evidence", data=data).status_code == 302
    assert "证明.pdf" in client.get(f"/declarations/{made}").text
    assert client.post(f"/declarations/{made}/withdraw", data={"csrf_token": token}).status_code == 302
    page = client.get(f"/declarations/{made}").text
    assert "已撤回" in page
    assert "/withdraw" not in page
    assert client.post(f"/declarations/{made}/withdraw", data={"csrf_token": token}).status_code == 409


def test_an_entry_taken_back_later_shows_with_its_declaration(client: FlaskClient) -> None:
    made = declared()
    act("approve", "secretary", made)
    token = factories.browser(client, "secretary")
    page = client.get("/members/M001").text
    assert "自主申报" in page
    client.post(f"/entries/{seen(made).entry}/reverse", data={"csrf_token": token, "reason": "重复"})
    assert "积分已冲销" in client.get("/declarations?show=approved").text
    assert "后来已冲销" in client.get(f"/declarations/{made}").text
