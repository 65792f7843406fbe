"""Objecting, replying and withdrawing by page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import factories
from tests.conftest import FrozenClock
from tests.disputes.scene import get, raised, record, row
from tests.tallies import sheets
from tests.tallies import work as tally_work


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
def member(app: Flask, frozen_clock: FrozenClock) -> Person:
    sheets.ruled_district()
    return Person(app, "member")


@pytest.fixture
def secretary(app: Flask, member: Person) -> Person:
    return Person(app, "secretary")


def test_a_member_objects_beside_an_entry(client: FlaskClient, member: Person) -> None:
    entry = record()
    page = member.get("/score").text
    assert f'href="/disputes/new?entry={entry}"' in page
    form = member.get(f"/disputes/new?entry={entry}").text
    assert "交办任务未完成" in form
    assert "−8.00" in form
    assert 'name="how"' not in form
    wrong = member.post("/disputes/new", entry=entry, text=" ")
    assert (wrong.status_code, 'href="#text"' in wrong.text) == (422, True)
    made = member.post("/disputes/new", entry=entry, text="当天我请了假")
    assert made.status_code == 302
    page = member.get(made.location).text
    assert "当天我请了假" in page
    assert "2026年8月21日" in page
    assert "/decide" not in page
    assert "当天我请了假" not in member.get("/disputes").text
    assert "交办任务未完成" in member.get("/disputes").text
    # Marked, and not offered a second time.
    assert f"/disputes/new?entry={entry}" not in member.get("/score").text
    assert member.post("/disputes/new", entry=entry, text="再说一次").status_code == 409


def test_a_member_objects_beside_the_own_line_of_the_list(member: Person) -> None:
    found = tally_work.publicised("QS", "2026-Q3")
    page = member.get(f"/tallies/{found.id}/list").text
    [address] = re.findall(r'href="(/disputes/new[^"]*)"', page)
    form = member.get(address.replace("&amp;", "&"))
    assert "季度" in form.text
    assert "60.00" in form.text
    made = member.post("/disputes/new", tally=found.id, member="M001", text="少算一次")
    assert made.status_code == 302
    again = member.get(address.replace("&amp;", "&"))
    assert (again.status_code, "正在处理" in again.text) == (409, True)


def test_a_secretary_takes_one_down(member: Person, secretary: Person) -> None:
    entry = record("M002")
    form = secretary.get(f"/disputes/new?entry={entry}").text
    assert "曾晓岚" in form
    assert 'name="how"' in form
    wrong = secretary.post("/disputes/new", entry=entry, text="来电反映")
    assert (wrong.status_code, "来电反映" in wrong.text) == (422, True)
    made = secretary.post("/disputes/new", entry=entry, text="来电反映", how="phone")
    assert "由他人处理" in secretary.get(made.location).text


def test_what_can_no_longer_be_objected_to_says_why(member: Person) -> None:
    entry = record()
    sheets.reverse(entry)
    answer = member.get(f"/disputes/new?entry={entry}")
    assert (answer.status_code, "已冲销" in answer.text) == (409, True)
    for path in ("/disputes/new", "/disputes/new?entry=1&tally=1"):
        assert member.get(path).status_code == 422
    for path in ("/disputes/new?entry=x", "/disputes/new?entry=999999999", "/disputes/999999999", "/disputes/x"):
        assert member.get(path).status_code == 404


def test_a_secretary_upholds_it_with_another_entry(client: FlaskClient, member: Person, secretary: Person) -> None:
    number = raised(entry_id=record())
    page = secretary.get(f"/disputes/{number}").text
    for words in ("交办任务未完成", "登记人", "secretary", "细则规定", "−8 至 −1"):
        assert words in page, words
    assert 'value="dismiss"' not in page
    form = {"reply": "应扣 2 分", "decision": "uphold", "reverse": "1", "rule": "duty", "occurred_on": "2026-07-01"}
    wrong = secretary.post(f"/disputes/{number}/decide", **form, points="9")
    assert wrong.status_code == 422
    assert 'href="#points"' in wrong.text
    assert "应扣 2 分" in wrong.text
    assert secretary.post(f"/disputes/{number}/decide", **form, points="-2").status_code == 302
    assert get(client, "/members/M001/score").json["total"] == "58.00"
    page = member.get(f"/disputes/{number}").text
    for words in ("应扣 2 分", "冲销积分记录 1 条", "重新登记 1 条"):
        assert words in page
    assert secretary.post(f"/disputes/{number}/decide", **form).status_code == 409


def test_a_tier_comes_with_its_rule(client: FlaskClient, member: Person, secretary: Person) -> None:
    number = raised(entry_id=record())
    assert 'value="award|city"' in secretary.get(f"/disputes/{number}").text
    form = {"reply": "补记表彰", "decision": "uphold", "rule": "award|city", "occurred_on": "2026-07-01"}
    assert secretary.post(f"/disputes/{number}/decide", **form).status_code == 302
    assert get(client, "/members/M001/entries").json["items"][0]["tier"] == "city"


def test_of_a_result_the_lines_behind_it_are_ticked(client: FlaskClient, member: Person, secretary: Person) -> None:
    entry = record()
    number = raised(tally_id=tally_work.publicised("QS", "2026-Q3").id)
    assert f'name="take_back" value="{entry}"' in secretary.get(f"/disputes/{number}").text
    form = {"reply": "确有误", "decision": "uphold", "take_back": str(entry)}
    assert secretary.post(f"/disputes/{number}/decide", **form).status_code == 302
    assert get(client, "/members/M001/score").json["total"] == "60.00"


def test_one_is_dismissed_with_a_reply(app: Flask, member: Person, secretary: Person) -> None:
    number = raised(entry_id=record())
    refused = secretary.post(f"/disputes/{number}/decide", reply="查无此事", decision="dismiss")
    assert (refused.status_code, "不能单独驳回" in refused.text) == (403, True)
    street = Person(app, "street")
    for form, field in (({"decision": "dismiss"}, "reply"), ({"reply": "查无此事"}, "decision")):
        wrong = street.post(f"/disputes/{number}/decide", **form)
        assert (wrong.status_code, f'href="#{field}"' in wrong.text) == (422, True)
    assert street.post(f"/disputes/{number}/decide", reply="查无此事", decision="dismiss").status_code == 302
    assert "查无此事" in member.get(f"/disputes/{number}").text


def test_a_member_withdraws_it(member: Person) -> None:
    number = raised(entry_id=record())
    assert f'action="/disputes/{number}/withdraw"' in member.get(f"/disputes/{number}").text
    assert member.post(f"/disputes/{number}/withdraw").status_code == 302
    assert row(number).status == "withdrawn"
    assert "/withdraw" not in member.get(f"/disputes/{number}").text


def test_readers_read_and_strangers_do_not(app: Flask, member: Person) -> None:
    number = raised(entry_id=record())
    for name, status in (("auditor", 200), ("overseer", 200), ("neighbour", 404), ("operator", 403)):
        assert Person(app, name).get(f"/disputes/{number}").status_code == status
    auditor = Person(app, "auditor")
    assert "/decide" not in auditor.get(f"/disputes/{number}").text
    assert auditor.get("/disputes/new?entry=1").status_code == 403
    assert auditor.post(f"/disputes/{number}/decide", reply="x", decision="dismiss").status_code == 403
    assert member.post(f"/disputes/{number}/decide", reply="x", decision="uphold").status_code == 403


def test_the_list_begins_with_what_waits(member: Person, secretary: Person, frozen_clock: FrozenClock) -> None:
    assert "没有异议" in secretary.get("/disputes").text
    assert "没有提出过异议" in member.get("/disputes").text
    number = raised(entry_id=record())
    assert f"/disputes/{number}" in secretary.get("/disputes").text
    frozen_clock.advance(days=7)
    assert "已逾期" in Person(secretary.client.application, "secretary").get("/disputes").text


def test_it_waits_on_the_first_page_of_whoever_decides(
    app: Flask, member: Person, secretary: Person, frozen_clock: FrozenClock
) -> None:
    entry = record()
    frozen_clock.advance(seconds=1)
    tally_work.publicised("QS", "2026-Q3")
    number = raised(entry_id=entry)
    assert "1 件异议待答复" in secretary.get("/branch").text
    street, admin = Person(app, "street"), Person(app, "admin")
    assert "1 件异议待答复" in street.get("/").text
    frozen_clock.advance(seconds=1)
    form = {"reply": "确有误", "decision": "uphold", "reverse": "1"}
    assert secretary.post(f"/disputes/{number}/decide", **form).status_code == 302
    assert "异议待答复" not in secretary.get("/branch").text
    page = admin.get("/").text
    assert "积分需重新汇总" in page
    assert "积分需重新汇总" not in street.get("/").text
