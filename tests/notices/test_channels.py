"""Channels and wishes over HTTP: who may what, and that what must not be seen is seen nowhere."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pointsvc import clock, queues
from pointsvc.audit.models import AuditEvent
from pointsvc.db import db, transaction
from pointsvc.notices import channels
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import bearer
from tests.notices import scene
from tests.notices.receivers import MailServer, Post
from workers import run

URL = "/api/v1/channels"
SECRET = "12345678-abcd-4abc-8abc-1234567890ab"
ROBOT = {
    "organisation": "QS0101",
    "kind": "wecom",
    "name": "第一支部工作群",
    "topics": ["announcement", "work"],
    "address": {"url": f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={SECRET}"},
}
MAIL = {
    "organisation": "QS0101",
    "kind": "mail",
    "name": "区委邮箱",
    "topics": ["work"],
    "address": {"host": "smtp.example.cn", "port": "465", "security": "ssl", "user": "u", "password": "a hidden word",
                "sender": "notice@example.cn"},
}  # fmt: skip


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "application", lambda: app)
    factories.district()


def add(client: FlaskClient, account: str, body: dict[str, Any], **more: Any) -> Any:
    return client.post(URL, json=body | more, headers=bearer(account))


def test_who_may_add_which(client: FlaskClient) -> None:
    names = ("admin", "operator", "street", "secretary", "neighbour", "overseer", "member", "auditor")
    assert {name: (add(client, name, ROBOT).status_code, add(client, name, MAIL).status_code) for name in names} == {
        "admin": (201, 201),
        "operator": (201, 201),
        "street": (201, 422),
        "secretary": (201, 422),
        "neighbour": (404, 404),
        "overseer": (403, 403),
        "member": (403, 403),
        "auditor": (403, 403),
    }


def test_a_secret_goes_in_and_never_comes_out(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    headers = {**bearer("admin"), "Idempotency-Key": "once"}
    for body, secret in ((ROBOT, SECRET), (MAIL, "a hidden word")):
        made = client.post(URL, json=body, headers={**headers, "Idempotency-Key": secret})
        again = client.post(URL, json=body, headers={**headers, "Idempotency-Key": secret})
        assert made.json == again.json
        seen = made.text + client.get(URL, headers=bearer("admin")).text + caplog.text
        seen += json.dumps([event.details for event in db.session.query(AuditEvent)])
        assert secret not in seen
    hints = [item["hint"] for item in client.get(URL, headers=bearer("admin")).json["items"]]
    assert hints == [f"qyapi.weixin.qq.com …{SECRET[-4:]}", "smtp.example.cn:465 · notice@example.cn"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"kind": "pigeon"}, "kind"), ({"topics": []}, "topics"), ({"topics": ["gossip"]}, "topics.0"),
     ({"name": " "}, "name"),
     ({"address": {}}, "url"), ({"address": {"url": "https://evil.example/?key=" + SECRET}}, "url"),
     ({"address": 1}, "address"),
     ({"address": {"colour": "red"}}, "address.colour.key"), ({"more": 1}, "more")],
)  # fmt: skip
def test_wrong_words_are_named(client: FlaskClient, wrong: dict[str, Any], field: str) -> None:
    answer = add(client, "admin", ROBOT, **wrong)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert SECRET not in answer.text


def test_a_test_says_what_came_of_it(client: FlaskClient, post: Post, frozen_clock: FrozenClock) -> None:
    number = scene.gateway(post)
    testing = f"{URL}/{number}/test"
    assert client.post(testing, json={}, headers=bearer("neighbour")).status_code == 404
    assert client.post(testing, json={}, headers=bearer("secretary")).status_code == 202
    run.drain()
    (item,) = client.get(URL, headers=bearer("secretary")).json["items"]
    assert (item["sent_at"], item["error"]) == ("2026-08-15T10:00:00.000+08:00", None)
    post.status = 403
    frozen_clock.advance(minutes=1)
    client.post(testing, json={}, headers=bearer("secretary"))
    run.drain()
    (item,) = client.get(URL, headers=bearer("secretary")).json["items"]
    assert "403" in item["error"]


def test_a_mail_servers_test_needs_a_mailbox(client: FlaskClient, mail_server: MailServer) -> None:
    testing = f"{URL}/{scene.mail_server_of(mail_server)}/test"
    assert list(client.post(testing, json={}, headers=bearer("admin")).json["errors"]) == ["recipient"]
    client.post(testing, json={"recipient": "me@example.org"}, headers=bearer("admin"))
    run.drain()
    assert [to for to, _ in mail_server.got] == [["me@example.org"]]


def test_closing(client: FlaskClient, post: Post) -> None:
    number = scene.gateway(post)
    closing = f"{URL}/{number}/close"
    # A secretary did not open the office's gateway, and does not close it.
    answers = {name: client.post(closing, headers=bearer(name)).status_code for name in ("neighbour", "secretary")}
    assert answers == {"neighbour": 404, "secretary": 404}
    assert client.post(closing, headers=bearer("operator")).status_code == 204
    assert client.post(closing, headers=bearer("operator")).status_code == 404
    assert client.get(URL, headers=bearer("admin")).json["items"] == []


def test_an_organisation_has_few_channels(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "MOST", 1)
    assert [add(client, "admin", ROBOT).status_code for _ in range(2)] == [201, 409]


# ---- wishes


def test_wishes_are_ones_own(client: FlaskClient) -> None:
    address = "/api/v1/notices/wishes"
    asked = {"mail": "li@example.org", "topics": ["work"], "quiet": "22:00-08:00", "digest": True}
    assert client.get(address, headers=bearer("member")).json["mail"] is None
    assert client.put(address, json=asked, headers=bearer("member")).json == asked
    assert client.get(address, headers=bearer("member")).json == asked
    assert client.get(address, headers=bearer("secretary")).json["mail"] is None
    assert client.put(address, json={}, headers=bearer("member")).json["mail"] is None


@pytest.mark.parametrize(
    "wrong",
    [{"mail": "li"}, {"mail": "li@example"}, {"quiet": "25:00-26:00"}, {"digest": "perhaps"}, {"sign_in_id": 1}],
)
def test_wrong_wishes_are_named(client: FlaskClient, wrong: dict[str, Any]) -> None:
    answer = client.put("/api/v1/notices/wishes", json=wrong, headers=bearer("member"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, list(wrong))


def test_the_inbox_is_narrowed(client: FlaskClient) -> None:
    scene.send("member", period="2026-Q3", topic="result")
    scene.send("member", period="2026-Q4")
    inbox = "/api/v1/notices"
    found = client.get(f"{inbox}?topic=result", headers=bearer("member")).json["items"]
    assert ["Q3" in item["message"] for item in found] == [True]
    client.post(f"{inbox}/{found[0]['id']}/read", headers=bearer("member"))
    assert len(client.get(f"{inbox}?unread=true", headers=bearer("member")).json["items"]) == 1
    assert client.post(f"{inbox}/read-all", headers=bearer("member")).json["unread"] == 0
    assert client.get(f"{inbox}?topic=gossip", headers=bearer("member")).status_code == 422


# ---- dead letters


def dead_letter(post: Post, frozen_clock: FrozenClock) -> int:
    number = scene.gateway(post)
    post.status = 500
    with transaction():
        channels.test(actor=factories.actor("admin"), at=clock.now(), channel_id=number, recipient=None)
    while scene.letters()[-1].status == "waiting":
        run.drain()
        frozen_clock.set(scene.letters()[-1].next_at)
    return scene.letters()[-1].id


def test_a_dead_letter_is_shown_and_sent_again(client: FlaskClient, post: Post, frozen_clock: FrozenClock) -> None:
    number = dead_letter(post, frozen_clock)
    for name, status in (("secretary", 403), ("far", 403), ("overseer", 403), ("admin", 200), ("operator", 200)):
        assert client.get("/api/v1/dead-letters", headers=bearer(name)).status_code == status
    (item,) = client.get("/api/v1/dead-letters", headers=bearer("operator")).json["items"]
    assert (item["id"], item["attempts"], "500" in item["error"]) == (str(number), 8, True)
    post.status = 200
    assert client.post(f"/api/v1/dead-letters/{number}/again", headers=bearer("operator")).status_code == 204
    assert client.post(f"/api/v1/dead-letters/{number}/again", headers=bearer("operator")).status_code == 409
    run.drain()
    assert scene.letters()[-1].status == "sent"
    assert len(set(post.keys)) == 1


def test_a_dead_letter_is_given_up_with_a_reason(client: FlaskClient, post: Post, frozen_clock: FrozenClock) -> None:
    address = f"/api/v1/dead-letters/{dead_letter(post, frozen_clock)}/give-up"
    assert list(client.post(address, json={}, headers=bearer("admin")).json["errors"]) == ["reason"]
    assert client.post(address, json={"reason": "群已解散"}, headers=bearer("admin")).status_code == 204
    assert client.post(address, json={"reason": "群已解散"}, headers=bearer("admin")).status_code == 409
    assert (scene.letters()[-1].status, scene.letters()[-1].reason) == ("given_up", "群已解散")
    assert client.get("/api/v1/dead-letters", headers=bearer("admin")).json["items"] == []


def dead_job(topic: str) -> int:
    with transaction():
        job = queues.enqueue(topic=topic, payload={"announcement": 10**6}, at=clock.now())
        job.status, job.error = "dead", "no such row"
    return job.id


def test_a_dead_job_is_begun_again_or_given_up(client: FlaskClient) -> None:
    first, second, asked = dead_job("clean_up"), dead_job("clean_up"), dead_job("export_make")
    listed = client.get("/api/v1/dead-jobs", headers=bearer("operator")).json["items"]
    assert [item["id"] for item in listed] == [str(asked), str(second), str(first)]
    assert client.post(f"/api/v1/dead-jobs/{first}/again", headers=bearer("operator")).status_code == 204
    again = client.post(f"/api/v1/dead-jobs/{asked}/again", headers=bearer("operator"))
    assert (again.status_code, again.json["code"]) == (409, "asked_for_elsewhere")
    reason = {"reason": "次日夜间已重做"}
    assert client.post(f"/api/v1/dead-jobs/{second}/give-up", json=reason, headers=bearer("admin")).status_code == 204
    assert client.post(f"/api/v1/dead-jobs/{second}/give-up", json=reason, headers=bearer("admin")).status_code == 404
    run.drain()
    assert [item["id"] for item in client.get("/api/v1/dead-jobs", headers=bearer("admin")).json["items"]] == [
        str(asked)
    ]
    assert client.get("/api/v1/dead-jobs", headers=bearer("secretary")).status_code == 403


@pytest.mark.parametrize("path", ["channels/9/test", "channels/x/close", "dead-letters/9/again", "dead-jobs/9/again"])
def test_what_is_not_there(client: FlaskClient, path: str) -> None:
    assert client.post(f"/api/v1/{path}", json={}, headers=bearer("admin")).status_code == 404
