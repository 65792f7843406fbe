"""Accounts in the hands of the system administrator, over the API and by form."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc import clock
from pointsvc.api import IdempotencyKey
from pointsvc.audit.models import AuditEvent
from pointsvc.db import db, transaction
from pointsvc.people import accounts_pages, passwords
from pointsvc.people import service as people
from pointsvc.people.models import BrowserSession, SignIn, Token
from pointsvc.permissions import Role
from tests import factories
from tests.factories import PASSWORD, bearer, browser

URL = "/api/v1/accounts"
NEW = {"name": "新书记", "role": "secretary", "organisation": "QS0102"}
OTHERS = ("admin", "overseer", "auditor", "secretary", "member")


@pytest.fixture(autouse=True)
def _district(client: FlaskClient) -> None:
    factories.district()


def account_id(name: str) -> int:
    return db.session.scalars(select(SignIn.id).where(SignIn.name == name)).one()


def opens(name: str, password: str) -> bool:
    attempt = people.check_password(name=name, password=password)
    with transaction():
        return people.sign_in(at=clock.now(), attempt=attempt) is not None


# ---- the list


def test_the_accounts_come_in_pages_and_can_be_found(client: FlaskClient) -> None:
    headers = bearer("operator")
    names: list[str] = []
    after = ""
    while after is not None:
        page = client.get(f"{URL}?limit=4&after={after}", headers=headers).json
        names += [item["name"] for item in page["items"]]
        after = page["next"]
    assert names == sorted(name for name, *_ in factories.SIGN_INS)
    found = client.get(URL, query_string={"role": "secretary", "find": "street"}, headers=headers).json["items"]
    assert [(item["name"], item["organisation"], item["has_password"]) for item in found] == [("street", "QS01", False)]
    assert client.get(URL, query_string={"find": "欧阳"}, headers=headers).json["items"][0]["member"] == "M001"


def test_no_list_tells_a_password_or_its_hash(client: FlaskClient) -> None:
    factories.give_password("secretary")
    text = client.get(URL, headers=bearer("operator")).text
    assert "argon2" not in text
    assert "password_hash" not in text


@pytest.mark.parametrize("name", OTHERS)
def test_accounts_are_for_nobody_else(client: FlaskClient, name: str) -> None:
    one = account_id("street")
    headers = bearer(name)
    assert client.get(URL, headers=headers).status_code == 403
    assert client.post(URL, json=NEW, headers=headers).status_code == 403
    for what in ("password", "disable", "end"):
        assert client.post(f"{URL}/{one}/{what}", headers=headers).status_code == 403


def test_one_out_of_reach_is_not_found(client: FlaskClient) -> None:
    factories.sign_in("keeper", Role.SYSTEM_ADMIN, "QS02")
    headers = bearer("keeper")
    assert [item["name"] for item in client.get(URL, headers=headers).json["items"]] == ["far", "keeper"]
    for number in (account_id("street"), 999, "x"):
        assert client.get(f"{URL}/{number}", headers=headers).status_code == 404
        for what in ("password", "disable", "end"):
            assert client.post(f"{URL}/{number}/{what}", headers=headers).status_code == 404
    assert client.post(URL, json=NEW, headers=headers).status_code == 404


# ---- adding


def test_an_account_is_added_without_a_password_and_then_gets_one(client: FlaskClient) -> None:
    headers = bearer("operator")
    made = client.post(URL, json=NEW, headers=headers)
    assert (made.status_code, made.json["has_password"]) == (201, False)
    told = client.post(f"{URL}/{made.json['id']}/password", headers=headers).json["password"]
    assert passwords.fault(told, NEW["name"]) is None
    assert opens(NEW["name"], told)
    found = client.get(f"{URL}/{made.json['id']}", headers=headers).json
    assert (found["has_password"], found["must_change"]) == (True, True)


def test_a_given_password_must_be_changed(client: FlaskClient) -> None:
    body = {**NEW, "password": "the river at dusk"}
    made = client.post(URL, json=body, headers={**bearer("operator"), "Idempotency-Key": "one"})
    assert (made.status_code, made.json["must_change"]) == (201, True)
    kept = db.session.scalars(select(IdempotencyKey)).one()
    assert "the river at dusk" not in str(kept.body)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"role": "king"}, "role"),
        ({"role": "member"}, "member"),
        ({"password": "12345678"}, "password"),
        ({"points": 1}, "points"),
    ],
)
def test_a_wrong_field_is_named(client: FlaskClient, change: dict[str, Any], field: str) -> None:
    answer = client.post(URL, json={**NEW, **change}, headers=bearer("operator"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_a_name_is_taken_once(client: FlaskClient) -> None:
    answer = client.post(URL, json={**NEW, "name": "street"}, headers=bearer("operator"))
    assert (answer.status_code, answer.json["code"]) == (409, "name_taken")


# ---- a new first password, the end of sessions, disabling


def test_a_new_first_password_ends_what_is_signed_in_and_opens_a_locked_account(
    client: FlaskClient, app: Flask
) -> None:
    browser(client, "secretary")
    token = factories.token("secretary")
    wrong = people.check_password(name="secretary", password="wrong")
    with transaction():
        for _ in range(8):
            people.sign_in(at=clock.now(), attempt=wrong)
    assert not opens("secretary", PASSWORD)
    told = client.post(f"{URL}/{account_id('secretary')}/password", headers=bearer("operator")).json["password"]
    assert client.get("/members").status_code == 302
    assert not opens("secretary", PASSWORD)
    assert opens("secretary", told)
    # A program's token is another key.
    assert people.actor_of_token(token) is not None


def test_every_first_password_is_another_and_stands_nowhere(client: FlaskClient) -> None:
    url, headers = f"{URL}/{account_id('street')}/password", bearer("operator")
    told = {client.post(url, headers=headers).json["password"] for _ in range(5)}
    assert len(told) == 5
    for event in db.session.scalars(select(AuditEvent)):
        assert not told & {event.object_id, *map(str, event.details.values())}


def test_all_sessions_and_tokens_end_and_the_password_stays(client: FlaskClient) -> None:
    browser(client, "secretary")
    token = factories.token("secretary")
    assert client.post(f"{URL}/{account_id('secretary')}/end", headers=bearer("operator")).status_code == 200
    assert client.get("/members").status_code == 302
    assert people.actor_of_token(token) is None
    assert opens("secretary", PASSWORD)


def test_a_disabled_account_opens_nothing_and_gets_no_password(client: FlaskClient) -> None:
    factories.give_password("secretary")
    url, headers = f"{URL}/{account_id('secretary')}", bearer("operator")
    for _ in range(2):
        answer = client.post(f"{url}/disable", headers=headers)
        assert (answer.status_code, answer.json["disabled_at"] is None) == (200, False)
    assert not opens("secretary", PASSWORD)
    refused = client.post(f"{url}/password", headers=headers)
    assert (refused.status_code, refused.json["code"]) == (409, "disabled")


def test_nobody_locks_the_own_door(client: FlaskClient) -> None:
    answer = client.post(f"{URL}/{account_id('operator')}/disable", headers=bearer("operator"))
    assert (answer.status_code, answer.json["code"]) == (409, "own")


# ---- the pages


def password_on(page: Any) -> str:
    found = re.search(r'class="first-password"[^>]*><code>([^<]+)</code>', page.text)
    assert found is not None, page.text
    return found[1]


def test_an_account_is_added_by_form_and_its_password_shown_once(client: FlaskClient) -> None:
    token = browser(client, "operator")
    form = {**NEW, "member": "", "csrf_token": token}
    made = client.post("/accounts/new", data=form)
    assert made.status_code == 201
    told = password_on(made)
    assert opens(NEW["name"], told)
    one = account_id(NEW["name"])
    assert told not in client.get(f"/accounts/{one}").text
    for change, field in (
        ({}, "name"),
        ({"name": "n", "role": "member"}, "member"),
        ({"name": "n", "member": "M404"}, "member"),
        ({"name": "n", "organisation": "QS9"}, "organisation"),
    ):
        wrong = client.post("/accounts/new", data={**form, **change})
        assert wrong.status_code == 422
        assert f'id="{field}-error"' in wrong.text


def test_what_is_done_with_an_account_by_form(client: FlaskClient) -> None:
    token = browser(client, "operator")
    one = account_id("street")
    form = {"csrf_token": token}
    assert opens("street", password_on(client.post(f"/accounts/{one}/password", data=form)))
    assert client.post(f"/accounts/{one}/end", data=form).location == f"/accounts/{one}"
    sessions = select(BrowserSession.id).where(BrowserSession.sign_in_id == one, BrowserSession.ended_at.is_(None))
    assert db.session.scalars(sessions).all() == []
    assert client.post(f"/accounts/{one}/disable", data=form).location == f"/accounts/{one}"
    assert "已停用" in client.get(f"/accounts/{one}").text
    # The reader's own account has no button for it.
    assert "/disable" not in client.get(f"/accounts/{account_id('operator')}").text
    assert db.session.scalars(select(Token.id).where(Token.sign_in_id == one, Token.ended_at.is_(None))).all() == []


def test_the_list_of_accounts(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    browser(client, "operator")
    page = client.get("/accounts?q=str&role=secretary").text
    assert "street" in page
    assert "neighbour" not in page
    assert "没有符合条件的账号" in client.get("/accounts?q=nobody").text
    monkeypatch.setattr(accounts_pages, "ON_A_PAGE", 4)
    first = client.get("/accounts").text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following is not None
    assert "neighbour" in client.get(following[1].replace("&amp;", "&")).text


@pytest.mark.parametrize("name", OTHERS)
def test_the_pages_are_for_nobody_else(client: FlaskClient, name: str) -> None:
    browser(client, name)
    for address in ("/accounts", "/accounts/new", f"/accounts/{account_id('street')}"):
        assert client.get(address).status_code == 403
