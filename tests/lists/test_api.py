"""JSON routes of the three lists: works, wrong role, out of reach, bad body, missing, sent twice."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pointsvc.lists.models import Item, ListClaim
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import bearer
from tests.lists.scene import API, claim, done, filed, from_resident, problem, rows, set_id, status


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    factories.district()


def post(client: FlaskClient, path: str, by: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
    return client.post(f"{API}{path}", json=body or {}, headers={**bearer(by), **headers})


def get(client: FlaskClient, path: str, by: str) -> Any:
    return client.get(f"{API}{path}", headers=bearer(by))


# ---- sets


def test_a_district_adds_a_set_and_renames_it(client: FlaskClient) -> None:
    body = {"code": "own", "name": "双报到清单", "life": "exchange", "names": ["服务需求", "志愿活动", "结对关爱"]}
    made = post(client, "/lists", "admin", body)
    assert made.status_code == 201, made.json
    assert [(one["key"], one["name"]) for one in made.json["lists"]] == [
        ("needs", "服务需求"),
        ("resources", "志愿活动"),
        ("projects", "结对关爱"),
    ]
    assert post(client, "/lists", "admin", body).json["code"] == "code_taken"
    names = {"name": "三张清单", "names": ["一", "二", "三"]}
    renamed = post(client, f"/lists/{made.json['id']}/rename", "admin", names)
    assert (renamed.json["name"], renamed.json["lists"][2]["name"]) == ("三张清单", "三")
    found = get(client, "/lists", "secretary").json["items"]
    assert [one["name"] for one in found][-1] == "三张清单"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"life": "other"}, "life"),
        ({"names": ["一", "二"]}, "names"),
        ({"name": ""}, "name"),
        ({"names": list("一一二")}, "names"),
    ],
)
def test_a_wrong_set_is_refused_by_field(client: FlaskClient, change: dict[str, Any], field: str) -> None:
    body = {"code": "own", "name": "清单", "life": "exchange", "names": ["甲", "乙", "丙"], **change}
    answer = post(client, "/lists", "admin", body)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


@pytest.mark.parametrize("by", ["secretary", "overseer", "auditor", "member", "operator"])
def test_others_add_no_set(client: FlaskClient, by: str) -> None:
    body = {"code": "own", "name": "清单", "life": "exchange", "names": ["甲", "乙", "丙"]}
    assert post(client, "/lists", by, body).status_code == 403


# ---- filing and reading


def test_an_item_is_filed_once_with_its_key(client: FlaskClient) -> None:
    body = {"list": "needs", "title": "楼道照明", "tags": ["便民"], "quota": 2}
    first = post(client, f"/lists/{set_id()}/items", "secretary", body, **{"Idempotency-Key": "a"})
    again = post(client, f"/lists/{set_id()}/items", "secretary", body, **{"Idempotency-Key": "a"})
    assert (first.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (first.json["number"], first.json["status"], first.json["tags"], first.json["code"]) == (
        1,
        "open",
        ["便民"],
        None,
    )
    assert rows(Item) == 1
    assert get(client, f"/items/{first.json['id']}", "far").json["title"] == "楼道照明"


def test_a_need_by_telephone_answers_with_a_code_and_never_with_the_person(client: FlaskClient) -> None:
    body = {"list": "needs", "title": "上门理发", "contact": {"name": "吴大爷", "phone": "021-5550123"}}
    made = post(client, f"/lists/{set_id()}/items", "secretary", body)
    assert len(made.json["code"]) == 12
    for by in ("secretary", "admin", "far", "member"):
        answer = get(client, f"/items/{made.json['id']}", by)
        assert "吴大爷" not in answer.text
        assert "5550123" not in answer.text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"list": "nothing"}, "list"),
        ({"title": ""}, "title"),
        ({"quota": 0}, "quota"),
        ({"quota": 1.5}, "quota"),
        ({"due_on": "bald"}, "due_on"),
        ({"contact": {"name": "吴", "phone": "keine"}}, "phone"),
        ({"more": 1}, "more"),
    ],
)
def test_a_wrong_item_is_refused_by_field(client: FlaskClient, change: dict[str, Any], field: str) -> None:
    answer = post(client, f"/lists/{set_id()}/items", "secretary", {"list": "needs", "title": "灯", **change})
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_links_follow_what_the_set_allows(client: FlaskClient) -> None:
    need, offer = filed(), filed("neighbour", "resources", "维修队")
    path = f"/lists/{set_id()}/items"
    project = post(client, path, "secretary", {"list": "projects", "title": "亮灯", "links": [str(need), str(offer)]})
    assert project.status_code == 201
    wrong = post(client, path, "secretary", {"list": "needs", "title": "又一条", "links": [str(need)]})
    assert list(wrong.json["errors"]) == ["links"]


def test_filters_and_pages(client: FlaskClient) -> None:
    for number in range(3):
        filed(title=f"需求{number}", tags=("助老",) if number else ())
    filed("far", title="外镇需求")
    path = f"/lists/{set_id()}/items?list=needs"
    assert len(get(client, path, "secretary").json["items"]) == 4
    assert [one["title"] for one in get(client, f"{path}&organisation=QS01", "street").json["items"]] == [
        "需求2",
        "需求1",
        "需求0",
    ]
    first = get(client, f"{path}&word=助老&limit=1", "secretary").json
    second = get(client, f"{path}&word=助老&limit=1&after={first['next']}", "secretary").json
    assert [first["items"][0]["title"], second["items"][0]["title"], second["next"]] == ["需求2", "需求1", None]
    assert get(client, f"{path}&organisation=QS02", "secretary").status_code == 404
    assert get(client, f"{path}&status=odd", "secretary").status_code == 422


# ---- claiming and working


def test_a_claim_from_another_branch_and_back(client: FlaskClient) -> None:
    need = filed()
    made = post(client, f"/items/{need}/claim", "neighbour", {"note": "周末可以"})
    assert (made.status_code, made.json["status"], made.json["claims"][0]["organisation"]) == (201, "claimed", "QS0102")
    assert post(client, f"/items/{need}/claim", "far").json["code"] == "full"
    assert post(client, f"/items/{need}/withdraw", "neighbour").status_code == 422
    back = post(client, f"/items/{need}/withdraw", "neighbour", {"reason": "人手不足"})
    assert (back.json["status"], back.json["claims"][0]["reason"]) == ("open", "人手不足")


def test_a_claim_with_a_key_is_one_claim(client: FlaskClient) -> None:
    need = filed(quota=3)
    for _ in range(2):
        assert post(client, f"/items/{need}/claim", "far", **{"Idempotency-Key": "c"}).status_code == 201
    assert rows(ListClaim) == 1


@pytest.mark.parametrize("by", ["member", "overseer", "auditor", "operator"])
def test_others_claim_nothing(client: FlaskClient, by: str) -> None:
    assert post(client, f"/items/{filed()}/claim", by).status_code == 403


def test_the_own_item_is_taken_back_with_a_reason(client: FlaskClient) -> None:
    need = filed()
    assert post(client, f"/items/{need}/withdraw", "neighbour", {"reason": "不合适"}).status_code == 403
    assert post(client, f"/items/{need}/withdraw", "secretary", {"reason": "已自行解决"}).json["status"] == "withdrawn"


def test_a_need_by_telephone_goes_all_the_way(client: FlaskClient) -> None:
    need, _ = from_resident()
    post(client, f"/items/{need}/claim", "neighbour")
    for verb, by, expected in (
        ("agree", "secretary", "agreed"),
        ("start", "neighbour", "under_way"),
        ("finish", "neighbour", "done"),
        ("return", "secretary", "under_way"),
        ("finish", "neighbour", "done"),
        ("confirm", "secretary", "confirmed"),
        ("publicise", "secretary", "publicised"),
    ):
        body = {"return": {"note": "还差一次"}, "confirm": {"rating": "satisfied", "note": "谢谢"}}.get(verb, {})
        answer = post(client, f"/items/{need}/{verb}", by, body)
        assert (answer.status_code, answer.json["status"]) == (200, expected), answer.json
    steps = get(client, f"/items/{need}/history", "secretary").json["items"]
    assert [one["act"] for one in steps][-1] == "publicise"


@pytest.mark.parametrize("verb", ["agree", "start", "finish", "confirm", "publicise", "cancel_off", "return", "reopen"])
def test_each_act_refuses_whom_and_when_it_does_not_fit(client: FlaskClient, verb: str) -> None:
    body = {"return": {"note": "x"}, "reopen": {"note": "x"}}.get(verb, {})
    need, hidden = filed(), problem()
    assert post(client, f"/items/{need}/{verb}", "member", body).status_code == 403
    assert post(client, f"/items/{need}/{verb}", "auditor", body).status_code == 403
    assert post(client, f"/items/{hidden}/{verb}", "far", body).status_code == 404
    assert post(client, f"/items/999/{verb}", "secretary", body).status_code == 404
    assert post(client, f"/items/{need}/{verb}", "secretary", {**body, "odd": 1}).status_code == 422
    assert post(client, f"/items/{need}/{verb}", "secretary", body).json["code"] in ("wrong_state", "conflict")


def test_what_is_done_is_confirmed_by_another_with_a_rating(client: FlaskClient) -> None:
    need = filed()
    done(need)
    assert post(client, f"/items/{need}/confirm", "secretary").json["errors"]["rating"]
    assert post(client, f"/items/{need}/confirm", "secretary", {"rating": "great"}).status_code == 422
    assert post(client, f"/items/{need}/confirm", "neighbour", {"rating": "fair"}).json["code"] == "not_yours"


# ---- closing


def test_a_problem_is_closed_by_two_and_opened_again(client: FlaskClient) -> None:
    body = {"list": "problems", "title": "记录不全", "measure": "补齐", "responsible": "高建国", "due_on": "2026-08-31"}
    made = post(client, f"/lists/{set_id('problems')}/items", "secretary", body).json
    here = f"/items/{made['id']}"
    assert post(client, f"{here}/start", "secretary").json["status"] == "under_way"
    assert post(client, f"{here}/cancel_off", "secretary", {"note": "已补齐"}).json["status"] == "asked"
    assert post(client, f"{here}/cancel_off", "secretary").json["code"] == "own_work"
    assert post(client, f"{here}/cancel_off", "overseer").json["status"] == "closed"
    assert post(client, f"{here}/reopen", "overseer").status_code == 422
    again = post(client, f"{here}/reopen", "overseer", {"note": "又缺", "due_on": "2026-09-30"}).json
    assert (again["status"], again["round"], again["number"], again["due_on"]) == ("open", 2, 1, "2026-09-30")


def test_stages_are_done_one_by_one(client: FlaskClient) -> None:
    body = {"list": "tasks", "title": "补选书记", "stages": [{"target": "选人", "due_on": "2026-09-01"}]}
    made = post(client, f"/lists/{set_id('problems')}/items", "secretary", body).json
    here = f"/items/{made['id']}"
    assert post(client, f"{here}/finish", "secretary").json["code"] == "stages_open"
    assert post(client, f"{here}/stages/1/done", "neighbour").status_code == 404
    assert post(client, f"{here}/stages/2/done", "secretary").status_code == 404
    assert post(client, f"{here}/stages/1/done", "secretary").json["status"] == "under_way"
    assert post(client, f"{here}/finish", "secretary").json["status"] == "asked"


# ---- confidential


def test_the_confidential_ledger_is_nowhere_for_others(client: FlaskClient) -> None:
    weak = set_id("weak")
    made = problem("admin", template="weak", organisation="QS0101", title="整顿某支部")
    for by in ("secretary", "street", "member"):
        assert get(client, f"/lists/{weak}", by).status_code == 404
        assert get(client, f"/lists/{weak}/items", by).status_code == 404
        assert get(client, f"/items/{made}", by).status_code == 404
        assert "软弱涣散" not in get(client, "/lists", by).text
    assert post(client, f"/lists/{weak}/items", "secretary", {"list": "problems", "title": "x"}).status_code == 404
    assert post(client, f"/items/{made}/start", "secretary").status_code == 404
    assert get(client, f"/items/{made}", "auditor").json["title"] == "整顿某支部"
    assert post(client, f"/items/{made}/start", "admin").json["status"] == "under_way"
    assert status(made) == "under_way"


def test_matches_come_with_their_reason_in_the_readers_language(client: FlaskClient) -> None:
    need = filed(tags=("助老",), skills=("理发",))
    offer = filed("neighbour", "resources", "老年理发队", tags=("助老",), skills=("理发",))
    filed("far", "resources", "义务植树", tags=("环境",))
    found = get(client, f"/items/{need}/matches", "secretary").json["items"]
    assert [one["id"] for one in found] == [str(offer)]
    assert "理发" in found[0]["why"]
    back = get(client, f"/items/{offer}/matches", "neighbour").json["items"]
    assert [one["id"] for one in back] == [str(need)]
    claim(offer, "secretary")
    assert get(client, f"/items/{need}/matches", "secretary").json["items"] == []
