"""Pages of notices, as a browser without scripts sees them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pointsvc import clock
from pointsvc.db import db
from pointsvc.notices.models import Announcement, Channel, NoticeWish
from tests import factories
from tests.conftest import FrozenClock
from tests.notices import scene
from tests.notices.receivers import Post
from tests.notices.test_channels import SECRET, dead_job, dead_letter
from workers import run


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "application", lambda: app)
    factories.district()


def signed_in(client: FlaskClient, name: str) -> Any:
    token = factories.browser(client, name)
    return lambda address, **form: client.post(address, data={"csrf_token": token} | form)


def test_the_inbox_is_narrowed_and_leads_on(client: FlaskClient) -> None:
    scene.send("secretary", period="2026-Q3", topic="result")
    scene.send("secretary", period="2026-Q4")
    signed_in(client, "secretary")
    page = client.get("/notices?topic=result").text
    assert ("2026-Q3" in page, "2026-Q4" in page) == (True, False)
    assert "/notices/wishes" in page
    assert ("/channels" in page, "/dead-letters" in page) == (True, False)
    assert "没有符合条件的通知" in client.get("/notices?topic=system").text
    assert "2026-Q4" in client.get("/notices?topic=gossip&show=unread").text


def test_wishes_are_kept(client: FlaskClient) -> None:
    post = signed_in(client, "member")
    assert client.get("/notices/wishes").status_code == 200
    form = {"mail": "li@example.org", "topics": ["work", "result"], "quiet": "", "digest": "daily"}
    assert post("/notices/wishes", **form).location == "/notices/wishes"
    row = db.session.query(NoticeWish).one()
    assert (row.mail, row.topics, row.quiet, row.digest) == ("li@example.org", ["result", "work"], None, True)
    wrong = post("/notices/wishes", **form | {"mail": "li"})
    assert (wrong.status_code, "请填写邮箱地址" in wrong.text) == (422, True)
    assert 'value="li@example.org"' in client.get("/notices/wishes").text


def test_an_announcement_is_written_read_and_receipted(client: FlaskClient) -> None:
    post = signed_in(client, "street")
    assert "尚无通知公告" in client.get("/announcements").text
    form = {
        "organisation": "QS01",
        "audience": "leaders",
        "topic": "announcement",
        "title": "周三例会",
        "body": "请准时。",
    }
    for name, value in (("title", ""), ("body", "x" * 2001), ("audience", "named"), ("open_at", "soon")):
        wrong = post("/announcements/new", **form | {name: value})
        assert (wrong.status_code, f'href="#{name}"' in wrong.text) == (422, True), name
    made = post("/announcements/new", **form)
    assert made.status_code == 302
    scene.work()
    other = client.application.test_client()
    signed_in(other, "secretary")
    read = other.get(made.location).text
    assert "请准时。" in read
    # Who has read it is for the sender's side.
    assert f"{made.location}/readers" not in read
    assert other.get(f"{made.location}/readers").status_code == 404
    assert f"{made.location}/readers" in client.get(made.location).text
    assert "1/2" in client.get("/announcements").text
    readers = client.get(f"{made.location}/readers").text
    assert "secretary" in readers
    assert "secretary" not in client.get(f"{made.location}/readers?show=unread").text
    assert "neighbour" in readers


def test_a_sealed_one_is_opened_or_withdrawn_on_its_page(client: FlaskClient) -> None:
    post = signed_in(client, "overseer")
    opens = clock.local(clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    form = {"organisation": "QS01", "audience": "everybody", "topic": "check", "title": "暗访", "body": "今日到访。"}
    first, second = (post("/announcements/new", **form, open_at=opens).location for _ in range(2))
    page = client.get(first).text
    assert "密封中" in page
    assert db.session.query(Announcement).order_by(Announcement.id).first().digest in page
    assert post(f"{first}/open").location == first
    assert "密封中" not in client.get(first).text
    assert post(f"{second}/withdraw").location == second
    assert "已撤回" in client.get(second).text
    other = client.application.test_client()
    signed_in(other, "secretary")
    assert (other.get(first).status_code, other.get(second).status_code) == (200, 404)


def test_a_channel_is_added_tried_and_closed_and_its_secret_never_shown(client: FlaskClient) -> None:
    post = signed_in(client, "secretary")
    kinds = client.get("/channels/new").text
    assert ("企业微信" in kinds, "邮件服务器" in kinds) == (True, False)
    assert "邮件服务器" not in client.get("/channels/new?kind=mail").text.split("<main")[1].split("<form")[0]
    form = {"kind": "wecom", "organisation": "QS0101", "name": "", "topics": ["announcement"]}
    url = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={SECRET}"
    wrong = post("/channels/new", **form, url=url)
    assert (wrong.status_code, SECRET in wrong.text) == (422, False)
    assert post("/channels/new", **form | {"name": "工作群"}, url=url).location == "/channels"
    page = client.get("/channels").text
    assert ("工作群" in page, SECRET in page, f"…{SECRET[-4:]}" in page) == (True, False, True)
    number = db.session.query(Channel.id).scalar()
    assert post(f"/channels/{number}/test").location == "/channels"
    assert len(scene.letters()) == 1
    assert post(f"/channels/{number}/close").location == "/channels"
    assert "尚无发送渠道" in client.get("/channels").text


def test_mail_forms_of_the_office(client: FlaskClient) -> None:
    post = signed_in(client, "admin")
    form = {"kind": "mail", "organisation": "QS", "name": "区委邮箱", "topics": ["work"], "host": "smtp.example.cn",
            "port": "99999", "security": "ssl", "sender": "notice@example.cn", "password": "a hidden word"}  # fmt: skip
    wrong = post("/channels/new", **form)
    assert (wrong.status_code, "a hidden word" in wrong.text, "smtp.example.cn" in wrong.text) == (422, False, True)
    assert post("/channels/new", **form | {"port": "465"}).status_code == 302
    number = db.session.query(Channel.id).scalar()
    wrong = post(f"/channels/{number}/test", recipient="nobody")
    assert (wrong.status_code, f"recipient-{number}-error" in wrong.text) == (422, True)


def test_dead_letters_and_jobs_are_decided_on_their_page(
    client: FlaskClient, post: Post, frozen_clock: FrozenClock
) -> None:
    first, second = dead_job("clean_up"), dead_job("clean_up")
    letter = dead_letter(post, frozen_clock)
    decide = signed_in(client, "operator")
    page = client.get("/dead-letters").text
    assert "500" in page
    assert f"/dead-jobs/{first}/again" in page
    assert decide(f"/dead-letters/{letter}/give-up").status_code == 422
    assert decide(f"/dead-jobs/{second}/give-up").status_code == 422
    assert decide(f"/dead-letters/{letter}/again").location == "/dead-letters"
    assert decide(f"/dead-jobs/{first}/again").location == "/dead-letters"
    assert decide(f"/dead-jobs/{second}/give-up", reason="次日已做").location == "/dead-letters"
    assert "没有待处置事项" in client.get("/dead-letters").text


def test_what_waits_is_told_to_who_decides(client: FlaskClient) -> None:
    dead_job("clean_up")
    signed_in(client, "admin")
    assert "有 1 项发送或处理未成功" in client.get("/").text
