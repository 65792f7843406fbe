"""The routes of rehearsals, walked like a checklist."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.permissions import SYSTEM, Role
from pointsvc.schemes import service as schemes
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import bearer
from tests.tallies import sheets
from workers import base, run

ADDRESS = "/api/v1/rehearsals"


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    sheets.ruled_district()


def draft(organisation: str = "QS", **changes: Any) -> str:
    with transaction():
        made = schemes.create(
            actor=SYSTEM,
            at=clock.now(),
            organisation=organisation,
            starts_on=date(2027, 1, 1),
            document=sheets.SHEET | changes,
        )
    return str(made.id)


def post(client: FlaskClient, who: str = "admin", key: str | None = None, **body: Any) -> Any:
    headers = bearer(who) | ({"Idempotency-Key": key} if key else {})
    return client.post(ADDRESS, json=body, headers=headers)


def get(client: FlaskClient, address: str, who: str = "admin") -> Any:
    return client.get(address, headers=bearer(who))


def test_a_draft_is_rehearsed_by_a_worker(app: Flask, client: FlaskClient) -> None:
    sheets.record("M001", "hours", "2026-01-10", quantity=Decimal(20))
    scheme = draft(grades=[{"name": "优秀", "min": "90"}, {"name": "合格"}])
    asked = post(client, scheme=scheme, period="2026")
    assert asked.status_code == 202
    assert (asked.json["status"], asked.json["scheme"], asked.json["organisation"]) == ("queued", scheme, "QS")
    assert (asked.json["from"], asked.json["through"], asked.json["current"]) == ("2026-01-01", "2026-12-31", True)
    address = asked.headers["Location"]
    assert get(client, address).json["report"] is None
    assert "workers.rehearsals" in run.HANDLERS
    while base.run_next(app):
        pass
    done = get(client, address).json
    assert (done["status"], done["progress"], done["members"], done["apart"]) == ("done", 5, 5, 0)
    assert done["asked_by"] == "admin"
    assert done["report"]["other_grade"] == 2
    first = get(client, f"{address}/changes?limit=1").json
    assert first["items"][0] == {
        "member": "M001",
        "name": "欧阳凯敏",
        "branch": "QS0101",
        "total_before": "84.00",
        "total_after": "84.00",
        "grade_before": "优秀",
        "grade_after": "合格",
    }
    rest = get(client, f"{address}/changes?limit=1&after={first['next']}").json
    assert [item["member"] for item in first["items"] + rest["items"]] == ["M001", "M005"]
    assert rest["next"] is None
    assert get(client, "/api/v1/notices").json["items"][0]["link"] == f"/rehearsals/{done['id']}"


def test_a_cycle_is_named_by_its_first_day(client: FlaskClient) -> None:
    answer = post(client, scheme=draft(), cycle="2026-01-01")
    assert (answer.status_code, answer.json["period"]) == (202, "2026")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "scheme"),
        ({"scheme": 5}, "scheme"),
        ({"scheme": "1", "period": 2026}, "period"),
        ({"scheme": "1", "cycle": "2026"}, "cycle"),
        ({"scheme": "1", "more": True}, "more"),
    ],
)
def test_a_wrong_body_names_the_field(client: FlaskClient, body: dict[str, Any], field: str) -> None:
    answer = post(client, **body)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


@pytest.mark.parametrize(
    ("days", "field"), [({"period": "soon"}, "period"), ({"cycle": "2026-02-01"}, "cycle"), ({}, "period")]
)
def test_wrong_days_name_the_field(client: FlaskClient, days: dict[str, str], field: str) -> None:
    answer = post(client, scheme=draft(), **days)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_what_cannot_be_rehearsed(client: FlaskClient) -> None:
    answer = post(client, scheme=str(sheets.publish("QS01")), period="2026")
    assert (answer.status_code, answer.json["code"]) == (409, "published")
    answer = post(client, scheme=draft(), period="2025")
    assert (answer.status_code, answer.json["code"]) == (409, "no_scheme")
    assert post(client, scheme="999", period="2026").status_code == 404
    assert post(client, scheme="x", period="2026").status_code == 404
    assert get(client, f"{ADDRESS}/999999999").status_code == 404
    assert get(client, f"{ADDRESS}/999999999/changes").status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role != Role.DISTRICT_ADMIN])
def test_only_the_organisation_department_rehearses(client: FlaskClient, role: Role) -> None:
    who = factories.BY_ROLE[role]
    asked = post(client, scheme=draft(), period="2026").json
    assert post(client, who, scheme=asked["scheme"], period="2026").status_code == 403
    expected = 200 if role == Role.AUDITOR else 403
    for address in (ADDRESS, f"{ADDRESS}/{asked['id']}", f"{ADDRESS}/{asked['id']}/changes"):
        assert get(client, address, who).status_code == expected


def test_a_stranger_finds_nothing(client: FlaskClient) -> None:
    scheme = draft("QS02")
    asked = post(client, scheme=scheme, period="2026").json
    factories.sign_in("clerk", Role.DISTRICT_ADMIN, "QS01")
    assert post(client, "clerk", scheme=scheme, period="2026").status_code == 404
    for address in (f"{ADDRESS}/{asked['id']}", f"{ADDRESS}/{asked['id']}/changes"):
        assert get(client, address, "clerk").status_code == 404
    assert get(client, ADDRESS, "clerk").json["items"] == []


def test_the_same_key_asks_once(client: FlaskClient) -> None:
    scheme = draft()
    first = post(client, key="once", scheme=scheme, period="2026")
    again = post(client, key="once", scheme=scheme, period="2026")
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    other = post(client, key="once", scheme=scheme, period="2026-Q1")
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")


def test_the_list_goes_on_page_by_page_and_by_scheme(client: FlaskClient) -> None:
    scheme = draft()
    made = [post(client, scheme=scheme, period=period).json["id"] for period in ("2026-Q1", "2026-Q2", "2026")]
    made.append(post(client, scheme=draft("QS01"), period="2026").json["id"])
    found, place = [], ""
    while place is not None:
        answer = get(client, f"{ADDRESS}?limit=1&after={place}").json
        found += [item["id"] for item in answer["items"]]
        place = answer["next"]
    assert found == list(reversed(made))
    assert [item["id"] for item in get(client, f"{ADDRESS}?scheme={scheme}").json["items"]] == list(reversed(made[:3]))
    assert get(client, f"{ADDRESS}?after=bm8").status_code == 422
