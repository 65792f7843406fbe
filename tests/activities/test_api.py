"""The routes of activities, walked like a checklist."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from pointsvc.activities.models import Meeting
from pointsvc.db import db
from pointsvc.ledger.models import Entry
from pointsvc.permissions import Role
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import bearer
from tests.schemes.sheets import ruled_district

BODY: dict[str, Any] = {"organisation": "QS0101", "kind": "主题党日", "held_on": "2026-07-05"}
RECORDERS = (Role.DISTRICT_ADMIN, Role.SECRETARY)
READERS = (*RECORDERS, Role.SUPERVISOR, Role.AUDITOR)


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    ruled_district()


def post(client: FlaskClient, who: str = "secretary", **changes: Any) -> Any:
    return client.post("/api/v1/meetings", json={**BODY, **changes}, headers=bearer(who))


def put(client: FlaskClient, meeting: str, marks: Any, who: str = "secretary") -> Any:
    return client.put(f"/api/v1/meetings/{meeting}/marks", json={"marks": marks}, headers=bearer(who))


def test_a_meeting_is_opened_and_marked(client: FlaskClient) -> None:
    made = post(client, title="七月主题党日")
    assert made.status_code == 201
    assert made.json["counts"] == {"expected": 3, "present": 0, "late": 0, "leave": 0, "absent": 0, "unmarked": 3}
    answer = put(client, made.json["id"], {"M001": "present", "M002": "late"})
    assert answer.status_code == 200
    assert answer.json["counts"]["present"] == 2
    assert [(seat["member"], seat["mark"]) for seat in answer.json["marks"]] == [
        ("M001", "present"),
        ("M002", "late"),
        ("M003", None),
    ]
    assert client.get(f"/api/v1/meetings/{made.json['id']}", headers=bearer("auditor")).json == answer.json
    score = client.get("/api/v1/members/M002/entries", headers=bearer("secretary")).json["items"]
    assert sorted(item["points"] for item in score) == ["-0.50", "2.00"]
    put(client, made.json["id"], {"M002": None})
    score = client.get("/api/v1/members/M002/entries", headers=bearer("secretary")).json["items"]
    assert {item["status"] for item in score} == {"reversed", "reversal"}


@pytest.mark.parametrize("role", list(Role))
def test_who_may_open_mark_and_read(client: FlaskClient, role: Role) -> None:
    who = factories.BY_ROLE[role]
    made = post(client).json["id"]
    assert post(client, who).status_code == (201 if role in RECORDERS else 403)
    assert put(client, made, {"M001": "present"}, who).status_code == (200 if role in RECORDERS else 403)
    expected = 200 if role in READERS else 403
    assert client.get(f"/api/v1/meetings/{made}", headers=bearer(who)).status_code == expected
    assert client.get("/api/v1/meetings", headers=bearer(who)).status_code == expected


def test_another_branch_finds_nothing(client: FlaskClient) -> None:
    made = post(client).json["id"]
    assert post(client, "neighbour").status_code == 404
    assert put(client, made, {"M001": "present"}, "neighbour").status_code == 404
    assert client.get(f"/api/v1/meetings/{made}", headers=bearer("neighbour")).status_code == 404
    assert client.get("/api/v1/meetings?organisation=QS0101", headers=bearer("neighbour")).status_code == 404
    assert client.get("/api/v1/meetings", headers=bearer("neighbour")).json["items"] == []
    assert put(client, made, {"M004": "present"}).status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"organisation": None}, "organisation"),
        ({"kind": "团建"}, "kind"),
        ({"kind": "x" * 65}, "kind"),
        ({"held_on": "7月5日"}, "held_on"),
        ({"held_on": "2026-08-16"}, "held_on"),
        ({"title": "x" * 201}, "title"),
        ({"place": "here"}, "place"),
    ],
)
def test_a_wrong_body_names_the_field(client: FlaskClient, changes: dict[str, Any], field: str) -> None:
    answer = post(client, **changes)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert db.session.scalar(select(func.count(Meeting.id))) == 0


@pytest.mark.parametrize(
    ("marks", "field"),
    [
        (None, "marks"),
        ({}, "marks"),
        ([], "marks"),
        ({"M001": "asleep"}, "marks.M001"),
        ({"M001": 1}, "marks.M001.value"),
    ],
)
def test_wrong_marks_are_named(client: FlaskClient, marks: Any, field: str) -> None:
    made = post(client).json["id"]
    answer = put(client, made, marks)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert db.session.scalar(select(func.count(Entry.id))) == 0


@pytest.mark.parametrize("meeting", ["0", "999999", "x"])
def test_missing_meetings_are_not_found(client: FlaskClient, meeting: str) -> None:
    assert client.get(f"/api/v1/meetings/{meeting}", headers=bearer("admin")).status_code == 404
    assert put(client, meeting, {"M001": "present"}, "admin").status_code == 404


def test_the_same_key_opens_it_once(client: FlaskClient) -> None:
    headers = {**bearer("secretary"), "Idempotency-Key": "m"}
    first = client.post("/api/v1/meetings", json=BODY, headers=headers)
    again = client.post("/api/v1/meetings", json=BODY, headers=headers)
    assert (again.json, again.headers["Idempotency-Replayed"]) == (first.json, "true")
    other = client.post("/api/v1/meetings", json={**BODY, "title": "x"}, headers=headers)
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")


def test_meetings_are_listed_latest_first_page_by_page(client: FlaskClient) -> None:
    days = ["2026-07-05", "2026-06-05", "2026-07-20", "2026-07-05"]
    made = [post(client, held_on=day, title=str(n)).json["id"] for n, day in enumerate(days)]
    found: list[str] = []
    place = ""
    while place is not None:
        answer = client.get(f"/api/v1/meetings?organisation=QS01&limit=1&after={place}", headers=bearer("street"))
        found += [item["id"] for item in answer.json["items"]]
        place = answer.json["next"]
    assert found == [made[n] for n in (2, 3, 0, 1)]
    narrowed = client.get("/api/v1/meetings?since=2026-07-01&until=2026-07-10&kind=主题党日", headers=bearer("street"))
    assert len(narrowed.json["items"]) == 2
    assert client.get("/api/v1/meetings?after=WyJ4IiwxXQ", headers=bearer("street")).status_code == 422
