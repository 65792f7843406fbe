"""Sending to receivers on real sockets: taken, refused, silent, and what the log may hold."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from email.header import decode_header, make_header

import pytest
from apprise.plugins import dingtalk, feishu, wecombot

from pointsvc.notices import outside
from pointsvc.notices.outside import Letter, NotSent
from pointsvc.notices.topics import DINGTALK, FEISHU, GATEWAY, MAIL, WECOM
from tests.notices.receivers import MailServer, Post, text_of

LETTER = Letter("青石区委", "党费收缴完毕。\n请登录查看。", "outgoing-17", "zhang@example.org")
KEY = "12345678-abcd-4abc-8abc-1234567890ab"
TOKEN = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
ROBOTS = {
    WECOM: (wecombot.NotifyWeComBot, {"key": KEY}),
    DINGTALK: (dingtalk.NotifyDingTalk, {"token": TOKEN, "secret": "SEC" + TOKEN}),
    FEISHU: (feishu.NotifyFeishu, {"token": KEY}),
}


def mail_address(server: MailServer) -> dict[str, object]:
    return {"host": "127.0.0.1", "port": server.port, "security": "none", "from": "notice@example.cn"}


@pytest.fixture(params=list(ROBOTS))
def robot(request: pytest.FixtureRequest, post: Post, monkeypatch: pytest.MonkeyPatch) -> tuple[str, dict[str, str]]:
    plugin, address = ROBOTS[request.param]
    monkeypatch.setattr(plugin, "notify_url", f"{post.url}/robot?key={address.get('key') or address['token']}")
    return request.param, address


def test_a_robot_is_told_title_and_text(robot, post: Post) -> None:
    outside.send(*robot, LETTER)
    ((_, _, body),) = post.got
    assert "青石区委" in str(body)
    assert "请登录查看。" in str(body)


def test_a_robot_that_refuses_with_200_has_not_taken_it(robot, post: Post) -> None:
    post.answer = {"errcode": 45009, "errmsg": "api freq out of limit"}
    with pytest.raises(NotSent, match="45009: api freq out of limit"):
        outside.send(*robot, LETTER)


@pytest.fixture
def whole_log() -> Iterator[io.StringIO]:
    """What a log at its most talkative would hold."""
    written, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(written), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


def test_neither_the_reason_nor_the_log_holds_the_key(robot, post: Post, whole_log: io.StringIO) -> None:
    post.answer = {"code": 19024, "msg": f"bad {robot[1].get('key') or robot[1].get('token')}"}
    with pytest.raises(NotSent) as refused:
        outside.send(*robot, LETTER)
    for secret in robot[1].values():
        assert secret not in str(refused.value)
        assert secret not in whole_log.getvalue()


def test_an_error_of_the_web_is_told(robot, post: Post) -> None:
    post.status = 503
    with pytest.raises(NotSent, match="503"):
        outside.send(*robot, LETTER)


def test_the_gateway_gets_the_key_of_the_message(post: Post) -> None:
    for _ in range(2):
        outside.send(GATEWAY, {"url": f"{post.url}/in/box"}, LETTER)
    assert post.keys == ["outgoing-17", "outgoing-17"]
    path, _, body = post.got[0]
    assert (path, body["title"], body["message"]) == ("/in/box", LETTER.title, LETTER.body)


def test_nobody_at_the_other_end(post: Post) -> None:
    post.close()
    with pytest.raises(NotSent):
        outside.send(GATEWAY, {"url": post.url}, LETTER)


def test_a_mail_keeps_its_message_id_at_each_try(mail_server: MailServer) -> None:
    for _ in range(2):
        outside.send(MAIL, mail_address(mail_server), LETTER)
    assert [recipients for recipients, _ in mail_server.got] == [["zhang@example.org"]] * 2
    assert [message.get_all("Message-ID") for _, message in mail_server.got] == [["<outgoing-17@pointsvc>"]] * 2
    mail = mail_server.got[0][1]
    assert str(make_header(decode_header(mail["Subject"]))) == "青石区委"
    assert text_of(mail).strip().endswith("请登录查看。")
    assert mail["From"] == "notice@example.cn"


def test_a_mailbox_that_is_not_there(mail_server: MailServer) -> None:
    mail_server.refuse = True
    with pytest.raises(NotSent, match="did not take it"):
        outside.send(MAIL, mail_address(mail_server), LETTER)
    assert mail_server.got == []


def test_a_mail_server_that_does_not_answer(mail_server: MailServer) -> None:
    address = mail_address(mail_server)
    mail_server.close()
    with pytest.raises(NotSent, match="could not be reached"):
        outside.send(MAIL, address, LETTER)
