"""POST and GET /organisations."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import factories
from tests.factories import bearer

NEW = {"code": "QS0103", "name": "松岭街道第三党支部", "kind": "branch", "parent": "QS01", "phone": "0000-8250001"}
URL = "/api/v1/organisations"


@pytest.fixture(autouse=True)
def _district(client: FlaskClient) -> None:
    factories.district()


def codes(answer: Any) -> list[str]:
    return [item["code"] for item in answer.json["items"]]


def test_the_district_adds_an_organisation(client: FlaskClient) -> None:
    answer = client.post(URL, json={**NEW, "secretary": "程不易"}, headers=bearer("admin"))
    assert answer.status_code == 201
    body = answer.json
    assert isinstance(body.pop("id"), str)
    assert body == {**NEW, "secretary": "程不易"}
    assert "QS0103" in codes(client.get(URL, headers=bearer("street")))


@pytest.mark.parametrize("name", ["overseer", "auditor", "operator", "street", "secretary", "member"])
def test_nobody_else_does(client: FlaskClient, name: str) -> None:
    answer = client.post(URL, json=NEW, headers=bearer(name))
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
    assert "QS0103" not in codes(client.get(URL, headers=bearer("admin")))


def test_without_signing_in_there_is_nothing(client: FlaskClient) -> None:
    assert client.get(URL).status_code == 401
    assert client.get(URL, headers={"Authorization": "Bearer pst_wrong"}).status_code == 401
    assert client.get(URL, headers={"Authorization": "Basic YWRtaW46YWRtaW4="}).status_code == 401


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": None}, "code"),
        ({"code": "a/b"}, "code"),
        ({"code": " "}, "code"),
        ({"code": 7}, "code"),
        ({"name": "x" * 201}, "name"),
        ({"kind": "club"}, "kind"),
        ({"kind": None}, "kind"),
        ({"parent": None}, "parent"),
        ({"phone": "1" * 41}, "phone"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_field_is_named(client: FlaskClient, change: dict[str, Any], field: str) -> None:
    answer = client.post(URL, json={**NEW, **change}, headers=bearer("admin"))
    assert (answer.status_code, answer.json["code"], list(answer.json["errors"])) == (422, "invalid", [field])


@pytest.mark.parametrize("field", ["code", "name", "kind"])
def test_a_missing_field_is_named(client: FlaskClient, field: str) -> None:
    body = {name: value for name, value in NEW.items() if name != field}
    answer = client.post(URL, json=body, headers=bearer("admin"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


@pytest.mark.parametrize("body", ["", "[]", "{", '{"code": "A", "code": "B"}', '"text"'])
def test_a_body_that_is_no_object_is_refused(client: FlaskClient, body: str) -> None:
    answer = client.post(URL, data=body, content_type="application/json", headers=bearer("admin"))
    assert answer.status_code in (400, 422)


def test_an_unknown_parent_is_not_found(client: FlaskClient) -> None:
    answer = client.post(URL, json={**NEW, "parent": "NOWHERE"}, headers=bearer("admin"))
    assert answer.status_code == 404
    assert "NOWHERE" in answer.json["detail"]


def test_the_same_code_twice_is_a_conflict(client: FlaskClient) -> None:
    assert client.post(URL, json=NEW, headers=bearer("admin")).status_code == 201
    answer = client.post(URL, json=NEW, headers=bearer("admin"))
    assert (answer.status_code, answer.json["code"]) == (409, "code_taken")


def test_the_same_request_twice_has_one_effect(client: FlaskClient) -> None:
    headers = {**bearer("admin"), "Idempotency-Key": "one"}
    first = client.post(URL, json=NEW, headers=headers)
    second = client.post(URL, json=NEW, headers=headers)
    assert first.status_code == second.status_code == 201
    assert first.json == second.json
    assert second.headers["Idempotency-Replayed"] == "true"
    other = client.post(URL, json={**NEW, "name": "another"}, headers=headers)
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")


def test_a_list_holds_what_is_within_reach(client: FlaskClient) -> None:
    assert codes(client.get(URL, headers=bearer("admin"))) == ["QS", "QS01", "QS0101", "QS0102", "QS02", "QS0201"]
    assert codes(client.get(URL, headers=bearer("far"))) == ["QS02", "QS0201"]
    assert codes(client.get(URL, query_string={"under": "QS01"}, headers=bearer("admin"))) == [
        "QS01",
        "QS0101",
        "QS0102",
    ]


def test_what_is_under_a_strangers_organisation_is_not_found(client: FlaskClient) -> None:
    for code in ("QS02", "QS", "NOWHERE", "\x00"):
        answer = client.get(URL, query_string={"under": code}, headers=bearer("street"))
        assert answer.status_code in (400, 404)


def test_a_list_comes_in_pages(client: FlaskClient) -> None:
    seen, after = [], None
    while True:
        query = {"limit": 4, **({"after": after} if after else {})}
        answer = client.get(URL, query_string=query, headers=bearer("admin"))
        seen += codes(answer)
        after = answer.json["next"]
        if after is None:
            break
    assert seen == sorted(seen)
    assert len(seen) == 6


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 201}, {"limit": "x"}, {"after": "x"}, {"after": "WzFd"}])
def test_a_wrong_place_or_limit_is_refused(client: FlaskClient, query: dict[str, Any]) -> None:
    answer = client.get(URL, query_string=query, headers=bearer("admin"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, list(query))
