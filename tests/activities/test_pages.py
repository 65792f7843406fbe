"""The meeting screen and the pages around it, with scripts and without."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import factories
from tests.conftest import FrozenClock
from tests.factories import bearer
from tests.schemes.sheets import ruled_district


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    ruled_district()


@pytest.fixture
def csrf(client: FlaskClient) -> str:
    return factories.browser(client, "secretary")


def opened(client: FlaskClient, csrf: str, **changes: str) -> str:
    form = {"organisation": "QS0101", "kind": "主题党日", "held_on": "2026-07-05", "title": "", "csrf_token": csrf}
    answer = client.post("/meetings/new", data={**form, **changes})
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])


def post(client: FlaskClient, address: str, csrf: str, target: str | None = None, **form: str) -> Any:
    headers = {"X-CSRFToken": csrf, **({"HX-Request": "true", "HX-Target": target} if target else {})}
    return client.post(f"{address}/marks", data=form, headers=headers)


def points(client: FlaskClient, number: str) -> list[str]:
    answer = client.get(f"/api/v1/members/{number}/entries", headers=bearer("admin"))
    return sorted(item["points"] for item in answer.json["items"] if item["status"] == "recorded")


def test_a_meeting_starts_with_date_and_kind(client: FlaskClient, csrf: str) -> None:
    page = client.get("/meetings/new?organisation=QS0101")
    assert page.status_code == 200
    assert "三会一课" in page.text
    assert 'value="2026-08-15"' in page.text
    address = opened(client, csrf)
    roll = client.get(address).text
    assert [name for name in ("欧阳凯敏", "曾晓岚", "阿里木·江") if name in roll] == ["欧阳凯敏", "曾晓岚", "阿里木·江"]
    assert 'data-initials="oykm"' in roll


@pytest.mark.parametrize(
    "changes", [{"held_on": "2026-08-16"}, {"held_on": ""}, {"kind": "团建"}, {"title": "x" * 201}]
)
def test_a_wrong_meeting_is_shown_again_with_reasons(client: FlaskClient, csrf: str, changes: dict[str, str]) -> None:
    form = {"organisation": "QS0101", "kind": "主题党日", "held_on": "2026-07-05", "title": "", "csrf_token": csrf}
    answer = client.post("/meetings/new", data={**form, **changes})
    assert answer.status_code == 422
    assert f'href="#{next(iter(changes))}"' in answer.text


def test_a_tick_is_saved_at_once_and_answers_the_count(client: FlaskClient, csrf: str) -> None:
    address = opened(client, csrf)
    answer = post(client, address, csrf, "strip", **{"mark-M001": "late"})
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<div class="tally-strip" id="strip">')
    assert [int(n) for n in re.findall(r"<dd>(\d+)</dd>", answer.text)] == [3, 1, 1, 0, 0, 2]
    assert points(client, "M001") == ["-0.50", "2.00"]
    assert 'name="mark-M001" value=""' in answer.text


def test_one_step_back(client: FlaskClient, csrf: str) -> None:
    address = opened(client, csrf)
    post(client, address, csrf, "strip", **{"mark-M001": "present"})
    answer = post(client, address, csrf, "strip", **{"mark-M001": "absent"})
    assert 'name="mark-M001" value="present"' in answer.text
    answer = post(client, address, csrf, "attendance", **{"mark-M001": ""})
    assert answer.text.lstrip().startswith('<div id="attendance"')
    assert points(client, "M001") == []


def test_all_the_others_are_present_in_one_go(client: FlaskClient, csrf: str) -> None:
    address = opened(client, csrf)
    post(client, address, csrf, "strip", **{"mark-M002": "leave"})
    answer = post(client, address, csrf, "attendance", all="present")
    assert answer.status_code == 200
    assert points(client, "M001") == points(client, "M003") == ["2.00"]
    assert points(client, "M002") == []
    assert 'name="mark-M001" value=""' in answer.text


def test_it_works_without_scripts(client: FlaskClient, csrf: str) -> None:
    address = opened(client, csrf)
    answer = post(client, address, csrf, **{"mark-M001": "present", "mark-M002": "absent"})
    assert (answer.status_code, answer.headers["Location"]) == (302, address)
    assert points(client, "M002") == ["-2.00"]
    assert client.get(address).text.count(" checked>") == 2


def test_a_wrong_mark_changes_nothing(client: FlaskClient, csrf: str) -> None:
    address = opened(client, csrf)
    assert post(client, address, csrf, "strip", **{"mark-M001": "asleep"}).status_code == 422
    assert post(client, address, csrf, "strip", **{"mark-M005": "present"}).status_code == 404
    assert points(client, "M001") == []


def test_without_its_token_a_form_is_refused(client: FlaskClient, csrf: str) -> None:
    address = opened(client, csrf)
    assert client.post(f"{address}/marks", data={"mark-M001": "present"}).status_code == 403


def test_a_reader_sees_the_roll_but_cannot_mark(client: FlaskClient, app: Flask, csrf: str) -> None:
    address = opened(client, csrf)
    reader = app.test_client()
    token = factories.browser(reader, "auditor")
    page = reader.get(address)
    assert page.status_code == 200
    assert "hx-post" not in page.text
    assert post(reader, address, token, "strip", **{"mark-M001": "present"}).status_code == 403


def test_the_branch_shows_its_meetings_and_members(client: FlaskClient, csrf: str) -> None:
    address = opened(client, csrf, held_on="2026-08-05")
    post(client, address, csrf, **{"mark-M001": "present"})
    page = client.get("/branch")
    assert page.status_code == 200
    assert address in page.text
    assert "三会一课" in page.text
    assert "欧阳凯敏" in page.text
    assert client.get("/branch?organisation=QS0102").status_code == 404


def test_meetings_are_found_by_kind_and_day(client: FlaskClient, csrf: str) -> None:
    address = opened(client, csrf)
    assert address in client.get("/meetings?kind=主题党日&since=2026-07-01&until=2026-07-31").text
    assert address not in client.get("/meetings?since=2026-07-06").text
    assert client.get("/meetings?since=yesterday").status_code == 422


def test_the_secretary_of_several_branches_begins_with_the_whole(client: FlaskClient) -> None:
    factories.browser(client, "street")
    answer = client.get("/branch")
    assert (answer.status_code, answer.location) == (302, "/")
    assert "松岭街道党工委" in client.get("/").text
    assert client.get("/branch?organisation=QS0101").status_code == 200
