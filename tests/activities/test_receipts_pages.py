"""Attendance elsewhere in lists and on pages."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc.activities import receipts_pages
from pointsvc.activities.models import AwayReceipt
from pointsvc.db import db
from tests.activities.away import BODY, URL, confirm, statuses, submit
from tests.conftest import FrozenClock
from tests.factories import bearer, browser
from tests.schemes.sheets import ruled_district


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    ruled_district()


# ---- lists and pages


def test_the_receipts_come_in_pages_and_are_narrowed_down(client: FlaskClient) -> None:
    ids = [submit(number) for number in ("M001", "M002", "M004", "M005")]
    confirm(ids[0])
    headers = bearer("admin")
    seen, after = [], ""
    while after is not None:
        page = client.get(f"{URL}?limit=3&after={after}", headers=headers).json
        seen += [item["member"] for item in page["items"]]
        after = page["next"]
    assert seen == ["M005", "M004", "M002", "M001"]

    def found(who: str, **query: str) -> list[str]:
        return [item["member"] for item in client.get(URL, query_string=query, headers=bearer(who)).json["items"]]

    assert found("admin", status="confirmed") == ["M001"]
    assert found("admin", organisation="QS01") == ["M004", "M002", "M001"]
    assert found("admin", member="M005") == ["M005"]
    assert found("member") == ["M001"]
    assert found("secretary") == found("auditor", organisation="QS0101") == ["M002", "M001"]
    assert client.get(f"{URL}?status=x", headers=headers).status_code == 422
    assert client.get(f"{URL}?organisation=QS0102", headers=bearer("secretary")).status_code == 404
    assert client.get(f"{URL}/{ids[1]}", headers=bearer("member")).status_code == 404


def test_a_member_reports_by_form_and_the_branch_confirms(client: FlaskClient, app: Flask) -> None:
    token = browser(client, "member")
    form = {"kind": BODY["kind"], "held_on": BODY["held_on"], "host": "", "csrf_token": token}
    assert 'id="host-error"' in client.post("/away-receipts/new", data=form).text
    assert client.post("/away-receipts/new", data={**form, "host": "滨江社区"}).location == "/away-receipts"
    twice = client.post("/away-receipts/new", data={**form, "host": "滨江社区"})
    assert (twice.status_code, 'id="held_on-error"' in twice.text) == (422, True)
    assert "滨江社区" in client.get("/away-receipts").text
    one = db.session.scalars(select(AwayReceipt.id)).one()
    other = app.test_client()
    token = browser(other, "secretary")
    assert "1 份异地参会回执待确认" in other.get("/branch").text
    assert other.post(f"/away-receipts/{one}/confirm", data={"csrf_token": token}).status_code == 302
    again = other.post(f"/away-receipts/{one}/confirm", data={"csrf_token": token})
    assert again.status_code == 422
    assert "已确认" in client.get("/away-receipts?status=confirmed").text


def test_a_visitor_is_reported_by_form(client: FlaskClient) -> None:
    token = browser(client, "far")
    form = {"member": "M001", "kind": BODY["kind"], "held_on": BODY["held_on"], "host": "", "csrf_token": token}
    assert client.post("/away-receipts/new", data=form).location == "/away-receipts"
    page = client.get("/away-receipts").text
    assert "已收到" in page
    assert "M001" not in page
    assert statuses() == ["pending"]


def test_a_receipt_is_refused_by_form(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    one = submit()
    token = browser(client, "secretary")
    address = f"/away-receipts/{one}/refuse"
    assert 'id="reason-error"' in client.post(address, data={"reason": "", "csrf_token": token}).text
    assert client.post(address, data={"reason": "未查实", "csrf_token": token}).status_code == 302
    submit()
    monkeypatch.setattr(receipts_pages, "ON_A_PAGE", 1)
    assert 'rel="next"' in client.get("/away-receipts").text
