"""Two at once, with real commits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from pointsvc import clock
from pointsvc.permissions import SYSTEM, Actor
from pointsvc.pledges import reminding
from pointsvc.pledges import service as pledges
from tests import factories
from tests.conftest import FrozenClock
from tests.declarations.test_concurrency import at_once
from tests.pledges.work import MINUTE, SAID, at_status, district, log, made, points, row


@pytest.fixture
def actors(live_app: Flask, frozen_clock: FrozenClock) -> dict[str, Actor]:
    with live_app.app_context():
        district()
        return {name: factories.actor(name) for name in ("secretary", "leader", "street", "member")}


def test_two_who_settle_one_pledge_post_its_points_once(live_app: Flask, actors: dict[str, Actor]) -> None:
    with live_app.app_context():
        number = at_status("published")

    def settle(name: str, outcome: str) -> Callable[[], Any]:
        return lambda: pledges.settle(
            actor=actors[name], at=clock.now(), pledge_id=number, outcome=outcome, text="已核对"
        )

    found = at_once(
        live_app, settle("secretary", "fulfilled"), settle("leader", "fulfilled"), settle("street", "fulfilled")
    )
    assert sorted(map(str, found)) == ["None", "wrong_status", "wrong_status"]
    with live_app.app_context():
        assert points() == ["10.00"]


def test_approval_and_return_and_withdrawal_at_once_leave_one_decision(
    live_app: Flask, actors: dict[str, Actor]
) -> None:
    with live_app.app_context():
        number = made()
    found = at_once(
        live_app,
        lambda: pledges.approve(actor=actors["secretary"], at=clock.now(), pledge_ids=[number], minute=MINUTE),
        lambda: pledges.send_back(actor=actors["leader"], at=clock.now(), pledge_id=number, reason="请写明"),
    )
    assert "wrong_status" in found
    with live_app.app_context():
        assert len(log(number)) == 2


def test_the_same_form_at_once_makes_one_pledge(live_app: Flask, actors: dict[str, Actor]) -> None:
    def make() -> int:
        return pledges.make(actor=actors["member"], at=clock.now(), said=SAID, once="form:1:x")

    first, second, third = at_once(live_app, make, make, make)
    assert first == second == third


def test_ratings_of_one_code_at_once_count_once(live_app: Flask, actors: dict[str, Actor]) -> None:
    with live_app.app_context():
        number = at_status("fulfilled")

    def rate() -> str:
        return pledges.rate(actor=SYSTEM, at=clock.now(), pledge_id=number, grade=4, code="a")

    assert at_once(live_app, rate, rate, rate) == ["masses"] * 3
    with live_app.app_context():
        assert pledges.ratings([number])[number]["masses"][4] == 1


def test_the_mornings_job_run_twice_at_once_tells_once(
    live_app: Flask, actors: dict[str, Actor], frozen_clock: FrozenClock
) -> None:
    with live_app.app_context():
        number = at_status("published")
    frozen_clock.advance(days=60)
    told = at_once(live_app, lambda: reminding.remind(at=clock.now()), lambda: reminding.remind(at=clock.now()))
    assert sorted(told) == [0, 1]
    with live_app.app_context():
        assert [step for step, _, _ in log(number)].count("overdue") == 1
        assert row(number).told == reminding.ABOVE
