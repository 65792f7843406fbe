"""The pure rules: quiet hours, what may become of a message, addresses, fingerprints."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pointsvc import quiet
from pointsvc.errors import Conflict, Invalid
from pointsvc.notices import addresses, lifecycle, sealing
from pointsvc.notices.topics import DINGTALK, FEISHU, GATEWAY, MAIL, WECOM

SHANGHAI = ZoneInfo("Asia/Shanghai")
KEY = "12345678-abcd-4abc-8abc-1234567890ab"
TOKEN = "0123456789abcdef" * 4


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-08-15T{clock}").replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("now", "hours", "then"),
    [
        ("21:59", "22:00-07:00", "2026-08-15 21:59"),
        ("22:00", "22:00-07:00", "2026-08-16 07:00"),
        ("06:59", "22:00-07:00", "2026-08-15 07:00"),
        ("07:00", "22:00-07:00", "2026-08-15 07:00"),
        ("12:30", "12:00-14:00", "2026-08-15 14:00"),
        ("14:00", "12:00-14:00", "2026-08-15 14:00"),
        ("03:00", "none", "2026-08-15 03:00"),
    ],
)
def test_quiet_hours(now: str, hours: str, then: str) -> None:
    assert quiet.may_write_at(at(now), hours).strftime("%Y-%m-%d %H:%M") == then


@given(st.datetimes(timezones=st.just(SHANGHAI)), st.sampled_from(quiet.HOURS))
def test_nobody_waits_for_more_than_a_night_and_never_backwards(local: datetime, hours: str) -> None:
    assume(1992 < local.year < 9999)
    then = quiet.may_write_at(local, hours)
    assert timedelta(0) <= then - local < timedelta(hours=13)
    assert quiet.may_write_at(then, hours) == then


@pytest.mark.parametrize("status", lifecycle.STATUSES)
@pytest.mark.parametrize("move", ["send", "exhaust", "again", "give_up"])
def test_only_these_changes_are_possible(status: str, move: str) -> None:
    allowed = {
        ("waiting", "send"): "sent",
        ("waiting", "exhaust"): "dead",
        ("waiting", "give_up"): "given_up",
        ("dead", "again"): "waiting",
        ("dead", "give_up"): "given_up",
    }
    if (status, move) in allowed:
        assert lifecycle.after(status, move) == allowed[status, move]
    else:
        with pytest.raises(Conflict) as refused:
            lifecycle.after(status, move)
        assert refused.value.code == "letter_status"


def test_tries_come_later_and_later_and_outlast_a_night() -> None:
    delays = [lifecycle.delay(tries) for tries in range(1, lifecycle.TRIES)]
    assert all(earlier < later for earlier, later in pairwise(delays))
    assert sum(delays, timedelta(0)) > timedelta(hours=20)


ROBOTS = {
    WECOM: {"url": f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"},
    DINGTALK: {"url": f"https://oapi.dingtalk.com/robot/send?access_token={TOKEN}", "secret": f"SEC{TOKEN}"},
    FEISHU: {"url": f"https://open.feishu.cn/open-apis/bot/v2/hook/{KEY}"},
}


@pytest.mark.parametrize("kind", ROBOTS)
def test_a_robots_address_is_masked(kind: str) -> None:
    address, hint = addresses.parsed(kind, ROBOTS[kind])
    secrets = [value for value in address.values() if value]
    assert secrets
    assert all(secret in "".join(ROBOTS[kind].values()) for secret in secrets)
    assert not any(secret in hint for secret in secrets)
    assert hint.endswith(secrets[0][-4:])


@pytest.mark.parametrize("kind", ROBOTS)
@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("https://", "http://"),
        lambda url: url.replace("https://", "https://127.0.0.1/"),
        lambda url: url.replace(".com/", ".com:81/").replace(".cn/", ".cn:81/"),
        lambda url: url.replace("https://", "https://me@"),
        lambda url: url[:-60],
        lambda url: "",
        lambda url: url + "/..%2f",
    ],
)
def test_a_robot_leads_to_its_maker_and_nowhere_else(kind: str, change) -> None:
    with pytest.raises(Invalid) as refused:
        addresses.parsed(kind, {**ROBOTS[kind], "url": change(ROBOTS[kind]["url"])})
    assert "url" in refused.value.errors


def test_a_mail_server_and_its_faults() -> None:
    given = {"host": "smtp.example.cn", "port": "465", "security": "ssl", "user": "notice", "password": "hidden word"}
    address, hint = addresses.parsed(MAIL, {**given, "sender": "notice@example.cn"})
    assert address["password"] == "hidden word"
    assert hint == "smtp.example.cn:465 · notice@example.cn"
    wrong = {"host": "smtp example", "port": "0", "security": "maybe", "sender": "notice"}
    with pytest.raises(Invalid) as refused:
        addresses.parsed(MAIL, wrong)
    assert set(refused.value.errors) == set(wrong)


@pytest.mark.parametrize(
    "url", ["", "ftp://a.cn/", "http://a.cn/?x=1", "http://u@a.cn/", "http://a.cn:x/", "http:///a"]
)
def test_a_gateways_address_is_plain(url: str) -> None:
    with pytest.raises(Invalid):
        addresses.parsed(GATEWAY, {"url": url})
    assert addresses.parsed(GATEWAY, {"url": "http://sms.example.cn:8080/secret/in"})[1] == "sms.example.cn:8080/…"


def test_a_fingerprint_is_of_every_word() -> None:
    first = sealing.fingerprint({"title": "暗访", "to": [1, 2]}, "salt")
    assert first == sealing.fingerprint({"to": [1, 2], "title": "暗访"}, "salt")
    assert len({first, sealing.fingerprint({"title": "明查", "to": [1, 2]}, "salt")}) == 2
    assert first != sealing.fingerprint({"title": "暗访", "to": [1, 2]}, "other")
