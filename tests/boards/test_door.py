"""Public answers and their copies: asked rarely, never wrong for long, the same for everybody."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from pointsvc.boards import door, projection
from pointsvc.boards.door import Drawn, language_of
from tests import factories
from tests.boards import scene
from tests.conftest import FrozenClock

pytestmark = pytest.mark.usefixtures("district")

ADDRESSES = ("/b/first", "/b/first/screen", "/b/first/print/a4", "/api/v1/boards/first")


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows with each time that the database is asked for a board."""
    found: list[str] = []
    real = projection.of_code

    def counted(**given: Any) -> projection.Projection:
        found.append(given["code"])
        return real(**given)

    monkeypatch.setattr("pointsvc.boards.service.of_code", counted)
    return found


@pytest.mark.parametrize("address", ADDRESSES)
def test_for_a_second_a_copy_is_given(
    client: FlaskClient, district: FrozenClock, looks: list[str], address: str
) -> None:
    scene.profiles()
    scene.hung()
    first = client.get(address)
    again = client.get(address, headers={"Cookie": "pointsvc=whatever"})
    assert (again.status_code, again.data) == (200, first.data)
    assert len(looks) == 1
    district.advance(seconds=1)
    later = client.get(address)
    assert (len(looks), later.data, later.headers["ETag"]) == (2, first.data, first.headers["ETag"])
    assert first.headers["ETag"] == f'"{hashlib.sha256(first.data).hexdigest()[:32]}"'
    assert first.headers["Cache-Control"] == "public, max-age=0, s-maxage=1, must-revalidate"
    assert first.headers["Vary"] == "Accept-Language"
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert first.headers["X-Request-Id"] != again.headers["X-Request-Id"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_has_not_changed_is_not_sent_again(client: FlaskClient, district: FrozenClock, address: str) -> None:
    scene.profiles()
    scene.hung()
    etag = client.get(address).headers["ETag"]
    for _ in range(2):
        answer = client.get(address, headers={"If-None-Match": etag})
        assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", etag)
        district.advance(seconds=5)
    scene.pledge()
    answer = client.get(address, headers={"If-None-Match": etag})
    assert answer.status_code == 200
    assert answer.headers["ETag"] != etag


def test_nothing_of_who_asks_is_in_the_copy(client: FlaskClient, district: FrozenClock) -> None:
    scene.profiles()
    scene.hung()
    plain = client.get("/b/first").data
    district.advance(seconds=5)
    token = factories.browser(client, "secretary")
    signed_in = client.get("/b/first")
    assert signed_in.data == plain
    assert token.encode() not in signed_in.data
    assert "Set-Cookie" not in signed_in.headers
    bearer = client.get("/api/v1/boards/first", headers=factories.bearer("secretary"))
    assert bearer.json == client.get("/api/v1/boards/first").json


def test_each_language_and_host_has_its_own_copy(client: FlaskClient) -> None:
    scene.profiles()
    scene.hung()
    zh, en = (client.get("/b/first", headers={"Accept-Language": one}).text for one in ("zh-CN,zh;q=0.9", "en-GB"))
    assert "监督电话" in zh
    assert "Supervision phone" in en
    other = client.get("/b/first/print/a4", headers={"Host": "board.example"}).data
    assert client.get("/b/first/print/a4").data != other


def test_with_the_database_away_the_last_copy_is_given(
    client: FlaskClient, district: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.profiles()
    scene.hung()
    before = client.get("/b/first")

    def away(**given: Any) -> None:
        raise OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setattr("pointsvc.boards.service.of_code", away)
    district.advance(minutes=10)
    answer = client.get("/b/first")
    assert (answer.status_code, answer.data) == (200, before.data)
    # What was never seen cannot be given.
    assert client.get("/b/first/screen").status_code == 503


def test_what_was_taken_down_is_not_given_again(client: FlaskClient, district: FrozenClock) -> None:
    number = scene.hung()
    assert client.get("/b/first").status_code == 200
    scene.post(client, f"/boards/{number}/withdraw", {}, "secretary")
    district.advance(seconds=1)
    assert client.get("/b/first").status_code == 404


def test_copies_do_not_grow_without_end(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_MOST_KEPT", 3)
    scene.hung()
    for n in range(10):
        client.get("/b/first", headers={"Host": f"h{n}.example"})
    assert len(app.extensions["board_door"].copies) <= 3


def test_a_clock_that_went_back_makes_nothing_fresh(
    client: FlaskClient, district: FrozenClock, looks: list[str]
) -> None:
    scene.hung()
    client.get("/b/first")
    district.advance(hours=-1)
    client.get("/b/first")
    assert len(looks) == 2


def test_the_same_data_are_drawn_once() -> None:
    drawn, times = Drawn(), []
    for data in (b"1", b"1", b"2"):
        drawn.of("page", data, lambda data=data: times.append(data) or data)  # type: ignore[misc] # append says None
    assert times == [b"1", b"2"]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en-US,en;q=0.9", "en"), ("fr", "zh"), ("", "zh"), ("de;q=1,en;q=0.5", "en")],
)
def test_the_language_is_the_askers(accepted: str, language: str) -> None:
    assert language_of(accepted, "zh") == language
