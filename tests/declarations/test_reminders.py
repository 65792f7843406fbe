"""Who reviews, and what is told: decisions to members, slowness to the branch and then one level up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc.db import db, transaction
from pointsvc.declarations import service as declarations
from pointsvc.notices.models import Notice
from pointsvc.people import settings
from pointsvc.people.models import SignIn
from pointsvc.permissions import Role
from tests import factories
from tests.conftest import FrozenClock
from tests.declarations.work import act, declared, deed, district
from workers import base, run, schedule


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock, periodic: Callable[..., None]) -> None:
    periodic("declarations")
    district()
    # A Monday, two in the afternoon in Shanghai.
    frozen_clock.set(datetime(2026, 8, 17, 6, tzinfo=UTC))
    schedule.ask_for_due()


def work(app: Flask) -> None:
    assert "workers.declarations" in run.HANDLERS
    while base.run_next(app):
        pass


def on(app: Flask, clock: FrozenClock, month: int, day: int) -> None:
    """The morning's work of this day, and of whatever mornings were missed."""
    clock.set(datetime(2026, month, day, 0, 30, tzinfo=UTC))
    schedule.ask_for_due()
    work(app)


def told(prefix: str = "slow:") -> list[tuple[str, str, int]]:
    """Who was told what of slow reviewing: name, link, and how many."""
    rows = db.session.execute(
        select(SignIn.name, Notice.link, Notice.params)
        .join(SignIn, SignIn.id == Notice.sign_in_id)
        .where(Notice.dedupe.startswith(prefix))
        .order_by(Notice.id, SignIn.name)
    )
    return [(row.name, row.link, row.params.get("n")) for row in rows]


def share(who: str) -> list[int]:
    actor = factories.actor(who)
    return [view.id for view in declarations.declarations(actor=actor, asked=declarations.Asked(share=True))]


def disable(name: str) -> None:
    with transaction():
        db.session.execute(db.update(SignIn).where(SignIn.name == name).values(disabled_at=factories.AT))


# ---- whose share it is


def test_reviewing_falls_to_the_nearest_who_may() -> None:
    own, typed, leaders = declared(), declared("secretary"), declared("leader", member="M002")
    assert sorted(share("deputy")) == [own, typed, leaders]
    assert sorted(share("secretary")) == [own, leaders]
    assert sorted(share("leader")) == [own, typed]
    for who in ("street", "admin", "neighbour", "far"):
        assert share(who) == []


def test_what_nobody_of_the_branch_may_review_falls_to_the_next_above() -> None:
    disable("deputy")
    disable("leader")
    typed = declared("secretary")
    assert (share("secretary"), share("street"), share("admin")) == ([], [typed], [])
    disable("street")
    assert share("admin") == [typed]
    far = declared("admin", member="M005")
    assert (share("far"), far in share("admin")) == ([far], False)


def test_what_is_decided_is_nobodys_share() -> None:
    first, second = declared(), declared()
    act("approve", "secretary", first)
    act("return", "secretary", second)
    assert share("secretary") == []


# ---- slowness


def test_who_is_slow_is_told_once_and_after_twice_the_time_one_level_above(
    app: Flask, frozen_clock: FrozenClock
) -> None:
    made = declared()
    on(app, frozen_clock, 8, 24)
    assert told() == []
    on(app, frozen_clock, 8, 25)
    branch = "/declarations?organisation=QS0101"
    assert sorted(told()) == [("deputy", branch, 1), ("leader", branch, 1), ("secretary", branch, 1)]
    assert share("street") == []
    for day in (26, 27, 28, 31):
        on(app, frozen_clock, 8, day)
    assert len(told()) == 3
    on(app, frozen_clock, 9, 1)
    assert told()[3:] == [("street", branch, 1)]
    assert (share("street"), share("admin")) == ([made], [])
    on(app, frozen_clock, 11, 2)
    assert len(told()) == 4


