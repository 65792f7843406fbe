"""The JSON routes of reviews: preparing, listing and reading them, and who may call which."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from pointsvc.db import db
from pointsvc.permissions import PERMISSION_MAP, Permission, Role
from pointsvc.reviews.models import Review
from tests import factories
from tests.conftest import FrozenClock
from tests.reviews import steps
from tests.reviews.calls import PAPER, call

BODY = {"organisation": "QS0101", "year": 2026, "held_on": "2026-08-20"}


@pytest.fixture(autouse=True)
def _branch(app: Flask, frozen_clock: FrozenClock) -> None:
    steps.ruled_branch()


# ---- prepare, list, read


def test_a_review_is_prepared_for_one_branch(client: FlaskClient) -> None:
    answer = call(client, "POST", "", BODY)
    assert answer.status_code == 201
    assert answer.json["made"] == 1
    [item] = answer.json["items"]
    assert (item["organisation"], item["year"], item["status"], item["held_on"]) == (
        "QS0101",
        2026,
        "prepared",
        "2026-08-20",
    )
    assert (item["closes_on"], item["reviewed"], item["took_part"]) == (None, 0, 0)


def test_a_street_prepares_all_its_branches_at_once_and_leaves_what_is_there(client: FlaskClient) -> None:
    call(client, "POST", "", BODY)
    answer = call(client, "POST", "", {**BODY, "organisation": "QS01"}, "street")
    assert (answer.status_code, answer.json["made"]) == (201, 1)
    assert [item["organisation"] for item in answer.json["items"]] == ["QS0102"]
    again = call(client, "POST", "", {**BODY, "organisation": "QS01"}, "street")
    assert (again.status_code, again.json["code"]) == (409, "review_exists")
    assert db.session.scalar(select(func.count()).select_from(Review)) == 2


def test_after_a_withdrawn_one_another_can_be_prepared(client: FlaskClient) -> None:
    review_id = call(client, "POST", "", BODY).json["items"][0]["id"]
    call(client, "POST", f"/{review_id}/withdraw", {"reason": "误建"})
    assert call(client, "POST", "", BODY).status_code == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"year": 2024}, "year"),
        ({"year": 2027}, "year"),
        ({"year": "2026"}, "year"),
        ({"held_on": "2025-12-31"}, "held_on"),
        ({"held_on": "20 August"}, "held_on"),
        ({"held_on": None}, "held_on"),
        ({"more": 1}, "more"),
        ({"organisation": "QS03"}, "organisation"),
    ],
)
def test_a_wrong_preparation_is_told_its_field(client: FlaskClient, change: Any, field: str) -> None:
    factories.organisation("QS03", kind="township", parent="QS")
    answer = call(client, "POST", "", {**BODY, **change}, "admin")
    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [field]


def test_the_same_key_prepares_once(client: FlaskClient) -> None:
    first = call(client, "POST", "", BODY, **{"Idempotency-Key": "one"})
    second = call(client, "POST", "", BODY, **{"Idempotency-Key": "one"})
    assert (second.status_code, second.json) == (201, first.json)
    assert second.headers["Idempotency-Replayed"] == "true"


def test_reviews_are_listed_by_node_year_and_state(client: FlaskClient) -> None:
    mine = steps.opened()
    steps.prepared("QS02")
    steps.prepared("QS0102", 2025)
    whole = call(client, "GET", "?limit=2", who="admin")
    assert [item["organisation"] for item in whole.json["items"]] == ["QS0102", "QS0201"]
    rest = call(client, "GET", f"?limit=2&after={whole.json['next']}", who="admin")
    assert ([item["id"] for item in rest.json["items"]], rest.json["next"]) == ([str(mine)], None)
    for query, found in (("year=2025", ["QS0102"]), ("status=open", ["QS0101"]), ("organisation=QS02", ["QS0201"])):
        items = call(client, "GET", f"?{query}", who="admin").json["items"]
        assert [item["organisation"] for item in items] == found
    assert call(client, "GET", "", who="neighbour").json["items"][0]["organisation"] == "QS0102"
    for query in ("status=closed_up", "year=26", "after=x"):
        assert call(client, "GET", f"?{query}").status_code == 422
    assert call(client, "GET", "?organisation=QS02").status_code == 404


def test_a_review_is_read_with_its_roster_and_what_was_done(client: FlaskClient) -> None:
    review_id = steps.opened()
    found = call(client, "GET", f"/{review_id}", who="auditor").json
    assert (found["status"], found["reviewed"], found["voters"]) == ("open", 7, 7)
    assert {seat["member"]: seat["reviewed"] for seat in found["roster"]} == {
        "M002": False,
        **dict.fromkeys(steps.GRADED, True),
    }
    assert [event["act"] for event in found["events"]] == ["prepare", "open"]
    assert "ballot" in found["possible"]
    assert "decide" not in found["possible"]


@pytest.mark.parametrize("address", ["", "/results", "/codes"])
def test_another_branchs_review_is_not_there(client: FlaskClient, address: str) -> None:
    review_id = steps.opened()
    assert call(client, "GET", f"/{review_id}{address}", who="neighbour").status_code == 404
    assert call(client, "GET", f"/999999999{address}").status_code == 404
    assert call(client, "GET", f"/x{address}").status_code == 404


CALLS: tuple[tuple[str, str, Any, Permission], ...] = (
    ("GET", "", None, Permission.REVIEWS_READ),
    ("GET", "/{id}", None, Permission.REVIEWS_READ),
    ("GET", "/{id}/results", None, Permission.REVIEWS_READ),
    ("GET", "/figures", None, Permission.REVIEWS_READ),
    (
        "PUT",
        "/{id}/roster",
        {"members": {"M015": {"reviewed": True, "votes": True, "on_paper": True}}},
        Permission.REVIEWS_MANAGE,
    ),
    ("POST", "/{id}/extend", {"closes_on": "2026-08-25"}, Permission.REVIEWS_MANAGE),
    ("PUT", "/{id}/members/M003/self", {"grade": "qualified"}, Permission.REVIEWS_MANAGE),
    ("POST", "/{id}/codes", {"number": 3}, Permission.REVIEWS_MANAGE),
    ("GET", "/{id}/codes", None, Permission.REVIEWS_MANAGE),
    ("PUT", "/{id}/counts", PAPER, Permission.REVIEWS_MANAGE),
)


@pytest.mark.parametrize(("method", "address", "body", "permission"), CALLS)
def test_who_may_call_what(client: FlaskClient, method: str, address: str, body: Any, permission: Permission) -> None:
    where = address.format(id=steps.opened(on_paper=("M003",)))
    for role in Role:
        answer = call(client, method, where, body, factories.BY_ROLE[role])
        assert (answer.status_code in (200, 201)) == (role in PERMISSION_MAP[permission]), (role, answer.json)
        assert answer.status_code in (200, 201, 403)
    if permission == Permission.REVIEWS_MANAGE:
        assert call(client, method, where, body, "neighbour").status_code == 404
