"""The routes of inspections once both have signed, each walked like a checklist: confirm, maintain; and the lists."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc.db import db
from pointsvc.inspections.models import InspectionLog
from tests.conftest import FrozenClock
from tests.inspections import scene
from tests.inspections.scene import get, post


@pytest.fixture
def plan(client: FlaskClient, frozen_clock: FrozenClock) -> int:
    scene.district()
    return scene.plan()


# ---- POST confirm, maintain


def test_the_units_secretary_confirms_the_facts(app: Flask, client: FlaskClient, plan: int) -> None:
    number = scene.opened(plan)
    scene.answered(number)
    scene.signed(number)
    body = {"agrees": True, "comment": "情况属实，立即整改"}
    answer = post(client, f"/inspections/{number}/confirm", body, "secretary")
    assert (answer.status_code, answer.json["status"]) == (200, "confirmed")
    assert (answer.json["comment"], answer.json["confirmed_by"]) == ("情况属实，立即整改", "secretary")
    assert ("admin", "settled") in scene.told(app, f"inspection:{number}")
    again = post(client, f"/inspections/{number}/confirm", body, "secretary")
    assert (again.status_code, again.json["code"]) == (409, "not_now")
    rows = db.session.execute(select(InspectionLog.old, InspectionLog.new).order_by(InspectionLog.id)).all()
    assert [tuple(row) for row in rows] == [
        (None, "open"),
        ("open", "half_signed"),
        ("half_signed", "signed"),
        ("signed", "confirmed"),
    ]


def test_who_does_not_agree_says_why_and_the_inspectors_look_at_it(app: Flask, client: FlaskClient, plan: int) -> None:
    number = scene.opened(plan)
    scene.answered(number)
    scene.signed(number)
    path = f"/inspections/{number}"
    silent = post(client, f"{path}/confirm", {"agrees": False}, "secretary")
    assert (silent.status_code, list(silent.json["errors"])) == (422, ["comment"])
    body = {"agrees": False, "comment": "8月10日已召开，记录在册"}
    assert post(client, f"{path}/confirm", body, "secretary").json["status"] == "contested"
    assert [one for one in scene.told(app, f"inspection:{number}") if one[1] == "contested"] == [
        ("overseer", "contested"),
        ("second", "contested"),
    ]
    reply = {"reply": "经核对会议记录，该会议为支委会，原事实成立"}
    answer = post(client, f"{path}/maintain", reply, "second").json
    assert (answer["status"], answer["comment"], answer["reply"]) == ("maintained", body["comment"], reply["reply"])


def test_contested_facts_are_corrected_and_signed_anew(client: FlaskClient, plan: int) -> None:
    number = scene.opened(plan)
    scene.answered(number)
    scene.confirmed(scene.signed(number), agrees=False, comment="已召开")
    assert post(client, f"/inspections/{number}/reopen", {}, "overseer").json["status"] == "open"
    scene.answered(number, {"item": "meetings", "answer": "conforms"})
    scene.confirmed(scene.signed(number))
    assert (scene.row(number).status, scene.row(number).comment) == ("confirmed", None)


def test_facts_stand_when_the_unit_lets_its_time_pass(
    client: FlaskClient, plan: int, frozen_clock: FrozenClock
) -> None:
    number = scene.opened(plan)
    scene.answered(number)
    scene.signed(number)
    body = {"reply": "逾期未反馈，视为无异议"}
    early = post(client, f"/inspections/{number}/maintain", body, "overseer")
    assert (early.status_code, early.json["code"]) == (409, "not_yet")
    frozen_clock.advance(days=5)
    assert post(client, f"/inspections/{number}/maintain", body, "overseer").json["status"] == "maintained"


@pytest.mark.parametrize(
    ("name", "status"),
    [("neighbour", 404), ("far", 404), ("overseer", 403), ("admin", 403), ("auditor", 403), ("street", 200)],
)
def test_who_confirms(client: FlaskClient, plan: int, name: str, status: int) -> None:
    number = scene.opened(plan)
    scene.answered(number)
    scene.signed(number)
    assert post(client, f"/inspections/{number}/confirm", {"agrees": True}, name).status_code == status


@pytest.mark.parametrize(
    "body", [{}, {"agrees": "yes"}, {"agrees": True, "comment": "x" * 1001}, {"agrees": True, "more": 1}]
)
def test_a_wrong_confirmation(client: FlaskClient, plan: int, body: Any) -> None:
    number = scene.opened(plan)
    scene.answered(number)
    scene.signed(number)
    assert post(client, f"/inspections/{number}/confirm", body, "secretary").status_code == 422


# ---- GET lists


def test_the_list_knows_who_waits_and_is_turned_page_by_page(client: FlaskClient, plan: int) -> None:
    number = scene.opened(plan)
    all_of_it = get(client, f"/inspections?spot_check={plan}").json
    assert [(item["unit"], item["status"], item["id"]) for item in all_of_it["items"]] == [
        ("QS02", "waiting", None),
        ("QS0101", "open", str(number)),
    ]
    assert [item["unit"] for item in get(client, "/inspections?status=waiting").json["items"]] == ["QS02"]
    assert [item["unit"] for item in get(client, "/inspections?status=open&mine=true").json["items"]] == ["QS0101"]
    assert get(client, "/inspections?mine=true", "other").json["items"] == []
    first = get(client, "/inspections?limit=1").json
    rest = get(client, f"/inspections?limit=1&after={first['next']}").json
    assert [first["items"][0]["unit"], rest["items"][0]["unit"], rest["next"]] == ["QS02", "QS0101", None]
    assert get(client, "/inspections?status=nothing").status_code == 422


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("secretary", {"QS0101"}),
        ("street", {"QS0101"}),
        ("neighbour", set()),
        ("far", set()),
        ("auditor", {"QS0101", "QS02"}),
    ],
)
def test_a_unit_learns_of_it_when_both_have_signed(client: FlaskClient, plan: int, name: str, units: set[str]) -> None:
    number = scene.opened(plan)
    scene.answered(number)
    before = {item["unit"] for item in get(client, "/inspections", name).json["items"]}
    assert before == (units if name == "auditor" else set())
    scene.signed(number)
    assert {item["unit"] for item in get(client, "/inspections", name).json["items"]} == units


def test_what_is_not_there_is_not_found(client: FlaskClient, plan: int) -> None:
    for path in ("/inspections/999", "/inspections/abc"):
        assert get(client, path).status_code == 404
    for act in ("sign", "reopen"):
        assert post(client, f"/inspections/999/{act}", {}, "overseer").status_code == 404
