"""What pictures show: a year's totals, counts by grade, caps that bind; and the page that draws them."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc import clock
from pointsvc.activities import overview
from pointsvc.activities import service as activities
from pointsvc.db import db, touch, transaction
from pointsvc.people.models import Member
from pointsvc.permissions import SYSTEM
from pointsvc.tallies import picturing
from tests import factories
from tests.conftest import FrozenClock
from tests.tallies import sheets, work


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    factories.district()
    sheets.publish(activities={"座谈": {"present": "class"}})
    with transaction():
        touch(db.session.scalars(select(Member.id)).all())


def drawn(page: str) -> list[dict[str, Any]]:
    """The charts of a page, as the script takes them."""
    return [json.loads(unescape(text)) for text in re.findall(r'data-chart="([^"]+)"', page)]


def test_a_year_is_what_was_tallied_the_newest_reckoning_of_each_period() -> None:
    sheets.record("M001", "talk", "2026-02-02")
    work.tally("QS", "2026-Q1")
    sheets.record("M001", "hours", "2026-05-02", quantity=Decimal(5))
    work.tally("QS", "2026-Q2")
    sheets.record("M001", "hours", "2026-02-03", quantity=Decimal(10))
    work.tally("QS0101", "2026-Q1")
    found = picturing.year(
        member_id=factories.member_id("M001"),
        branch_id=factories.organisation_id("QS0101"),
        since=date(2026, 1, 1),
        until=date(2026, 8, 15),
    )
    assert found == [(date(2026, 3, 31), Decimal("80.00")), (date(2026, 6, 30), Decimal("74.00"))]


def test_grades_are_counted_best_first_and_those_without_last() -> None:
    sheets.record("M001", "hours", "2026-07-02", quantity=Decimal(20))
    assert list(picturing.grades(organisation_id=factories.organisation_id("QS"))) == [
        ("优秀", 1),
        ("合格", 1),
        ("不合格", 1),
        (None, 2),
    ]
    assert list(picturing.grades(organisation_id=factories.organisation_id("QS0102"))) == [("合格", 1)]


def test_a_cap_binds_for_whoever_has_reached_it() -> None:
    sheets.record("M001", "hours", "2026-07-02", quantity=Decimal(25))
    sheets.record("M004", "hours", "2026-07-02", quantity=Decimal(24))
    bounds = picturing.caps(organisation_id=factories.organisation_id("QS"), on=date(2026, 8, 15))
    # The retired member is not reckoned.
    assert [(bound.name, bound.held, bound.members) for bound in bounds] == [("学习教育", 0, 4), ("服务群众", 1, 4)]


def test_who_came_is_counted_by_month() -> None:
    marks = {"M001": "present", "M002": "late", "M003": "leave"}
    for day in (date(2026, 6, 5), date(2026, 7, 5), date(2026, 7, 19)):
        with transaction():
            held = activities.open_meeting(
                actor=SYSTEM, at=clock.now(), organisation="QS0101", kind="座谈", held_on=day
            )
            activities.mark(actor=SYSTEM, at=clock.now(), meeting_id=held.id, marks=marks)
    found = overview.participation(factories.organisation_id("QS"), date(2026, 1, 1), date(2026, 8, 15))
    assert found == [(2026, 6, 3, 2), (2026, 7, 6, 4)]


def test_the_page_draws_what_its_tables_say(client: FlaskClient) -> None:
    factories.browser(client, "secretary")
    page = client.get("/charts").text
    grades = next(chart for chart in drawn(page) if chart["kind"] == "bars")
    assert sum(grades["values"]) == 3
    for name in grades["names"]:
        assert f'<th scope="row">{name}</th>' in page


def test_a_member_sees_the_own_year_against_the_grade_lines(client: FlaskClient) -> None:
    factories.browser(client, "member")
    (year,) = drawn(client.get("/score").text)
    assert year["kind"] == "line"
    assert year["values"] == [60.0]
    assert [level["name"] for level in year["levels"]] == ["优秀", "合格"]


def test_another_branch_has_no_pictures_for_strangers(client: FlaskClient) -> None:
    factories.browser(client, "neighbour")
    assert client.get("/charts?organisation=QS0101").status_code == 404
    assert client.get("/charts").status_code == 200


def test_an_empty_node_says_so(client: FlaskClient) -> None:
    factories.browser(client, "far")
    page = client.get("/charts?organisation=QS0201").text
    assert "各月到会率" not in page
