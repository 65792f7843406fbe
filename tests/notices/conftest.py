"""Receivers for the tests of notices."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.notices.receivers import MailServer, Post


@pytest.fixture
def post() -> Iterator[Post]:
    """A web server that takes messages."""
    server = Post()
    yield server
    server.close()


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A mail server that takes messages."""
    server = MailServer()
    yield server
    server.close()