def test_after_weeks_away_each_is_told_once(app: Flask, frozen_clock: FrozenClock) -> None:
    declared()
    declared("secretary", member="M003")
    on(app, frozen_clock, 9, 21)
    assert sorted(told()) == [
        ("deputy", "/declarations?organisation=QS0101", 1),
        ("deputy", "/declarations?organisation=QS0101", 1),
        ("leader", "/declarations?organisation=QS0101", 1),
        ("leader", "/declarations?organisation=QS0101", 1),
        ("secretary", "/declarations?organisation=QS0101", 1),
        ("street", "/declarations?organisation=QS0101", 2),
    ]
    on(app, frozen_clock, 9, 22)
    assert len(told()) == 6


def test_several_of_a_branch_are_told_in_one_notice(app: Flask, frozen_clock: FrozenClock) -> None:
    for _ in range(3):
        declared()
    on(app, frozen_clock, 8, 25)
    assert [n for _, _, n in told()] == [3, 3, 3]


def test_what_is_decided_in_time_is_not_told(app: Flask, frozen_clock: FrozenClock) -> None:
    approved, returned = declared(), declared()
    act("approve", "secretary", approved)
    act("return", "secretary", returned)
    on(app, frozen_clock, 9, 21)
    assert told() == []


def test_sent_again_the_time_begins_anew(app: Flask, frozen_clock: FrozenClock) -> None:
    made = declared()
    on(app, frozen_clock, 8, 25)
    assert len(told()) == 3
    act("return", "secretary", made)
    act("resend", "member", made, deed=deed())
    on(app, frozen_clock, 9, 1)
    assert len(told()) == 3
    on(app, frozen_clock, 9, 2)
    assert len(told()) == 6


def test_the_organisation_decides_how_long_and_holidays_do_not_count(app: Flask, frozen_clock: FrozenClock) -> None:
    with transaction():
        settings.decide(
            actor=factories.actor("admin"), at=factories.AT, organisation="QS01", name="review_days", value=1
        )
    frozen_clock.set(datetime(2026, 9, 30, 1, tzinfo=UTC))
    declared()
    declared("admin", member="M005")
    # The first week of October is a holiday.
    on(app, frozen_clock, 10, 7)
    assert told() == []
    on(app, frozen_clock, 10, 8)
    assert told() == []
    on(app, frozen_clock, 10, 9)
    assert {name for name, _, _ in told()} == {"secretary", "deputy", "leader"}


def test_where_nobody_stands_above_nobody_is_told(app: Flask, frozen_clock: FrozenClock) -> None:
    disable("admin")
    declared("street", member="M004")
    disable("neighbour")
    on(app, frozen_clock, 9, 21)
    assert told() == []


# ---- decisions


def inbox(client: FlaskClient, name: str) -> list[Any]:
    items = client.get("/api/v1/notices", headers={**factories.bearer(name), "Accept-Language": "zh"}).json
    return [(item["message"], item["link"]) for item in items["items"]]


def test_a_member_is_told_how_it_was_decided(app: Flask, client: FlaskClient) -> None:
    first, second = declared(), declared(rule="award", tier="city")
    act("approve", "secretary", first)
    act("return", "secretary", second, reason="请写明表彰文号")
    work(app)
    assert inbox(client, "member") == [
        ("“受表彰”（2026-07-05）的申报已退回：请写明表彰文号", f"/declarations/{second}"),
        ("您申报的“志愿服务”（2026-07-05）已审核通过，计 2.40 分", f"/declarations/{first}"),
    ]
    assert inbox(client, "secretary") == []


def test_what_was_typed_in_comes_back_to_whoever_typed_it(app: Flask, client: FlaskClient) -> None:
    first, second = declared("secretary"), declared("secretary", member="M003")
    act("approve", "deputy", first)
    act("return", "deputy", second)
    work(app)
    assert [link for _, link in inbox(client, "member")] == [f"/declarations/{first}"]
    assert [link for _, link in inbox(client, "secretary")] == [f"/declarations/{second}"]


def test_each_decision_is_told_once(app: Flask, client: FlaskClient) -> None:
    made = declared()
    for _ in range(2):
        act("return", "secretary", made)
        act("resend", "member", made)
    work(app)
    assert len(inbox(client, "member")) == 2
    factories.sign_in("phone", Role.MEMBER, "QS0101", member="M001")
    disable("member")
    act("approve", "secretary", made)
    work(app)
    assert (len(inbox(client, "phone")), len(told("declaration:"))) == (1, 3)
