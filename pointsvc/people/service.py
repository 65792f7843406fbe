"""Verbs of people."""

from __future__ import annotations

from pointsvc.permissions import Actor


def actor_of_token(token: str) -> Actor | None:
    """The actor behind a bearer token, or None."""


def actor_of_session(key: str) -> Actor | None:
    """The actor behind a browser session's key, or None."""
