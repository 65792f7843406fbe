"""Copies of public answers, so that a full square before a screen costs the database nothing. Pure WSGI.

``Door`` stands before Flask as a proxy with a cache would: an answer that says ``s-maxage`` is given
again for so many seconds, to whoever asks, without the application being asked; and when the
application cannot answer (its database is away), the last copy is better than none. ``Drawn`` keeps
what a page was drawn to, so that looking again at unchanged data draws nothing.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from pointsvc import clock

WSGI = Callable[..., Iterable[bytes]]
Key = tuple[str, str, str, str]

_PUBLIC = re.compile(r"/(?:b|api/v1/boards)/[a-z0-9-]+(?:\.json|/screen|/print/a[34])?\Z")
_SHARED = re.compile(r"s-maxage=(\d+)")
# Asked for with made-up hosts, it must not grow without end.
_MOST_KEPT = 500
# What concerns one asker alone, or is said anew for each.
_OWN_HEADERS = {"x-request-id", "vary", "set-cookie"}


@lru_cache(maxsize=256)
def language_of(accepted: str, otherwise: str) -> str:
    """``zh`` or ``en``, whichever a browser that sends this header would rather read."""
    best = parse_accept_header(accepted, LanguageAccept).best_match(["zh", "zh-CN", "en"])
    return otherwise if best is None else best[:2]


@dataclass(frozen=True)
class Copy:
    """An answer as it is given again. ``until``: when the application is asked anew."""

    until: datetime
    since: datetime
    etag: str
    headers: list[tuple[str, str]]
    body: bytes

    def fresh(self, at: datetime) -> bool:
        """Whether it may be given without asking; a clock that went back makes nothing fresh."""
        return self.since <= at < self.until

    def answer(self, condition: str, start_response: Any) -> Iterable[bytes]:
        """The whole answer, or that nothing has changed since the asker's copy."""
        own = [("X-Request-Id", os.urandom(16).hex()), ("Vary", "Accept-Language")]
        if self.etag and self.etag in condition:
            short = [pair for pair in self.headers if pair[0].lower() not in ("content-length", "content-type")]
            start_response("304 NOT MODIFIED", [*short, *own])
            return []
        start_response("200 OK", [*self.headers, *own])
        return [self.body]


class Door:
    """The application with a small shared cache before its public boards."""

    def __init__(self, application: WSGI, language: str) -> None:
        self.application = application
        self.language = language
        self.copies: dict[Key, Copy] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer from a copy, or ask the application and keep what it lets be kept."""
        path = environ["PATH_INFO"]
        if not path.startswith(("/b/", "/api/v1/boards/")) or environ["REQUEST_METHOD"] != "GET":
            return self.application(environ, start_response)
        if environ.get("QUERY_STRING") or not _PUBLIC.match(path):
            return self.application(environ, start_response)
        key = (path, environ.get("HTTP_HOST", ""), environ["wsgi.url_scheme"], self._language(environ))
        kept, at = self.copies.get(key), clock.now()
        if kept is not None and kept.fresh(at):
            return kept.answer(environ.get("HTTP_IF_NONE_MATCH", ""), start_response)
        return self._asked(environ, start_response, key, kept, at)

    def _language(self, environ: dict[str, Any]) -> str:
        return language_of(environ.get("HTTP_ACCEPT_LANGUAGE", ""), self.language)

    def _asked(
        self, environ: dict[str, Any], start_response: Any, key: Key, kept: Copy | None, at: datetime
    ) -> Iterable[bytes]:
        # Everybody sees the same, so nothing of whoever happens to ask may get into the copy.
        condition = environ.pop("HTTP_IF_NONE_MATCH", "")
        for name in ("HTTP_COOKIE", "HTTP_AUTHORIZATION"):
            environ.pop(name, None)
        said: list[Any] = []
        parts = self.application(environ, lambda status, headers, *more: said.extend((status, headers)))
        try:
            body = b"".join(parts)
        finally:
            getattr(parts, "close", lambda: None)()
        status, headers = said[0], said[1]
        if status.startswith("5") and kept is not None:
            return kept.answer(condition, start_response)
        copy = _copy(status, headers, body, at)
        if copy is None:
            start_response(status, headers)
            return [body]
        if len(self.copies) >= _MOST_KEPT:
            self.copies.clear()
        self.copies[key] = copy
        return copy.answer(condition, start_response)


def _copy(status: str, headers: list[tuple[str, str]], body: bytes, at: datetime) -> Copy | None:
    named = {name.lower(): value for name, value in headers}
    shared = _SHARED.search(named.get("cache-control", ""))
    if not status.startswith("200") or shared is None:
        return None
    shown = [pair for pair in headers if pair[0].lower() not in _OWN_HEADERS]
    return Copy(at + timedelta(seconds=int(shared[1])), at, named.get("etag", ""), shown, body)


class Drawn:
    """What each address was drawn to, and from which data."""

    def __init__(self) -> None:
        self.kept: dict[Any, tuple[bytes, bytes]] = {}

    def of(self, key: Any, data: bytes, draw: Callable[[], str | bytes]) -> bytes:
        """The kept drawing when the data are the same, else a new one."""
        version = hashlib.sha256(data).digest()
        there = self.kept.get(key)
        if there is not None and there[0] == version:
            return there[1]
        made = draw()
        body = made if isinstance(made, bytes) else made.encode()
        if len(self.kept) >= _MOST_KEPT:
            self.kept.clear()
        self.kept[key] = (version, body)
        return body
