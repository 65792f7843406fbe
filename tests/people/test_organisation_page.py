"""One organisation: what is said of it, its settings over the API, and its page."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc.db import db
from pointsvc.people.models import OrganisationSetting
from tests import factories
from tests.factories import bearer, browser

API = "/api/v1/organisations"


@pytest.fixture(autouse=True)
def _district(client: FlaskClient) -> None:
    factories.district()


def setting(client: FlaskClient, code: str, name: str, who: str = "admin") -> Any:
    items = client.get(f"{API}/{code}/settings", headers=bearer(who)).json["items"]
    return next(item for item in items if item["name"] == name)


def put(client: FlaskClient, value: Any, who: str = "admin", code: str = "QS01", name: str = "review_days") -> Any:
    return client.put(f"{API}/{code}/settings/{name}", json={"value": value}, headers=bearer(who))


# ---- settings


@pytest.mark.parametrize("name", ["admin", "operator"])
def test_a_decision_holds_below_and_says_whose_it_is(client: FlaskClient, name: str) -> None:
    answer = put(client, 7, name)
    assert (answer.status_code, answer.json["value"], answer.json["decided_by"]) == (200, 7, "QS01")
    below = setting(client, "QS0101", "review_days", "secretary")
    assert (below["value"], below["decided_by"], below["default"]) == (7, "QS01", 5)
    assert setting(client, "QS0201", "review_days", "far")["decided_by"] is None
    assert put(client, None, name).json["decided_by"] is None
    assert setting(client, "QS0101", "review_days", "secretary")["value"] == 5


@pytest.mark.parametrize("name", ["secretary", "street", "overseer", "auditor", "member"])
def test_other_roles_decide_nothing(client: FlaskClient, name: str) -> None:
    assert put(client, 7, name).status_code == 403


@pytest.mark.parametrize(
    ("name", "value"),
    [("review_days", 0), ("review_days", "7"), ("review_days", [7]), ("order_shown_to", "all"), ("colour", "red")],
)
def test_a_wrong_value_is_named(client: FlaskClient, name: str, value: Any) -> None:
    answer = put(client, value, name=name)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [name])


def test_a_value_is_needed_and_nothing_else(client: FlaskClient) -> None:
    for body in ({}, {"value": 7, "more": 1}):
        answer = client.put(f"{API}/QS01/settings/review_days", json=body, headers=bearer("admin"))
        assert answer.status_code == 422


@pytest.mark.parametrize("address", ["", "/settings"])
def test_a_strangers_organisation_is_not_found(client: FlaskClient, address: str) -> None:
    for name, code in (("secretary", "QS0102"), ("far", "QS01"), ("admin", "QS9")):
        assert client.get(f"{API}/{code}{address}", headers=bearer(name)).status_code == 404
    assert put(client, 7, code="QS9").status_code == 404


# ---- what is said of it


def test_secretary_and_telephone_are_changed(client: FlaskClient) -> None:
    body = {"secretary": "单文博", "phone": "0910-1234567"}
    answer = client.patch(f"{API}/QS0101", json=body, headers=bearer("admin"))
    assert (answer.status_code, {name: answer.json[name] for name in body}) == (200, body)
    body = {"secretary": None, "phone": None}
    client.patch(f"{API}/QS0101", json=body, headers=bearer("admin"))
    found = client.get(f"{API}/QS0101", headers=bearer("member")).json
    assert {name: found[name] for name in ("name", "parent", "kind", *body)} == {
        "name": "松岭街道第一党支部",
        "parent": "QS01",
        "kind": "branch",
        **body,
    }


@pytest.mark.parametrize(
    ("change", "field"),
    [({"phone": "1" * 41}, "phone"), ({"secretary": ""}, "secretary"), ({"phone": "1\n2"}, "phone"), ({"n": 1}, "n")],
)
def test_a_wrong_description_is_named(client: FlaskClient, change: dict[str, Any], field: str) -> None:
    body = {"secretary": "单文博", "phone": "0910", **change}
    answer = client.patch(f"{API}/QS0101", json=body, headers=bearer("admin"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


@pytest.mark.parametrize("name", ["secretary", "operator", "auditor", "member"])
def test_other_roles_describe_nothing(client: FlaskClient, name: str) -> None:
    body = {"secretary": "x", "phone": None}
    assert client.patch(f"{API}/QS0101", json=body, headers=bearer(name)).status_code == 403


# ---- the page


@pytest.mark.parametrize("name", ["admin", "overseer", "auditor", "operator", "street", "secretary", "member"])
def test_whoever_reaches_it_reads_its_page(client: FlaskClient, name: str) -> None:
    browser(client, name)
    page = client.get("/organisations/QS0101")
    assert page.status_code == 200
    assert "松岭街道党工委" in page.text
    # The way up only for whom it leads somewhere.
    assert ('href="/organisations/QS01"' in page.text) == (name not in ("secretary", "member"))
    assert ("保存设置" in page.text) == (name in ("admin", "operator"))
    assert ("修改书记和电话" in page.text) == (name == "admin")
    assert client.get("/organisations/QS0102").status_code == (404 if name in ("secretary", "member") else 200)


def test_the_settings_are_decided_by_form(client: FlaskClient) -> None:
    token = browser(client, "admin")
    form = {"review_days": "7", "order_shown_to": "nobody", "supervision_phone": "0910-7", "csrf_token": token}
    wrong = client.post("/organisations/QS01/settings", data={**form, "review_days": "soon"})
    assert wrong.status_code == 422
    assert 'id="review_days-error"' in wrong.text
    assert 'value="soon"' in wrong.text
    assert db.session.scalars(select(OrganisationSetting)).all() == []
    assert client.post("/organisations/QS01/settings", data=form).location == "/organisations/QS01"
    assert setting(client, "QS0101", "supervision_phone")["value"] == "0910-7"
    assert "由松岭街道党工委决定" in client.get("/organisations/QS0101").text
    assert client.post("/organisations/QS01/settings", data={**form, "review_days": ""}).status_code == 302
    kept = db.session.scalars(select(OrganisationSetting.name).order_by(OrganisationSetting.name)).all()
    assert kept == ["order_shown_to", "supervision_phone"]


def test_secretary_and_telephone_are_changed_by_form(client: FlaskClient) -> None:
    token = browser(client, "admin")
    form = {"secretary": "单文博", "phone": "", "csrf_token": token}
    assert client.post("/organisations/QS0101", data=form).location == "/organisations/QS0101"
    assert "单文博" in client.get("/organisations/QS0101").text
    assert 'id="phone-error"' in client.post("/organisations/QS0101", data={**form, "phone": "1" * 41}).text
