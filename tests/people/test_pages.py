"""The door, the person's own choices, organisations and members, as a browser sees them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.people import pages
from pointsvc.people import service as people
from pointsvc.people.models import BrowserSession, SignIn
from pointsvc.permissions import SYSTEM, Role
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import PASSWORD, csrf_token


@pytest.fixture(autouse=True)
def _district(client: FlaskClient) -> None:
    factories.district()


def enter(client: FlaskClient, name: str = "secretary", password: str = PASSWORD, **more: str) -> Any:
    form = {"name": name, "password": password, "csrf_token": csrf_token(client, "/sign-in"), **more}
    return client.post("/sign-in", data=form)


# ---- the door


def test_a_person_signs_in_and_out(client: FlaskClient) -> None:
    token = factories.browser(client, "secretary")
    page = client.get("/members")
    assert page.status_code == 200
    assert "松岭街道第一党支部" in page.text
    cookie = client.get_cookie("pointsvc")
    assert cookie is not None
    assert client.post("/sign-out", data={"csrf_token": token}).location == "/sign-in"
    assert client.get("/members").location.startswith("/sign-in?next=")
    # A copy of the old cookie opens nothing either.
    client.set_cookie("pointsvc", cookie.value)
    assert client.get("/members").status_code == 302


def test_a_wrong_password_says_no_more_than_that(client: FlaskClient) -> None:
    factories.give_password("secretary")
    wrong, unknown = enter(client, password="wrong"), enter(client, name="nobody")
    assert wrong.status_code == unknown.status_code == 422
    said = [re.findall(r'class="error-text".*?</p>', answer.text, re.DOTALL) for answer in (wrong, unknown)]
    assert said[0] == said[1] != []
    assert db.session.scalars(select(SignIn.failures).where(SignIn.name == "secretary")).one() == 1


def test_signing_in_needs_the_form_of_this_browser(client: FlaskClient) -> None:
    factories.give_password("secretary")
    answer = client.post("/sign-in", data={"name": "secretary", "password": PASSWORD})
    assert answer.status_code == 403
    assert db.session.scalar(select(func.count()).select_from(BrowserSession)) == 0


def test_a_session_known_before_signing_in_is_worth_nothing_after(client: FlaskClient) -> None:
    factories.give_password("secretary")
    csrf_token(client, "/sign-in")
    planted = client.get_cookie("pointsvc")
    assert planted is not None
    assert enter(client).status_code == 302
    with client.session_transaction() as session:
        assert set(session) == {"key"}
    client.set_cookie("pointsvc", planted.value)
    assert client.get("/members").status_code == 302


@pytest.mark.parametrize(
    ("following", "location"),
    [
        ("/members?q=lin", "/members?q=lin"),
        ("", "/"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("/\\elsewhere.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x=1", "/"),
    ],
)
def test_after_signing_in_one_stays_in_the_house(client: FlaskClient, following: str, location: str) -> None:
    factories.give_password("secretary")
    assert enter(client, next=following).location == location


def test_who_is_in_needs_no_door(client: FlaskClient) -> None:
    factories.browser(client, "secretary")
    assert client.get("/sign-in").location == "/"


def test_being_seen_is_written_once_a_minute(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    factories.browser(client, "secretary")
    began = clock.now()
    seen = select(BrowserSession.seen_at)
    frozen_clock.advance(seconds=59)
    client.get("/members")
    assert db.session.scalars(seen).one() == began
    frozen_clock.advance(seconds=1)
    client.get("/members")
    assert db.session.scalars(seen).one() == clock.now()
    frozen_clock.advance(minutes=60)
    assert client.get("/members").status_code == 302


def test_the_first_password_has_to_be_changed(client: FlaskClient) -> None:
    with transaction():
        people.add_sign_in(
            actor=SYSTEM,
            at=datetime(2026, 1, 5, tzinfo=UTC),
            name="newcomer",
            role=Role.SECRETARY,
            organisation="QS0101",
            password="given by somebody",
            must_change=True,
        )
    assert enter(client, "newcomer", "given by somebody").location == "/password"
    assert client.get("/members").location == "/password"
    assert client.get("/api/v1/me").status_code == 403
    form = {"current": "given by somebody", "password": PASSWORD, "again": PASSWORD}
    token = csrf_token(client, "/password")
    assert client.post("/password", data={**form, "csrf_token": token}).location == "/"
    assert client.get("/members").status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"current": "wrong"}, "current"),
        ({"password": "12345678", "again": "12345678"}, "password"),
        ({"again": "x"}, "again"),
    ],
)
def test_a_wrong_change_of_password_is_explained(client: FlaskClient, change: dict[str, str], field: str) -> None:
    token = factories.browser(client, "secretary")
    form = {"current": PASSWORD, "password": "clear water", "again": "clear water", "csrf_token": token, **change}
    answer = client.post("/password", data=form)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text


# ---- own choices


def test_the_language_is_chosen_before_signing_in_and_after(client: FlaskClient) -> None:
    token = csrf_token(client, "/sign-in")
    form = {"language": "en", "next": "/sign-in", "csrf_token": token}
    assert client.post("/language", data=form).location == "/sign-in"
    assert '<html lang="en"' in client.get("/sign-in").text
    token = factories.browser(client, "secretary")
    assert '<html lang="zh-Hans"' in client.get("/members").text
    client.post("/language", data={"language": "en", "csrf_token": token})
    assert '<html lang="en"' in client.get("/members").text
    assert client.post("/language", data={"language": "la", "csrf_token": token}).status_code == 422


def test_large_type_and_colours_are_chosen(client: FlaskClient) -> None:
    token = factories.browser(client, "secretary")
    client.post("/display", data={"display": "elder", "csrf_token": token})
    client.post("/display", data={"theme": "dark", "csrf_token": token})
    page = client.get("/members").text
    assert "data-elder" in page
    assert 'data-theme="dark"' in page
    assert client.post("/display", data={"display": "tiny", "csrf_token": token}).status_code == 422
    assert client.post("/display", data={"theme": "pink", "csrf_token": token}).status_code == 422


# ---- organisations and members


def test_the_tree_is_the_readers_own(client: FlaskClient) -> None:
    factories.browser(client, "street")
    page = client.get("/organisations").text
    assert "松岭街道第二党支部" in page
    assert "柳河镇" not in page
    found = client.get("/organisations", query_string={"q": "第二"}).text
    assert "松岭街道第二党支部" in found
    assert "松岭街道第一党支部" not in found


def test_the_register_is_filtered_and_sorted(client: FlaskClient) -> None:
    factories.browser(client, "street")

    def names(**query: str) -> list[str]:
        page = client.get("/members", query_string=query).text
        order = {name: page.find(f"{name}</a>") for _, name, _, _ in factories.MEMBERS}
        return sorted((name for name, place in order.items() if place >= 0), key=lambda name: order[name])

    assert names() == ["阿里木·江", "欧阳凯敏", "单文博", "曾晓岚"]
    assert names(sort="-number") == ["单文博", "阿里木·江", "曾晓岚", "欧阳凯敏"]
    assert names(sort="nonsense") == names()
    assert names(q="oykm") == ["欧阳凯敏"]
    assert names(category="retired") == ["阿里木·江"]
    assert names(organisation="QS0102") == ["单文博"]
    assert names(q="nobody at all") == []
    assert client.get("/members", query_string={"organisation": "QS02"}).status_code == 404


@pytest.mark.parametrize("sort", ["name", "-name", "number", "-number", "branch", "-branch", "joined_on", "-joined_on"])
def test_the_register_comes_in_pages(client: FlaskClient, sort: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "ON_A_PAGE", 2)
    factories.browser(client, "admin")
    seen: list[str] = []
    address = f"/members?sort={sort}"
    while address:
        page = client.get(address).text
        seen += re.findall(r'/members/(M\d+)"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following[1].replace("&amp;", "&") if following else ""
    assert sorted(seen) == ["M001", "M002", "M003", "M004", "M005"]


def test_one_members_page(client: FlaskClient) -> None:
    factories.browser(client, "secretary")
    page = client.get("/members/M001")
    assert page.status_code == 200
    assert "欧阳凯敏" in page.text
    assert client.get("/members/M004").status_code == 404


def test_a_transfer_by_form(client: FlaskClient) -> None:
    token = factories.browser(client, "street")
    today = clock.today().isoformat()
    address = "/members/M001/transfer"
    wrong = client.post(address, data={"to": "QS0101", "on": today, "csrf_token": token})
    assert wrong.status_code == 422
    assert 'id="to-error"' in wrong.text
    wrong = client.post(address, data={"to": "QS0102", "on": "soon", "csrf_token": token})
    assert 'id="on-error"' in wrong.text
    done = client.post(address, data={"to": "QS0102", "on": today, "csrf_token": token})
    assert done.location == "/members/M001"
    assert "松岭街道第二党支部" in client.get("/members/M001").text
    assert client.post(address, data={"to": "QS0101", "on": today}).status_code == 403


@pytest.mark.parametrize("name", ["auditor", "overseer", "operator", "member"])
def test_a_transfer_is_not_for_everybody(client: FlaskClient, name: str) -> None:
    token = factories.browser(client, name)
    form = {"to": "QS0102", "on": clock.today().isoformat(), "csrf_token": token}
    assert client.post("/members/M001/transfer", data=form).status_code == 403
