"""Drafts by page, as an office clerk's browser without scripts sends its forms."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pointsvc.db import db
from pointsvc.schemes import document as documents
from pointsvc.schemes.models import Scheme
from tests import factories
from tests.schemes.sheets import draft, published, sheet


@pytest.fixture(autouse=True)
def _district(app: Flask) -> None:
    factories.district()


@pytest.fixture
def csrf(client: FlaskClient) -> str:
    """The district clerk has signed in."""
    return factories.browser(client, "admin")


def fields(page: str) -> dict[str, Any]:
    """What a browser would send of the page's editing form if nothing were touched."""
    form = page[page.index('id="form"') : page.index("</form>", page.index('id="form"'))]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        named = dict(re.findall(r'(\w[\w-]*)="([^"]*)"', tag))
        if named.get("type") in ("checkbox", "radio") and " checked" not in tag:
            continue
        found.setdefault(named["name"], []).append(unescape(named.get("value", "")))
    for name, inside in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', inside)
        found[name] = unescape(chosen[1]) if chosen else ""
    for name, inside in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.S):
        found[name] = unescape(inside)
    return found


def stored(scheme_id: int) -> Scheme:
    db.session.expire_all()
    return db.session.get_one(Scheme, scheme_id)


def save(client: FlaskClient, address: str, **changes: Any) -> Any:
    """Open a form, change these fields and send it."""
    page = client.get(address)
    assert page.status_code == 200
    return client.post(address, data=fields(page.text) | changes)


# ---- a new draft


@pytest.mark.usefixtures("csrf")
def test_one_can_start_from_a_template_the_sheet_in_force_or_nothing(client: FlaskClient) -> None:
    page = client.get("/schemes/new").text
    assert "农村党员积分管理办法" in page
    assert 'value="in_force"' not in page
    published()
    assert 'value="in_force"' in client.get("/schemes/new").text


@pytest.mark.parametrize(("start", "name"), [("villages", "农村党员积分管理办法"), ("empty", "新积分办法")])
def test_a_draft_is_begun(client: FlaskClient, csrf: str, start: str, name: str) -> None:
    form = {"csrf_token": csrf, "organisation": "QS02", "starts_on": "2027-01-01", "start": start}
    answer = client.post("/schemes/new", data=form)
    assert answer.status_code == 302
    made = stored(int(answer.location.split("/")[2]))
    assert (made.name, made.status, made.starts_on.isoformat()) == (name, "draft", "2027-01-01")
    assert name in client.get(answer.location).text


def test_the_sheet_in_force_above_can_be_taken_over(client: FlaskClient, csrf: str) -> None:
    above = published()
    form = {"csrf_token": csrf, "organisation": "QS01", "starts_on": "2027-01-01", "start": "in_force"}
    made = stored(int(client.post("/schemes/new", data=form).location.split("/")[2]))
    assert made.digest == above.digest
    assert made.organisation_id == factories.organisation_id("QS01")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"start": ""}, "start"),
        ({"start": "in_force"}, "start"),
        ({"starts_on": ""}, "starts_on"),
        ({"starts_on": "1999-01-01"}, "starts_on"),
    ],
)
def test_a_beginning_that_is_not_right_is_told_at_its_field(
    client: FlaskClient, csrf: str, changes: dict[str, str], field: str
) -> None:
    form = {"csrf_token": csrf, "organisation": "QS", "starts_on": "2027-01-01", "start": "empty"} | changes
    answer = client.post("/schemes/new", data=form)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text


# ---- the forms


@pytest.mark.usefixtures("csrf")
@pytest.mark.parametrize(
    "part", ["title", "totals", "grades", "activities", "group?code=life", "rule?code=themeday", "rule?code=award"]
)
def test_a_form_saved_untouched_changes_nothing(client: FlaskClient, part: str) -> None:
    made = draft(document=sheet(about="给村里用", basis="青组〔2026〕1号"))
    answer = save(client, f"/schemes/{made.id}/edit/{part}")
    assert answer.status_code == 302
    assert (stored(made.id).digest, stored(made.id).revision) == (made.digest, 1)


