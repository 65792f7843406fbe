"""The service on an address of this machine, and people who look at it with a browser."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response
from sqlalchemy import func, select
from werkzeug.serving import WSGIRequestHandler, make_server

from pointsvc.db import db
from pointsvc.ledger.models import Entry
from pointsvc.people.models import Member
from tests.factories import PASSWORD
from workers import base, run

DESKTOP = (1280, 900)
PHONE = (360, 740)


class _Quiet(WSGIRequestHandler):
    def log_request(self, *args: Any) -> None:
        """Say nothing: a failed test shows its own page, not each request of it."""


class Site:
    """The real application behind a real socket; ``faults`` is what no page may ever do."""

    def __init__(self, app: Flask, browser: Browser) -> None:
        self.app = app
        self.browser = browser
        self.faults: list[str] = []
        self.contexts: list[BrowserContext] = []
        self.server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def close(self) -> None:
        """Close the browsers' windows, then the server."""
        for context in self.contexts:
            context.close()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        with self.app.app_context():
            db.engine.dispose()

    def window(self, size: tuple[int, int] = DESKTOP, *, scripts: bool = True) -> Page:
        """A new browser of somebody who is not signed in."""
        context = self.browser.new_context(
            base_url=self.base,
            viewport={"width": size[0], "height": size[1]},
            locale="zh-CN",
            java_script_enabled=scripts,
        )
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("request", self._asked)
        page.on("response", self._answered)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        return page

    def signed_in(self, name: str, size: tuple[int, int] = DESKTOP, *, scripts: bool = True) -> Page:
        """A browser in which this account has come through the sign-in page, wherever that led."""
        page = self.window(size, scripts=scripts)
        page.goto("/")
        page.get_by_label("账号").fill(name)
        page.get_by_label("密码").fill(PASSWORD)
        with page.expect_navigation():
            page.get_by_role("button", name="登录").click()
        return page

    def work(self) -> None:
        """Do all jobs that are due, as a worker would."""
        work(self.app)

    def points(self) -> dict[str, Decimal]:
        """The sum of all entries of each member who has any: by number."""
        with self.app.app_context():
            rows = db.session.execute(
                select(Member.number, func.sum(Entry.points).label("total")).join(Entry).group_by(Member.number)
            )
            return {row.number: row.total for row in rows}

    def inside(self, act: Callable[[], Any]) -> Any:
        """Call this in the application's context."""
        with self.app.app_context():
            return act()

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.base}/", "data:")):
            self.faults.append(f"asks elsewhere: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.status} {response.request.method} {response.url}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text}")


def work(app: Flask) -> None:
    """Do all jobs that are due in this application's database."""
    assert set(run.HANDLERS) <= set(sys.modules)
    while base.run_next(app):
        pass


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


STICKING_OUT = """() => [...document.querySelectorAll("main *, header *, footer *")]
    .filter(part => part.getBoundingClientRect().right > window.innerWidth + 1)
    .slice(0, 4).map(part => `${part.tagName} ${part.className} ${part.textContent.trim().slice(0, 30)}`)"""


def sticking_out(page: Page) -> list[str]:
    """The parts that lie beyond the window's right edge when the page is wider than its window."""
    found: list[str] = page.evaluate(STICKING_OUT) if overflow(page) else []
    return found
