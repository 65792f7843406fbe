"""Where a channel leads: what people copy from WeCom, DingTalk, Feishu or a mail server, checked and masked.

Of a robot's address only the key is kept: the host is the maker's own, so nobody can turn a robot
into a way to some other machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pointsvc.errors import N_, Invalid
from pointsvc.notices.topics import DINGTALK, FEISHU, GATEWAY, MAIL, WECOM

MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{1,190}$)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_HOST = re.compile(r"(?=.{1,200}$)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_KEY = re.compile(r"[A-Za-z0-9_-]{16,128}")
_TOKEN = re.compile(r"[A-Za-z0-9]{16,128}")

_ROBOT = N_("Copy the whole address that the group's settings show for the robot")
_SECRET = N_("The key for signing begins with SEC; leave it empty if the robot has none")
_HOST_WRONG = N_("The name of the mail server is needed, such as smtp.example.cn")
_PORT_WRONG = N_("A port from 1 to 65535 is needed")
_FROM_WRONG = N_("A mail address such as notice@example.cn is needed")
_URL_WRONG = N_("An address such as https://messages.example.cn/in is needed, without ? and #")
_SECURITY_WRONG = N_("Choose how the connection is protected")

SECURITIES = {"ssl": N_("TLS from the start (465)"), "starttls": N_("STARTTLS (587)"), "none": N_("not protected")}
FIELDS = {
    WECOM: ("url",),
    DINGTALK: ("url", "secret"),
    FEISHU: ("url",),
    GATEWAY: ("url",),
    MAIL: ("host", "port", "security", "user", "password", "sender"),
}


def parsed(kind: str, given: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """The address as it is kept, and what may be shown of it. Raises Invalid under the fields' names."""
    return _parsers[kind](given)


def _robot(
    host: str, name: str, key: Callable[[Any], str], form: re.Pattern[str]
) -> Callable[[Mapping[str, str]], Any]:
    def parse(given: Mapping[str, str]) -> tuple[dict[str, Any], str]:
        where = urlsplit(given.get("url", "").strip())
        found = key(where)
        if where.scheme != "https" or where.netloc != host or not form.fullmatch(found):
            raise Invalid({"url": _ROBOT})
        return {name: found}, _masked(host, found)

    return parse


def _masked(host: str, secret: str) -> str:
    return f"{host} …{secret[-4:]}"


def _in_query(name: str) -> Callable[[Any], str]:
    return lambda where: parse_qs(where.query).get(name, [""])[0]


def _last_of_path(where: Any) -> str:
    return str(where.path.rpartition("/")[2])


_dingtalk_token = _robot("oapi.dingtalk.com", "token", _in_query("access_token"), _TOKEN)


def _dingtalk(given: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    address, hint = _dingtalk_token(given)
    secret = given.get("secret", "").strip()
    if secret and not (secret.startswith("SEC") and _TOKEN.fullmatch(secret)):
        raise Invalid({"secret": _SECRET})
    return {**address, "secret": secret}, hint


def _gateway(given: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    url = given.get("url", "").strip()
    try:
        where = urlsplit(url)
        port = where.port
    except ValueError:
        raise Invalid({"url": _URL_WRONG}) from None
    fits = where.scheme in ("http", "https") and _HOST.fullmatch(where.hostname or "") and len(url) <= 300
    if not fits or where.query or where.fragment or where.username or not url.isascii():
        raise Invalid({"url": _URL_WRONG})
    return {"url": url}, f"{where.hostname}{f':{port}' if port else ''}/…"


def _mail(given: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    value = {name: given.get(name, "").strip() for name in FIELDS[MAIL]}
    port = value["port"]
    checks = {
        "host": (_HOST.fullmatch(value["host"]), _HOST_WRONG),
        "port": (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536, _PORT_WRONG),
        "security": (value["security"] in SECURITIES, _SECURITY_WRONG),
        "sender": (MAILBOX.fullmatch(value["sender"]), _FROM_WRONG),
    }
    if wrong := {name: words for name, (fits, words) in checks.items() if not fits}:
        raise Invalid(wrong)
    address = {name: value[name] for name in ("host", "security", "user", "password")}
    return {**address, "port": int(port), "from": value["sender"]}, f"{value['host']}:{port} · {value['sender']}"


_parsers: Mapping[str, Callable[[Mapping[str, str]], tuple[dict[str, Any], str]]] = {
    WECOM: _robot("qyapi.weixin.qq.com", "key", _in_query("key"), _KEY),
    DINGTALK: _dingtalk,
    FEISHU: _robot("open.feishu.cn", "token", _last_of_path, _KEY),
    GATEWAY: _gateway,
    MAIL: _mail,
}
