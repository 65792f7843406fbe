"""Calls of the JSON routes of reviews."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from tests.factories import bearer
from tests.reviews import steps

PAPER = {
    "part": "peers",
    "given_out": 1,
    "returned": 1,
    "valid": 1,
    "counters": ["丁计票", "监票人"],
    "members": {number: {"qualified": 1} for number in steps.GRADED},
}


def call(
    client: FlaskClient, method: str, address: str, body: Any = None, who: str = "secretary", **headers: str
) -> Any:
    return client.open(f"/api/v1/reviews{address}", method=method, json=body, headers={**bearer(who), **headers})
