"""The one table of transitions, and that every role and every act meets it on the way in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc.db import db
from pointsvc.permissions import PERMISSION_MAP, Permission, Role
from pointsvc.reviews import lifecycle
from pointsvc.reviews.models import Review, ReviewEvent
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import bearer
from tests.reviews import steps

# What each act leads to, state by state; everything else is refused. Written a second time on purpose.
WAYS = {
    ("prepared", "open"): "open",
    ("prepared", "withdraw"): "withdrawn",
    ("open", "close_ballot"): "counted",
    ("open", "withdraw"): "withdrawn",
    ("counted", "decide"): "decided",
    ("counted", "withdraw"): "withdrawn",
    ("decided", "publicise"): "publicised",
    ("decided", "reconsider"): "counted",
    ("decided", "close"): "closed",
    ("publicised", "reconsider"): "counted",
    ("publicised", "close"): "closed",
}
DECISION = {
    "body": "committee",
    "minute": "2026-08",
    "decided_on": "2026-08-15",
    "grades": {number: {"grade": "qualified"} for number in steps.GRADED},
}
BODIES: dict[str, tuple[str, Any]] = {
    "open": ("open", {"closes_on": "2026-08-20"}),
    "close_ballot": ("close-ballot", None),
    "decide": ("decide", DECISION),
    "reconsider": ("reconsider", {"reason": "异议成立"}),
    "publicise": ("publicise", None),
    "close": ("close", None),
    "withdraw": ("withdraw", {"reason": "误建"}),
}
STATES = ("prepared", "open", "counted", "decided", "publicised", "withdrawn")


@pytest.fixture(autouse=True)
def _branch(app: Flask, frozen_clock: FrozenClock) -> None:
    steps.ruled_branch()


def act(client: FlaskClient, review_id: int, name: str, who: str = "secretary") -> Any:
    address, body = BODIES[name]
    return client.post(f"/api/v1/reviews/{review_id}/{address}", json=body, headers=bearer(who))


def status(review_id: int) -> str:
    return db.session.scalars(select(Review.status).where(Review.id == review_id)).one()


def test_the_table_is_what_is_written_here() -> None:
    assert set(BODIES) == set(lifecycle.TRANSITIONS)
    found = {(old, name): lifecycle.after(name, old) for name in BODIES for old in lifecycle.STATUSES}
    assert {key: new for key, new in found.items() if new} == WAYS
    for old in lifecycle.STATUSES:
        assert {name for name in BODIES if (old, name) in WAYS} == lifecycle.possible(old) & set(BODIES)


@pytest.mark.parametrize("state", STATES)
def test_each_act_leads_where_the_table_says_and_leaves_a_row(
    client: FlaskClient, frozen_clock: FrozenClock, state: str
) -> None:
    for name in BODIES:
        if (state, name) in WAYS:
            continue
        review_id = steps.in_state(state)
        before = db.session.query(ReviewEvent).count()
        answer = act(client, review_id, name)
        assert (answer.status_code, answer.json["code"]) == (409, "wrong_state"), name
        assert (status(review_id), db.session.query(ReviewEvent).count()) == (state, before)
        take_back(review_id)
    for (_, name), new in [way for way in WAYS.items() if way[0][0] == state]:
        review_id = steps.in_state(state)
        instant = frozen_clock.instant
        frozen_clock.advance(**({"days": 30} if name == "close" else {"minutes": 1}))
        assert act(client, review_id, name).status_code == 200, name
        frozen_clock.set(instant)
        assert status(review_id) == new
        event = db.session.scalars(
            select(ReviewEvent).where(ReviewEvent.review_id == review_id).order_by(ReviewEvent.id.desc()).limit(1)
        ).one()
        assert (event.act, event.old, event.new) == (name, state, new)
        assert event.by_id is not None
        assert event.at - instant >= timedelta(minutes=1)
        take_back(review_id)


def take_back(review_id: int) -> None:
    """Make room for another review of the year, past all rules."""
    db.session.execute(db.update(Review).where(Review.id == review_id).values(status="withdrawn"))
    db.session.commit()


@pytest.mark.parametrize(("state", "name"), list(WAYS))
def test_only_who_holds_reviews_leads_one_on(
    client: FlaskClient, frozen_clock: FrozenClock, state: str, name: str
) -> None:
    holders = PERMISSION_MAP[Permission.REVIEWS_MANAGE]
    review_id = steps.in_state(state)
    for role in set(Role) - holders:
        answer = act(client, review_id, name, factories.BY_ROLE[role])
        assert (answer.status_code, status(review_id)) == (403, state), role
    for role in holders:
        instant = frozen_clock.instant
        frozen_clock.advance(days=30 if name == "close" else 0)
        assert act(client, review_id, name, factories.BY_ROLE[role]).json["status"] == WAYS[state, name], role
        frozen_clock.set(instant)
        take_back(review_id)
        review_id = steps.in_state(state)


@pytest.mark.parametrize(("state", "name"), list(WAYS))
def test_another_branch_finds_nothing_to_lead_on(client: FlaskClient, state: str, name: str) -> None:
    review_id = steps.in_state(state)
    assert act(client, review_id, name, "neighbour").status_code == 404
    assert status(review_id) == state


def test_a_result_stays_publicised_until_its_last_day_is_over(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    review_id = steps.in_state("publicised")
    # Five working days after Saturday 15 August 2026.
    frozen_clock.set(frozen_clock.instant.replace(day=21))
    answer = act(client, review_id, "close")
    assert (answer.status_code, answer.json["code"]) == (409, "publicity_runs")
    frozen_clock.advance(days=1)
    assert act(client, review_id, "close").json["status"] == "closed"
