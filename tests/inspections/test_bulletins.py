"""Bulletins: drafted, issued once facts stand, frozen, withdrawn and issued anew; and who reads them."""

from __future__ import annotations

import hashlib
import json
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from pointsvc.db import db
from pointsvc.inspections.models import Bulletin, Finding
from pointsvc.permissions import PERMISSION_MAP, Permission
from pointsvc.spotchecks.models import SpotCheck
from tests.conftest import FrozenClock
from tests.factories import BY_ROLE, bearer
from tests.inspections import scene
from tests.inspections.scene import get, post, put

WHY = {"explained": {"QS02": "因防汛应急响应暂缓检查"}}
GOOD = {
    "overall": "多数党支部组织生活比较规范。",
    "good": "第一党支部把主题党日开到小区。",
    "demands": [{"text": "对照问题逐项整改", "due_on": "2026-09-05"}],
}


@pytest.fixture
def plan(client: FlaskClient, frozen_clock: FrozenClock) -> int:
    """One unit inspected with one finding, the other not visited."""
    scene.district()
    number = scene.plan()
    scene.settled(number)
    return number


def drafted(client: FlaskClient, plan: int, body: Any = WHY) -> Any:
    answer = post(client, f"/spot-checks/{plan}/bulletin", body, "overseer")
    assert answer.status_code == 201, answer.json
    return answer.json


def issued(client: FlaskClient, plan: int, body: Any = WHY) -> Any:
    number = drafted(client, plan, body)["id"]
    answer = post(client, f"/bulletins/{number}/issue", {}, "overseer")
    assert answer.status_code == 200, answer.json
    return answer.json


def text_of(found: Any) -> str:
    return "\n".join(block["text"] for block in found["paper"]["body"])


# ---- drafting


def test_a_draft_begins_with_what_stands_to_reason(client: FlaskClient, plan: int) -> None:
    found = drafted(client, plan, {})
    assert (found["status"], found["sha256"], found["snapshot"]) == ("draft", None, None)
    assert found["paper"]["title"] == "关于2026年三季度党建工作抽查情况的通报（征求意见稿）"
    assert "区委组织部会同区纪委" in text_of(found)
    assert "青督备〔2026〕7号" in text_of(found)
    assert "柳河镇党委" in found["hindrance"]
    changed = put(client, f"/bulletins/{found['id']}", {**WHY, **GOOD}, "admin").json
    assert (changed["hindrance"], changed["paper"]["number"]) == (None, "")
    assert "柳河镇党委（因防汛应急响应暂缓检查）" in text_of(changed)
    assert "1. 对照问题逐项整改（2026年9月5日前完成）。" in text_of(changed)


def test_a_plan_has_one_bulletin(client: FlaskClient, plan: int) -> None:
    drafted(client, plan)
    again = post(client, f"/spot-checks/{plan}/bulletin", {}, "admin")
    assert (again.status_code, again.json["code"]) == (409, "draft")


def test_the_same_key_drafts_once(client: FlaskClient, plan: int) -> None:
    key = {"Idempotency-Key": "b"}
    first = post(client, f"/spot-checks/{plan}/bulletin", {}, "overseer", **key)
    again = post(client, f"/spot-checks/{plan}/bulletin", {}, "overseer", **key)
    assert (again.status_code, again.json["id"]) == (201, first.json["id"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": ""}, "title"),
        ({"named": "yes"}, "named"),
        ({"demands": [{"due_on": "2026-09-05"}]}, "demands.0.text"),
        ({"demands": [{"text": "整改", "due_on": "soon"}]}, "demands.0.due_on"),
        ({"inspected": 12}, "inspected"),
    ],
)
def test_wrong_parts_are_told_their_field_and_no_figure_is_taken(
    client: FlaskClient, plan: int, body: Any, field: str
) -> None:
    answer = post(client, f"/spot-checks/{plan}/bulletin", body, "overseer")
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


# ---- issuing


def test_it_waits_for_the_units_confirmation(client: FlaskClient, plan: int) -> None:
    number = scene.opened(plan, "QS02")
    scene.answered(number)
    draft = drafted(client, plan)["id"]
    refused = post(client, f"/bulletins/{draft}/issue", {}, "overseer")
    assert (refused.status_code, refused.json["code"]) == (409, "unconfirmed")
    assert "柳河镇党委" in refused.json["detail"]
    scene.confirmed(scene.signed(number), "far")
    assert post(client, f"/bulletins/{draft}/issue", {}, "overseer").json["status"] == "issued"


