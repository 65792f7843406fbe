"""The routes of spot-checks, each walked like a checklist."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc.db import db
from pointsvc.permissions import PERMISSION_MAP, Permission
from pointsvc.spotchecks.models import SpotCheck
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import BY_ROLE
from tests.spotchecks import scene
from tests.spotchecks.scene import get, post, put
from tests.spotchecks.vector import CODES, DIGITS, FRAME, NAMES, PLAN, SECRET, C, F, S

BODY = {
    "title": "四季度双随机抽查",
    "plan": PLAN,
    "programme": "区委2026年度督查检查考核计划第7项",
    "filing": "备字〔2026〕7号",
    "strata": [{"name": "乡镇", "units": [{"code": code, "name": NAMES[code]} for code in CODES], "n": 4}],
    "inspectors": [
        {"code": "ZZ1", "name": "甲一", "body": "区委组织部", "conflicts": ["X03"]},
        {"code": "JW1", "name": "乙二", "body": "区纪委"},
        {"code": "DC1", "name": "丙三", "body": "区委督查室"},
    ],
    "due_on": "2026-09-30",
    "checklist": [{"code": "A1", "text": "三会一课有记录", "article": "条例第十二条"}, "公示栏按期更新"],
}


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    factories.district()


def made(client: FlaskClient, **more: Any) -> Any:
    answer = post(client, "/spot-checks", {**BODY, **more})
    assert answer.status_code == 201, answer.json
    return answer.json


# ---- POST /spot-checks


def test_a_plan_is_made_with_its_units_and_inspectors(client: FlaskClient) -> None:
    found = made(client)
    assert (found["status"], found["plan"], found["organisation"], found["due_on"]) == (
        "draft",
        PLAN,
        "QS",
        "2026-09-30",
    )
    assert [(item["code"], item["text"]) for item in found["checklist"]] == [
        ("A1", "三会一课有记录"),
        ("2", "公示栏按期更新"),
    ]
    (stratum,) = found["strata"]
    assert (stratum["n"], stratum["size"], stratum["excluded"]) == (4, 10, 0)
    assert [one["percent"] for one in stratum["chances"]] == [5, 10, 20]
    assert [one["code"] for one in found["inspectors"]] == ["DC1", "ZZ1", "JW1"]
    assert (found["secret"], found["seed"], found["commitment"], found["drawn"]) == (None, None, None, [])
    assert get(client, f"/spot-checks/{found['id']}").json == found


def test_beside_the_size_stands_the_chance(client: FlaskClient) -> None:
    units = [f"U{n}" for n in range(40)]
    (stratum,) = made(client, strata=[{"name": "支部", "units": units, "n": 4}])["strata"]
    chance = next(one for one in stratum["chances"] if one["percent"] == 10)
    assert (chance["faulty"], round(chance["chance"], 2), chance["needed"]) == (4, 0.36, 21)


def test_plain_texts_will_do(client: FlaskClient) -> None:
    found = made(
        client,
        strata=[{"name": "支部", "units": ["QS0101", "QS0102"], "n": 1}],
        inspectors=["甲一", "乙二"],
        checklist=["公示栏"],
    )
    assert [(one["code"], one["name"], one["body"]) for one in found["inspectors"]] == [
        ("乙二", "乙二", ""),
        ("甲一", "甲一", ""),
    ]
    units = get(client, f"/spot-checks/{found['id']}/units").json["items"]
    assert [(one["code"], one["name"]) for one in units] == [
        ("QS0101", "松岭街道第一党支部"),
        ("QS0102", "松岭街道第二党支部"),
    ]


def test_units_from_the_tree_and_a_share_of_them(client: FlaskClient) -> None:
    chosen = {"under": "QS", "organisation_kind": "branch"}
    found = made(client, strata=[{"name": "支部", "from": chosen, "percent": 50}])
    assert [(one["n"], one["size"]) for one in found["strata"]] == [(2, 3)]


def test_due_in_working_days(client: FlaskClient) -> None:
    body = {name: value for name, value in BODY.items() if name != "due_on"}
    answer = post(client, "/spot-checks", {**body, "due_days": 5})
    # Five working days after Saturday the 15th.
    assert answer.json["due_on"] == "2026-08-21"
    answer = post(client, "/spot-checks", {**body, "plan": "P-2"})
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["due_on"])


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title": ""}, "title"),
        ({"plan": "a|b"}, "plan"),
        ({"due_on": "2026-08-14"}, "due_on"),
        ({"strata": [{"name": "乡镇", "units": ["A"]}]}, "strata.0.n"),
        ({"strata": [{"name": "乡镇", "units": ["A"], "n": 2}]}, "strata.0.n"),
        ({"strata": [{"name": "乡镇", "units": ["A", "A"], "n": 1}]}, "strata.0.units"),
        ({"strata": [{"name": "乡镇", "units": ["A|"], "n": 1}]}, "strata.0.units"),
        ({"inspectors": ["甲", "甲"]}, "inspectors"),
        ({"checklist": [{"code": "1", "text": "甲"}, {"code": "1", "text": "乙"}]}, "checklist"),
        ({"excluded": [{"code": "Z", "reason": "无"}]}, "excluded"),
        ({"again_of": "P-0", "reason": "重抽"}, "again_of"),
        ({"cover_quarters": 0}, "cover_quarters"),
        ({"more": 1}, "more"),
    ],
)
def test_a_wrong_body_is_told_its_field(client: FlaskClient, more: Any, field: str) -> None:
    answer = post(client, "/spot-checks", {**BODY, **more})
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert db.session.scalar(select(SpotCheck.id)) is None


def test_the_same_key_makes_one_plan(client: FlaskClient) -> None:
    first = post(client, "/spot-checks", BODY, **{"Idempotency-Key": "k"})
    again = post(client, "/spot-checks", BODY, **{"Idempotency-Key": "k"})
    assert (again.json, again.headers["Idempotency-Replayed"]) == (first.json, "true")
    other = post(client, "/spot-checks", {**BODY, "title": "别的"}, **{"Idempotency-Key": "k"})
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")
    assert post(client, "/spot-checks", BODY).status_code == 422


# ---- the rest of a plan


def test_a_plan_is_changed_while_it_is_written(client: FlaskClient) -> None:
    path = f"/spot-checks/{made(client)['id']}"
    answer = put(client, path, {"title": "改名", "due_days": 5, "cover_quarters": 4})
    assert (answer.json["title"], answer.json["due_on"], answer.json["cover_quarters"]) == ("改名", "2026-08-21", 4)
    units = {
        "strata": [{"name": "支部", "units": ["QS0101", "QS0102"], "n": 1}],
        "excluded": [{"code": "QS0102", "reason": "本年已查两次"}],
    }
    assert [
        (one["name"], one["size"], one["excluded"]) for one in put(client, path + "/units", units).json["strata"]
    ] == [("支部", 1, 1)]
    people = put(client, path + "/inspectors", {"inspectors": [{"name": "甲", "sign_in": "overseer"}]})
    assert [one["code"] for one in people.json["inspectors"]] == ["甲"]
    assert get(client, path + "/advice").json == {
        "often": [],
        "covers": [{"stratum": "支部", "size": 1, "n": 1, "waiting": 1, "a_quarter": 1, "kept": True}],
    }
    post(client, path + "/freeze", {})
    for sub, body in (("", {"title": "再改"}), ("/units", units), ("/inspectors", {"inspectors": []})):
        refused = put(client, path + sub, body)
        assert (refused.status_code, refused.json["code"]) == (409, "not_draft")


def test_lists_are_paged(client: FlaskClient) -> None:
    numbers = [made(client, plan=f"P-{n}")["id"] for n in range(3)]
    first = get(client, "/spot-checks?limit=2").json
    assert [one["id"] for one in first["items"]] == numbers[:0:-1]
    rest = get(client, f"/spot-checks?limit=2&after={first['next']}").json
    assert ([one["id"] for one in rest["items"]], rest["next"]) == (numbers[:1], None)
    assert get(client, "/spot-checks?status=frozen").json["items"] == []
    path = f"/spot-checks/{numbers[0]}/units"
    first = get(client, path + "?limit=7").json
    rest = get(client, f"{path}?limit=7&after={first['next']}").json
    assert [one["code"] for one in first["items"] + rest["items"]] == CODES


# ---- freeze, draw, proof


def test_from_the_frozen_list_to_the_proof(client: FlaskClient) -> None:
    path = f"/spot-checks/{made(client)['id']}"
    assert client.get(scene.API + path + "/proof").status_code == 404
    refused = post(client, path + "/draw", {"digits": DIGITS})
    assert (refused.status_code, refused.json["code"]) == (409, "not_frozen")
    frozen = post(client, path + "/freeze", {})
    assert (frozen.status_code, frozen.json["frame"], frozen.json["frame_sha256"]) == (200, FRAME, F)
    assert (frozen.json["status"], frozen.json["secret"]) == ("frozen", None)
    public = client.get(scene.API + path + "/proof")
    assert (public.status_code, public.json["frame"], public.json["secret"]) == (200, FRAME, None)
    drawn = post(client, path + "/draw", {"digits": "20237 33112 81592 11123"})
    assert (drawn.status_code, drawn.json["status"], drawn.json["digits"]) == (200, "drawn", DIGITS)
    assert len(drawn.json["drawn"]) == 4
    assert all(len(one["inspectors"]) == 2 for one in drawn.json["drawn"])
    public = client.get(scene.API + path + "/proof").json
    assert public["secret"] == drawn.json["secret"]
    again = post(client, path + "/draw", {"digits": DIGITS})
    assert (again.status_code, again.json["code"]) == (409, "drawn")


def test_the_vector_holds_on_the_wire(client: FlaskClient) -> None:
    found = get(client, f"/spot-checks/{scene.vector()}").json
    assert (found["frame_sha256"], found["commitment"], found["seed"], found["secret"]) == (F, C, S, SECRET)
    assert [one["code"] for one in found["drawn"]] == ["X03", "X10", "X04"]


@pytest.mark.parametrize("body", [{}, {"digits": "123"}, {"digits": 12}, {"digits": DIGITS, "more": 1}])
def test_wrong_digits_draw_nothing(client: FlaskClient, body: Any) -> None:
    assert post(client, f"/spot-checks/{scene.frozen()}/draw", body).status_code == 422


def test_a_sealed_draw_tells_its_secret_to_nobody(client: FlaskClient) -> None:
    number = scene.vector(announced=False)
    path = f"/spot-checks/{number}"
    found = get(client, path)
    assert [one["code"] for one in found.json["drawn"]] == ["X03", "X10", "X04"]
    assert SECRET not in found.text
    public = client.get(scene.API + path + "/proof").text
    assert (SECRET in public, S in public) == (False, False)
    assert json.loads(public)["drawn"] == []
    unit = scene.unit(number, "X10").id
    assert post(client, path + "/open", {"units": [str(unit)]}).json["secret"] is None
    assert post(client, path + "/open", {}).json["secret"] == SECRET


def test_skips_and_voids_have_their_reasons(client: FlaskClient) -> None:
    number = scene.vector()
    unit = scene.unit(number, "X03").id
    path = f"/spot-checks/{number}/units/{unit}"
    assert post(client, path + "/skip", {}).status_code == 422
    skipped = post(client, path + "/skip", {"reason": "已撤并"}).json
    assert [one["code"] for one in skipped["drawn"]] == ["X10", "X04", "X06"]
    assert [(one["code"], one["skipped"]) for one in skipped["skipped"]] == [("X03", "已撤并")]
    assert post(client, path + "/skip", {"reason": "已撤并"}).status_code == 409
    assert post(client, f"/spot-checks/{number}/units/0/skip", {"reason": "x"}).status_code == 404
    serving = next(one for one in skipped["drawn"] if one["code"] == "X10")
    stand_down = {"inspector": serving["inspectors"][0], "reason": "住院"}
    after = post(client, f"/spot-checks/{number}/units/{serving['unit']}/stand-down", stand_down).json
    passed = next(one for one in after["drawn"] if one["code"] == "X10")["passed"]
    assert {"inspector": stand_down["inspector"], "reason": "住院"} in passed
    refused = post(client, f"/spot-checks/{number}/void", {"reason": "重抽"})
    assert (refused.status_code, refused.json["code"]) == (409, "opened")
    other = scene.frozen("P-2")
    assert post(client, f"/spot-checks/{other}/void", {"reason": "改期"}).json["status"] == "void"


# ---- who may


@pytest.mark.parametrize("role", list(BY_ROLE))
def test_who_may_do_what(client: FlaskClient, role: Any) -> None:
    name = BY_ROLE[role]
    number = scene.planned()

    def status(permission: Permission, right: int) -> int:
        return right if role in PERMISSION_MAP[permission] else 403

    path = f"/spot-checks/{number}"
    assert post(client, "/spot-checks", {**BODY, "plan": "P-2"}, name).status_code == status(
        Permission.SPOTCHECKS_PLAN, 201
    )
    assert get(client, path, name).status_code == status(Permission.SPOTCHECKS_READ, 200)
    assert get(client, path + "/units", name).status_code == status(Permission.SPOTCHECKS_READ, 200)
    assert put(client, path, {"title": "改"}, name).status_code == status(Permission.SPOTCHECKS_PLAN, 200)
    assert post(client, path + "/freeze", {}, name).status_code == status(Permission.SPOTCHECKS_PLAN, 200)
    assert post(client, path + "/draw", {"digits": DIGITS}, name).status_code in (
        status(Permission.SPOTCHECKS_DRAW, 200),
        status(Permission.SPOTCHECKS_DRAW, 409),
    )
    assert post(client, path + "/open", {}, name).status_code in (
        status(Permission.SPOTCHECKS_DRAW, 200),
        status(Permission.SPOTCHECKS_DRAW, 409),
    )
    assert get(client, path + "/entries", name).status_code == status(Permission.SPOTCHECKS_READ, 200)


def test_another_districts_plan_is_not_there(client: FlaskClient) -> None:
    number = scene.planned()
    factories.organisation("ZZ", "外区区委", "district")
    factories.sign_in("stranger", BY_ROLE_STRANGER, "ZZ")
    for sub, body in (("/freeze", {}), ("/draw", {"digits": DIGITS}), ("/void", {"reason": "x"}), ("/open", {})):
        assert post(client, f"/spot-checks/{number}{sub}", body, "stranger").status_code == 404
    assert get(client, f"/spot-checks/{number}", "stranger").status_code == 404
    assert put(client, f"/spot-checks/{number}", {"title": "x"}, "stranger").status_code == 404
    assert get(client, "/spot-checks", "stranger").json["items"] == []
    assert get(client, "/spot-checks/999").status_code == 404
    assert get(client, "/spot-checks/x").status_code == 404


BY_ROLE_STRANGER = next(role for role, name in BY_ROLE.items() if name == "overseer")
