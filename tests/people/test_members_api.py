"""GET /me, POST and GET /members, and the transfer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from pointsvc import clock
from tests import factories
from tests.factories import bearer

NEW = {
    "number": "N001",
    "name": "欧阳　小雨",
    "organisation": "QS0101",
    "category": "probationary",
    "joined_on": "2025-07-01",
}
URL = "/api/v1/members"


@pytest.fixture(autouse=True)
def _district(client: FlaskClient) -> None:
    factories.district()


def numbers(answer: Any) -> list[str]:
    return [item["number"] for item in answer.json["items"]]


# ---- who am I


def test_everybody_learns_who_they_are(client: FlaskClient) -> None:
    for role, name in factories.BY_ROLE.items():
        answer = client.get("/api/v1/me", headers=bearer(name))
        assert answer.status_code == 200
        assert (answer.json["name"], answer.json["role"]) == (name, role)


def test_a_member_learns_the_own_number(client: FlaskClient) -> None:
    assert client.get("/api/v1/me", headers=bearer("member")).json == {
        "name": "member",
        "role": "member",
        "organisation": "QS0101",
        "organisation_name": "松岭街道第一党支部",
        "member": "M001",
        "language": "zh",
    }
    assert client.get("/api/v1/me", headers=bearer("secretary")).json["member"] is None


# ---- adding


@pytest.mark.parametrize("name", ["admin", "street", "secretary"])
def test_whoever_manages_the_branch_adds_a_member(client: FlaskClient, name: str) -> None:
    answer = client.post(URL, json=NEW, headers=bearer(name))
    assert answer.status_code == 201
    body = answer.json
    assert isinstance(body.pop("id"), str)
    assert body == {**NEW, "name": "欧阳小雨", "organisation_name": "松岭街道第一党支部"}
    assert client.get(f"{URL}/N001", headers=bearer(name)).json == answer.json


def test_category_and_day_may_be_left_out(client: FlaskClient) -> None:
    body = {name: NEW[name] for name in ("number", "name", "organisation")}
    answer = client.post(URL, json=body, headers=bearer("secretary"))
    assert (answer.status_code, answer.json["category"], answer.json["joined_on"]) == (201, "regular", None)


@pytest.mark.parametrize("name", ["overseer", "auditor", "operator", "member"])
def test_other_roles_add_nobody(client: FlaskClient, name: str) -> None:
    assert client.post(URL, json=NEW, headers=bearer(name)).status_code == 403
    assert client.get(f"{URL}/N001", headers=bearer("admin")).status_code == 404


@pytest.mark.parametrize("name", ["neighbour", "far"])
def test_a_strangers_branch_is_not_found(client: FlaskClient, name: str) -> None:
    answer = client.post(URL, json=NEW, headers=bearer(name))
    unknown = client.post(URL, json={**NEW, "organisation": "QS9999"}, headers=bearer(name))
    assert answer.status_code == unknown.status_code == 404
    assert answer.json["detail"].replace("QS0101", "QS9999") == unknown.json["detail"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": ""}, "number"),
        ({"number": "a/b"}, "number"),
        ({"number": 5}, "number"),
        ({"name": "　"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"category": "x" * 41}, "category"),
        ({"joined_on": "1921-06-30"}, "joined_on"),
        ({"joined_on": "9999-01-01"}, "joined_on"),
        ({"joined_on": "2025-02-30"}, "joined_on"),
        ({"joined_on": "2025/02/03"}, "joined_on"),
        ({"points": "12"}, "points"),
    ],
)
def test_a_wrong_field_is_named(client: FlaskClient, change: dict[str, Any], field: str) -> None:
    answer = client.post(URL, json={**NEW, **change}, headers=bearer("secretary"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


@pytest.mark.parametrize("name", ["secretary", "neighbour"])
def test_a_taken_number_is_a_conflict(client: FlaskClient, name: str) -> None:
    branch = {"secretary": "QS0101", "neighbour": "QS0102"}[name]
    answer = client.post(URL, json={**NEW, "number": "M001", "organisation": branch}, headers=bearer(name))
    assert (answer.status_code, answer.json["code"]) == (409, "number_taken")


def test_the_same_request_twice_has_one_effect(client: FlaskClient) -> None:
    headers = {**bearer("secretary"), "Idempotency-Key": "one"}
    first, second = (client.post(URL, json=NEW, headers=headers) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert second.headers["Idempotency-Replayed"] == "true"
    assert first.json == second.json


def test_a_refused_request_leaves_its_key_free(client: FlaskClient) -> None:
    headers = {**bearer("secretary"), "Idempotency-Key": "one"}
    assert client.post(URL, json={**NEW, "organisation": "QS0102"}, headers=headers).status_code == 404
    assert client.post(URL, json=NEW, headers=headers).status_code == 201


# ---- reading


def test_one_member_within_reach_is_read(client: FlaskClient) -> None:
    for name in ("admin", "overseer", "auditor", "operator", "street", "secretary", "member"):
        assert client.get(f"{URL}/M001", headers=bearer(name)).json["name"] == "欧阳凯敏"


@pytest.mark.parametrize(
    ("name", "number"),
    [("neighbour", "M001"), ("far", "M001"), ("member", "M002"), ("secretary", "M004"), ("admin", "NOBODY")],
)
def test_a_stranger_is_not_found(client: FlaskClient, name: str, number: str) -> None:
    assert client.get(f"{URL}/{number}", headers=bearer(name)).status_code == 404


@pytest.mark.parametrize("number", ["%00", "%ed%a0%80", "x" * 3000, "M001%27--", "%2e%2e"])
def test_an_odd_number_is_not_found(client: FlaskClient, number: str) -> None:
    assert client.get(f"{URL}/{number}", headers=bearer("admin")).status_code == 404


@pytest.mark.parametrize(
    ("name", "query", "expected"),
    [
        ("admin", {}, ["M001", "M002", "M003", "M004", "M005"]),
        ("admin", {"organisation": "QS01"}, ["M001", "M002", "M003", "M004"]),
        ("admin", {"organisation": "QS0102"}, ["M004"]),
        ("street", {}, ["M001", "M002", "M003", "M004"]),
        ("secretary", {"organisation": "QS0101"}, ["M001", "M002", "M003"]),
        ("member", {}, ["M001"]),
        ("member", {"organisation": "QS0101"}, ["M001"]),
        ("admin", {"find": "oyk"}, ["M001"]),
        ("admin", {"find": "OYK"}, ["M001"]),
        ("admin", {"find": "小"}, ["M005"]),
        ("admin", {"find": "m00"}, ["M001", "M002", "M003", "M004", "M005"]),
        ("admin", {"find": "%"}, []),
    ],
)
def test_a_list_holds_who_is_within_reach(
    client: FlaskClient, name: str, query: dict[str, str], expected: list[str]
) -> None:
    answer = client.get(URL, query_string=query, headers=bearer(name))
    assert (answer.status_code, numbers(answer)) == (200, expected)


@pytest.mark.parametrize(("name", "code"), [("secretary", "QS0102"), ("secretary", "QS01"), ("member", "QS02")])
def test_the_list_of_a_strangers_branch_is_not_found(client: FlaskClient, name: str, code: str) -> None:
    assert client.get(URL, query_string={"organisation": code}, headers=bearer(name)).status_code == 404


def test_a_list_comes_in_pages(client: FlaskClient) -> None:
    seen, after = [], None
    for _ in range(3):
        query = {"limit": 2, **({"after": after} if after else {})}
        answer = client.get(URL, query_string=query, headers=bearer("admin"))
        seen.append(numbers(answer))
        after = answer.json["next"]
    assert (seen, after) == ([["M001", "M002"], ["M003", "M004"], ["M005"]], None)


# ---- transfers


def transfer(client: FlaskClient, name: str, number: str = "M001", **change: Any) -> Any:
    body = {"to": "QS0102", "on": clock.today().isoformat()} | change
    return client.post(f"{URL}/{number}/transfer", json=body, headers=bearer(name))


@pytest.mark.parametrize("name", ["admin", "street"])
def test_whoever_reaches_both_branches_transfers(client: FlaskClient, name: str) -> None:
    answer = transfer(client, name)
    assert (answer.status_code, answer.json["organisation"]) == (200, "QS0102")
    assert numbers(client.get(URL, headers=bearer("neighbour"))) == ["M001", "M004"]
    assert numbers(client.get(URL, headers=bearer("secretary"))) == ["M002", "M003"]
    # The old branch may still look at what was its own.
    assert client.get(f"{URL}/M001", headers=bearer("secretary")).json["organisation"] == "QS0102"
    assert client.get("/api/v1/me", headers=bearer("member")).json["organisation"] == "QS0102"


@pytest.mark.parametrize(
    ("name", "status"),
    [("overseer", 403), ("auditor", 403), ("operator", 403), ("member", 403), ("neighbour", 404), ("secretary", 404)],
)
def test_nobody_else_does(client: FlaskClient, name: str, status: int) -> None:
    assert transfer(client, name).status_code == status
    assert client.get(f"{URL}/M001", headers=bearer("admin")).json["organisation"] == "QS0101"


def test_the_old_branch_cannot_take_a_member_back(client: FlaskClient) -> None:
    assert transfer(client, "street").status_code == 200
    answer = transfer(client, "secretary", to="QS0101")
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"to": "QS0101"}, "to"),
        ({"to": ""}, "to"),
        ({"to": None}, "to"),
        ({"on": "1921-06-30"}, "on"),
        ({"on": "yesterday"}, "on"),
        ({"on": None}, "on"),
        ({"from": "QS0101"}, "from"),
    ],
)
def test_a_wrong_transfer_is_named(client: FlaskClient, change: dict[str, Any], field: str) -> None:
    answer = transfer(client, "admin", **change)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_a_transfer_lies_neither_ahead_nor_before_the_last(client: FlaskClient) -> None:
    today = clock.today()
    assert transfer(client, "admin", on=(today + timedelta(days=1)).isoformat()).status_code == 422
    assert transfer(client, "admin", on=(today - timedelta(days=9)).isoformat()).status_code == 200
    early = transfer(client, "admin", to="QS0201", on=(today - timedelta(days=10)).isoformat())
    assert (early.status_code, list(early.json["errors"])) == (422, ["on"])


def test_a_transfer_on_the_day_of_the_last_corrects_it(client: FlaskClient) -> None:
    assert transfer(client, "admin").status_code == 200
    assert transfer(client, "admin", to="QS0201").json["organisation"] == "QS0201"
    assert client.get(f"{URL}/M001", headers=bearer("neighbour")).status_code == 404


def test_an_unknown_target_or_member_is_not_found(client: FlaskClient) -> None:
    assert transfer(client, "admin", to="NOWHERE").status_code == 404
    assert transfer(client, "admin", number="NOBODY").status_code == 404


def test_the_same_transfer_twice_has_one_effect(client: FlaskClient) -> None:
    headers = {**bearer("admin"), "Idempotency-Key": "one"}
    body = {"to": "QS0102", "on": clock.today().isoformat()}
    first, second = (client.post(f"{URL}/M001/transfer", json=body, headers=headers) for _ in range(2))
    assert first.status_code == second.status_code == 200
    assert second.headers["Idempotency-Replayed"] == "true"
    assert transfer(client, "admin").status_code == 422
