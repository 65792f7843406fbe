"""Announcements: to whom they go, sealed until their time, who has read them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.notices import announcing, sealing
from pointsvc.notices.models import Notice
from pointsvc.queues import Job
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import bearer
from tests.notices import scene
from tests.notices.receivers import Post
from workers import run

URL = "/api/v1/announcements"
WORDS = {"organisation": "QS01", "title": "国庆前安全检查", "body": "请各支部于9月20日前完成自查。"}


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "application", lambda: app)
    factories.district()


def announce(client: FlaskClient, name: str = "admin", **more: Any) -> Any:
    return client.post(URL, json=WORDS | more, headers=bearer(name))


def told() -> list[int]:
    db.session.rollback()
    return sorted(db.session.scalars(db.select(Notice.sign_in_id)))


def ids(*names: str) -> list[int]:
    return sorted(factories.actor(name).sign_in_id or 0 for name in names)


def tomorrow() -> str:
    return clock.local(clock.now() + timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("audience", "readers"),
    [("everybody", ("street", "secretary", "member", "neighbour")), ("leaders", ("street", "secretary", "neighbour"))],
)
def test_it_goes_to_the_node_and_below_and_to_nobody_else(
    client: FlaskClient, audience: str, readers: tuple[str, ...]
) -> None:
    made = announce(client, audience=audience)
    assert made.status_code == 201, made.text
    scene.work()
    assert told() == ids(*readers)
    inbox = client.get("/api/v1/notices?topic=announcement", headers=bearer("secretary")).json["items"]
    assert "国庆前安全检查" in inbox[0]["message"]
    assert inbox[0]["link"] == f"/announcements/{made.json['id']}"


def test_who_may_announce_and_how_far(client: FlaskClient) -> None:
    answers = {name: announce(client, name).status_code for name in ("street", "secretary", "far", "member", "auditor")}
    assert answers == {"street": 201, "secretary": 404, "far": 404, "member": 403, "auditor": 403}


@pytest.mark.parametrize(
    "wrong",
    [{"title": ""}, {"title": "x" * 101}, {"body": "x" * 2001}, {"audience": "named"}, {"topic": "gossip"},
     {"open_at": "2026-08-16T10:00:00"}, {"open_at": "2026-01-01T10:00:00+08:00"}, {"salt": "x"}],
)  # fmt: skip
def test_wrong_words_are_named(client: FlaskClient, wrong: dict[str, str]) -> None:
    answer = announce(client, **wrong)
    assert (answer.status_code, list(answer.json["errors"])) == (422, list(wrong))
    assert told() == []


def test_asked_twice_it_is_announced_once(client: FlaskClient) -> None:
    headers = {**bearer("admin"), "Idempotency-Key": "announce-1"}
    first, second = (client.post(URL, json=WORDS, headers=headers) for _ in range(2))
    assert first.json == second.json
    scene.work()
    assert len(told()) == 4


def test_a_sealed_one_is_there_for_its_author_alone_until_its_time(
    client: FlaskClient, frozen_clock: FrozenClock
) -> None:
    made = announce(client, "overseer", open_at=tomorrow(), topic="check").json
    address = f"{URL}/{made['id']}"
    scene.work()
    assert told() == []
    for name in ("admin", "secretary", "far"):
        assert client.get(address, headers=bearer(name)).status_code == 404
    assert client.get(URL, headers=bearer("admin")).json["items"] == []
    assert client.get(address, headers=bearer("overseer")).status_code == 200
    frozen_clock.advance(days=1)
    scene.work()
    assert told() == ids("street", "secretary", "member", "neighbour")
    opened = client.get(address, headers=bearer("secretary")).json
    assert opened["digest"] == made["digest"]
    covered = ("organisation", "audience", "topic", "title", "body", "link", "sign_in_ids")
    content = {name: opened[name] for name in covered} | {"open_at": opened["sealed_open_at"]}
    assert sealing.fingerprint(content, opened["salt"]) == made["digest"]


def test_on_arrival_the_author_opens_it_and_nobody_else(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    made = announce(client, "overseer", open_at=tomorrow()).json
    opening = f"{URL}/{made['id']}/open"
    assert client.post(opening, headers=bearer("admin")).status_code == 404
    opened = client.post(opening, headers=bearer("overseer"))
    assert (opened.status_code, opened.json["opened_at"]) == (200, "2026-08-15T10:00:00.000+08:00")
    assert client.post(opening, headers=bearer("overseer")).json["code"] == "not_sealed"
    assert len(told()) == 4
    frozen_clock.advance(days=2)
    scene.work()
    assert len(told()) == 4


def test_a_sealed_one_may_be_withdrawn_and_then_tells_nobody(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    made = announce(client, "overseer", open_at=tomorrow()).json
    withdrawing = f"{URL}/{made['id']}/withdraw"
    assert client.post(withdrawing, headers=bearer("admin")).status_code == 404
    assert client.post(withdrawing, headers=bearer("overseer")).json["withdrawn_at"]
    assert client.post(withdrawing, headers=bearer("overseer")).status_code == 409
    frozen_clock.advance(days=2)
    scene.work()
    assert told() == []


def test_nobody_can_change_what_is_sealed(client: FlaskClient) -> None:
    announce(client, "overseer", open_at=tomorrow())
    for statement in ("UPDATE announcement SET title = 'x'", "DELETE FROM announcement"):
        savepoint = db.session.begin_nested()
        with pytest.raises(DBAPIError, match="as it was written"):
            db.session.execute(text(statement))
        savepoint.rollback()


def test_what_was_changed_behind_the_triggers_is_not_told(
    client: FlaskClient, frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    announce(client, "overseer", open_at=tomorrow())
    monkeypatch.setattr(announcing, "COVERED", announcing.COVERED[1:])
    frozen_clock.advance(days=2)
    scene.work()
    assert told() == []
    job = db.session.query(Job).filter_by(topic="notice_open").one()
    assert job.status == "dead"
    assert "指纹" in (job.error or "")


def test_named_accounts_are_told_a_sealed_check(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    with transaction():
        made = announcing.write(
            actor=factories.actor("overseer"),
            at=clock.now(),
            open_at=clock.now() + timedelta(hours=3),
            organisation="QS0101",
            audience="named",
            sign_in_ids=ids("secretary"),
            title="暗访通知",
            body="检查组今日到访。",
        )
    assert len(made.digest) == 64
    frozen_clock.advance(hours=3)
    scene.work()
    assert told() == ids("secretary")
    # It concerns them and its author.
    assert client.get(f"{URL}/{made.id}", headers=bearer("admin")).status_code == 404


def test_who_has_read_is_for_the_senders_side(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    made = announce(client).json
    scene.work()
    address = f"{URL}/{made['id']}/readers"
    (item,) = client.get("/api/v1/notices", headers=bearer("secretary")).json["items"]
    client.post(f"/api/v1/notices/{item['id']}/read", headers=bearer("secretary"))
    seen = client.get(address, headers=bearer("admin")).json
    assert (seen["read"], seen["sent"]) == (1, 4)
    assert {row["account"]: row["read_at"] is not None for row in seen["items"]} == {
        "street": False, "secretary": True, "member": False, "neighbour": False,
    }  # fmt: skip
    assert len(client.get(f"{address}?unread=true", headers=bearer("admin")).json["items"]) == 3
    first = client.get(f"{address}?limit=3", headers=bearer("admin")).json
    rest = client.get(f"{address}?limit=3&after={first['next']}", headers=bearer("admin")).json
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 1, None)
    answers = {name: client.get(address, headers=bearer(name)).status_code for name in ("street", "far", "member")}
    assert answers == {"street": 200, "far": 404, "member": 403}


def test_the_groups_below_are_told_but_not_of_what_is_for_leaders(client: FlaskClient, post: Post) -> None:
    scene.gateway(post, "QS0101", topics=("announcement",))
    scene.gateway(post, "QS0102", topics=("result",))
    scene.gateway(post, "QS0201", topics=("announcement",))
    announce(client)
    announce(client, audience="leaders")
    scene.work()
    ((_, _, body),) = post.got
    assert "请各支部于9月20日前完成自查。" in body["message"]
