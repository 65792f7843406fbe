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
    ("GET", "/api/v1/announcements"): "notices:announce",
    ("POST", "/api/v1/announcements"): "notices:announce",
    ("GET", "/api/v1/announcements/<announcement_id>"): "self:use",
    ("POST", "/api/v1/announcements/<announcement_id>/open"): "notices:announce",
    ("POST", "/api/v1/announcements/<announcement_id>/withdraw"): "notices:announce",
    ("GET", "/api/v1/announcements/<announcement_id>/readers"): "notices:announce",
    ("GET", "/api/v1/channels"): "channels:manage",
    ("POST", "/api/v1/channels"): "channels:manage",
    ("POST", "/api/v1/channels/<channel_id>/test"): "channels:manage",
    ("POST", "/api/v1/channels/<channel_id>/close"): "channels:manage",
    ("GET", "/api/v1/dead-letters"): "letters:manage",
    ("GET", "/api/v1/dead-jobs"): "letters:manage",
    ("POST", "/api/v1/dead-letters/<letter_id>/again"): "letters:manage",
    ("POST", "/api/v1/dead-letters/<letter_id>/give-up"): "letters:manage",
    ("POST", "/api/v1/dead-jobs/<job_id>/again"): "letters:manage",
    ("POST", "/api/v1/dead-jobs/<job_id>/give-up"): "letters:manage",
    ("POST", "/api/v1/notices/read-all"): "self:use",
    ("GET", "/api/v1/notices/wishes"): "self:use",
    ("PUT", "/api/v1/notices/wishes"): "self:use",
    ("GET", "/announcements"): "notices:announce",
    ("GET", "/announcements/new"): "notices:announce",
    ("POST", "/announcements/new"): "notices:announce",
    ("GET", "/announcements/<announcement_id>"): "self:use",
    ("GET", "/announcements/<announcement_id>/readers"): "notices:announce",
    ("POST", "/announcements/<announcement_id>/open"): "notices:announce",
    ("POST", "/announcements/<announcement_id>/withdraw"): "notices:announce",
    ("GET", "/channels"): "channels:manage",
    ("GET", "/channels/new"): "channels:manage",
    ("POST", "/channels/new"): "channels:manage",
    ("POST", "/channels/<channel_id>/test"): "channels:manage",
    ("POST", "/channels/<channel_id>/close"): "channels:manage",
    ("GET", "/dead-letters"): "letters:manage",
    ("POST", "/dead-letters/<letter_id>/again"): "letters:manage",
    ("POST", "/dead-letters/<letter_id>/give-up"): "letters:manage",
    ("POST", "/dead-jobs/<job_id>/again"): "letters:manage",
    ("POST", "/dead-jobs/<job_id>/give-up"): "letters:manage",
    ("GET", "/notices/wishes"): "self:use",
    ("POST", "/notices/wishes"): "self:use",
    ("GET", "/api/v1/accounts"): "accounts:manage",
    ("POST", "/api/v1/accounts"): "accounts:manage",
    ("GET", "/api/v1/accounts/<account_id>"): "accounts:manage",
    ("POST", "/api/v1/accounts/<account_id>/disable"): "accounts:manage",
    ("POST", "/api/v1/accounts/<account_id>/end"): "accounts:manage",
    ("POST", "/api/v1/accounts/<account_id>/password"): "accounts:manage",
    ("GET", "/api/v1/audit"): "audit:read",
    ("GET", "/api/v1/declarations"): "declarations:read",
    ("POST", "/api/v1/declarations"): "declarations:declare",
    ("GET", "/api/v1/declarations/<declaration_id>"): "declarations:read",
    ("POST", "/api/v1/declarations/<declaration_id>/approve"): "declarations:review",
    ("POST", "/api/v1/declarations/<declaration_id>/evidence"): "declarations:declare",
    ("GET", "/api/v1/declarations/<declaration_id>/evidence/<evidence_id>"): "declarations:read",
    ("POST", "/api/v1/declarations/<declaration_id>/reject"): "declarations:review",
    ("POST", "/api/v1/declarations/<declaration_id>/resend"): "declarations:declare",
    ("POST", "/api/v1/declarations/<declaration_id>/withdraw"): "declarations:declare",
    ("POST", "/api/v1/declarations/approve"): "declarations:review",
    ("GET", "/api/v1/disputes"): "disputes:read",
    ("POST", "/api/v1/disputes"): "disputes:raise",
    ("GET", "/api/v1/disputes/<dispute_id>"): "disputes:read",
    ("POST", "/api/v1/disputes/<dispute_id>/dismiss"): "disputes:decide",
    ("POST", "/api/v1/disputes/<dispute_id>/uphold"): "disputes:decide",
    ("POST", "/api/v1/disputes/<dispute_id>/withdraw"): "disputes:raise",
    ("GET", "/api/v1/docs"): "public",
    ("POST", "/api/v1/entries"): "ledger:record",
    ("GET", "/api/v1/entries/<entry_id>"): "ledger:read",
    ("GET", "/api/v1/entries/<entry_id>/proof"): "ledger:read",
    ("GET", "/api/v1/entries/<entry_id>/receipt"): "ledger:read",
    ("POST", "/api/v1/entries/<entry_id>/reverse"): "ledger:record",
    ("POST", "/api/v1/entries/batch"): "ledger:record",
    ("GET", "/api/v1/honour-roll"): "publicity:read",
    ("GET", "/api/v1/exports"): "exports:read",
    ("POST", "/api/v1/exports"): "exports:read",
    ("GET", "/api/v1/exports/<export_id>"): "exports:read",
    ("GET", "/api/v1/exports/<export_id>/content"): "exports:read",
    ("GET", "/api/v1/exports/attendance"): "exports:read",
    ("GET", "/api/v1/exports/entries"): "exports:read",
    ("GET", "/api/v1/exports/members"): "exports:read",
    ("GET", "/api/v1/exports/organisations"): "exports:read",
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
    ("GET", "/api/v1/publications"): "publicity:read",
    ("GET", "/api/v1/rehearsals"): "rehearsals:read",
    ("POST", "/api/v1/rehearsals"): "schemes:manage",
    ("GET", "/api/v1/rehearsals/<rehearsal_id>"): "rehearsals:read",
    ("GET", "/api/v1/rehearsals/<rehearsal_id>/changes"): "rehearsals:read",
    ("GET", "/api/v1/reconciliations"): "reconciliations:read",
    ("POST", "/api/v1/reconciliations"): "reconciliations:run",
    ("GET", "/api/v1/reviews"): "reviews:read",
    ("POST", "/api/v1/reviews"): "reviews:manage",
    ("GET", "/api/v1/reviews/<review_id>"): "reviews:read",
    ("GET", "/api/v1/reviews/<review_id>/ballot"): "reviews:vote",
    ("POST", "/api/v1/reviews/<review_id>/ballot"): "reviews:vote",
    ("POST", "/api/v1/reviews/<review_id>/close"): "reviews:manage",
    ("POST", "/api/v1/reviews/<review_id>/close-ballot"): "reviews:manage",
    ("GET", "/api/v1/reviews/<review_id>/codes"): "reviews:manage",
    ("POST", "/api/v1/reviews/<review_id>/codes"): "reviews:manage",
    ("PUT", "/api/v1/reviews/<review_id>/counts"): "reviews:manage",
    ("POST", "/api/v1/reviews/<review_id>/decide"): "reviews:manage",
    ("POST", "/api/v1/reviews/<review_id>/extend"): "reviews:manage",
    ("PUT", "/api/v1/reviews/<review_id>/members/<number>/self"): "reviews:manage",
    ("POST", "/api/v1/reviews/<review_id>/open"): "reviews:manage",
    ("POST", "/api/v1/reviews/<review_id>/publicise"): "reviews:manage",
    ("POST", "/api/v1/reviews/<review_id>/reconsider"): "reviews:manage",
    ("GET", "/api/v1/reviews/<review_id>/results"): "reviews:read",
    ("PUT", "/api/v1/reviews/<review_id>/roster"): "reviews:manage",
    ("PUT", "/api/v1/reviews/<review_id>/self"): "reviews:vote",
    ("POST", "/api/v1/reviews/<review_id>/withdraw"): "reviews:manage",
    ("GET", "/api/v1/reviews/figures"): "reviews:read",
    ("GET", "/api/v1/reviews/mine"): "reviews:vote",
    ("GET", "/api/v1/organisations/<code>"): "organisations:read",
    ("PATCH", "/api/v1/organisations/<code>"): "organisations:manage",
    ("GET", "/api/v1/organisations/<code>/settings"): "organisations:read",
    ("PUT", "/api/v1/organisations/<code>/settings/<name>"): "settings:manage",
    ("GET", "/api/v1/away-receipts"): "receipts:read",
    ("POST", "/api/v1/away-receipts"): "receipts:submit",
    ("GET", "/api/v1/away-receipts/<receipt_id>"): "receipts:read",
    ("POST", "/api/v1/away-receipts/<receipt_id>/confirm"): "receipts:decide",
    ("POST", "/api/v1/away-receipts/<receipt_id>/refuse"): "receipts:decide",
    ("GET", "/api/v1/schemes"): "schemes:read",
    ("POST", "/api/v1/schemes"): "schemes:manage",
    ("GET", "/api/v1/schemes/<scheme_id>"): "schemes:read",
    ("PUT", "/api/v1/schemes/<scheme_id>"): "schemes:manage",
    ("GET", "/api/v1/schemes/<scheme_id>/changes"): "schemes:manage",
    ("POST", "/api/v1/schemes/<scheme_id>/publish"): "schemes:manage",
    ("GET", "/api/v1/schemes/templates"): "schemes:manage",
    ("GET", "/api/v1/standings"): "publicity:read",
    ("GET", "/api/v1/tallies"): "tallies:read",
    ("POST", "/api/v1/tallies"): "tallies:run",
    ("GET", "/api/v1/tallies/<tally_id>"): "tallies:read",
    ("GET", "/api/v1/tallies/<tally_id>/changes"): "tallies:read",
    ("GET", "/api/v1/tallies/<tally_id>/list"): "publicity:read",
    ("GET", "/api/v1/tallies/<tally_id>/publications"): "tallies:read",
    ("POST", "/api/v1/tallies/<tally_id>/publicise"): "tallies:run",
    ("GET", "/api/v1/tallies/<tally_id>/proof"): "score:read",
    ("GET", "/api/v1/tallies/<tally_id>/results"): "tallies:read",
    ("POST", "/api/v1/tallies/<tally_id>/seal"): "tallies:seal",
    ("GET", "/"): "self:use",
    ("GET", "/audit"): "audit:read",
    ("GET", "/accounts"): "accounts:manage",
    ("GET", "/accounts/<account_id>"): "accounts:manage",
    ("POST", "/accounts/<account_id>/disable"): "accounts:manage",
    ("POST", "/accounts/<account_id>/end"): "accounts:manage",
    ("POST", "/accounts/<account_id>/password"): "accounts:manage",
    ("GET", "/accounts/new"): "accounts:manage",
    ("POST", "/accounts/new"): "accounts:manage",
    ("GET", "/branch"): "meetings:read",
    ("GET", "/charts"): "tallies:read",
    ("GET", "/design"): "self:use",
    ("GET", "/declarations"): "declarations:read",
    ("GET", "/declarations/<declaration_id>"): "declarations:read",
    ("GET", "/declarations/<declaration_id>/amend"): "declarations:declare",
    ("POST", "/declarations/<declaration_id>/amend"): "declarations:declare",
    ("POST", "/declarations/<declaration_id>/evidence"): "declarations:declare",
    ("GET", "/declarations/<declaration_id>/evidence/<evidence_id>"): "declarations:read",
    ("POST", "/declarations/<declaration_id>/return"): "declarations:review",
    ("POST", "/declarations/<declaration_id>/withdraw"): "declarations:declare",
    ("POST", "/declarations/approve"): "declarations:review",
    ("GET", "/declarations/lines"): "declarations:review",
    ("POST", "/declarations/lines"): "declarations:review",
    ("GET", "/declarations/new"): "declarations:declare",
    ("POST", "/declarations/new"): "declarations:declare",
    ("GET", "/declarations/own"): "declarations:read",
    ("GET", "/declarations/paper"): "declarations:review",
    ("GET", "/declarations/sheets"): "declarations:review",
    ("POST", "/declarations/sheets"): "declarations:review",
    ("POST", "/display"): "public",
    ("GET", "/disputes"): "disputes:read",
    ("GET", "/disputes/<dispute_id>"): "disputes:read",
    ("POST", "/disputes/<dispute_id>/decide"): "disputes:decide",
    ("POST", "/disputes/<dispute_id>/withdraw"): "disputes:raise",
    ("GET", "/disputes/new"): "disputes:raise",
    ("POST", "/disputes/new"): "disputes:raise",
    ("GET", "/entries/<entry_id>/proof.json"): "ledger:read",
    ("GET", "/entries/<entry_id>/receipt"): "ledger:read",
    ("GET", "/doubles"): "ledger:record",
    ("POST", "/doubles/<entry_id>/reverse"): "ledger:record",
    ("POST", "/entries/<entry_id>/reverse"): "ledger:record",
    ("GET", "/entries/new"): "ledger:record",
    ("POST", "/entries/new"): "ledger:record",
    ("GET", "/guide"): "self:use",
    ("GET", "/exports"): "exports:read",
    ("POST", "/exports"): "exports:read",
    ("GET", "/exports/<export_id>"): "exports:read",
    ("GET", "/exports/<export_id>/content"): "exports:read",
    ("GET", "/exports/table"): "exports:read",
    ("GET", "/healthz"): "public",
    ("GET", "/honour-roll"): "publicity:read",
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
    ("GET", "/members/<number>/card"): "score:read",
    ("GET", "/members/<number>/card.xlsx"): "score:read",
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
    ("GET", "/publicity"): "publicity:read",
    ("GET", "/readyz"): "public",
    ("POST", "/rehearsals"): "schemes:manage",
    ("GET", "/rehearsals/<rehearsal_id>"): "rehearsals:read",
    ("GET", "/receipts"): "public",
    ("GET", "/receipts/<code>"): "public",
    ("GET", "/reconciliations"): "reconciliations:read",
    ("POST", "/reconciliations"): "reconciliations:run",
    ("GET", "/reviews"): "reviews:read",
    ("POST", "/reviews"): "reviews:manage",
    ("GET", "/reviews/<review_id>"): "reviews:read",
    ("GET", "/reviews/<review_id>/ballot"): "reviews:vote",
    ("POST", "/reviews/<review_id>/ballot"): "reviews:vote",
    ("POST", "/reviews/<review_id>/close"): "reviews:manage",
    ("POST", "/reviews/<review_id>/close-ballot"): "reviews:manage",
    ("GET", "/reviews/<review_id>/codes"): "reviews:manage",
    ("POST", "/reviews/<review_id>/codes"): "reviews:manage",
    ("GET", "/reviews/<review_id>/counts/<part>"): "reviews:manage",
    ("POST", "/reviews/<review_id>/counts/<part>"): "reviews:manage",
    ("GET", "/reviews/<review_id>/decide"): "reviews:manage",
    ("POST", "/reviews/<review_id>/decide"): "reviews:manage",
    ("POST", "/reviews/<review_id>/extend"): "reviews:manage",
    ("GET", "/reviews/<review_id>/members/<number>/self"): "reviews:manage",
    ("POST", "/reviews/<review_id>/members/<number>/self"): "reviews:manage",
    ("POST", "/reviews/<review_id>/open"): "reviews:manage",
    ("POST", "/reviews/<review_id>/publicise"): "reviews:manage",
    ("POST", "/reviews/<review_id>/reconsider"): "reviews:manage",
    ("GET", "/reviews/<review_id>/results"): "reviews:read",
    ("GET", "/reviews/<review_id>/roster"): "reviews:read",
    ("POST", "/reviews/<review_id>/roster"): "reviews:manage",
    ("GET", "/reviews/<review_id>/self"): "reviews:vote",
    ("POST", "/reviews/<review_id>/self"): "reviews:vote",
    ("POST", "/reviews/<review_id>/withdraw"): "reviews:manage",
    ("GET", "/reviews/mine"): "reviews:vote",
    ("GET", "/away-receipts"): "receipts:read",
    ("POST", "/away-receipts/<receipt_id>/confirm"): "receipts:decide",
    ("POST", "/away-receipts/<receipt_id>/refuse"): "receipts:decide",
    ("GET", "/away-receipts/new"): "receipts:submit",
    ("POST", "/away-receipts/new"): "receipts:submit",
    ("GET", "/schemes"): "schemes:read",
    ("GET", "/schemes/<scheme_id>"): "schemes:read",
    ("GET", "/schemes/<scheme_id>/edit"): "schemes:manage",
    ("GET", "/schemes/<scheme_id>/edit/<part>"): "schemes:manage",
    ("POST", "/schemes/<scheme_id>/edit/<part>"): "schemes:manage",
    ("POST", "/schemes/<scheme_id>/edit/move"): "schemes:manage",
    ("POST", "/schemes/<scheme_id>/edit/remove"): "schemes:manage",
    ("GET", "/schemes/<scheme_id>/publish"): "schemes:manage",
    ("POST", "/schemes/<scheme_id>/publish"): "schemes:manage",
    ("GET", "/schemes/new"): "schemes:manage",
    ("POST", "/schemes/new"): "schemes:manage",
    ("GET", "/score"): "score:read",
    ("GET", "/sign-in"): "public",
    ("POST", "/sign-in"): "public",
    ("POST", "/sign-out"): "public",
    ("GET", "/standings"): "publicity:read",
    ("GET", "/tallies"): "tallies:read",
    ("POST", "/tallies"): "tallies:run",
    ("GET", "/tallies/<tally_id>"): "tallies:read",
    ("GET", "/tallies/<tally_id>/list"): "publicity:read",
    ("POST", "/tallies/<tally_id>/publicise"): "tallies:run",
    ("GET", "/tallies/<tally_id>/results.xlsx"): "tallies:read",
    ("POST", "/tour"): "self:use",
    ("GET", "/tallies/<tally_id>/proof.json"): "score:read",
    ("POST", "/tallies/<tally_id>/seal"): "tallies:seal",
    ("GET", "/verify"): "public",
    ("GET", "/verify.py"): "public",
    ("GET", "/vote"): "public",
    ("GET", "/vote/<code>"): "public",
    ("POST", "/vote/<code>"): "public",
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
