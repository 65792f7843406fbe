"""From a notice to the outside: to whom, when, how often, and what becomes of what nobody takes."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from pointsvc import clock, queues
from pointsvc.db import db, transaction
from pointsvc.notices import channels, lifecycle, outgoing, outside
from pointsvc.notices.models import Channel, Notice
from pointsvc.people import settings
from pointsvc.permissions import SYSTEM
from pointsvc.queues import Job
from tests import factories
from tests.conftest import FrozenClock
from tests.notices import scene
from tests.notices.receivers import MailServer, Post, text_of
from workers import run, schedule


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "application", lambda: app)
    factories.district()


def recipients(server: MailServer) -> list[str]:
    return sorted(to for several, _ in server.got for to in several)


def test_whoever_wishes_it_gets_a_mail_once(mail_server: MailServer) -> None:
    scene.mail_server_of(mail_server)
    scene.wish("secretary")
    for _ in range(2):
        scene.send("secretary", "street")
    run.drain()
    assert recipients(mail_server) == ["secretary@example.org"]
    assert "2026-Q3" in text_of(mail_server.got[0][1])
    assert [(row.status, row.attempts, row.sent_at) for row in scene.letters()] == [("sent", 1, clock.now())]


def test_effect_and_mark_are_one_transaction(mail_server: MailServer) -> None:
    scene.mail_server_of(mail_server)
    scene.wish("secretary")
    with suppress(ZeroDivisionError), transaction():
        scene.send("secretary")
        raise ZeroDivisionError
    assert scene.letters() == []
    assert db.session.query(Notice).count() == 0
    assert run.drain() == 0


@pytest.mark.parametrize(
    ("wished", "topics"),
    [({"mail": None}, ("work",)), ({"topics": ["result"]}, ("work",)), ({}, ("result",))],
)
def test_without_a_wish_or_a_server_for_the_topic_nothing_goes_out(
    mail_server: MailServer, wished: dict[str, object], topics: tuple[str, ...]
) -> None:
    scene.mail_server_of(mail_server, topics=topics)
    scene.wish("secretary", **wished)
    scene.send("secretary")
    assert scene.letters() == []


def test_the_nearest_mail_server_above_is_taken(mail_server: MailServer) -> None:
    far = scene.mail_server_of(mail_server, "QS")
    near = scene.mail_server_of(mail_server, "QS01")
    scene.wish("secretary")
    scene.wish("far")
    scene.send("secretary", "far")
    assert sorted((row.recipient, row.channel_id) for row in scene.letters()) == [
        ("far@example.org", far),
        ("secretary@example.org", near),
    ]


def test_in_quiet_hours_it_waits_for_the_morning(mail_server: MailServer, frozen_clock: FrozenClock) -> None:
    scene.mail_server_of(mail_server)
    scene.wish("secretary")
    scene.wish("street", quiet="none")
    with transaction():
        settings.decide(actor=SYSTEM, at=clock.now(), organisation="QS", name="quiet_hours", value="21:00-07:00")
    frozen_clock.set(datetime(2026, 8, 15, 13, 30, tzinfo=UTC))
    scene.send("secretary", "street")
    run.drain()
    assert recipients(mail_server) == ["street@example.org"]
    frozen_clock.set(datetime(2026, 8, 15, 22, 59, tzinfo=UTC))
    assert run.drain() == 0
    frozen_clock.advance(minutes=1)
    run.drain()
    assert recipients(mail_server) == ["secretary@example.org", "street@example.org"]


def test_a_digest_is_one_mail_a_morning_with_what_is_still_unread(
    mail_server: MailServer, frozen_clock: FrozenClock
) -> None:
    scene.mail_server_of(mail_server)
    scene.wish("secretary", digest=True)
    for quarter in range(1, 5):
        scene.send("secretary", period=f"2026-Q{quarter}")
    with transaction():
        first = db.session.query(Notice).order_by(Notice.id).first()
        assert first is not None
        first.read_at = clock.now()
    run.drain()
    assert mail_server.got == []
    schedule.ask_for_due()
    frozen_clock.advance(days=1)
    schedule.ask_for_due()
    run.drain()
    ((_, mail),) = mail_server.got
    assert [f"Q{number}" in text_of(mail) for number in range(1, 5)] == [False, True, True, True]
    frozen_clock.advance(days=1)
    schedule.ask_for_due()
    run.drain()
    assert len(mail_server.got) == 1


def test_a_refused_message_is_tried_again_later_and_later_then_given_to_a_person(
    post: Post, frozen_clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    channel = scene.gateway(post)
    post.status = 503
    with transaction():
        channels.test(actor=factories.actor("admin"), at=clock.now(), channel_id=channel, recipient=None)
    waits = []
    for _ in range(lifecycle.TRIES):
        run.drain()
        (row,) = scene.letters()
        waits.append(row.next_at - clock.now())
        frozen_clock.set(row.next_at)
    assert waits[:-1] == list(lifecycle.DELAYS)
    assert (row.status, row.attempts) == ("dead", lifecycle.TRIES)
    assert "503" in (row.error or "")
    assert "given to a person" in caplog.text
    assert len(set(post.keys)) == 1
    assert run.drain() == 0


def test_a_failing_channel_rests_and_its_other_messages_lose_no_try(post: Post, frozen_clock: FrozenClock) -> None:
    channel = scene.gateway(post)
    post.status = 500
    for key in ("a", "b", "c"):
        with transaction():
            line = {"message": "x", "params": {}, "text": ""}
            outgoing.to_channel(at=clock.now(), channel_id=channel, recipient=None, line=line, key=key)
    run.drain()
    assert [row.attempts for row in scene.letters()] == [1, 0, 0]
    post.status = 200
    frozen_clock.advance(minutes=1)
    run.drain()
    assert [row.status for row in scene.letters()] == ["sent"] * 3
    assert db.session.query(Job).filter(Job.done_at.is_(None)).count() == 0


def test_a_try_of_which_nobody_reports_is_made_again_under_the_same_key(post: Post, frozen_clock: FrozenClock) -> None:
    channel = scene.gateway(post)
    with transaction():
        channels.test(actor=factories.actor("admin"), at=clock.now(), channel_id=channel, recipient=None)
    with transaction():
        job = queues.claim(at=clock.now())
        assert job is not None
        outgoing.begin(channel_id=channel, at=clock.now())
        lost = outgoing.take(channel_id=channel, at=clock.now())
        assert lost is not None
    run.drain()
    assert post.got == []
    frozen_clock.advance(minutes=2)
    run.drain()
    run.drain()
    assert len(post.got) == 1
    assert [(row.status, row.attempts) for row in scene.letters()] == [("sent", 2)]
    # The lost one was only frozen, and reports now: nothing more happens.
    with transaction():
        outgoing.failed(taken=lost, channel_id=channel, at=clock.now(), why="late")
    assert [row.status for row in scene.letters()] == ["sent"]


def test_no_message_goes_out_while_a_transaction_is_open(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    sending = outside.send

    def watched(*args: Any) -> None:
        seen.append(db.session.info.get("open"))
        sending(*args)

    monkeypatch.setattr(outside, "send", watched)
    channel = scene.gateway(post)
    with transaction():
        channels.test(actor=factories.actor("admin"), at=clock.now(), channel_id=channel, recipient=None)
    run.drain()
    assert seen == [False]
    assert len(post.got) == 1


def test_the_address_is_loaded_by_nobody_else(post: Post) -> None:
    channel = scene.gateway(post)
    db.session.expire_all()
    row = db.session.get_one(Channel, channel)
    with pytest.raises(Exception, match="raiseload"):
        _ = row.address
    assert post.url not in repr(row)
    with transaction():
        assert post.url not in repr(outgoing.begin(channel_id=channel, at=clock.now()))


def test_a_closed_channel_forgets_its_address_and_sends_nothing(post: Post) -> None:
    channel = scene.gateway(post)
    with transaction():
        channels.test(actor=factories.actor("admin"), at=clock.now(), channel_id=channel, recipient=None)
        channels.close(actor=factories.actor("admin"), at=clock.now(), channel_id=channel)
    run.drain()
    assert post.got == []
    assert [(row.status, row.reason) for row in scene.letters()] == [("given_up", channels.CLOSED)]
    assert db.session.query(Channel.address).scalar() == {}
