"""Sending through Apprise: the only file that talks to the outside. No database, never in a transaction.

Apprise is content with HTTP 200, but the three robots say 200 also when they refuse (a key that is
no longer valid, too many messages in a minute) and put the refusal into the body; and it gives each
try of the same mail another Message-ID. So what it posts and names passes through here (see
docs/decisions/0017-outside-at-least-once.md).
"""

# mypy: disable-error-code="no-untyped-call"
# Apprise gives its functions no types.

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import apprise
import requests
from apprise.plugins import dingtalk, feishu, wecombot
from apprise.plugins.custom_json import NotifyJSON

with warnings.catch_warnings():
    # It looks for a module of the standard library that leaves with Python 3.13, and can do without.
    warnings.filterwarnings("ignore", message="'imghdr' is deprecated")
    from apprise.plugins.email import NotifyEmail
    from apprise.plugins.email import base as email_base

from pointsvc.errors import N_
from pointsvc.notices.topics import DINGTALK, FEISHU, GATEWAY, MAIL, WECOM

# At its own levels Apprise writes addresses and keys into the log; ``send`` keeps what it says for itself.
logging.getLogger("apprise").propagate = False
logging.getLogger("urllib3").setLevel(logging.WARNING)
_CONNECT, _READ = 4.0, 10.0
# The longest that a person has to read of why something failed.
_LONGEST = 300
UNREACHABLE = N_("The other side could not be reached or broke the connection off")
NOT_TAKEN = N_("The mail server did not take it for this address")


@dataclass(frozen=True)
class Letter:
    """What is to be sent: ``key`` is the same at each try, so that a receiver can know a second one."""

    title: str
    body: str
    key: str
    recipient: str | None = None


class NotSent(Exception):
    """The other side did not take it, or did not answer; the message says why and holds no secret."""


_refusal: ContextVar[str] = ContextVar("refusal", default="")
_key: ContextVar[str] = ContextVar("key", default="")


def send(kind: str, address: Mapping[str, Any], letter: Letter) -> None:
    """Hand the letter over. Raises NotSent; when it returns, the other side has taken it."""
    way = _ways[kind](address, letter)
    refusal, key = _refusal.set(""), _key.set(letter.key)
    try:
        with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as said:
            # Mail has a subject; everybody else shows the title as the first line.
            taken = way.notify(body=letter.body, title=letter.title, body_format=apprise.NotifyFormat.TEXT)
            lines = said.getvalue().strip().splitlines()
        if not taken:
            raise NotSent(_without_secrets(_refusal.get() or _reason(lines), address))
    finally:
        _refusal.reset(refusal)
        _key.reset(key)


def _reason(lines: list[str]) -> str:
    """What Apprise says, as a msgid where it is one of the usual things."""
    said = lines[-1] if lines else ""
    if status := re.search(r"error=(\d+)", said):
        return f"HTTP {status[1]}"
    if "onnection error" in said:
        return UNREACHABLE
    return NOT_TAKEN if said.startswith("Sending email") else said


def _without_secrets(text: str, address: Mapping[str, Any]) -> str:
    for name in ("key", "token", "secret", "password", "url"):
        if value := address.get(name):
            text = text.replace(str(value), "…")
    return re.sub(r"\s+", " ", text)[:_LONGEST]


# ---- the ways

_TIMES = {"cto": _CONNECT, "rto": _READ}


def _wecom(address: Mapping[str, Any], letter: Letter) -> Any:
    return wecombot.NotifyWeComBot(key=address["key"], **_TIMES)


def _dingtalk(address: Mapping[str, Any], letter: Letter) -> Any:
    return dingtalk.NotifyDingTalk(token=address["token"], secret=address.get("secret"), **_TIMES)


def _feishu(address: Mapping[str, Any], letter: Letter) -> Any:
    return feishu.NotifyFeishu(token=address["token"], **_TIMES)


def _gateway(address: Mapping[str, Any], letter: Letter) -> Any:
    where = urlsplit(address["url"])
    return NotifyJSON(
        host=where.hostname,
        port=where.port,
        secure=where.scheme == "https",
        fullpath=where.path or "/",
        headers={"Idempotency-Key": letter.key},
        **_TIMES,
    )


def _mail(address: Mapping[str, Any], letter: Letter) -> Any:
    secure = address["security"] != "none"
    return NotifyEmail(
        smtp_host=address["host"],
        host=address["from"].partition("@")[2],
        port=address["port"],
        secure=secure,
        secure_mode="ssl" if address["security"] == "ssl" else "starttls" if secure else "insecure",
        user=address.get("user") or None,
        password=address.get("password") or None,
        from_addr=address["from"],
        targets=[letter.recipient],
        format="text",
        **_TIMES,
    )


_ways = {WECOM: _wecom, DINGTALK: _dingtalk, FEISHU: _feishu, GATEWAY: _gateway, MAIL: _mail}


# ---- what Apprise does not do


def _post(url: str, **more: Any) -> requests.Response:
    """As ``requests.post``; a refusal in the body of a 200 becomes the error that Apprise looks for."""
    answer = requests.post(url, **more)  # noqa: S113 - Apprise gives the timeout
    refusal = _refused(answer)
    if refusal:
        _refusal.set(refusal)
        raise requests.RequestException("refused")
    return answer


def _refused(answer: requests.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        return ""
    body = body if isinstance(body, dict) else {}
    code = body.get("errcode", body.get("code", body.get("StatusCode", 0)))
    return f"{code}: {body.get('errmsg', body.get('msg', ''))}" if code else ""


def _message_id(*args: Any, **more: Any) -> str:
    return f"<{_key.get()}@pointsvc>"


for _robot in (wecombot, dingtalk, feishu):
    _robot.requests = SimpleNamespace(  # type: ignore[attr-defined] # as if it imported another module
        post=_post, codes=requests.codes, RequestException=requests.RequestException
    )
email_base.make_msgid = _message_id  # type: ignore[attr-defined] # as above
