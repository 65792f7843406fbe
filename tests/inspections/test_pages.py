"""Inspecting, confirming, rectifying and reporting by page, also without scripts."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pointsvc.waiting import waiting
from tests import factories
from tests.conftest import FrozenClock
from tests.evidence.files import photo
from tests.inspections import scene


class Person:
    """Somebody at a browser."""

    def __init__(self, app: Flask, name: str) -> None:
        self.client: FlaskClient = app.test_client()
        self.token = factories.browser(self.client, name)

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def post(self, path: str, **form: Any) -> Any:
        return self.client.post(path, data={"csrf_token": self.token, **form})


@pytest.fixture
def plan(app: Flask, frozen_clock: FrozenClock) -> int:
    scene.district()
    return scene.plan()


@pytest.fixture
def overseer(app: Flask, plan: int) -> Person:
    return Person(app, "overseer")


@pytest.fixture
def secretary(app: Flask, plan: int) -> Person:
    return Person(app, "secretary")


FORM = {
    "item-0": "meetings",
    "base-0": "0",
    "answer-0": "finding",
    "severity-0": "serious",
    "text-0": scene.SAID,
    "item-1": "dues",
    "base-1": "0",
    "answer-1": "conforms",
    "item-2": "boards",
    "base-2": "0",
    "answer-2": "not_applicable",
    "item-3": "other",
    "base-3": "0",
    "text-3": "",
}


def test_the_form_asks_nothing_that_is_there_and_chooses_nothing(overseer: Person, plan: int) -> None:
    page = overseer.get("/inspections").text
    assert "我检查的单位" in page
    made = overseer.post("/inspections", spot_check=plan, unit="QS0101")
    assert made.status_code == 302
    form = overseer.get(made.location).text
    assert "免报清单" in form
    assert "checked" not in form
    assert "required" not in form.split("data-field=")[1].split("</form>")[0]


def test_it_is_filled_in_and_signed_by_two_without_scripts(app: Flask, overseer: Person, plan: int) -> None:
    number = scene.opened(plan)
    path = f"/inspections/{number}"
    saved = overseer.post(
        f"{path}/answers", **{**FORM, "item-3": "other", "text-3": "活动室被占用", "severity-3": "minor"}
    )
    assert saved.status_code == 302
    page = overseer.get(path).text
    assert scene.SAID in page
    assert "活动室被占用" in page
    # What stands beside the checklist goes when its words go.
    saved = overseer.post(f"{path}/answers", **{**FORM, "base-0": "1", "base-1": "1", "base-2": "1", "base-3": "1"})
    assert "活动室被占用" not in overseer.get(path).text
    assert overseer.post(f"{path}/answers", **{**FORM, "then": "sign"}).status_code == 302
    assert "一人已签字" in overseer.get(path).text
    second = Person(app, "second")
    assert second.post(f"{path}/answers", then="sign").status_code == 302
    assert scene.row(number).status == "signed"


def test_what_is_missing_is_told_beside_its_field(overseer: Person, plan: int) -> None:
    number = scene.opened(plan)
    wrong = overseer.post(f"/inspections/{number}/answers", **{**FORM, "text-0": "", "severity-0": ""})
    assert (wrong.status_code, 'href="#text-0"' in wrong.text) == (422, True)
    half = {name: value for name, value in FORM.items() if not name.endswith("-2")}
    wrong = overseer.post(f"/inspections/{number}/answers", **{**half, "then": "sign"})
    assert (wrong.status_code, "第 3 项" in wrong.text) == (422, True)
    # What was typed still stands there.
    assert scene.SAID in wrong.text


def test_what_the_other_changed_is_not_written_over_and_not_signed(overseer: Person, plan: int) -> None:
    number = scene.opened(plan)
    scene.answered(number, {"item": "dues", "answer": "not_applicable"}, by="second")
    assert overseer.post(f"/inspections/{number}/answers", **{**FORM, "then": "sign"}).status_code == 302
    page = overseer.get(f"/inspections/{number}").text
    assert "另一名检查人员已改过其中几项" in page
    assert scene.row(number).status == "open"


def test_a_photo_is_added_and_shown(overseer: Person, plan: int) -> None:
    number = scene.opened(plan)
    scene.answered(number)
    finding = scene.finding(number)
    path = f"/findings/{finding}/evidence"
    assert overseer.post(path).status_code == 422
    assert overseer.post(path, photo=(BytesIO(photo()), "现场.jpg")).status_code == 302
    page = overseer.get(f"/inspections/{number}").text
    address = page.split(f'href="/findings/{finding}/evidence/')[1].split('"')[0]
    assert overseer.get(f"{path}/{address}").content_type == "image/jpeg"


def test_the_unit_confirms_or_does_not_agree(app: Flask, overseer: Person, secretary: Person, plan: int) -> None:
    number = scene.opened(plan)
    path = f"/inspections/{number}"
    assert secretary.get(path).status_code == 404
    scene.answered(number)
    scene.signed(number)
    assert "确认事实" in secretary.get("/branch").text
    assert secretary.post(f"{path}/confirm").status_code == 422
    assert secretary.post(f"{path}/confirm", agrees="no").status_code == 422
    assert secretary.post(f"{path}/confirm", agrees="no", comment="8月已补开").status_code == 302
    page = overseer.get(path).text
    assert "8月已补开" in page
    assert overseer.post(f"{path}/maintain", reply="").status_code == 422
    assert overseer.post(f"{path}/reopen", reason="核对属实").status_code == 302
    assert "8月已补开" in overseer.get(path).text
    scene.answered(number, {"item": "meetings", "answer": "conforms"})
    scene.signed(number)
    assert secretary.post(f"{path}/confirm", agrees="yes").status_code == 302
    assert "未发现问题" in secretary.get(path).text


def test_findings_are_ordered_answered_and_closed(app: Flask, overseer: Person, secretary: Person, plan: int) -> None:
    number = scene.settled(plan)
    finding = scene.finding(number)
    path = f"/inspections/{number}"
    assert overseer.post(f"{path}/order").status_code == 422
    wrong = overseer.post(f"{path}/order", finding=finding)
    assert (wrong.status_code, f"demand-{finding}-error" in wrong.text) == (422, True)
    wrong = overseer.post(f"{path}/order", finding=finding, days="soon", **{f"demand-{finding}": "补开"})
    assert wrong.status_code == 422
    assert (
        overseer.post(f"{path}/order", finding=finding, days="10", **{f"demand-{finding}": "补开"}).status_code == 302
    )
    assert "督办单 DC-2026-03-01" in overseer.get(path).text

    listed = secretary.get("/rectifications").text
    assert "DC-2026-03-01" in listed
    address = listed.split('href="/rectifications/')[1].split('"')[0]
    order = f"/rectifications/{address}"
    assert "2026年8月28日" in secretary.get(order).text
    assert secretary.post(f"{order}/answer", answer="").status_code == 422
    sent = {"answer": "已补开", "photo": (BytesIO(photo()), "补开.jpg")}
    assert secretary.post(f"{order}/answer", **sent).status_code == 302

    assert "由其他同志复核" in overseer.get(order).text
    other = Person(app, "other")
    assert other.post(f"{order}/recheck").status_code == 422
    assert other.post(f"{order}/recheck", act="send_back", outcome="缺签字", days="x").status_code == 422
    assert other.post(f"{order}/recheck", act="send_back", outcome="缺签字", days="3").status_code == 302
    assert secretary.post(f"{order}/answer", answer="已补签").status_code == 302
    assert other.post(f"{order}/recheck", act="close", outcome="属实").status_code == 302
    page = secretary.get(order).text
    assert "已整改销号" in page
    assert "缺签字" in page


def test_numbers_of_persons_are_told_before_a_bulletin_is_issued(overseer: Person, plan: int) -> None:
    """In what was written and in what is taken from the records; a hint, since it may have to be told."""
    scene.settled(plan)
    path = overseer.post(f"/spot-checks/{plan}/bulletin").location.removesuffix("/edit")
    parts = {"title": "通报", "basis": "根据计划", "signature": "区委组织部", "named": "no", "explained-QS02": "防汛"}
    assert overseer.post(f"{path}/edit", **parts, good="联系电话 027-87654321").status_code == 302
    assert "印发前请核对" not in overseer.get(path).text
    private = {
        "good": "可联系张三１３８１２３４５６７８",
        "demand": ["向 110101199003078515 说明", ""],
        "demand_due_on": ["", ""],
    }
    assert overseer.post(f"{path}/edit", **parts, **private).status_code == 302
    page = overseer.get(path).text
    assert "印发前请核对" in page
    assert "１３８１２３４５６７８、110101199003078515" in page
    assert overseer.post(f"{path}/issue").status_code == 302
    assert "印发前请核对" not in overseer.get(path).text


def test_a_bulletin_is_written_issued_and_withdrawn(app: Flask, overseer: Person, secretary: Person, plan: int) -> None:
    scene.settled(plan)
    assert "起草通报" in overseer.get("/bulletins").text
    made = overseer.post(f"/spot-checks/{plan}/bulletin")
    assert made.status_code == 302
    form = overseer.get(made.location).text
    assert "柳河镇党委抽中未检查的原因" in form
    path = made.location.removesuffix("/edit")
    assert "暂不能印发" in overseer.get(path).text
    parts = {
        "title": "关于抽查情况的通报",
        "basis": "根据年度计划，开展了抽查。",
        "signature": "区委组织部",
        "named": "no",
        "demand": ["逐项整改", ""],
        "demand_due_on": ["2026-09-05", ""],
        "explained-QS02": "防汛",
    }
    wrong = overseer.post(f"{path}/edit", **{**parts, "title": ""})
    assert (wrong.status_code, 'href="#title"' in wrong.text) == (422, True)
    assert overseer.post(f"{path}/edit", **parts).status_code == 302
    page = overseer.get(path).text
    assert "1. 逐项整改（2026年9月5日前完成）。" in page
    assert secretary.get(path).status_code == 404
    assert overseer.post(f"{path}/issue").status_code == 302
    assert "柳河镇党委（防汛）" in secretary.get(path).text
    assert secretary.get(f"{path}/bulletin.docx").status_code == 200
    assert overseer.get(f"{path}/edit").location == path
    assert overseer.post(f"{path}/withdraw").status_code == 422
    assert overseer.post(f"{path}/withdraw", reason="名单有误").status_code == 302
    assert "本通报已撤回" in secretary.get(path).text


def test_everybody_finds_what_waits(app: Flask, plan: int, frozen_clock: FrozenClock) -> None:
    def lines(name: str) -> list[str]:
        with app.test_request_context():
            return [
                line.words
                for line in waiting(factories.actor(name))
                if "inspection" in line.href + line.words or "rectif" in line.href
            ]

    assert lines("overseer") == ["2 个单位待您检查"]
    number = scene.opened(plan)
    scene.answered(number)
    scene.signed(number)
    assert lines("overseer") == ["1 个单位待您检查"]
    assert lines("secretary") == ["1 次检查待确认事实"]
    scene.confirmed(number)
    order = scene.ordered(number, days=5)
    assert lines("secretary") == ["1 个问题待整改"]
    frozen_clock.advance(days=10)
    assert lines("other") == ["1 件整改已逾期"]
    scene.replied(order)
    assert lines("other") == ["1 件整改已逾期", "1 件整改待复核"]
    scene.rechecked(order)
    assert (lines("other"), lines("secretary"), lines("member")) == ([], [], [])


@pytest.mark.parametrize("path", ["/inspections", "/rectifications", "/bulletins"])
@pytest.mark.parametrize("name", ["admin", "auditor", "far"])
def test_empty_pages_say_what_will_be_there(app: Flask, frozen_clock: FrozenClock, path: str, name: str) -> None:
    scene.district()
    page = Person(app, name).get(path)
    assert page.status_code == 200
    assert 'class="empty"' in page.text
