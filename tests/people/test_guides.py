"""The tour of the first day and the guide of each role: the same texts, shown until they are not wanted."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pointsvc.guides import FIRST, GUIDES, TERMS, steps
from pointsvc.permissions import Role
from tests import factories
from tests.conftest import FrozenClock
from tests.schemes.sheets import ruled_district


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    ruled_district()


@pytest.mark.parametrize("role", list(Role))
def test_every_step_of_a_guide_leads_to_a_page_of_that_role(client: FlaskClient, role: Role) -> None:
    name = factories.BY_ROLE[role]
    factories.browser(client, name)
    page = client.get("/guide")
    assert page.status_code == 200
    with client.application.test_request_context():
        found = steps(factories.actor(name))
    assert len(found) == len(GUIDES[role]) >= FIRST
    for step in found:
        assert step["title"] in page.text
        assert client.get(step["href"], follow_redirects=True).status_code == 200


def test_the_guide_explains_every_term(client: FlaskClient) -> None:
    factories.browser(client, "secretary")
    page = client.get("/guide").text
    assert len(re.findall("<dt>", page)) == len(TERMS)


def test_who_is_new_is_shown_the_first_steps_until_they_are_ended(client: FlaskClient) -> None:
    csrf = factories.browser(client, "secretary")
    first = client.get("/branch").text
    assert "第一次使用" in first
    assert "第一次使用" not in client.get("/meetings").text
    assert client.post("/tour", data={"csrf_token": csrf}).location == "/"
    assert "第一次使用" not in client.get("/branch").text
    assert client.post("/tour", data={"csrf_token": csrf, "then": "guide"}).location == "/guide"


def test_one_ends_the_own_tour_only(client: FlaskClient) -> None:
    csrf = factories.browser(client, "secretary")
    client.post("/tour", data={"csrf_token": csrf})
    other = client.application.test_client()
    factories.browser(other, "member")
    assert "第一次使用" in other.get("/score").text


def test_a_term_is_explained_where_it_stands(client: FlaskClient) -> None:
    factories.browser(client, "member")
    page = client.get("/score").text
    assert "“基础分”是什么意思？" in page
    assert "同一类别党员在周期开始时都有的分数。" in page
