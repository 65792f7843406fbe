"""The pages of service with forms alone: each does what its button says, and shows what was wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc import clock
from pointsvc.checkins import cards
from pointsvc.checkins.models import Card, CheckIn, Claim, Post, Record, Word
from pointsvc.db import db, transaction
from tests import factories
from tests.checkins import scene
from tests.conftest import FrozenClock
from tests.factories import browser

PAGES = ("/my-service", "/posts", "/checkins/new", "/service/new", "/community", "/posts/new", "/service-cards")


@pytest.fixture(autouse=True)
def _scene(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    scene.district()


def newest(table: Any) -> Any:
    return db.session.scalars(select(table).order_by(table.id.desc())).first()


# page -> who gets it; for the others it is 403, or leads to a page that is theirs
OPEN_TO = {
    "/my-service": {"official": 200, "home": 302, "host": 302, "overseer": 302, "operator": 403},
    "/posts": {"official": 200, "home": 200, "host": 200, "overseer": 200, "operator": 403},
    "/checkins/new": {"official": 200, "home": 200, "host": 200, "overseer": 403, "operator": 403},
    "/service/new": {"official": 200, "home": 200, "host": 200, "overseer": 403, "operator": 403},
    "/community": {"official": 403, "home": 200, "host": 200, "overseer": 200, "operator": 403},
    "/posts/new": {"official": 403, "home": 200, "host": 200, "overseer": 403, "operator": 403},
    "/service-cards": {"official": 403, "home": 200, "host": 200, "overseer": 200, "operator": 403},
}


@pytest.mark.parametrize("name", ["official", "home", "host", "overseer", "operator"])
def test_empty_pages_say_what_will_be_there_and_open_to_whom_they_are_for(client: FlaskClient, name: str) -> None:
    browser(client, name)
    assert {page: client.get(page).status_code for page in PAGES} == {page: OPEN_TO[page][name] for page in PAGES}


def test_a_member_checks_in_takes_a_post_and_records_hours(client: FlaskClient) -> None:
    post = scene.post()
    csrf = browser(client, "official")
    form = {"community": "QS0110", "requested_on": "2026-08-01", "skills": "水电维修", "csrf_token": csrf}
    wrong = client.post("/checkins/new", data={**form, "requested_on": "2026-09-01"})
    assert (wrong.status_code, "这一天" in wrong.text or "日期" in wrong.text) == (422, True)
    assert client.post("/checkins/new", data=form).status_code == 302
    assert client.post("/checkins/new", data=form).status_code == 422
    made = newest(CheckIn)
    assert (made.status, made.paper) == ("pending", False)
    assert "先到该社区报到" in client.get("/posts").text
    with transaction():
        db.session.get_one(CheckIn, made.id).status = "accepted"
        db.session.get_one(CheckIn, made.id).accepted_on = clock.today()
    assert "认领岗位" in client.get("/posts?kind=帮困助老&find=水电&free=1&community=QS0110").text
    assert client.post(f"/posts/{post}/claim", data={"csrf_token": csrf}).status_code == 302
    hours = {"post": str(post), "served_on": "2026-08-08", "hours": "2.5", "deed": "检修水管", "csrf_token": csrf}
    assert client.post("/service/new", data={**hours, "hours": "很多"}).status_code == 422
    assert client.post("/service/new", data={**hours, "post": ""}).status_code == 422
    assert client.post("/service/new", data=hours).status_code == 302
    assert client.post("/service/new", data=hours).status_code == 422
    page = client.get("/my-service").text
    assert all(words in page for words in ("水电义务维修岗", "检修水管", "2.5 小时", "待确认"))
    assert client.post(f"/service/{newest(Record).id}/withdraw", data={"csrf_token": csrf}).status_code == 302
    assert newest(Record).status == "withdrawn"
    assert client.post(f"/posts/{post}/leave", data={"csrf_token": csrf}).status_code == 302
    assert newest(Claim).status == "left"
    assert client.post(f"/checkins/{made.id}/end", data={"csrf_token": csrf, "reason": ""}).status_code == 302
    assert newest(CheckIn).status == "ended"
    assert "已终止" in client.get(f"/checkins/{made.id}").text


def test_the_community_answers_and_confirms_in_one_list(client: FlaskClient) -> None:
    asking, post = scene.checked_in("K002", accepted=False), scene.post()
    scene.checked_in("K001")
    scene.claimed(post, "K001")
    first = scene.proposed(post)
    second = scene.proposed(post, day=scene.DAY)
    csrf = browser(client, "host")
    page = client.get("/community").text
    assert all(words in page for words in ("闻小舟", "高远山", "水电义务维修岗", "申请报到", "2.5 小时"))
    answer = client.post(f"/checkins/{asking}/accept", data={"csrf_token": csrf, "back": "QS0110"})
    assert answer.location == "/community?community=QS0110"
    wrong = client.post(f"/service/{second}/refuse", data={"csrf_token": csrf, "reason": "", "community": "QS0110"})
    assert wrong.status_code == 422
    form = {"csrf_token": csrf, "reason": "当天没有到岗", "community": "QS0110"}
    assert client.post(f"/service/{second}/refuse", data=form).status_code == 302
    both = {"csrf_token": csrf, "record": [str(first), str(second)], "community": "QS0110"}
    refused = client.post("/service/confirm", data=both)
    assert (refused.status_code, "该服务时长未获确认" in refused.text) == (422, True)
    assert client.post("/service/confirm", data={**both, "record": []}).status_code == 422
    assert client.post("/service/confirm", data={**both, "record": [str(first)]}).status_code == 302
    assert scene.points() == [("volunteer", "3.00", "service")]
    checkin = db.session.get_one(Record, first).check_in_id
    say = {"csrf_token": csrf, "quarter": "2026-Q3", "text": ""}
    assert client.post(f"/checkins/{checkin}/word", data=say).status_code == 422
    assert client.post(f"/checkins/{checkin}/word", data={**say, "text": "热心负责"}).status_code == 302
    assert db.session.scalars(select(Word.text)).one() == "热心负责"
    back = {"csrf_token": csrf, "reason": "重复登记", "checkin": str(checkin)}
    assert client.post(f"/service/{first}/revoke", data=back).status_code == 302
    assert scene.points() == []


def test_the_community_keeps_its_posts(client: FlaskClient) -> None:
    csrf = browser(client, "host")
    form = {"community": "QS0110", "name": "楼道安全巡查岗", "kind": "治安巡逻", "places": "2", "csrf_token": csrf}
    assert client.post("/posts/new", data={**form, "places": "两个"}).status_code == 422
    assert client.post("/posts/new", data=form).status_code == 302
    post = newest(Post).id
    scene.checked_in()
    scene.claimed(post)
    page = client.get(f"/posts/{post}")
    assert (page.status_code, "高远山" in page.text) == (200, True)
    assert client.post(f"/posts/{post}", data={**form, "places": "0"}).status_code == 422
    assert client.post(f"/posts/{post}", data={**form, "places": "5", "times": "周六"}).status_code == 302
    assert (newest(Post).places, newest(Post).times) == (5, "周六")
    assert client.post(f"/posts/{post}/release", data={"csrf_token": csrf, "member": "K001"}).status_code == 302
    assert newest(Claim).status == "ended"
    assert client.post(f"/posts/{post}/close", data={"csrf_token": csrf}).status_code == 302
    assert client.post(f"/posts/{post}/reopen", data={"csrf_token": csrf}).status_code == 302
    other = scene.post(community="QS0111")
    assert client.get(f"/posts/{other}").status_code == 404
    assert client.get("/community?community=QS0111").status_code == 404


def test_the_community_types_in_a_slip_and_hours_from_paper(client: FlaskClient) -> None:
    csrf = browser(client, "host")
    form = {"community": "QS0110", "member": "K001", "name": "高远川", "requested_on": "2026-08-01", "csrf_token": csrf}
    assert client.post("/checkins/new", data=form).status_code == 422
    assert client.post("/checkins/new", data={**form, "name": "高远山"}).status_code == 302
    assert (newest(CheckIn).status, newest(CheckIn).paper) == ("accepted", True)
    post = scene.post()
    scene.claimed(post)
    hours = {"post": f"{post}:K001", "served_on": "2026-08-08", "hours": "2", "deed": "检修水管", "csrf_token": csrf}
    assert client.post("/service/new", data=hours).location == "/community?community=QS0110"
    assert (newest(Record).status, newest(Record).member_id) == ("proposed", factories.member_id("K001"))
    asked = scene.checked_in("K002", accepted=False)
    assert client.post(f"/checkins/{asked}/refuse", data={"csrf_token": csrf, "reason": ""}).status_code == 422
    assert client.post(f"/checkins/{asked}/refuse", data={"csrf_token": csrf, "reason": "名额已满"}).status_code == 302


def test_the_home_unit_sees_who_has_checked_in_and_acknowledges_the_cards(
    client: FlaskClient, frozen_clock: FrozenClock
) -> None:
    scene.served("K001")
    pending = scene.checked_in("K002", accepted=False)
    frozen_clock.set(datetime(2026, 10, 8, 1, 0, tzinfo=UTC))
    with transaction():
        cards.make(at=clock.now(), before=clock.today())
    csrf = browser(client, "home")
    page = client.get("/service-cards").text
    for words in ("在职党员 3 人，已到社区报到 1 人（33%）", "闻小舟", "待签收", "2.5 小时"):
        assert words in page
    card = client.get("/members/K001/service-card?quarter=2026-Q3").text
    assert all(words in card for words in ("清泉社区党委", "水电义务维修岗", "签收"))
    form = {"csrf_token": csrf, "quarter": "2026-Q3"}
    assert client.post("/members/K001/service-card/acknowledge", data=form).status_code == 302
    assert str(newest(Card).hours) == "2.50"
    assert "已签收" in client.get("/service-cards?quarter=2026-Q3").text
    assert client.get("/service-cards?quarter=2026-07").status_code == 422
    assert client.post(f"/checkins/{pending}/withdraw", data={"csrf_token": csrf}).status_code == 302


def test_what_waits_stands_on_the_first_page(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    scene.served("K001"), scene.checked_in("K002", accepted=False)
    post = newest(Post).id
    scene.proposed(post, day=scene.DAY)
    frozen_clock.set(datetime(2026, 10, 8, 1, 0, tzinfo=UTC))
    with transaction():
        cards.make(at=clock.now(), before=clock.today())
    browser(client, "host")
    page = client.get("/").text
    assert "有 1 名党员报到待接收" in page
    assert "有 1 条服务记录待确认" in page
    browser(home := client.application.test_client(), "home")
    assert "有 1 张服务登记卡已返回，待签收" in home.get("/branch").text


def test_the_members_page_leads_to_the_card(client: FlaskClient) -> None:
    scene.served("K001")
    browser(client, "home")
    assert all(words in client.get("/members/K001").text for words in ("清泉社区党委", "/members/K001/service-card"))
    assert "/members/K002/service-card" not in client.get("/members/K002").text
