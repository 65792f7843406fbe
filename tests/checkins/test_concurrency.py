"""Many at once, with real commits: the last place, one confirmation, one check-in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from pointsvc import clock
from pointsvc.checkins import posts, records, service
from pointsvc.checkins.models import CheckIn, Claim, Post
from pointsvc.db import db, transaction
from pointsvc.people import service as people
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.checkins import scene
from tests.conftest import FrozenClock
from tests.racing import at_once

FIFTY = [f"F{n:03}" for n in range(50)]


@pytest.fixture(autouse=True)
def _scene(live_app: Flask, frozen_clock: FrozenClock) -> None:
    with live_app.app_context():
        scene.district()


def fifty() -> int:
    """The id of a post with one place, and fifty members who have checked in for it."""
    with transaction():
        rows = [people.NewMember(number, "程不易", "QS0301", "regular") for number in FIFTY]
        people.add_members(actor=SYSTEM, at=factories.AT, rows=rows)
        for number in FIFTY:
            made = service.request(actor=SYSTEM, at=clock.now(), community="QS0110", member=number)
            service.accept(actor=SYSTEM, at=clock.now(), check_in_id=made.id)
    return scene.post(places=1)


def test_of_fifty_who_claim_the_last_place_exactly_one_gets_it(live_app: Flask) -> None:
    with live_app.app_context():
        post = fifty()

    def claim(number: str) -> Callable[[], Any]:
        return lambda: posts.claim(actor=SYSTEM, at=clock.now(), post_id=post, member=number).status

    found = at_once(live_app, *(claim(number) for number in FIFTY))
    assert Counter(found) == {"held": 1, "no_place": 49}
    with live_app.app_context():
        assert db.session.scalars(select(Post.taken)).one() == 1
        assert db.session.scalar(select(func.count()).select_from(Claim)) == 1


def test_one_who_claims_twice_at_once_holds_one_place(live_app: Flask) -> None:
    with live_app.app_context():
        scene.checked_in()
        post = scene.post(places=5)
    works = [lambda: posts.claim(actor=SYSTEM, at=clock.now(), post_id=post, member="K001").status] * 4
    assert Counter(at_once(live_app, *works)) == {"held": 1, "held_already": 3}
    with live_app.app_context():
        assert db.session.scalars(select(Post.taken)).one() == 1


def test_one_who_checks_in_twice_at_once_has_checked_in_once(live_app: Flask) -> None:
    works = [lambda: service.request(actor=SYSTEM, at=clock.now(), community="QS0110", member="K001").status] * 4
    assert Counter(at_once(live_app, *works)) == {"pending": 1, "checked_in_already": 3}
    with live_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(CheckIn)) == 1


def test_a_check_in_that_ends_while_its_posts_are_claimed_leaves_no_place_taken(live_app: Flask) -> None:
    with live_app.app_context():
        checkin, first, second = scene.checked_in(), scene.post(), scene.post(name="助老理发岗")
        scene.claimed(first)
    found = at_once(
        live_app,
        lambda: service.end(actor=SYSTEM, at=clock.now(), check_in_id=checkin).status,
        lambda: posts.claim(actor=SYSTEM, at=clock.now(), post_id=second, member="K001").status,
        lambda: posts.leave(actor=SYSTEM, at=clock.now(), post_id=first, member="K001").status,
    )
    assert found[0] == "ended"
    with live_app.app_context():
        assert list(db.session.scalars(select(Post.taken))) == [0, 0]
        assert db.session.scalar(select(func.count()).where(Claim.status == "held")) == 0


def test_hours_that_several_confirm_at_once_count_once(live_app: Flask) -> None:
    with live_app.app_context():
        scene.checked_in()
        post = scene.post()
        scene.claimed(post)
        made = scene.proposed(post)
    works = [lambda: records.confirm(actor=SYSTEM, at=clock.now(), record_ids=[made])] * 4
    assert Counter(str(item) for item in at_once(live_app, *works)) == {str([made]): 1, "wrong_status": 3}
    with live_app.app_context():
        assert scene.points() == [("volunteer", "3.00", "service")]