@pytest.mark.usefixtures("csrf")
def test_each_part_is_changed_by_its_form(client: FlaskClient) -> None:
    made = draft()
    edit = f"/schemes/{made.id}/edit"
    changes: list[tuple[str, dict[str, Any]]] = [
        ("title", {"name": "二稿", "basis": "青组〔2026〕3号", "adopted_on": "2026-01-20", "starts_on": "2026-02-01"}),
        (
            "totals",
            {
                "base": "６５分",
                "carry_over": "20%",
                "category-4-name": "A类",
                "category-4-base": "80",
                "category-4-how": "ungraded",
            },
        ),
        ("grades", {"grade-0-min": "95"}),
        ("activities", {"activity-2-kind": "党课", "activity-2-present": "meeting"}),
        ("group?code=life", {"cap": "25"}),
        ("group", {"name": "移风易俗", "base": "10", "cap": "10", "floor": "0"}),
        ("rule?code=themeday", {"cap-year-points": "20", "declare": "yes"}),
        ("rule?group=serve", {"name": "讲微型党课", "points": "3", "cap-half-times": "1"}),
    ]
    for part, typed in changes:
        answer = save(client, f"{edit}/{part}", **typed)
        assert answer.status_code == 302, (part, answer.text)
    found = stored(made.id)
    assert (found.name, found.starts_on.isoformat(), found.revision) == ("二稿", "2026-02-01", 9)
    document = found.document
    assert documents.validate(document) == {}
    assert (document["basis"], document["adopted_on"]) == ("青组〔2026〕3号", "2026-01-20")
    assert document["base"] == {"default": "65", "by_category": {"floating": "50", "A类": "80"}}
    assert (document["carry_over"], document["ungraded"]) == ("0.2", ["probationary", "A类"])
    assert document["grades"][0] == {"name": "优秀", "min": "95", "quota": "1/3"}
    assert document["activities"]["党课"] == {"present": "meeting"}
    assert [group["code"] for group in document["groups"]] == ["life", "serve", "minus", "yifengyisu"]
    rules = {rule["code"]: rule for rule in document["rules"]}
    assert rules["themeday"]["caps"][1] == {"per": "year", "points": "20"}
    assert rules["themeday"]["declare"] is True
    assert rules["jiangweixingdangke"]["caps"] == [{"per": "half", "times": 1}]
    page = client.get(edit).text
    assert "每次2分，每月最多计1次，全年最多20分，党员可自主申报" in page
    assert "每次3分，每半年最多计1次" in page


@pytest.mark.usefixtures("csrf")
def test_a_fault_stands_at_its_field_and_what_was_typed_stays(client: FlaskClient) -> None:
    made = draft()
    answer = save(
        client, f"/schemes/{made.id}/edit/rule?code=themeday", **{"cap-year-points": "十六", "name": "改了名"}
    )
    assert answer.status_code == 422
    assert 'id="cap-year-points-error"' in answer.text
    assert 'href="#cap-year-points"' in answer.text
    assert 'value="十六"' in answer.text
    assert 'value="改了名"' in answer.text
    assert stored(made.id).revision == 1


@pytest.mark.usefixtures("csrf")
def test_a_rule_that_attendance_needs_keeps_fixed_points(client: FlaskClient) -> None:
    made = draft()
    answer = save(client, f"/schemes/{made.id}/edit/rule?code=meeting", shape="range", low="1", high="2")
    assert answer.status_code == 422
    assert "三会一课" in answer.text[answer.text.index('href="#form"') :][:200]


@pytest.mark.usefixtures("csrf")
def test_a_preview_keeps_nothing(client: FlaskClient) -> None:
    made = draft()
    address = f"/schemes/{made.id}/edit/rule?code=advice"
    answer = save(client, address, high="5", preview="1")
    assert (answer.status_code, stored(made.id).revision) == (200, 1)
    assert "每次1至5分" in answer.text
    assert save(client, address, high="0", preview="1").status_code == 422


@pytest.mark.usefixtures("csrf")
def test_of_two_editors_the_second_is_told_and_keeps_what_was_typed(client: FlaskClient) -> None:
    made = draft()
    address = f"/schemes/{made.id}/edit/rule?code=volunteer"
    seen = fields(client.get(address).text)
    assert save(client, f"/schemes/{made.id}/edit/group?code=life", cap="30").status_code == 302
    answer = client.post(address, data=seen | {"points": "1.5"})
    assert answer.status_code == 409
    assert "尚未保存：这期间草稿已被他人修改" in answer.text
    assert 'value="1.5"' in answer.text
    again = client.post(address, data=fields(answer.text))
    assert again.status_code == 302
    document = stored(made.id).document
    assert document["groups"][0]["cap"] == "30"
    assert documents.rule(document, "volunteer")["points"] == "1.5"  # type: ignore[index] # it is there


