"""Every route names its permission, and it is the one written here; who lacks it gets nowhere."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pointsvc import http
from pointsvc.permissions import PERMISSION_MAP, Permission
from tests import factories
from tests.guards.routes import DECLARED

PUBLIC = "public"


def routes(app: Flask) -> dict[tuple[str, str], str]:
    """The permission of each method and address of the service."""
    return {
        (method, rule.rule): str(app.view_functions[rule.endpoint]._permission or PUBLIC)  # type: ignore[attr-defined] # by requires()
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def address(rule: str) -> str:
    """The address with something in each of its places."""
    return re.sub(r"<[^>]+>", "1", rule)


def test_every_route_needs_what_is_written_here(app: Flask) -> None:
    assert routes(app) == DECLARED


def test_a_bare_route_is_found_out() -> None:
    app = Flask("bare")
    app.add_url_rule("/marked", "marked", http.public(lambda: "marked"))
    assert http.bare_routes(app) == []
    app.add_url_rule("/bare", "bare", lambda: "bare")
    assert http.bare_routes(app) == ["bare"]


def test_without_signing_in_nothing_opens(client: FlaskClient) -> None:
    for (method, rule), permission in DECLARED.items():
        if permission == PUBLIC:
            continue
        answer = client.open(address(rule), method=method)
        if rule.startswith("/api/"):
            assert answer.status_code == 401, (method, rule)
            assert answer.json["code"] == "unauthenticated"
        elif method == "GET":
            assert answer.location.startswith("/sign-in"), (method, rule)
        else:
            assert answer.status_code == 403, (method, rule)


def test_without_the_permission_nothing_opens(client: FlaskClient) -> None:
    factories.district()
    headers = {role: factories.bearer(name) for role, name in factories.BY_ROLE.items()}
    tried = 0
    for (method, rule), permission in DECLARED.items():
        if not rule.startswith("/api/") or permission == PUBLIC:
            continue
        for role in headers.keys() - PERMISSION_MAP[Permission(permission)]:
            answer: Any = client.open(address(rule), method=method, headers=headers[role])
            assert (answer.status_code, answer.json["code"]) == (403, "forbidden"), (method, rule, role)
            tried += 1
    assert tried > 20


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_are_refused_in_the_one_shape(client: FlaskClient, method: str) -> None:
    answer = client.open("/api/v1/me", method=method)
    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


def test_the_address_of_a_form_is_no_page_to_a_person(client: FlaskClient) -> None:
    answer = client.get("/sign-out", headers={"Accept": "text/html"})
    assert answer.status_code == 405
    assert "没有这个页面" in answer.text
