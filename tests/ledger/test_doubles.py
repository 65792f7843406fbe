"""Deeds that seem to be recorded twice: which pairs are shown to whom, and taking one back."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pointsvc import clock
from pointsvc.activities import receipts
from pointsvc.db import transaction
from pointsvc.ledger import doubles, doubles_pages, merging
from pointsvc.ledger import service as ledger
from pointsvc.people import service as people
from pointsvc.permissions import SYSTEM
from tests.conftest import FrozenClock
from tests.factories import actor, browser
from tests.schemes.sheets import ruled_district


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    ruled_district()


def record(who: str, member: str = "M001", day: str = "2026-08-01", **more: str) -> int:
    values = {"rule": "volunteer", **more}
    with transaction():
        return ledger.record(
            actor=actor(who), at=clock.now(), member=member, occurred_on=date.fromisoformat(day), **values
        ).id


def found(who: str, organisation: str | None = None) -> list[tuple[int, int]]:
    pairs = doubles.listing(actor=actor(who), today=clock.today(), organisation=organisation, limit=50)
    assert doubles.count(actor=actor(who), today=clock.today()) == len(pairs) or organisation
    return [(pair.earlier.id, pair.later.id) for pair in pairs]


def test_what_the_branch_and_the_street_both_recorded_is_shown_to_both() -> None:
    one, other = record("secretary"), record("street")
    for who in ("secretary", "street", "admin"):
        assert found(who) == [(one, other)]
    for who in ("neighbour", "far"):
        assert found(who) == []
    assert found("admin", "QS0101") == [(one, other)]
    assert found("admin", "QS02") == []


@pytest.mark.parametrize(
    "difference",
    [{"member": "M002"}, {"day": "2026-08-02"}, {"rule": "meeting"}, {"rule": "award", "tier": "city"}],
)
def test_another_deed_is_no_double(difference: dict[str, str]) -> None:
    record("secretary")
    record("street", **difference)
    assert found("admin") == []


def test_another_matter_is_another_deed() -> None:
    record("secretary", rule="award", tier="city", matter="防汛")
    record("street", rule="award", tier="city", matter="创建")
    assert found("admin") == []
    record("street", rule="award", tier="city", matter="防汛")
    assert len(found("admin")) == 1


def test_two_deeds_that_one_branch_recorded_are_two() -> None:
    record("secretary")
    record("secretary")
    assert found("admin") == []


@pytest.mark.parametrize("place", [0, 1])
def test_of_a_pair_one_of_which_was_taken_back_nothing_is_shown(place: int) -> None:
    ids = record("secretary"), record("street")
    with transaction():
        ledger.reverse(actor=SYSTEM, at=clock.now(), entry_id=ids[place], reason="重复")
    assert found("admin") == []


def test_two_branches_after_a_transfer_that_was_entered_late() -> None:
    one = record("secretary")
    with transaction():
        people.transfer(actor=SYSTEM, at=clock.now(), number="M001", to="QS0102", on=date(2026, 7, 20))
    other = record("neighbour")
    assert found("secretary") == found("neighbour") == found("admin") == [(one, other)]


def test_what_a_merge_or_a_receipt_brings_beside_what_is_there_is_shown() -> None:
    with transaction():
        for number in ("M001", "M004"):
            ledger.record(actor=SYSTEM, at=clock.now(), member=number, rule="volunteer", occurred_on=date(2026, 8, 1))
        ledger.record(actor=SYSTEM, at=clock.now(), member="M002", rule="meeting", occurred_on=date(2026, 8, 2))
        sent = receipts.submit(
            actor=SYSTEM, at=clock.now(), member="M002", kind="三会一课", held_on=date(2026, 8, 2), host="滨江社区"
        )
        assert sent is not None
        receipts.confirm(actor=SYSTEM, at=clock.now(), receipt_id=sent.id)
    assert len(found("secretary")) == 1
    with transaction():
        merging.merge(actor=SYSTEM, at=clock.now(), keep="M001", duplicate="M004", reason="重复")
    assert len(found("secretary")) == 2


def test_what_is_long_ago_is_not_looked_at() -> None:
    for who in ("secretary", "street"):
        record(who, day="2026-05-17")
    assert found("admin") == []


def test_of_a_whole_district_the_newest_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    record("secretary")
    record("street")
    for name in ("NEWEST", "NEWEST_COUNTED"):
        monkeypatch.setattr(doubles, name, 3)
    for _ in range(3):
        record("secretary", "M002")
    assert found("admin") == []
    assert len(found("secretary")) == 1


# ---- the page


def test_one_click_takes_one_of_them_back(client: FlaskClient) -> None:
    one, other = record("secretary"), record("street")
    token = browser(client, "secretary")
    assert "1 条积分疑似重复登记" in client.get("/branch").text
    page = client.get("/doubles").text
    assert f"/doubles/{one}/reverse" in page
    assert client.post(f"/doubles/{other}/reverse", data={"csrf_token": token}).location == "/doubles"
    assert "未发现疑似重复登记" in client.get("/doubles").text
    assert "同一事项重复登记" in client.get("/members/M001").text
    points = sum(view.points for view in ledger.entries(actor=SYSTEM, member="M001"))
    assert points == Decimal("1.20")


def test_what_another_branch_recorded_is_not_ours_to_take_back(client: FlaskClient) -> None:
    one = record("secretary")
    with transaction():
        people.transfer(actor=SYSTEM, at=clock.now(), number="M001", to="QS0102", on=date(2026, 7, 20))
    other = record("neighbour")
    token = browser(client, "neighbour")
    page = client.get("/doubles").text
    assert f"/doubles/{other}/reverse" in page
    assert f"/doubles/{one}/reverse" not in page
    assert client.post(f"/doubles/{one}/reverse", data={"csrf_token": token}).status_code == 403
    assert client.post("/doubles/999999999/reverse", data={"csrf_token": token}).status_code == 404


def test_the_page_comes_in_pages(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in ("2026-08-01", "2026-08-02", "2026-08-03"):
        record("secretary", day=day)
        record("street", day=day)
    monkeypatch.setattr(doubles_pages, "ON_A_PAGE", 2)
    browser(client, "admin")
    page = client.get("/doubles?organisation=QS01").text
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following is not None
    assert page.count("/reverse") == 4
    assert client.get(following[1].replace("&amp;", "&")).text.count("/reverse") == 2
    assert client.get("/doubles?organisation=XX").status_code == 404


@pytest.mark.parametrize("name", ["overseer", "auditor", "operator", "member"])
def test_the_page_is_for_who_records(client: FlaskClient, name: str) -> None:
    browser(client, name)
    assert client.get("/doubles").status_code == 403
