"""A person's inbox."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.errors import N_
from pointsvc.notices import service as notices
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import bearer

URL = "/api/v1/notices"
TOLD = N_("The tally of %(period)s is ready")


@pytest.fixture(autouse=True)
def _district(client: FlaskClient) -> None:
    factories.district()


def send(*names: str, period: str = "2026-Q3", link: str | None = "/tallies/1") -> None:
    ids = [factories.actor(name).sign_in_id for name in names]
    with transaction():
        notices.send(
            at=clock.now(),
            sign_in_ids=[number for number in ids if number is not None],
            message=TOLD,
            params={"period": period},
            link=link,
            dedupe_prefix=f"tally:{period}",
        )


def inbox(client: FlaskClient, name: str) -> Any:
    return client.get(URL, headers={**bearer(name), "Accept-Language": "en"}).json


def test_a_notice_reaches_its_readers_and_nobody_else(client: FlaskClient) -> None:
    send("secretary", "street")
    for name in ("secretary", "street"):
        answer = inbox(client, name)
        assert answer["unread"] == 1
        (item,) = answer["items"]
        assert (item["message"], item["link"], item["read_at"]) == (
            "The tally of 2026-Q3 is ready",
            "/tallies/1",
            None,
        )
    assert inbox(client, "neighbour") == {"items": [], "next": None, "unread": 0}


def test_one_cause_is_told_once(client: FlaskClient) -> None:
    send("secretary", "secretary")
    send("secretary", "street")
    send("secretary", period="2026-Q4")
    assert len(inbox(client, "secretary")["items"]) == 2
    assert len(inbox(client, "street")["items"]) == 1


def test_nobody_to_tell_is_no_fault(client: FlaskClient) -> None:
    send()
    assert inbox(client, "secretary")["items"] == []


def test_the_first_reading_counts(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    send("secretary")
    (item,) = inbox(client, "secretary")["items"]
    address = f"{URL}/{item['id']}/read"
    first = client.post(address, headers=bearer("secretary"))
    frozen_clock.advance(days=1)
    again = client.post(address, headers=bearer("secretary"))
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json["read_at"] == again.json["read_at"] == "2026-08-15T10:00:00.000+08:00"
    assert inbox(client, "secretary")["unread"] == 0


@pytest.mark.parametrize("name", ["street", "admin", "neighbour"])
def test_a_strangers_notice_is_not_found(client: FlaskClient, name: str) -> None:
    send("secretary")
    (item,) = inbox(client, "secretary")["items"]
    assert client.post(f"{URL}/{item['id']}/read", headers=bearer(name)).status_code == 404
    assert inbox(client, "secretary")["unread"] == 1


@pytest.mark.parametrize("number", ["0", "999999", "x", "-1", "9" * 30, "1.0", "%00"])
def test_an_odd_id_is_not_found(client: FlaskClient, number: str) -> None:
    assert client.post(f"{URL}/{number}/read", headers=bearer("secretary")).status_code == 404


def test_without_signing_in_there_is_nothing(client: FlaskClient) -> None:
    assert client.get(URL).status_code == 401
    assert client.post(f"{URL}/1/read").status_code == 401


def test_the_inbox_comes_in_pages_newest_first(client: FlaskClient) -> None:
    for quarter in range(1, 5):
        send("secretary", period=f"2026-Q{quarter}")
    first = client.get(URL, query_string={"limit": 3}, headers=bearer("secretary")).json
    second = client.get(URL, query_string={"limit": 3, "after": first["next"]}, headers=bearer("secretary")).json
    assert ["Q4" in item["message"] for item in first["items"]] == [True, False, False]
    assert (len(second["items"]), second["next"]) == (1, None)
    assert client.get(URL, query_string={"after": "x"}, headers=bearer("secretary")).status_code == 422


def test_a_notice_speaks_the_readers_language(client: FlaskClient) -> None:
    send("secretary")
    answer = client.get(URL, headers={**bearer("secretary"), "Accept-Language": "zh-CN"})
    assert "2026-Q3" in answer.json["items"][0]["message"]


def test_the_page_shows_and_marks_them(client: FlaskClient) -> None:
    send("secretary")
    send("secretary", period="2026-Q4", link=None)
    token = factories.browser(client, "secretary")
    page = client.get("/notices")
    assert page.status_code == 200
    assert "2026-Q3" in page.text
    newest = inbox(client, "secretary")["items"][0]["id"]
    done = client.post(f"/notices/{newest}/read", data={"csrf_token": token})
    assert done.location == "/notices"
    assert inbox(client, "secretary")["unread"] == 1
    assert client.post("/notices/read-all", data={"csrf_token": token}).location == "/notices"
    assert inbox(client, "secretary")["unread"] == 0
    assert client.post("/notices/read-all").status_code == 403