def test_things_move_and_go(client: FlaskClient, csrf: str) -> None:
    made = draft()
    edit, kept = f"/schemes/{made.id}/edit", {"csrf_token": csrf}
    assert client.post(f"{edit}/move", data=kept | {"move": "rules up award", "revision": 1}).status_code == 302
    serve = [rule["code"] for rule in stored(made.id).document["rules"] if rule["group"] == "serve"]
    assert serve == ["volunteer", "award", "advice"]
    assert client.post(f"{edit}/move", data=kept | {"move": "rules up award", "revision": 1}).status_code == 409
    assert client.post(f"{edit}/move", data=kept | {"move": "people up x", "revision": 2}).status_code == 404
    gone = kept | {"kind": "rules", "code": "advice", "revision": 2}
    assert client.post(f"{edit}/remove", data=gone).location == edit
    assert documents.rule(stored(made.id).document, "advice") is None


@pytest.mark.parametrize(
    ("kind", "code", "names"),
    [("groups", "life", "参加三会一课、参加主题党日"), ("rules", "late", "三会一课、主题党日")],
)
def test_what_is_still_needed_cannot_go(client: FlaskClient, csrf: str, kind: str, code: str, names: str) -> None:
    made = draft()
    form = {"csrf_token": csrf, "kind": kind, "code": code, "revision": 1}
    answer = client.post(f"/schemes/{made.id}/edit/remove", data=form)
    assert names in client.get(answer.location).text
    assert stored(made.id).revision == 1


@pytest.mark.usefixtures("csrf")
def test_what_is_not_there_is_not_found(client: FlaskClient) -> None:
    made, holding = draft(), published("QS02")
    for address in ("nothing", "rule?code=nothing", "group?code=nothing"):
        assert client.get(f"/schemes/{made.id}/edit/{address}").status_code == 404
    assert client.get("/schemes/999999999/edit").status_code == 404
    assert client.get(f"/schemes/{holding.id}/edit").status_code == 409


def test_a_secretary_edits_nothing(client: FlaskClient) -> None:
    made = draft("QS0101")
    factories.browser(client, "secretary")
    for address in ("edit", "edit/title", "publish"):
        assert client.get(f"/schemes/{made.id}/{address}").status_code == 403
    assert client.get("/schemes/new").status_code == 403


# ---- publishing


def test_the_publish_page_shows_what_changes_and_on_which_basis(client: FlaskClient, csrf: str) -> None:
    before = published()
    document = sheet(basis="青组〔2026〕3号", adopted_by="区委组织部部务会", ceiling="150")
    document["rules"][0]["points"] = "2"
    del document["rules"][3]
    made = draft(document=document)
    page = client.get(f"/schemes/{made.id}/publish").text
    for words in ("青组〔2026〕3号", "区委组织部部务会", "尚未填写", "每次1分", "每次2分", "建议被采纳", "150分"):
        assert words in page
    assert f"/schemes/{before.id}" in page
    answer = client.post(f"/schemes/{made.id}/publish", data={"csrf_token": csrf, "revision": 1})
    assert answer.status_code == 302
    assert "青组〔2026〕3号" in client.get(answer.location).text
    assert client.get(f"/schemes/{made.id}/publish").status_code == 302


@pytest.mark.usefixtures("csrf")
def test_the_publish_page_says_when_nothing_changes_or_nothing_was(client: FlaskClient) -> None:
    first = draft()
    assert "此前没有施行的积分办法" in client.get(f"/schemes/{first.id}/publish").text
    published()
    assert "与现行办法没有差别" in client.get(f"/schemes/{draft().id}/publish").text


def test_a_draft_that_somebody_has_changed_is_not_published(client: FlaskClient, csrf: str) -> None:
    made = draft()
    assert save(client, f"/schemes/{made.id}/edit/title", name="二稿").status_code == 302
    answer = client.post(f"/schemes/{made.id}/publish", data={"csrf_token": csrf, "revision": 1})
    assert answer.status_code == 409
    assert stored(made.id).status == "draft"
