"""The page of who did what: in words, for those who may read it, within their reach."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from pointsvc import trail
from tests import factories
from tests.factories import bearer

PACKAGE = Path(__file__).parents[2] / "pointsvc"


@pytest.fixture(autouse=True)
def _district(client: FlaskClient) -> None:
    factories.district()


def test_every_act_that_is_noted_has_its_words() -> None:
    acts = {act for path in PACKAGE.rglob("*.py") for act in re.findall(r'action="(\w+:\w+)"', path.read_text("utf-8"))}
    assert len(acts) > 15
    missing = [act for act in acts if act.split(":")[0] not in trail.NOUNS or act.split(":")[1] not in trail.VERBS]
    assert sorted(missing) == []


def test_every_detail_that_is_noted_has_its_words() -> None:
    """By the names of the arguments; details that are handed on as ``**details`` are not seen here."""
    calls = (
        node
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("audit.note", "_become")
    )
    named = {word.arg for call in calls for word in call.keywords if word.arg} - {"actor", "at", "action", "object_id"}
    assert len(named) > 30
    assert sorted(named - trail.DETAILS.keys()) == []


def test_an_auditor_reads_acts_in_words_and_by_account(client: FlaskClient) -> None:
    body = {"number": "N001", "name": "林小满", "organisation": "QS0101"}
    assert client.post("/api/v1/members", json=body, headers=bearer("secretary")).status_code == 201
    factories.browser(client, "auditor")
    page = client.get("/audit?account=secretary").text
    assert "党员 · 新增" in page
    assert "N001" in page
    assert "林小满" not in page
    assert "N001" not in client.get("/audit?account=far").text


def test_details_are_told_in_words_and_one_subject_can_be_chosen(client: FlaskClient) -> None:
    factories.browser(client, "secretary")
    asked = {"kind": "members", "format": "xlsx"}
    assert client.get("/exports/table", query_string=asked, follow_redirects=True).status_code == 200
    auditor = client.application.test_client()
    factories.browser(auditor, "auditor")
    page = auditor.get("/audit?about=export").text.split("<tbody>")[1]
    assert "3 行" in page
    assert "格式：xlsx" in page
    assert "rows" not in page
    assert "登录会话" not in page
    assert auditor.get("/audit?about=nonsense").status_code == 200


@pytest.mark.parametrize("name", ["secretary", "member", "overseer", "admin"])
def test_others_do_not_read_it(client: FlaskClient, name: str) -> None:
    factories.browser(client, name)
    assert client.get("/audit").status_code == 403


def test_long_lists_go_on(client: FlaskClient) -> None:
    for n in range(30):
        factories.token(("admin", "far")[n % 2])
    factories.browser(client, "operator")
    first = client.get("/audit").text
    following = re.search(r'href="(/audit[^"]*after=[^"]+)"', first)
    if following:
        assert client.get(following[1].replace("&amp;", "&")).status_code == 200
    assert client.get("/audit?after=nonsense").status_code == 422
