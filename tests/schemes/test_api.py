"""The routes of schemes, walked like a checklist."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pointsvc.permissions import Role
from tests import factories
from tests.factories import bearer
from tests.schemes.sheets import draft, published, sheet

BODY: dict[str, Any] = {"organisation": "QS", "from": "2026-01-01", "scheme": sheet()}


@pytest.fixture(autouse=True)
def _district(app: Flask) -> None:
    factories.district()


def post(client: FlaskClient, who: str = "admin", **changes: Any) -> Any:
    return client.post("/api/v1/schemes", json={**BODY, **changes}, headers=bearer(who))


def test_a_scheme_is_made_and_published(client: FlaskClient) -> None:
    made = post(client)
    assert made.status_code == 201
    assert made.json["version"] == 1
    assert made.json["status"] == "draft"
    assert made.json["from"] == "2026-01-01"
    assert isinstance(made.json["id"], str)
    answer = client.post(f"/api/v1/schemes/{made.json['id']}/publish", headers=bearer("admin"))
    assert answer.status_code == 200
    assert answer.json["status"] == "published"
    assert answer.json["id"] == made.json["id"]
    assert answer.json["published_at"].endswith("+08:00")
    assert post(client).json["version"] == 2


def test_the_document_comes_back_as_it_was_given(client: FlaskClient) -> None:
    document = sheet(basis={"number": "〔2026〕1号", "articles": [1, 2]})
    made = post(client, scheme=document)
    got = client.get(f"/api/v1/schemes/{made.json['id']}", headers=bearer("admin"))
    assert got.status_code == 200
    assert got.json["scheme"] == document


@pytest.mark.parametrize("role", [role for role in Role if role != Role.DISTRICT_ADMIN])
def test_only_the_organisation_department_makes_schemes(client: FlaskClient, role: Role) -> None:
    who = factories.BY_ROLE[role]
    waiting = draft()
    assert post(client, who).status_code == 403
    assert client.post(f"/api/v1/schemes/{waiting.id}/publish", headers=bearer(who)).status_code == 403


def test_without_a_sign_in_nothing_is_shown(client: FlaskClient) -> None:
    assert client.get("/api/v1/schemes").status_code == 401
    assert client.post("/api/v1/schemes", json=BODY).status_code == 401


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"from": "1.1.2026"}, "from"),
        ({"from": None}, "from"),
        ({"from": "1999-12-31"}, "from"),
        ({"organisation": 5}, "organisation"),
        ({"scheme": None}, "scheme"),
        ({"scheme": []}, "scheme"),
        ({"scheme": {**sheet(), "name": ""}}, "scheme.name"),
        ({"scheme": {**sheet(), "carry_over": 0.2}}, "scheme.carry_over"),
        ({"more": 1}, "more"),
    ],
)
def test_a_wrong_body_names_the_field(client: FlaskClient, changes: dict[str, Any], field: str) -> None:
    answer = post(client, **changes)
    assert answer.status_code == 422
    assert field in answer.json["errors"]


def test_a_fault_deep_inside_has_its_path(client: FlaskClient) -> None:
    document = sheet()
    document["rules"][1]["caps"][0]["per"] = "week"
    answer = post(client, scheme=document)
    assert list(answer.json["errors"]) == ["scheme.rules.1.caps.0.per"]


def test_missing_ones_are_not_found(client: FlaskClient) -> None:
    assert post(client, organisation="NOWHERE").status_code == 404
    assert client.post("/api/v1/schemes/999999999/publish", headers=bearer("admin")).status_code == 404
    assert client.get("/api/v1/schemes/999999999", headers=bearer("admin")).status_code == 404
    assert client.get("/api/v1/schemes/x", headers=bearer("admin")).status_code == 404


def test_a_stranger_does_not_find_it(client: FlaskClient) -> None:
    made = published("QS02")
    assert client.get(f"/api/v1/schemes/{made.id}", headers=bearer("secretary")).status_code == 404
    assert client.get("/api/v1/schemes?organisation=QS02", headers=bearer("secretary")).status_code == 404


def test_the_same_key_makes_it_once(client: FlaskClient) -> None:
    headers = {**bearer("admin"), "Idempotency-Key": "once"}
    first = client.post("/api/v1/schemes", json=BODY, headers=headers)
    again = client.post("/api/v1/schemes", json=BODY, headers=headers)
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    other = client.post("/api/v1/schemes", json={**BODY, "from": "2026-02-01"}, headers=headers)
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")


def test_the_list_goes_on_page_by_page(client: FlaskClient) -> None:
    made = [published("QS").id, published("QS01").id, published("QS").id]
    found: list[str] = []
    address = "/api/v1/schemes?organisation=QS0101&limit=1"
    place = ""
    while True:
        answer = client.get(f"{address}&after={place}", headers=bearer("admin"))
        assert answer.status_code == 200
        found += [item["id"] for item in answer.json["items"]]
        place = answer.json["next"]
        if not place:
            break
    assert found == [str(item) for item in reversed(made)]
    assert client.get(f"{address}&after=bm8", headers=bearer("admin")).status_code == 422


def test_pages_show_the_sheet_and_publish_it(client: FlaskClient) -> None:
    waiting = draft()
    csrf = factories.browser(client, "admin")
    assert "草" in client.get("/schemes").text or "draft" in client.get("/schemes").text
    page = client.get(f"/schemes/{waiting.id}")
    assert "参加主题党日" in page.text
    answer = client.post(f"/schemes/{waiting.id}/publish", data={"csrf_token": csrf})
    assert answer.status_code == 302
    assert client.get(f"/api/v1/schemes/{waiting.id}", headers=bearer("admin")).json["status"] == "published"


# ---- drafts that are rewritten


def put(client: FlaskClient, scheme_id: Any, who: str = "admin", **changes: Any) -> Any:
    body = {"scheme": sheet(name="二稿"), "revision": 1} | changes
    return client.put(f"/api/v1/schemes/{scheme_id}", json=body, headers=bearer(who))


def test_a_draft_is_rewritten(client: FlaskClient) -> None:
    made = draft()
    answer = put(client, made.id, **{"from": "2026-03-01"})
    assert answer.status_code == 200
    assert (answer.json["name"], answer.json["from"], answer.json["revision"]) == ("二稿", "2026-03-01", 2)
    assert client.get(f"/api/v1/schemes/{made.id}", headers=bearer("admin")).json["scheme"]["name"] == "二稿"
    assert put(client, made.id, **{"from": "2026-03-01"}).json == answer.json
    late = put(client, made.id, scheme=sheet(name="另一稿"))
    assert (late.status_code, late.json["code"]) == (409, "changed_meanwhile")


@pytest.mark.parametrize("role", [role for role in Role if role != Role.DISTRICT_ADMIN])
def test_only_the_organisation_department_writes_drafts(client: FlaskClient, role: Role) -> None:
    made, who = draft(), factories.BY_ROLE[role]
    assert put(client, made.id, who).status_code == 403
    for address in (f"/api/v1/schemes/{made.id}/changes", "/api/v1/schemes/templates"):
        assert client.get(address, headers=bearer(who)).status_code == 403


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"revision": None}, "revision"),
        ({"revision": "1"}, "revision"),
        ({"scheme": None}, "scheme"),
        ({"scheme": {**sheet(), "floor": 1}}, "scheme.floor"),
        ({"from": "soon"}, "from"),
        ({"organisation": "QS"}, "organisation"),
    ],
)
def test_a_wrong_change_names_the_field(client: FlaskClient, changes: dict[str, Any], field: str) -> None:
    answer = put(client, draft().id, **changes)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_what_cannot_be_rewritten(client: FlaskClient) -> None:
    answer = put(client, published().id)
    assert (answer.status_code, answer.json["code"]) == (409, "published")
    assert put(client, 10**9).status_code == 404
    assert put(client, "x").status_code == 404


def test_another_tree_is_a_stranger(client: FlaskClient) -> None:
    made = draft("QS02")
    factories.sign_in("clerk", Role.DISTRICT_ADMIN, "QS01")
    assert put(client, made.id, "clerk").status_code == 404
    assert client.get(f"/api/v1/schemes/{made.id}/changes", headers=bearer("clerk")).status_code == 404


def test_the_templates_are_whole_sheets(client: FlaskClient) -> None:
    answer = client.get("/api/v1/schemes/templates", headers=bearer("admin"))
    assert answer.status_code == 200
    codes = [item["code"] for item in answer.json["items"]]
    assert codes == ["villages", "communities", "offices", "enterprises", "schools", "retirees"]
    for item in answer.json["items"]:
        made = post(client, scheme=item["scheme"])
        assert (made.status_code, made.json["name"]) == (201, item["name"])


def test_what_a_draft_changes_is_told(client: FlaskClient) -> None:
    before = published()
    document = sheet(ceiling="150")
    document["rules"][0]["points"] = "2"
    del document["rules"][3]
    made = draft(document=document)
    answer = client.get(f"/api/v1/schemes/{made.id}/changes", headers=bearer("admin")).json
    assert answer["against"]["id"] == str(before.id)
    assert answer["rules"] == {
        "added": [],
        "removed": [
            {"code": "advice", "name": "建议被采纳", "before": "每次1至3.5分", "after": None, "fields": []},
        ],
        "changed": [
            {
                "code": "meeting",
                "name": "参加三会一课",
                "before": "每次1分",
                "after": "每次2分",
                "fields": ["points"],
            }
        ],
    }
    assert answer["groups"] == {"added": [], "removed": [], "changed": []}
    assert answer["sheet"] == [{"field": "ceiling", "before": "120分", "after": "150分"}]


def test_the_first_sheet_of_all_changes_everything(client: FlaskClient) -> None:
    answer = client.get(f"/api/v1/schemes/{draft().id}/changes", headers=bearer("admin")).json
    assert answer["against"] is None
    assert len(answer["rules"]["added"]) == len(sheet()["rules"])
    assert client.get("/api/v1/schemes/999999999/changes", headers=bearer("admin")).status_code == 404
