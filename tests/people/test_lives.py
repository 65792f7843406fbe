"""Transfers, the way between two branches, and categories with the decision behind them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.people import gaps, lives_pages, reach
from pointsvc.people import service as people
from pointsvc.people.models import Membership, SignIn
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import actor, bearer, browser

API = "/api/v1"
RELEASE = f"{API}/members/M001/release"
CATEGORY = f"{API}/members/M002/category"


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    factories.district()


def branches(number: str = "M001") -> list[tuple[str, date, date | None]]:
    rows = db.session.execute(
        select(Membership.organisation_id, Membership.starts_on, Membership.ends_on)
        .where(Membership.member_id == factories.member_id(number))
        .order_by(Membership.starts_on)
    )
    codes = {factories.organisation_id(row[0]): row[0] for row in factories.ORGANISATIONS}
    return [(codes[row.organisation_id], row.starts_on, row.ends_on) for row in rows]


def release(number: str = "M001", on: date = date(2026, 8, 1)) -> None:
    with transaction():
        people.release(actor=SYSTEM, at=clock.now(), number=number, on=on)


# ---- between two branches


@pytest.mark.parametrize("name", ["admin", "street", "secretary"])
def test_a_member_is_let_go_and_taken_up(client: FlaskClient, name: str) -> None:
    answer = client.post(RELEASE, json={"on": "2026-08-01"}, headers=bearer(name))
    assert (answer.status_code, answer.json["organisation"]) == (200, None)
    body = {"to": "QS0102", "on": "2026-08-10"}
    answer = client.post(f"{API}/members/M001/transfer", json=body, headers=bearer("street"))
    assert (answer.status_code, answer.json["organisation"]) == (200, "QS0102")
    begun = date(1921, 7, 1)
    assert branches() == [("QS0101", begun, date(2026, 8, 1)), ("QS0102", date(2026, 8, 10), None)]
    own = select(SignIn.organisation_id).where(SignIn.name == "member")
    assert db.session.scalar(own) == factories.organisation_id("QS0102")


def test_taken_up_before_being_let_go_is_refused(client: FlaskClient) -> None:
    release()
    body = {"to": "QS0102", "on": "2026-07-31"}
    answer = client.post(f"{API}/members/M001/transfer", json=body, headers=bearer("street"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["on"])


def test_the_same_branch_may_take_its_member_up_again() -> None:
    release()
    with transaction():
        people.transfer(actor=SYSTEM, at=clock.now(), number="M001", to="QS0101", on=date(2026, 8, 1))
    assert [code for code, *_ in branches()] == ["QS0101", "QS0101"]


@pytest.mark.parametrize(("name", "status"), [("overseer", 403), ("member", 403), ("neighbour", 404), ("far", 404)])
def test_others_let_nobody_go(client: FlaskClient, name: str, status: int) -> None:
    assert client.post(RELEASE, json={"on": "2026-08-01"}, headers=bearer(name)).status_code == status


@pytest.mark.parametrize("on", ["1921-07-01", "2026-08-16", "x", None])
def test_a_wrong_day_to_let_go_is_named(client: FlaskClient, on: Any) -> None:
    answer = client.post(RELEASE, json={"on": on}, headers=bearer("secretary"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["on"])


def test_letting_go_twice_is_a_conflict_and_with_one_key_once(client: FlaskClient) -> None:
    headers = {**bearer("secretary"), "Idempotency-Key": "one"}
    for _ in range(2):
        assert client.post(RELEASE, json={"on": "2026-08-01"}, headers=headers).status_code == 200
    again = client.post(RELEASE, json={"on": "2026-08-01"}, headers=bearer("secretary"))
    assert (again.status_code, again.json["code"]) == (409, "released")


@pytest.mark.parametrize("what", ["category", "exemptions"])
def test_on_the_way_nothing_else_is_decided(client: FlaskClient, what: str) -> None:
    release()
    body = {
        "category": {"category": "retired", "on": "2026-08-01"},
        "exemptions": {"starts_on": "2026-08-01", "ground": "age", "decided_on": "2026-08-01", "decided_by": "支部"},
    }[what]
    answer = client.post(f"{API}/members/M001/{what}", json=body, headers=bearer("secretary"))
    assert (answer.status_code, answer.json["code"]) == (409, "released")


def test_whoever_is_on_the_way_is_flagged_to_those_who_answer(client: FlaskClient) -> None:
    release()
    release("M005", date(2026, 7, 1))
    assert [(name, gaps.count(actor=actor(name))) for name in ("admin", "secretary", "neighbour", "far")] == [
        ("admin", 2),
        ("secretary", 1),
        ("neighbour", 0),
        ("far", 1),
    ]
    with transaction():
        people.transfer(actor=SYSTEM, at=clock.now(), number="M005", to="QS0201", on=date(2026, 8, 1))
    url = f"{API}/members/without-branch"
    answer = client.get(url, headers=bearer("admin")).json
    assert answer == {
        "items": [
            {
                "number": "M001",
                "name": "欧阳凯敏",
                "organisation": "QS0101",
                "organisation_name": "松岭街道第一党支部",
                "since": "2026-08-01",
            }
        ],
        "next": None,
    }
    assert client.get(url, headers=bearer("member")).status_code == 403
    assert client.get(f"{url}?after=x", headers=bearer("admin")).status_code == 422
    browser(client, "admin")
    assert "1 名党员尚无所属支部" in client.get("/").text


def test_the_list_of_them_comes_in_pages(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in ("M001", "M002", "M003", "M004", "M005"):
        release(number, date(2026, 8, 1 if number < "M004" else 3))
    seen, after = [], ""
    while after is not None:
        page = client.get(f"{API}/members/without-branch?limit=2&after={after}", headers=bearer("admin")).json
        seen += [item["number"] for item in page["items"]]
        after = page["next"]
    assert seen == ["M001", "M002", "M003", "M004", "M005"]
    monkeypatch.setattr(lives_pages, "ON_A_PAGE", 3)
    browser(client, "admin")
    page = client.get("/members/without-branch")
    assert page.text.count("#transfer") == 3
    assert 'rel="next"' in page.text


# ---- categories


def test_a_category_changes_with_its_decision(client: FlaskClient) -> None:
    body = {"category": "regular", "on": "2026-07-01", "decision": "支部党员大会 2026年第6次 转正"}
    answer = client.post(CATEGORY, json=body, headers=bearer("secretary"))
    assert (answer.status_code, answer.json["category"]) == (200, "regular")
    history = client.get(f"{API}/members/M002/history", headers=bearer("secretary")).json
    assert history["categories"] == [
        {"category": "regular", "starts_on": "2026-07-01", "ends_on": None, "decision": body["decision"]},
        {"category": "probationary", "starts_on": "1921-07-01", "ends_on": "2026-07-01", "decision": None},
    ]
    assert [item["organisation"] for item in history["memberships"]] == ["QS0101"]
    assert client.get(f"{API}/members/M004/history", headers=bearer("secretary")).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"category": ""}, "category"),
        ({"category": "exempt"}, "category"),
        ({"on": "2026-08-16"}, "on"),
        ({"decision": "x" * 201}, "decision"),
        ({"points": 1}, "points"),
    ],
)
def test_a_wrong_field_of_a_category_is_named(client: FlaskClient, change: dict[str, Any], field: str) -> None:
    body = {"category": "regular", "on": "2026-07-01", **change}
    answer = client.post(CATEGORY, json=body, headers=bearer("secretary"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


@pytest.mark.parametrize(("name", "status"), [("auditor", 403), ("member", 403), ("neighbour", 404)])
def test_others_change_no_category(client: FlaskClient, name: str, status: int) -> None:
    body = {"category": "regular", "on": "2026-07-01"}
    assert client.post(CATEGORY, json=body, headers=bearer(name)).status_code == status


def test_nobody_is_added_as_exempt(client: FlaskClient) -> None:
    body = {"number": "N1", "name": "程不易", "organisation": "QS0101", "category": "exempt"}
    answer = client.post(f"{API}/members", json=body, headers=bearer("secretary"))
    assert list(answer.json["errors"]) == ["category"]


# ---- the forms


def test_the_forms_of_the_page(client: FlaskClient) -> None:
    token = browser(client, "secretary")

    def send(what: str, **form: str) -> Any:
        return client.post(f"/members/M002/{what}", data={**form, "csrf_token": token})

    assert 'id="category_on-error"' in send("category", category="regular", category_on="soon").text
    assert send("category", category="regular", own_category="党务工作者", category_on="2026-08-01").status_code == 302
    one = factories.member_id("M002")
    assert reach.category_on([one], date(2026, 8, 15)) == {one: "党务工作者"}
    assert 'id="released_on-error"' in send("release", released_on="2026-08-16").text
    assert send("release", released_on="2026-08-10").status_code == 302
    page = client.get("/members/M002").text
    assert "转接途中" in page
    assert "/members/M002/category" not in page
    assert send("transfer", to="QS0101", on="2026-08-12").status_code == 302


def test_who_only_reads_sees_no_form(client: FlaskClient) -> None:
    browser(client, "auditor")
    assert "/members/M001/transfer" not in client.get("/members/M001").text
