"""Sessions are forgotten when they are long over."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.people import service as people
from pointsvc.people.models import BrowserSession, Organisation, SignIn
from tests.conftest import FrozenClock


def test_only_sessions_that_were_over_a_month_ago_are_removed(app: Flask, frozen_clock: FrozenClock) -> None:
    at = clock.now()
    with transaction():
        top = Organisation(code="Q", name="区委", kind="district", created_at=at)
        db.session.add(top)
        db.session.flush()
        who = SignIn(name="who", role="auditor", organisation_id=top.id, created_at=at)
        db.session.add(who)
        db.session.flush()
        for key, ended, seen in (
            ("open", None, 1),
            ("ended", 1, 1),
            ("ended long ago", 31, 31),
            ("left open", None, 31),
        ):
            db.session.add(
                BrowserSession(
                    key_hash=key,
                    sign_in_id=who.id,
                    created_at=at - timedelta(days=40),
                    seen_at=at - timedelta(days=seen),
                    ended_at=None if ended is None else at - timedelta(days=ended),
                )
            )
    with transaction():
        assert people.clean_up(at=at) == 2
    assert set(db.session.scalars(select(BrowserSession.key_hash))) == {"open", "ended"}
