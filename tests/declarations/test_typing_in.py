"""Sheets of paper on pages: made, printed, and typed in line by line."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import factories
from tests.conftest import FrozenClock
from tests.declarations.work import count, district, hidden


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    district()


def sheet_of(client: FlaskClient, token: str, copies: int = 1) -> str:
    answer = client.post(
        "/declarations/sheets", data={"csrf_token": token, "organisation": "QS0101", "copies": str(copies)}
    )
    assert answer.status_code == 302
    return str(re.findall(r"sheet=(\d+)", answer.location)[0])


def test_sheets_are_made_and_printed(client: FlaskClient) -> None:
    token = factories.browser(client, "secretary")
    answer = client.post("/declarations/sheets", data={"csrf_token": token, "organisation": "QS0101", "copies": "2"})
    codes = re.findall(r"sheet=(\d+)", answer.location)
    assert len(set(codes)) == 2
    page = client.get(answer.location).text
    assert page.count('<article class="paper-sheet">') == 2
    for words in (*codes, "松岭街道第一党支部", "志愿服务 +1.2 / 小时", "街道 +3、市 +10", "本人签名"):
        assert words in page
    assert "0 / 15" in client.get("/declarations/sheets").text
    for copies in ("0", "x", "", "99"):
        wrong = client.post(
            "/declarations/sheets", data={"csrf_token": token, "organisation": "QS0101", "copies": copies}
        )
        assert (wrong.status_code, 'href="#copies"' in wrong.text) == (422, True)
    assert client.post("/declarations/sheets", data={"csrf_token": token, "organisation": "QS02"}).status_code in (
        404,
        422,
    )
    for address in ("/declarations/paper", "/declarations/paper?sheet=99999", "/declarations/lines?sheet=99999"):
        assert client.get(address).status_code == 404


def test_lines_are_typed_in_from_a_sheet(client: FlaskClient) -> None:
    token = factories.browser(client, "secretary")
    code = sheet_of(client, token)
    address = f"/declarations/lines?sheet={code}"
    data = {
        **hidden(client, address),
        "member-1": "欧阳凯敏", "rule-1": "volunteer", "occurred_on-1": "2026-07-05", "amount-1": "2", "note-1": "巡河",
        "member-3": "almj", "rule-3": "award", "occurred_on-3": "2026-07-06", "amount-3": "市", "note-3": "防汛先进",
    }  # fmt: skip
    answer = client.post("/declarations/lines", data=data)
    assert answer.status_code == 302
    page = client.get(answer.location).text
    assert "已录入 2 项申报" in page
    assert page.count('name="member-') == 13
    first, second = client.get("/api/v1/declarations", headers=factories.bearer("secretary")).json["items"]
    assert (second["member"], second["sheet"], second["line"], second["quantity"]) == ("M001", code, 1, "2.00")
    assert (first["member"], first["tier"], first["matter"], first["line"]) == ("M003", "city", "防汛先进", 3)
    again = client.post("/declarations/lines", data=data)
    assert (again.status_code, count()) == (302, 2)
    key = hidden(client, address)["key"]
    other = client.post("/declarations/lines", data={**data, "key": key})
    assert (other.status_code, count()) == (422, 2)
    assert f"{code} 号表第 1 行已经录入过" in other.text


def test_wrong_lines_are_shown_again_by_cell_and_none_is_kept(client: FlaskClient) -> None:
    factories.browser(client, "secretary")
    data = {
        **hidden(client, "/declarations/lines"),
        "member-1": "M001", "rule-1": "volunteer", "occurred_on-1": "2026-07-05", "amount-1": "2",
        "member-2": "王五", "rule-2": "volunteer", "occurred_on-2": "2026-07-05",
        "member-4": "M001", "rule-4": "", "occurred_on-4": "2026-07-05",
        "member-5": "M001", "rule-5": "volunteer", "occurred_on-5": "",
        "member-6": "M001", "rule-6": "volunteer", "occurred_on-6": "2026-07-05", "amount-6": "two",
    }  # fmt: skip
    answer = client.post("/declarations/lines", data=data)
    assert (answer.status_code, count()) == (422, 0)
    for cell in ("member-2", "rule-4", "occurred_on-5", "amount-6"):
        assert f'href="#{cell}"' in answer.text
    assert 'value="王五"' in answer.text
    data = {name: value for name, value in data.items() if not name.endswith(("-2", "-4", "-5"))}
    later = client.post("/declarations/lines", data={**data, "amount-6": "0"})
    assert (later.status_code, 'href="#amount-6"' in later.text) == (422, True)
    nothing = client.post("/declarations/lines", data=hidden(client, "/declarations/lines"))
    assert nothing.status_code == 422


def test_who_does_not_review_types_nothing_in(client: FlaskClient) -> None:
    token = factories.browser(client, "member")
    for address in ("/declarations/lines", "/declarations/sheets", "/declarations/paper"):
        assert client.get(address).status_code == 403
    assert client.post("/declarations/lines", data={"csrf_token": token}).status_code == 403
    assert client.post("/declarations/approve", data={"csrf_token": token}).status_code == 403
