"""The routes of the ledger, walked like a checklist."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from pointsvc.api import Schema
from pointsvc.db import db
from pointsvc.ledger import service as ledger
from pointsvc.ledger.models import Entry
from pointsvc.ledger.schemas import EntryOut
from pointsvc.permissions import SYSTEM, Role
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import bearer
from tests.schemes.sheets import ruled_district

ONE: dict[str, Any] = {"member": "M001", "rule": "volunteer", "occurred_on": "2026-07-05", "quantity": "2.5"}
SEVERAL: dict[str, Any] = {"members": ["M001", "M002"], "rule": "meeting", "occurred_on": "2026-07-05"}
RECORDERS = (Role.DISTRICT_ADMIN, Role.SECRETARY)


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    ruled_district()


def post(client: FlaskClient, who: str = "secretary", address: str = "/entries", body: Any = None) -> Any:
    return client.post(f"/api/v1{address}", json=ONE if body is None else body, headers=bearer(who))


def count() -> int:
    return db.session.scalar(select(func.count(Entry.id))) or 0


def test_an_entry_is_recorded(client: FlaskClient) -> None:
    answer = post(client, body={**ONE, "note": "河边"})
    assert answer.status_code == 201
    shown = answer.json
    assert isinstance(shown.pop("id"), str)
    assert shown == {
        "member": "M001",
        "rule": "volunteer",
        "points": "3.00",
        "occurred_on": "2026-07-05",
        "recorded_at": "2026-08-15T10:00:00.000+08:00",
        "recorded_by": "secretary",
        "status": "recorded",
        "quantity": "2.50",
        "tier": None,
        "matter": None,
        "note": "河边",
        "source": "single",
        "reverses": None,
        "reversed_by": None,
        "disputed": False,
    }


def test_an_entry_reads_as_it_was_answered(client: FlaskClient) -> None:
    made = post(client)
    got = client.get(f"/api/v1/entries/{made.json['id']}", headers=bearer("auditor"))
    assert (got.status_code, got.json) == (200, made.json)


def test_the_answer_is_what_the_schema_says(app: Flask, client: FlaskClient) -> None:
    made = post(client, body={**ONE, "note": "河边"})
    post(client, address=f"/entries/{made.json['id']}/reverse", body={"reason": "误"})
    for entry in ledger.entries(actor=SYSTEM, member="M001"):
        assert EntryOut().dump(entry) == Schema.dump(EntryOut(), entry)
        assert EntryOut().dump([entry], many=True) == [EntryOut().dump(entry)]


def test_a_batch_is_recorded(client: FlaskClient) -> None:
    answer = post(client, address="/entries/batch", body=SEVERAL)
    assert answer.status_code == 201
    assert [(item["member"], item["points"]) for item in answer.json["entries"]] == [("M001", "1.00"), ("M002", "1.00")]


def test_a_reversal_says_what_it_reverses(client: FlaskClient) -> None:
    made = post(client)
    back = post(client, address=f"/entries/{made.json['id']}/reverse", body={"reason": "登记有误"})
    assert back.status_code == 201
    assert (back.json["reverses"], back.json["points"], back.json["note"]) == (made.json["id"], "-3.00", "登记有误")
    again = post(client, address=f"/entries/{made.json['id']}/reverse", body={"reason": "登记有误"})
    assert (again.status_code, again.json["code"]) == (409, "already_reversed")


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("address", "body"), [("/entries", ONE), ("/entries/batch", SEVERAL)])
def test_who_may_record(client: FlaskClient, role: Role, address: str, body: Any) -> None:
    answer = post(client, factories.BY_ROLE[role], address, body)
    assert answer.status_code == (201 if role in RECORDERS else 403)
    assert (count() > 0) == (role in RECORDERS)


@pytest.mark.parametrize("role", [role for role in Role if role not in RECORDERS])
def test_who_may_not_reverse(client: FlaskClient, role: Role) -> None:
    made = post(client)
    answer = post(client, factories.BY_ROLE[role], f"/entries/{made.json['id']}/reverse", {"reason": "x"})
    assert answer.status_code == 403
    assert count() == 1


def test_another_branch_finds_nothing(client: FlaskClient) -> None:
    made = post(client)
    for who in ("neighbour", "far"):
        assert post(client, who).status_code == 404
        assert post(client, who, "/entries/batch", SEVERAL).status_code == 404
        assert post(client, who, f"/entries/{made.json['id']}/reverse", {"reason": "x"}).status_code == 404
        assert client.get(f"/api/v1/entries/{made.json['id']}", headers=bearer(who)).status_code == 404
        assert client.get("/api/v1/members/M001/entries", headers=bearer(who)).status_code == 404
    assert count() == 1


def test_a_member_reads_the_own_entries_only(client: FlaskClient) -> None:
    own, other = post(client), post(client, body={**ONE, "member": "M002"})
    assert client.get("/api/v1/members/M001/entries", headers=bearer("member")).status_code == 200
    assert client.get("/api/v1/members/M002/entries", headers=bearer("member")).status_code == 404
    assert client.get(f"/api/v1/entries/{own.json['id']}", headers=bearer("member")).status_code == 200
    assert client.get(f"/api/v1/entries/{other.json['id']}", headers=bearer("member")).status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"member": None}, "member"),
        ({"member": ""}, "member"),
        ({"member": ["M001"]}, "member"),
        ({"rule": "nothing"}, "rule"),
        ({"rule": "x" * 65}, "rule"),
        ({"occurred_on": "2026-02-30"}, "occurred_on"),
        ({"occurred_on": "2026-08-16"}, "occurred_on"),
        ({"occurred_on": 20260705}, "occurred_on"),
        ({"quantity": "many"}, "quantity"),
        ({"quantity": "1.234"}, "quantity"),
        ({"quantity": True}, "quantity"),
        ({"quantity": "-1"}, "quantity"),
        ({"quantity": "1e999999"}, "quantity"),
        ({"points": "1"}, "points"),
        ({"tier": "city"}, "tier"),
        ({"note": "x" * 1001}, "note"),
        ({"matter": "x" * 201}, "matter"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_body_names_the_field(client: FlaskClient, changes: dict[str, Any], field: str) -> None:
    answer = post(client, body={**ONE, **changes})
    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [field]
    assert answer.content_type.startswith("application/problem+json")
    assert count() == 0


@pytest.mark.parametrize("name", ["member", "rule", "occurred_on"])
def test_what_is_needed_is_named(client: FlaskClient, name: str) -> None:
    answer = post(client, body={key: value for key, value in ONE.items() if key != name})
    assert (answer.status_code, list(answer.json["errors"])) == (422, [name])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"members": []}, "members"),
        ({"members": ["M001", 5]}, "members.1"),
        ({"members": ["M001", "M001"]}, "members.1"),
        ({"members": "M001"}, "members"),
        ({"members": [f"M{n}" for n in range(1001)]}, "members"),
    ],
)
def test_a_wrong_batch_names_the_field(client: FlaskClient, changes: dict[str, Any], field: str) -> None:
    answer = post(client, address="/entries/batch", body={**SEVERAL, **changes})
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert count() == 0


def test_a_reversal_needs_a_reason(client: FlaskClient) -> None:
    made = post(client)
    for body in ({}, {"reason": "  "}, {"reason": "x" * 1001}):
        answer = post(client, address=f"/entries/{made.json['id']}/reverse", body=body)
        assert (answer.status_code, list(answer.json["errors"])) == (422, ["reason"])


@pytest.mark.parametrize("entry_id", ["0", "999999", "x", "-1", "1" * 30])
def test_missing_entries_are_not_found(client: FlaskClient, entry_id: str) -> None:
    assert client.get(f"/api/v1/entries/{entry_id}", headers=bearer("admin")).status_code == 404
    assert post(client, "admin", f"/entries/{entry_id}/reverse", {"reason": "x"}).status_code == 404


def test_an_unknown_member_is_not_found(client: FlaskClient) -> None:
    assert post(client, body={**ONE, "member": "M999"}).status_code == 404
    answer = post(client, address="/entries/batch", body={**SEVERAL, "members": ["M001", "M998", "M999"]})
    assert answer.status_code == 404
    assert "M998, M999" in answer.json["detail"]
    assert client.get("/api/v1/members/M999/entries", headers=bearer("admin")).status_code == 404


def test_the_same_key_records_once(client: FlaskClient) -> None:
    made = post(client)
    for address, body in (("/entries", ONE), ("/entries/batch", SEVERAL),
                          (f"/entries/{made.json['id']}/reverse", {"reason": "误"})):  # fmt: skip
        headers = {**bearer("secretary"), "Idempotency-Key": f"key {address}"}
        first = client.post(f"/api/v1{address}", json=body, headers=headers)
        before = count()
        again = client.post(f"/api/v1{address}", json=body, headers=headers)
        assert (again.status_code, again.json) == (201, first.json)
        assert again.headers["Idempotency-Replayed"] == "true"
        other = client.post(f"/api/v1{address}", json={**body, "note": "another"}, headers=headers)
        assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")
        assert count() == before


def test_a_failed_request_leaves_its_key_free(client: FlaskClient) -> None:
    headers = {**bearer("secretary"), "Idempotency-Key": "k"}
    assert client.post("/api/v1/entries", json={**ONE, "rule": "nothing"}, headers=headers).status_code == 422
    assert client.post("/api/v1/entries", json=ONE, headers=headers).status_code == 201


def test_entries_are_listed_newest_first_page_by_page(client: FlaskClient) -> None:
    made = [post(client).json["id"] for _ in range(3)]
    found: list[str] = []
    place = ""
    while place is not None:
        address = f"/api/v1/members/M001/entries?limit=2&after={place}"
        answer = client.get(address, headers=bearer("secretary"))
        found += [item["id"] for item in answer.json["items"]]
        place = answer.json["next"]
    assert found == made[::-1]
    assert client.get("/api/v1/members/M001/entries?limit=0", headers=bearer("secretary")).status_code == 422


def test_other_methods_are_not_taken(client: FlaskClient) -> None:
    made = post(client)
    for method in (client.put, client.patch, client.delete):
        assert method(f"/api/v1/entries/{made.json['id']}", headers=bearer("admin")).status_code == 405