def test_nothing_inspected_is_no_bulletin(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    scene.district()
    draft = drafted(client, scene.plan())["id"]
    refused = post(client, f"/bulletins/{draft}/issue", {}, "overseer")
    assert (refused.status_code, refused.json["code"]) == (409, "nothing_inspected")


def test_what_is_not_inspected_is_explained(client: FlaskClient, plan: int) -> None:
    draft = drafted(client, plan, {})["id"]
    refused = post(client, f"/bulletins/{draft}/issue", {}, "overseer")
    assert (refused.status_code, refused.json["code"]) == (409, "unexplained")


def test_it_lists_exactly_the_inspected_units_and_speaks_of_no_others(client: FlaskClient, plan: int) -> None:
    found = issued(client, plan, {**WHY, **GOOD})
    units, draw = found["paper"]["annexes"]
    assert [row[1] for row in units["table"][1:]] == ["松岭街道第一党支部"]
    assert units["table"][1][3] == "2026年8月15日"
    assert ["掷骰数字", "20237331128159211123"] in draw["table"]
    said = text_of(found)
    assert "乡镇2个中抽取1个、街道支部2个中抽取1个，共抽取2个，实际检查1个" in said
    assert "被抽查单位共1个，其中其他党组织1个。" in said
    assert "发现问题的1个，共发现问题1个（较重1个）" in said
    assert "不代表未被抽查的单位" in said
    assert f"松岭街道第一党支部：{scene.SAID}（不符合{scene.CHECKLIST[0]['article']}）。" in said
    assert "占全" not in said
    headings = [block["text"] for block in found["paper"]["body"] if block["kind"] == "heading"]
    assert headings == ["一、抽查范围和方式", "二、总体情况", "三、好的做法", "四、存在的问题", "五、整改要求"]


def test_problems_may_be_told_without_names(client: FlaskClient, plan: int) -> None:
    found = issued(client, plan, {**WHY, "named": False})
    problems = text_of(found).split("存在的问题")[1]
    assert "有的单位：" in problems
    assert "第一党支部" not in problems
    assert found["paper"]["annexes"][0]["table"][0] == ["序号", "单位", "所属层", "检查日期"]
    headings = [block["text"] for block in found["paper"]["body"] if block["kind"] == "heading"]
    # What has nothing to say has no heading.
    assert headings == ["一、抽查范围和方式", "二、总体情况", "三、存在的问题"]


def test_what_is_issued_is_frozen_under_its_hash(app: Flask, client: FlaskClient, plan: int) -> None:
    found = issued(client, plan)
    canonical = json.dumps(found["snapshot"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(canonical.encode()).hexdigest() == found["sha256"]
    assert db.session.get_one(SpotCheck, plan, populate_existing=True).status == "reported"
    db.session.execute(update(Finding).values(text="改写"))
    db.session.commit()
    again = get(client, f"/bulletins/{found['id']}", "auditor").json
    assert (again["paper"], again["sha256"]) == (found["paper"], found["sha256"])
    refused = put(client, f"/bulletins/{found['id']}", {"title": "另一个"}, "overseer")
    assert (refused.status_code, refused.json["code"]) == (409, "not_now")
    twice = post(client, f"/bulletins/{found['id']}/issue", {}, "overseer")
    assert (twice.status_code, twice.json["code"]) == (409, "not_now")
    assert {name for name, kind in scene.told(app, f"bulletin:{found['id']}") if kind == "issued"} == {
        "secretary",
        "far",
    }


def test_it_is_withdrawn_and_issued_anew(client: FlaskClient, plan: int) -> None:
    first = issued(client, plan)
    wrong = post(client, f"/bulletins/{first['id']}/withdraw", {}, "overseer")
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["reason"])
    gone = post(client, f"/bulletins/{first['id']}/withdraw", {"reason": "附件名单有误"}, "admin").json
    assert (gone["status"], gone["reason"], gone["paper"]) == ("withdrawn", "附件名单有误", first["paper"])
    second = issued(client, plan, {"number": "青通报〔2026〕9号"})
    assert (second["again_of"], second["paper"]["number"]) == (first["id"], "青通报〔2026〕9号")
    # It began with the words of the one before.
    assert "因防汛应急响应暂缓检查" in text_of(second)
    again = post(client, f"/spot-checks/{plan}/bulletin", {}, "overseer")
    assert (again.status_code, again.json["code"]) == (409, "issued")
    listed = get(client, f"/bulletins?spot_check={plan}&limit=1").json
    assert [item["id"] for item in listed["items"]] == [second["id"]]
    rest = get(client, f"/bulletins?spot_check={plan}&limit=1&after={listed['next']}").json
    assert [(item["id"], item["status"]) for item in rest["items"]] == [(first["id"], "withdrawn")]


def test_a_unit_that_does_not_agree_is_told_as_such(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    scene.district()
    plan = scene.plan()
    number = scene.opened(plan)
    scene.answered(number)
    scene.confirmed(scene.signed(number), agrees=False, comment="已召开")
    body = {"reply": "原事实成立"}
    assert post(client, f"/inspections/{number}/maintain", body, "overseer").status_code == 200
    assert "该单位对事实有不同意见，检查组复核后认为事实成立。" in text_of(issued(client, plan))


def test_an_unannounced_draw_is_public_with_its_bulletin(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    scene.district()
    plan = scene.plan(announced=False)
    scene.settled(plan)
    assert db.session.get_one(SpotCheck, plan, populate_existing=True).opened_at is None
    assert "不发通知、不打招呼" in text_of(issued(client, plan))
    assert db.session.get_one(SpotCheck, plan, populate_existing=True).opened_at is not None


def test_what_was_ordered_stands_with_its_deadline(client: FlaskClient, plan: int) -> None:
    number = db.session.scalar(db.select(Finding.inspection_id))
    scene.ordered(number or 0, days=10)
    said = text_of(issued(client, plan))
    assert "已就发现的问题下发整改督办单1件，整改期限为2026年8月28日。" in said
    assert "截至2026年8月15日，已整改销号0件，整改率0%，逾期0件。" in said


# ---- who


def test_who_reads_and_who_issues(client: FlaskClient, plan: int) -> None:
    draft = drafted(client, plan)["id"]
    for name in ("secretary", "street", "far", "auditor"):
        assert get(client, f"/bulletins/{draft}", name).status_code == 404
        assert get(client, "/bulletins", name).json["items"] == []
    for role in set(BY_ROLE) - PERMISSION_MAP[Permission.BULLETINS_ISSUE]:
        for act in ("issue", "withdraw"):
            assert post(client, f"/bulletins/{draft}/{act}", {}, BY_ROLE[role]).status_code == 403
    assert post(client, f"/bulletins/{draft}/issue", {}, "admin").status_code == 200
    # It goes to everybody who leads below, inspected or not.
    for name in ("secretary", "street", "far", "neighbour", "auditor"):
        assert get(client, f"/bulletins/{draft}", name).status_code == 200
    assert get(client, f"/bulletins/{draft}", "member").status_code == 403


def test_a_streets_bulletin_is_nothing_to_another_street(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    scene.district()
    plan = scene.plan(organisation="QS01", drawn=(("街道支部", "QS0101"),))
    scene.settled(plan)
    found = issued(client, plan)
    assert get(client, f"/bulletins/{found['id']}", "neighbour").status_code == 200
    assert get(client, f"/bulletins/{found['id']}", "far").status_code == 404


def test_what_is_not_there(client: FlaskClient, plan: int) -> None:
    assert post(client, "/spot-checks/999/bulletin", {}, "overseer").status_code == 404
    assert put(client, "/bulletins/999", {}, "overseer").status_code == 404
    for act in ("issue", "withdraw"):
        assert (
            post(client, f"/bulletins/999/{act}", {"reason": "x"} if act == "withdraw" else {}, "admin").status_code
            == 404
        )
    assert get(client, "/bulletins/999/bulletin.docx").status_code == 404


def test_the_word_file_of_an_issued_one_keeps_its_words(client: FlaskClient, plan: int) -> None:
    found = issued(client, plan, {**WHY, **GOOD})
    path = f"/api/v1/bulletins/{found['id']}/bulletin.docx"
    answer = client.get(path, headers=bearer("secretary"))
    assert answer.status_code == 200
    assert answer.content_type.startswith("application/vnd.openxmlformats-officedocument.wordprocessingml")
    document = Document(BytesIO(answer.data))
    said = [line.text for line in document.paragraphs if line.text]
    assert said[0] == "关于2026年三季度党建工作抽查情况的通报"
    assert [text for text in said if text in text_of(found).split("\n")] == text_of(found).split("\n")
    assert [cell.text for cell in document.tables[0].columns[1].cells] == ["单位", "松岭街道第一党支部"]
    assert db.session.scalars(db.select(Bulletin.status)).one() == "issued"
