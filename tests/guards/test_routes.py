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

PUBLIC = "public"

# A new route needs a line here, so that somebody has thought about who may use it.
DECLARED = {
    ("GET", "/api/v1/accounts"): "accounts:manage",
    ("POST", "/api/v1/accounts"): "accounts:manage",
    ("GET", "/api/v1/accounts/<account_id>"): "accounts:manage",
    ("POST", "/api/v1/accounts/<account_id>/disable"): "accounts:manage",
    ("POST", "/api/v1/accounts/<account_id>/end"): "accounts:manage",
    ("POST", "/api/v1/accounts/<account_id>/password"): "accounts:manage",
    ("GET", "/api/v1/audit"): "audit:read",
    ("GET", "/api/v1/docs"): "public",
    ("POST", "/api/v1/entries"): "ledger:record",
    ("GET", "/api/v1/entries/<entry_id>"): "ledger:read",
    ("POST", "/api/v1/entries/<entry_id>/reverse"): "ledger:record",
    ("POST", "/api/v1/entries/batch"): "ledger:record",
    ("POST", "/api/v1/exemptions/<exemption_id>/end"): "members:manage",
    ("GET", "/api/v1/imports"): "imports:run",
    ("POST", "/api/v1/imports"): "imports:run",
    ("GET", "/api/v1/imports/<import_id>"): "imports:run",
    ("POST", "/api/v1/imports/<import_id>/columns"): "imports:run",
    ("POST", "/api/v1/imports/<import_id>/commit"): "imports:run",
    ("GET", "/api/v1/imports/<import_id>/rejected"): "imports:run",
    ("POST", "/api/v1/imports/<import_id>/undo"): "imports:run",
    ("GET", "/api/v1/me"): "self:use",
    ("GET", "/api/v1/meetings"): "meetings:read",
    ("POST", "/api/v1/meetings"): "meetings:record",
    ("GET", "/api/v1/meetings/<meeting_id>"): "meetings:read",
    ("PUT", "/api/v1/meetings/<meeting_id>/marks"): "meetings:record",
    ("GET", "/api/v1/members"): "members:read",
    ("POST", "/api/v1/members"): "members:manage",
    ("GET", "/api/v1/members/<number>"): "members:read",
    ("POST", "/api/v1/members/<number>/category"): "members:manage",
    ("GET", "/api/v1/members/<number>/entries"): "ledger:read",
    ("GET", "/api/v1/members/<number>/exemptions"): "exemptions:read",
    ("POST", "/api/v1/members/<number>/exemptions"): "members:manage",
    ("GET", "/api/v1/members/<number>/history"): "members:read",
    ("PUT", "/api/v1/members/<number>/previous-total"): "members:manage",
    ("POST", "/api/v1/members/<number>/release"): "members:manage",
    ("GET", "/api/v1/members/<number>/score"): "score:read",
    ("POST", "/api/v1/members/<number>/transfer"): "members:manage",
    ("GET", "/api/v1/members/without-branch"): "members:manage",
    ("GET", "/api/v1/merges"): "members:merge",
    ("POST", "/api/v1/merges"): "members:merge",
    ("POST", "/api/v1/merges/<merge_id>/undo"): "members:merge",
    ("GET", "/api/v1/merges/suggestions"): "members:merge",
    ("GET", "/api/v1/notices"): "self:use",
    ("POST", "/api/v1/notices/<notice_id>/read"): "self:use",
    ("GET", "/api/v1/openapi.json"): "public",
    ("GET", "/api/v1/organisations"): "organisations:read",
    ("POST", "/api/v1/organisations"): "organisations:manage",
    ("GET", "/api/v1/organisations/<code>"): "organisations:read",
    ("PATCH", "/api/v1/organisations/<code>"): "organisations:manage",
    ("GET", "/api/v1/organisations/<code>/settings"): "organisations:read",
    ("PUT", "/api/v1/organisations/<code>/settings/<name>"): "settings:manage",
    ("GET", "/api/v1/receipts"): "receipts:read",
    ("POST", "/api/v1/receipts"): "receipts:submit",
    ("GET", "/api/v1/receipts/<receipt_id>"): "receipts:read",
    ("POST", "/api/v1/receipts/<receipt_id>/confirm"): "receipts:decide",
    ("POST", "/api/v1/receipts/<receipt_id>/refuse"): "receipts:decide",
    ("GET", "/api/v1/schemes"): "schemes:read",
    ("POST", "/api/v1/schemes"): "schemes:manage",
    ("GET", "/api/v1/schemes/<scheme_id>"): "schemes:read",
    ("POST", "/api/v1/schemes/<scheme_id>/publish"): "schemes:manage",
    ("GET", "/api/v1/standings"): "standings:read",
    ("GET", "/api/v1/tallies"): "tallies:read",
    ("POST", "/api/v1/tallies"): "tallies:run",
    ("GET", "/api/v1/tallies/<tally_id>"): "tallies:read",
    ("GET", "/api/v1/tallies/<tally_id>/results"): "tallies:read",
    ("GET", "/"): "self:use",
    ("GET", "/accounts"): "accounts:manage",
    ("GET", "/accounts/<account_id>"): "accounts:manage",
    ("POST", "/accounts/<account_id>/disable"): "accounts:manage",
    ("POST", "/accounts/<account_id>/end"): "accounts:manage",
    ("POST", "/accounts/<account_id>/password"): "accounts:manage",
    ("GET", "/accounts/new"): "accounts:manage",
    ("POST", "/accounts/new"): "accounts:manage",
    ("GET", "/branch"): "meetings:read",
    ("POST", "/display"): "public",
    ("GET", "/doubles"): "ledger:record",
    ("POST", "/doubles/<entry_id>/reverse"): "ledger:record",
    ("POST", "/entries/<entry_id>/reverse"): "ledger:record",
    ("GET", "/entries/new"): "ledger:record",
    ("POST", "/entries/new"): "ledger:record",
    ("GET", "/healthz"): "public",
    ("GET", "/imports"): "imports:run",
    ("POST", "/imports"): "imports:run",
    ("GET", "/imports/<import_id>"): "imports:run",
    ("POST", "/imports/<import_id>/columns"): "imports:run",
    ("POST", "/imports/<import_id>/commit"): "imports:run",
    ("GET", "/imports/<import_id>/rejected"): "imports:run",
    ("POST", "/imports/<import_id>/undo"): "imports:run",
    ("POST", "/language"): "public",
    ("GET", "/meetings"): "meetings:read",
    ("GET", "/meetings/<meeting_id>"): "meetings:read",
    ("POST", "/meetings/<meeting_id>/marks"): "meetings:record",
    ("GET", "/meetings/new"): "meetings:record",
    ("POST", "/meetings/new"): "meetings:record",
    ("GET", "/members"): "members:read",
    ("GET", "/members/<number>"): "members:read",
    ("POST", "/members/<number>/category"): "members:manage",
    ("POST", "/members/<number>/exemptions"): "members:manage",
    ("POST", "/members/<number>/exemptions/<exemption_id>/end"): "members:manage",
    ("GET", "/members/<number>/letters/<day>"): "score:read",
    ("POST", "/members/<number>/release"): "members:manage",
    ("POST", "/members/<number>/transfer"): "members:manage",
    ("GET", "/members/without-branch"): "members:manage",
    ("GET", "/merges"): "members:merge",
    ("POST", "/merges/<merge_id>/undo"): "members:merge",
    ("GET", "/merges/new"): "members:merge",
    ("POST", "/merges/new"): "members:merge",
    ("GET", "/metrics"): "public",
    ("GET", "/notices"): "self:use",
    ("POST", "/notices/<notice_id>/read"): "self:use",
    ("POST", "/notices/read-all"): "self:use",
    ("GET", "/organisations"): "organisations:read",
    ("GET", "/organisations/<code>"): "organisations:read",
    ("POST", "/organisations/<code>"): "organisations:manage",
    ("POST", "/organisations/<code>/settings"): "settings:manage",
    ("GET", "/password"): "self:use",
    ("POST", "/password"): "self:use",
    ("GET", "/readyz"): "public",
    ("GET", "/receipts"): "receipts:read",
    ("POST", "/receipts/<receipt_id>/confirm"): "receipts:decide",
    ("POST", "/receipts/<receipt_id>/refuse"): "receipts:decide",
    ("GET", "/receipts/new"): "receipts:submit",
    ("POST", "/receipts/new"): "receipts:submit",
    ("GET", "/schemes"): "schemes:read",
    ("GET", "/schemes/<scheme_id>"): "schemes:read",
    ("POST", "/schemes/<scheme_id>/publish"): "schemes:manage",
    ("GET", "/score"): "score:read",
    ("GET", "/sign-in"): "public",
    ("POST", "/sign-in"): "public",
    ("POST", "/sign-out"): "public",
    ("GET", "/standings"): "standings:read",
    ("GET", "/tallies"): "tallies:read",
    ("POST", "/tallies"): "tallies:run",
    ("GET", "/tallies/<tally_id>"): "tallies:read",
    ("GET", "/tallies/<tally_id>/results.xlsx"): "tallies:read",
}


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
