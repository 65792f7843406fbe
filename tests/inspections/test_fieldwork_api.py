"""The routes of inspections in the field, each walked like a checklist: arrive, answer, add a photo, sign."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from pointsvc.db import db
from pointsvc.inspections.models import Finding, Inspection, InspectionSignature
from pointsvc.permissions import PERMISSION_MAP, Permission
from pointsvc.spotchecks.models import SpotCheck, Unit
from tests.conftest import FrozenClock
from tests.evidence.files import photo
from tests.factories import BY_ROLE, bearer
from tests.inspections import scene
from tests.inspections.scene import FINDING, REST, SAID, get, post, put

OPEN = {"unit": "QS0101"}


@pytest.fixture
def plan(client: FlaskClient, frozen_clock: FrozenClock) -> int:
    scene.district()
    return scene.plan()


# ---- POST /inspections


def test_an_inspector_arrives_and_the_instant_is_kept(client: FlaskClient, plan: int) -> None:
    answer = post(client, "/inspections", {"spot_check": str(plan), **OPEN}, "overseer")
    assert answer.status_code == 201
    found = answer.json
    assert (found["plan"], found["unit"], found["name"]) == ("DC-2026-03", "QS0101", "松岭街道第一党支部")
    assert (found["status"], found["opened_at"]) == ("open", "2026-08-15T10:00:00.000+08:00")
    # Nothing is answered for anybody.
    assert [(item["item"], item["answer"], item["revision"]) for item in found["items"]] == [
        ("meetings", None, 0),
        ("dues", None, 0),
        ("boards", None, 0),
    ]
    assert [(one["name"], one["body"], one["signed_at"]) for one in found["inspectors"]] == [
        ("周正", "区委组织部", None),
        ("严明", "区纪委", None),
    ]
    assert (found["may"], found["kept_back"]) == (["answer", "sign"], [])
    assert get(client, f"/inspections/{found['id']}").json == found


def test_the_other_inspector_arrives_at_the_same_inspection(client: FlaskClient, plan: int) -> None:
    first = post(client, f"/spot-checks/{plan}/inspections", OPEN, "overseer").json["id"]
    assert post(client, f"/spot-checks/{plan}/inspections", OPEN, "second").json["id"] == first
    assert db.session.scalar(select(func.count()).select_from(Inspection)) == 1


def test_arriving_with_the_same_key_is_arriving_once(client: FlaskClient, plan: int) -> None:
    body = {"spot_check": str(plan), **OPEN}
    first = post(client, "/inspections", body, "overseer", **{"Idempotency-Key": "phone-1"})
    again = post(client, "/inspections", body, "overseer", **{"Idempotency-Key": "phone-1"})
    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    ("name", "unit", "status", "code"),
    [
        ("other", "QS0101", 403, "not_serving"),
        ("admin", "QS0101", 403, "not_serving"),
        ("overseer", "QS0102", 404, "not_found"),
        ("overseer", "QS9999", 404, "not_found"),
        # Its own secretary does not learn that it was drawn.
        ("secretary", "QS0101", 404, "not_found"),
        ("far", "QS0101", 404, "not_found"),
    ],
)
def test_only_who_was_drawn_inspects_what_was_drawn(
    client: FlaskClient, plan: int, name: str, unit: str, status: int, code: str
) -> None:
    answer = post(client, f"/spot-checks/{plan}/inspections", {"unit": unit}, name)
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_drawn_entries_are_gone_through_elsewhere(client: FlaskClient, plan: int) -> None:
    db.session.execute(db.text("UPDATE spot_check_stratum SET kind = 'entry' WHERE name = '乡镇'"))
    db.session.commit()
    assert [item["unit"] for item in get(client, "/inspections").json["items"]] == ["QS0101"]
    assert post(client, f"/spot-checks/{plan}/inspections", {"unit": "QS02"}, "overseer").status_code == 404


@pytest.mark.parametrize("role", BY_ROLE)
def test_roles_that_do_not_inspect(client: FlaskClient, plan: int, role: Any) -> None:
    if role in PERMISSION_MAP[Permission.INSPECTIONS_INSPECT]:
        return
    assert post(client, f"/spot-checks/{plan}/inspections", OPEN, BY_ROLE[role]).status_code == 403


def test_a_plan_that_is_not_drawn_is_not_inspected(client: FlaskClient, plan: int) -> None:
    db.session.execute(db.text("UPDATE spot_check SET status = 'reported'"))
    db.session.commit()
    answer = post(client, f"/spot-checks/{plan}/inspections", OPEN, "overseer")
    assert (answer.status_code, answer.json["code"]) == (409, "not_drawn")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "spot_check"),
        ({"spot_check": "1"}, "unit"),
        ({"spot_check": "1", "unit": ""}, "unit"),
        ({"more": 1}, "more"),
    ],
)
def test_a_wrong_arrival_is_told_its_field(client: FlaskClient, plan: int, body: Any, field: str) -> None:
    answer = post(client, "/inspections", body, "overseer")
    assert answer.status_code == 422
    assert field in answer.json["errors"]


def test_an_unannounced_unit_is_known_from_the_arrival_on(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    scene.district()
    plan = scene.plan(announced=False)
    frozen_clock.advance(days=3)
    number = scene.opened(plan)
    first = db.session.get_one(Unit, scene.row(number).unit_id)
    assert first.opened_at == scene.row(number).opened_at == frozen_clock()
    check = db.session.get_one(SpotCheck, plan, populate_existing=True)
    assert check.opened_at is None
    frozen_clock.advance(days=1)
    scene.opened(plan, "QS02")
    assert db.session.get_one(SpotCheck, plan, populate_existing=True).opened_at == frozen_clock()


# ---- PUT answers


def test_answers_are_kept_and_sent_again_change_nothing(client: FlaskClient, plan: int) -> None:
    number = scene.opened(plan)
    body = {"answers": [{**FINDING, "base": 0}, {"item": "dues", "answer": "conforms", "base": 0}]}
    first = put(client, f"/inspections/{number}/answers", body, "overseer")
    assert first.status_code == 200
    item = first.json["items"][0]
    assert (item["answer"], item["revision"]) == ("finding", 1)
    assert item["finding"]["text"] == SAID
    # Unless another one is named it is the checklist's article.
    assert item["finding"]["article"] == scene.CHECKLIST[0]["article"]
    assert put(client, f"/inspections/{number}/answers", body, "overseer").json == first.json
    assert db.session.scalar(select(func.count()).select_from(Finding)) == 1


def test_what_the_other_has_changed_meanwhile_is_kept_back_and_the_rest_is_written(
    client: FlaskClient, plan: int
) -> None:
    number = scene.opened(plan)
    scene.answered(number, {"item": "dues", "answer": "conforms", "base": 0}, by="second")
    body = {"answers": [{"item": "dues", "answer": "not_applicable", "base": 0}, {**FINDING, "base": 0}]}
    answer = put(client, f"/inspections/{number}/answers", body, "overseer").json
    assert answer["kept_back"] == ["dues"]
    assert [item["answer"] for item in answer["items"]] == ["finding", "conforms", None]
    body = {"answers": [{"item": "dues", "answer": "not_applicable", "base": 1}]}
    answer = put(client, f"/inspections/{number}/answers", body, "overseer").json
    assert (answer["kept_back"], answer["items"][1]["revision"]) == ([], 2)


def test_a_finding_that_is_answered_otherwise_is_taken_back_and_may_come_again(client: FlaskClient, plan: int) -> None:
    number = scene.opened(plan)
    path = f"/inspections/{number}/answers"
    put(client, path, {"answers": [FINDING]}, "overseer")
    gone = put(client, path, {"answers": [{"item": "meetings", "answer": "conforms"}]}, "overseer").json
    assert (gone["findings"], gone["items"][0]["finding"]) == (0, None)
    unset = put(client, path, {"answers": [{"item": "meetings", "answer": None}]}, "overseer").json
    assert unset["items"][0]["answer"] is None
    back = put(client, path, {"answers": [{**FINDING, "text": "二季度亦未召开"}]}, "overseer").json
    assert back["items"][0]["finding"]["text"] == "二季度亦未召开"


def test_what_was_met_beside_the_checklist_has_its_place(client: FlaskClient, plan: int) -> None:
    number = scene.opened(plan)
    body = {"answers": [{**FINDING, "item": "other", "article": "", "text": "活动室被占用"}]}
    found = put(client, f"/inspections/{number}/answers", body, "second").json
    assert (found["items"][3]["item"], found["items"][3]["finding"]["text"]) == ("other", "活动室被占用")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"item": "nothing", "answer": "conforms"}, "answers.0.item"),
        ({"item": "other", "answer": "conforms"}, "answers.0.answer"),
        ({"item": "dues", "answer": "perhaps"}, "answers.0.answer"),
        ({"item": "dues", "answer": "finding", "severity": "minor"}, "answers.0.text"),
        ({"item": "dues", "answer": "finding", "text": "有问题"}, "answers.0.severity"),
        ({"item": "dues", "answer": "finding", "text": "x" * 1001, "severity": "minor"}, "answers.0.text"),
        ({"item": "dues", "answer": "conforms", "base": "1"}, "answers.0.base"),
        ({"item": "dues"}, "answers.0.answer"),
    ],
)
def test_a_wrong_answer_is_told_its_field(client: FlaskClient, plan: int, given: Any, field: str) -> None:
    answer = put(client, f"/inspections/{scene.opened(plan)}/answers", {"answers": [given]}, "overseer")
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


@pytest.mark.parametrize(("name", "status"), [("other", 403), ("admin", 403), ("secretary", 404), ("far", 404)])
def test_nobody_else_answers(client: FlaskClient, plan: int, name: str, status: int) -> None:
    number = scene.opened(plan)
    assert put(client, f"/inspections/{number}/answers", {"answers": []}, name).status_code == status


# ---- photos


def upload(client: FlaskClient, path: str, name: str, content: bytes) -> Any:
    return client.post(f"/api/v1{path}", data={"file": (BytesIO(content), "现场.jpg")}, headers=bearer(name))


def test_a_photo_is_welcome_and_never_needed(client: FlaskClient, plan: int) -> None:
    number = scene.opened(plan)
    scene.answered(number)
    finding = scene.finding(number)
    made = upload(client, f"/findings/{finding}/evidence", "second", photo())
    assert made.status_code == 201
    (piece,) = made.json["evidence"]
    path = f"/findings/{finding}/evidence/{piece['id']}"
    assert get(client, path).content_type == "image/jpeg"
    # The unit sees it with the facts, not before.
    assert get(client, path, "secretary").status_code == 404
    scene.signed(number)
    assert get(client, path, "secretary").status_code == 200
    assert get(client, path, "neighbour").status_code == 404
    late = upload(client, f"/findings/{finding}/evidence", "second", photo())
    assert (late.status_code, late.json["code"]) == (409, "not_now")


def test_only_inspectors_add_photos_to_findings(client: FlaskClient, plan: int) -> None:
    number = scene.opened(plan)
    scene.answered(number)
    finding = scene.finding(number)
    assert upload(client, f"/findings/{finding}/evidence", "other", photo()).status_code == 403
    assert upload(client, "/findings/999/evidence", "overseer", photo()).status_code == 404
    assert client.post(f"/api/v1/findings/{finding}/evidence", headers=bearer("overseer")).status_code == 422


# ---- POST sign, reopen


def test_two_inspectors_sign_each_by_the_own_account(app: Flask, client: FlaskClient, plan: int) -> None:
    number = scene.opened(plan)
    scene.answered(number)
    first = post(client, f"/inspections/{number}/sign", {}, "overseer")
    assert (first.status_code, first.json["status"], first.json["may"]) == (200, "half_signed", ["reopen"])
    again = post(client, f"/inspections/{number}/sign", {}, "overseer")
    assert (again.status_code, again.json["code"]) == (409, "signed_already")
    assert get(client, f"/inspections/{number}", "secretary").status_code == 404
    second = post(client, f"/inspections/{number}/sign", {}, "second").json
    # Three working days after Saturday the 15th.
    assert (second["status"], second["confirm_due_on"]) == ("signed", "2026-08-19")
    assert [one["signed_at"] is not None for one in second["inspectors"]] == [True, True]
    assert len(set(db.session.scalars(select(InspectionSignature.digest)))) == 1
    assert scene.told(app, f"inspection:{number}") == [("secretary", "signed")]
    assert get(client, f"/inspections/{number}", "secretary").json["may"] == ["confirm", "contest"]


def test_nothing_unset_is_signed(client: FlaskClient, plan: int) -> None:
    number = scene.opened(plan)
    scene.answered(number, FINDING)
    answer = post(client, f"/inspections/{number}/sign", {}, "overseer")
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["answers"])
    assert "2, 3" in answer.json["errors"]["answers"][0]
    scene.answered(number, *REST)
    assert post(client, f"/inspections/{number}/sign", {}, "overseer").status_code == 200


def test_what_is_signed_is_not_written_over_but_opened_again(client: FlaskClient, plan: int) -> None:
    number = scene.opened(plan)
    scene.answered(number)
    scene.signed(number, "overseer")
    path = f"/inspections/{number}/answers"
    answer = put(client, path, {"answers": [{"item": "dues", "answer": "not_applicable"}]}, "second")
    assert (answer.status_code, answer.json["code"]) == (409, "not_now")
    opened = post(client, f"/inspections/{number}/reopen", {"reason": "第二项有误"}, "second").json
    assert (opened["status"], [one["signed_at"] for one in opened["inspectors"]]) == ("open", [None, None])
    assert put(client, path, {"answers": [{"item": "dues", "answer": "not_applicable"}]}, "second").status_code == 200
    scene.signed(number)
    assert scene.row(number).status == "signed"
    assert len(db.session.scalars(select(InspectionSignature)).all()) == 3


@pytest.mark.parametrize("act", ["sign", "reopen"])
@pytest.mark.parametrize(("name", "status"), [("other", 403), ("secretary", 404), ("far", 404), ("member", 403)])
def test_nobody_else_signs(client: FlaskClient, plan: int, act: str, name: str, status: int) -> None:
    number = scene.opened(plan)
    scene.answered(number)
    scene.signed(number, "overseer")
    assert post(client, f"/inspections/{number}/{act}", {}, name).status_code == status
