"""Who may be one person, and the pages on which two records are merged and parted."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc.db import db
from pointsvc.people.models import MemberMerge
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import bearer, browser
from tests.ledger.merges import API, live, merge, record
from tests.schemes.sheets import published


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    factories.district()
    published()


# ---- who may be one person


def test_a_pair_is_suggested_by_name_and_day_or_name_and_branch(client: FlaskClient) -> None:
    day = date(2010, 7, 1)
    factories.member("D1", "QS0101", name="林小满", joined_on=day)
    factories.member("D2", "QS0201", name="林小满", joined_on=day)
    factories.member("D3", "QS0102", name="单文博", joined_on=day)
    factories.member("D4", "QS0102", name="林小满", joined_on=date(2011, 7, 1))
    items = client.get(f"{API}/merges/suggestions", headers=bearer("admin")).json["items"]
    pairs = [(item["number_1"], item["number_2"]) for item in items]
    assert pairs == [("D1", "D2"), ("M004", "D3"), ("M005", "D2")]
    merge("D1", "D2")
    items = client.get(f"{API}/merges/suggestions?limit=1", headers=bearer("admin")).json
    assert [item["name"] for item in items["items"]] == ["单文博"]
    assert items["next"] is None


def test_the_suggestions_and_merges_come_in_pages(client: FlaskClient) -> None:
    for n in range(3):
        factories.member(f"E{n}", "QS0102", name="单文博")
    headers = bearer("admin")

    def all_of(address: str) -> int:
        seen, after = 0, ""
        while after is not None:
            page = client.get(f"{API}/{address}?limit=2&after={after}", headers=headers).json
            seen += len(page["items"])
            after = page["next"]
        return seen

    assert all_of("merges/suggestions") == 6
    for n in range(3):
        merge("M004", f"E{n}")
    assert (all_of("merges/suggestions"), all_of("merges")) == (0, 3)


# ---- the pages


def test_two_records_are_compared_merged_and_parted_by_form(client: FlaskClient) -> None:
    record("M004")
    factories.member("D3", "QS0102", name="单文博")
    token = browser(client, "admin")
    page = client.get("/merges").text
    found = re.search(r'href="(/merges/new\?first=M004&amp;second=D3)"', page)
    assert found is not None
    assert client.get(found[1].replace("&amp;", "&")).status_code == 200
    form = {"first": "M004", "second": "D3", "reason": "", "keep": "D3", "csrf_token": token}
    assert 'id="reason-error"' in client.post("/merges/new", data=form).text
    assert 'id="keep-error"' in client.post("/merges/new", data={**form, "reason": "x", "keep": "M001"}).text
    assert client.post("/merges/new", data={**form, "reason": "重复建档"}).location == "/members/D3"
    assert len(live("D3")) == 1
    one = db.session.scalars(select(MemberMerge.id)).one()
    assert f"/merges/{one}/undo" in client.get("/members/D3").text
    assert client.post(f"/merges/{one}/undo", data={"csrf_token": token}).location == "/members/M004"
    assert "已撤销" in client.get("/merges").text
    for first, second in (("M001", "M001"), ("M001", "M404")):
        wrong = client.get("/merges/new", query_string={"first": first, "second": second})
        assert wrong.status_code == 422
        assert 'id="second-error"' in wrong.text


@pytest.mark.parametrize("name", ["street", "auditor", "operator"])
def test_the_pages_are_for_nobody_else(client: FlaskClient, name: str) -> None:
    merge()
    browser(client, name)
    assert client.get("/merges").status_code == 403
    assert "/undo" not in client.get("/members/M001").text
