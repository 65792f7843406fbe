"""Walks the service as a reader does: from link to link, each kind of page once for each role."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from urllib.parse import urlsplit

from playwright.sync_api import Error, Page

# Downloads are no pages, and a swagger page is another project's.
NO_PAGES = re.compile(r"\.(xlsx|csv|zip|json|py|docx|png|svg|pdf)$|^/api/|^/static/|/content$|/rejected$")
LINKS = "[...document.querySelectorAll('a[href]')].map(link => link.getAttribute('href'))"


def kind(address: str) -> str:
    """The address with its numbers and codes taken out: pages that differ only in these are one kind."""
    path = urlsplit(address).path
    return re.sub(r"/(?=[^/]*\d)[^/]+", "/*", path)


def walk(page: Page, *starts: str) -> Iterator[str]:
    """Open each kind of page that links lead to (from the first page unless said), and yield its address
    while it is open.

    Forms are not sent and downloads not taken.
    """
    seen: set[str] = set()
    waiting = deque(starts or ("/",))
    while waiting:
        address = waiting.popleft()
        if kind(address) in seen:
            continue
        seen.add(kind(address))
        try:
            answer = page.goto(address)
        except Error as error:
            # A file to take away is no page.
            if "Download is starting" in str(error):
                continue
            raise
        assert answer is not None
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        assert answer.status == 200, (address, answer.status)
        # Where it led, if it led elsewhere.
        seen.add(kind(page.url))
        yield urlsplit(page.url).path
        for link in page.evaluate(LINKS):
            if link.startswith("/") and not NO_PAGES.search(urlsplit(link).path):
                waiting.append(link)
