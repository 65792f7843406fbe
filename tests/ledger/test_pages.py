"""Recording by form, taking back, and the entries on a member's page."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import factories
from tests.conftest import FrozenClock
from tests.factories import bearer
from tests.schemes.sheets import ruled_district


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    ruled_district()


@pytest.fixture
def csrf(client: FlaskClient) -> str:
    return factories.browser(client, "secretary")


def form_of(client: FlaskClient, rule: str, member: str = "M001") -> dict[str, str]:
    page = client.get(f"/entries/new?rule={rule}&member={member}")
    assert page.status_code == 200
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))


def recorded(client: FlaskClient, number: str) -> list[str]:
    answer = client.get(f"/api/v1/members/{number}/entries", headers=bearer("admin"))
    return [item["points"] for item in answer.json["items"]]


def test_the_first_step_is_what_for(client: FlaskClient, csrf: str) -> None:
    page = client.get("/entries/new?member=M001")
    assert page.status_code == 200
    for words in ("组织生活", "参加主题党日", "+1.2 / 小时", "+1 … +3.5", "−2 / 次"):
        assert words in page.text


def test_the_second_is_who_and_when(client: FlaskClient, csrf: str) -> None:
    form = {**form_of(client, "volunteer"), "member": ["M001", "M002"], "occurred_on": "2026-07-05", "quantity": "2"}
    answer = client.post("/entries/new", data=form)
    assert answer.status_code == 302
    assert recorded(client, "M001") == recorded(client, "M002") == ["2.40"]
    again = client.post("/entries/new", data=form)
    assert again.status_code == 302
    assert recorded(client, "M001") == ["2.40"]


def test_a_wrong_form_is_shown_again_with_reasons(client: FlaskClient, csrf: str) -> None:
    form = {
        **form_of(client, "advice"),
        "member": ["M001"],
        "occurred_on": "2026-07-05",
        "points": "9",
        "note": "写过的话",
    }
    answer = client.post("/entries/new", data=form)
    assert answer.status_code == 422
    assert 'href="#points"' in answer.text
    assert "写过的话" in answer.text
    assert re.search(r'value="M001"\s+checked', answer.text)
    nobody = client.post("/entries/new", data={key: value for key, value in form.items() if key != "member"})
    assert nobody.status_code == 422
    assert 'href="#member"' in nobody.text


def test_a_stranger_cannot_be_chosen(client: FlaskClient, csrf: str) -> None:
    assert client.get("/entries/new?member=M005").status_code == 404
    form = {**form_of(client, "meeting"), "member": ["M005"], "occurred_on": "2026-07-05"}
    assert client.post("/entries/new", data=form).status_code == 404
    assert recorded(client, "M005") == []


def test_an_entry_is_shown_and_taken_back_on_the_members_page(client: FlaskClient, csrf: str) -> None:
    form = {**form_of(client, "meeting"), "member": ["M001"], "occurred_on": "2026-07-05"}
    client.post("/entries/new", data=form)
    page = client.get("/members/M001")
    assert "参加三会一课" in page.text
    [address] = re.findall(r'action="(/entries/\d+/reverse)"', page.text)
    answer = client.post(address, data={"csrf_token": csrf, "reason": "登记有误"})
    assert answer.status_code == 302
    assert recorded(client, "M001") == ["-1.00", "1.00"]
    page = client.get("/members/M001")
    assert "登记有误" in page.text
    assert "/reverse" not in page.text


def test_a_reader_has_no_form(client: FlaskClient) -> None:
    token = factories.browser(client, "auditor")
    assert client.get("/entries/new").status_code == 403
    assert client.post("/entries/1/reverse", data={"csrf_token": token, "reason": "x"}).status_code == 403
