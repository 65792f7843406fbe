"""A community that is slow to confirm is reminded once, and then one level above it."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from pointsvc import clock
from pointsvc.checkins import records, telling
from pointsvc.db import db, transaction
from pointsvc.notices.models import Notice
from pointsvc.people.models import SignIn
from pointsvc.permissions import SYSTEM
from tests.checkins import scene
from tests.conftest import FrozenClock
from workers import base, run


@pytest.fixture(autouse=True)
def _scene(app: Flask, frozen_clock: FrozenClock) -> None:
    scene.district()


def morning() -> None:
    with transaction():
        telling.remind(at=clock.now(), period=clock.today().isoformat())


def told(account: str) -> list[tuple[str, int]]:
    query = select(Notice).join(SignIn, SignIn.id == Notice.sign_in_id).where(SignIn.name == account)
    rows = db.session.scalars(query.where(Notice.message == telling.SLOW).order_by(Notice.id))
    return [(row.params["community"], row.params["n"]) for row in rows]


def waiting() -> int:
    scene.checked_in()
    post = scene.post()
    scene.claimed(post)
    return scene.proposed(post)


def test_the_community_is_told_after_the_days_and_the_level_above_after_twice_as_many(
    frozen_clock: FrozenClock,
) -> None:
    waiting()
    frozen_clock.advance(days=6)
    morning()
    assert (told("host"), told("street")) == ([], [])
    frozen_clock.advance(days=3)
    morning(), morning()
    assert (told("host"), told("street")) == ([("清泉社区党委", 1)], [])
    frozen_clock.advance(days=7)
    morning(), morning()
    assert (told("host"), told("street"), told("admin")) == ([("清泉社区党委", 1)], [("清泉社区党委", 1)], [])
    assert told("home") == told("official") == []


def test_after_a_long_absence_both_are_told_at_once(frozen_clock: FrozenClock) -> None:
    waiting()
    frozen_clock.advance(days=60)
    morning()
    assert (told("host"), told("street")) == ([("清泉社区党委", 1)], [("清泉社区党委", 1)])


def test_what_was_confirmed_reminds_nobody(frozen_clock: FrozenClock) -> None:
    made = waiting()
    with transaction():
        records.confirm(actor=SYSTEM, at=clock.now(), record_ids=[made])
    frozen_clock.advance(days=60)
    morning()
    assert told("host") == []


def test_the_member_is_told_once_how_the_hours_were_decided(app: Flask) -> None:
    assert run.HANDLERS
    made = waiting()
    with transaction():
        records.confirm(actor=SYSTEM, at=clock.now(), record_ids=[made])
    while base.run_next(app):
        pass
    query = select(Notice).join(SignIn, SignIn.id == Notice.sign_in_id).where(SignIn.name == "official")
    notice = db.session.scalars(query.where(Notice.dedupe.like("service:%"))).one()
    assert (notice.message, notice.params["hours"]) == (telling.RECORDS_TOLD["confirmed"], "2.50")
