"""Pages of pledges: what each shows, and what its forms do."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from pointsvc.db import db
from pointsvc.permissions import Role
from pointsvc.pledges import service as pledges
from pointsvc.pledges.models import Pledge
from tests import factories
from tests.conftest import FrozenClock
from tests.pledges.work import MINUTE, SAID, act, at_status, changed, district, log, made, points, row

FORM = {
    "kind": "practical",
    "horizon": "yearly",
    "text": "每月上门看望独居老人两次",
    "indicator": "上门次数",
    "baseline": "去年6次",
    "target": "24次",
    "due_on": "2026-12-31",
}


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    district()


class Visitor:
    """Somebody signed in at a browser."""

    def __init__(self, client: FlaskClient, name: str) -> None:
        self.client, self.token = client, factories.browser(client, name)

    def get(self, address: str, status: int = 200) -> str:
        page = self.client.get(address)
        assert page.status_code == status, page.text
        return str(page.text)

    def post(self, address: str, status: int = 302, **form: Any) -> Any:
        answer = self.client.post(address, data={"csrf_token": self.token, **form})
        assert answer.status_code == status, answer.text
        return answer


def newest() -> int:
    return db.session.scalar(select(func.max(Pledge.id))) or 0


def test_a_member_makes_a_draft_and_hands_it_in(client: FlaskClient) -> None:
    member = Visitor(client, "member")
    page = member.get("/pledges/new")
    assert 'value="2026-12-31"' in page
    key = re.findall(r'name="key" value="([^"]+)"', page)[0]
    for _ in range(2):
        member.post("/pledges/new", **FORM, key=key, draft="1")
    assert db.session.scalar(select(func.count(Pledge.id))) == 1
    number = newest()
    assert (row(number).status, row(number).member_id) == ("draft", factories.member_id("M001"))
    member.post(f"/pledges/{number}/submit")
    assert row(number).status == "submitted"
    assert FORM["text"] in member.get("/pledges/own")


def test_handing_in_what_is_vague_shows_advice_first_and_never_refuses(client: FlaskClient) -> None:
    member = Visitor(client, "member")
    vague = {"kind": "common", "horizon": "yearly", "text": "进一步加强学习", "due_on": "2026-12-31"}
    page = member.post("/pledges/new", 200, **vague, submit="1").text
    assert 'name="advised"' in page
    assert 'id="text-advice"' in page
    assert db.session.scalar(select(func.count(Pledge.id))) == 0
    member.post("/pledges/new", **vague, submit="1", advised="1")
    assert row(newest()).status == "submitted"


def test_what_is_wrong_stands_beside_its_field_and_the_rest_is_kept(client: FlaskClient) -> None:
    member = Visitor(client, "member")
    page = member.post("/pledges/new", 422, **{**FORM, "due_on": "", "witness": "王阿姨13800001234"}).text
    assert 'id="due_on-error"' in page
    page = member.post("/pledges/new", 422, **{**FORM, "witness": "王阿姨13800001234"}).text
    assert 'id="witness-error"' in page
    assert FORM["text"] in page


def test_a_secretary_writes_for_members_and_for_the_branch(client: FlaskClient) -> None:
    secretary = Visitor(client, "secretary")
    assert 'name="by" value="member:M002"' in secretary.get("/pledges/new?member=M002")
    secretary.get("/pledges/new?member=M004", 404)
    page = secretary.get("/pledges/new")
    assert 'value="organisation:QS0101"' in page
    assert "M004" not in page
    secretary.post("/pledges/new", **FORM, by="organisation:QS0101", submit="1")
    assert row(newest()).member_id is None
    secretary.post("/pledges/new", 404, **FORM, by="member:M004")


def test_the_review_decides_several_with_one_minute(client: FlaskClient) -> None:
    ids = [made(), made("secretary", member="M003"), made("leader")]
    secretary = Visitor(client, "secretary")
    page = secretary.get("/pledges/review")
    assert all(f'id="pledge-{number}"' in page for number in ids)
    page = secretary.post("/pledges/approve", 422, pledge=[str(ids[0])], minute="").text
    assert 'id="minute-error"' in page
    assert f'value="{ids[0]}" checked' in page
    secretary.post("/pledges/approve", pledge=[str(ids[0]), str(ids[1])], minute=MINUTE)
    assert [row(number).status for number in ids] == ["approved", "approved", "submitted"]
    secretary.post(f"/pledges/{ids[2]}/return", reason="请写明基数")
    assert row(ids[2]).status == "returned"
    page = secretary.get("/pledges/review")
    assert 'id="approved"' in page
    secretary.post("/pledges/publish", pledge=[str(number) for number in ids[:2]])
    assert [row(number).status for number in ids[:2]] == ["published"] * 2
    page = secretary.post("/pledges/approve", 422, pledge=[], minute=MINUTE).text
    assert "several" in page


def test_the_own_pledge_is_not_offered_for_review_and_is_refused(client: FlaskClient) -> None:
    number = made("leader")
    leader = Visitor(client, "leader")
    assert f'id="pledge-{number}"' not in leader.get("/pledges/review")
    leader.post("/pledges/approve", 422, pledge=[str(number)], minute=MINUTE)
    assert row(number).status == "submitted"


def test_one_pledge_goes_through_its_life_on_its_page(client: FlaskClient) -> None:
    number = at_status("published")
    secretary = Visitor(client, "secretary")
    address = f"/pledges/{number}"
    assert "承诺践诺" in secretary.get(address)
    secretary.post(f"{address}/progress", text="已上门8次")
    page = secretary.post(f"{address}/settle", 422, outcome="unfulfilled", text="").text
    assert 'id="settle-text-error"' in page or 'href="#settle-text"' in page
    secretary.post(f"{address}/settle", outcome="fulfilled", text="走访记录已核对", on="2026-08-14")
    assert (row(number).status, points()) == ("fulfilled", ["10.00"])
    secretary.post(f"{address}/rate", grade="4")
    secretary.post(f"{address}/votes", **{"count-4": "20", "count-3": "2", "count-2": "", "count-1": ""})
    secretary.post(f"{address}/votes", 422, **{"count-4": "many"})
    assert pledges.ratings([number])[number]["masses"] == {4: 20, 3: 2, 2: 0, 1: 0}
    assert "+10.00" in secretary.get(address)
    secretary.post(f"{address}/unsettle", reason="有误")
    assert points() == ["10.00", "-10.00"]
    secretary.post(f"{address}/settle", outcome="unfulfilled_cause", text="洪水")
    secretary.post(f"{address}/close")
    assert log(number)[-1] == ("close", "unfulfilled_cause", "closed")


def test_a_draft_is_amended_and_a_published_one_changed_by_review(client: FlaskClient) -> None:
    member = Visitor(client, "member")
    draft, published = at_status("draft"), at_status("published")
    member.post(f"/pledges/{draft}/amend", **{**FORM, "target": "30次"}, submit="1")
    assert (row(draft).target, row(draft).status) == ("30次", "submitted")
    member.get(f"/pledges/{draft}/amend", 409)
    page = member.get(f"/pledges/{published}/change")
    assert SAID.text in page
    page = member.post(f"/pledges/{published}/change", 422, **FORM).text
    assert 'id="reason-error"' in page
    member.post(f"/pledges/{published}/change", **FORM, reason="住院")
    assert row(published).status == "changing"
    assert "2026" in member.get(f"/pledges/{published}")


def test_the_list_is_filtered(client: FlaskClient) -> None:
    late = at_status("published", said=changed(text="修好村口路灯", due_on=date(2026, 7, 1)))
    post = made(said=changed(text="窗口服务零差评", kind="post"))
    secretary = Visitor(client, "secretary")
    whole = secretary.get("/pledges")
    assert "修好村口路灯" in whole
    assert "窗口服务零差评" in whole
    assert "窗口服务零差评" not in secretary.get("/pledges?due=overdue")
    assert "修好村口路灯" not in secretary.get("/pledges?kind=post")
    assert "窗口服务零差评" not in secretary.get("/pledges?status=published")
    assert "修好村口路灯" in secretary.get("/pledges?due=soon")
    secretary.get("/pledges?organisation=QS0201", 404)
    assert late != post


def test_the_list_names_who_has_none(app: Flask, client: FlaskClient) -> None:
    at_status("published")
    page = Visitor(client, "secretary").get("/pledges")
    assert 'href="/pledges/new?member=M002"' in page
    assert 'href="/pledges/new?member=M001"' not in page
    assert "member=M002" not in Visitor(app.test_client(), "member").get("/pledges")


def test_the_list_goes_on_to_a_next_page(client: FlaskClient) -> None:
    for n in range(31):
        made(said=changed(text=f"第{n}件实事"))
    secretary = Visitor(client, "secretary")
    page = secretary.get("/pledges")
    assert "第0件实事" not in page
    following = re.findall(r'rel="next" href="([^"]+)"', page)[0].replace("&amp;", "&")
    assert "第0件实事" in secretary.get(following)


def test_the_papers_have_one_sheet_a_promiser(client: FlaskClient) -> None:
    made()
    made(said=changed(text="另一件实事"))
    made("secretary", organisation="QS0101")
    made("secretary", member="M003")
    page = Visitor(client, "secretary").get("/pledges/paper")
    assert page.count("<article") == 3
    assert "另一件实事" in page


def test_the_ledger_shows_a_year(client: FlaskClient) -> None:
    number = at_status("fulfilled")
    act("rate", "secretary", number, grade=4)
    secretary = Visitor(client, "secretary")
    assert SAID.text in secretary.get("/pledges/ledger")
    assert SAID.text not in secretary.get("/pledges/ledger?year=2025")
    assert secretary.get("/pledges/ledger?year=soon")


def test_empty_pages_say_what_will_be_there(client: FlaskClient) -> None:
    secretary = Visitor(client, "secretary")
    for address in ("/pledges", "/pledges/review", "/pledges/ledger", "/pledges/paper"):
        assert 'class="empty"' in secretary.get(address)
    assert secretary.client.get("/pledges/own").status_code == 302


def test_a_member_sees_the_branch_and_decides_nothing(client: FlaskClient) -> None:
    hidden, shown = at_status("submitted", who="secretary", member="M003"), at_status("published")
    member = Visitor(client, "member")
    page = member.get("/pledges")
    assert f"/pledges/{shown}" in page
    assert f"/pledges/{hidden}" not in page
    member.get(f"/pledges/{hidden}", 404)
    member.get("/pledges/review", 403)
    for step in ("return", "settle", "unsettle", "votes", "close"):
        member.post(f"/pledges/{shown}/{step}", 403, reason="x", outcome="fulfilled")
    for step in ("approve", "publish"):
        member.post(f"/pledges/{step}", 403, pledge=[str(shown)])


@pytest.mark.parametrize("role", list(Role))
def test_who_reads_the_pages(client: FlaskClient, role: Role) -> None:
    number = at_status("published")
    visitor = Visitor(client, factories.BY_ROLE[role])
    status = 403 if role == Role.SYSTEM_ADMIN else 200
    for address in ("/pledges", f"/pledges/{number}", "/pledges/paper", "/pledges/ledger"):
        visitor.get(address, status)


def test_the_first_page_names_what_waits(client: FlaskClient) -> None:
    made()
    at_status("approved")
    at_status("published", said=changed(due_on=date(2026, 7, 1)))
    page = Visitor(client, "secretary").get("/branch")
    for address in ("/pledges/review", "/pledges/review#approved", "/pledges?due=overdue"):
        assert f'href="{address}"' in page


def test_the_score_and_the_members_page_say_what_was_promised(app: Flask, client: FlaskClient) -> None:
    at_status("returned")
    at_status("published", said=changed(due_on=date(2026, 8, 20)))
    assert SAID.text in Visitor(client, "secretary").get("/members/M001")
    page = Visitor(app.test_client(), "member").get("/score")
    assert page.count(SAID.text) == 2
    assert page.count('href="/pledges/own"') >= 2
