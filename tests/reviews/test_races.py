"""Two at the same moment, with real commits: each voter and each code counts once, and nothing falls beside the box."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from pointsvc import clock
from pointsvc.db import db
from pointsvc.permissions import SYSTEM
from pointsvc.reviews import ballots, checking, roster
from pointsvc.reviews import service as reviews
from pointsvc.reviews.models import ReviewTurnout
from tests.conftest import FrozenClock
from tests.racing import outcomes
from tests.reviews import steps

AT_ONCE = 4


@pytest.fixture(autouse=True)
def _branch(live_app: Flask, frozen_clock: FrozenClock) -> Iterator[None]:
    with live_app.app_context():
        steps.ruled_branch()
        yield


def at_once(app: Flask, *acts: Callable[[], Any]) -> list[str]:
    # Whatever this session has read would keep a transaction open.
    db.session.rollback()
    return outcomes(app, *acts)


def casting(review_id: int, number: str, choice: str = "qualified") -> Callable[[], Any]:
    actor, grades = steps.voter(number), steps.ballot_of(number, choice)
    return lambda: ballots.cast(actor=actor, at=clock.now(), review_id=review_id, grades=grades)


def counted(review_id: int, part: str) -> Counter[str]:
    """How often each choice was made for M003, whom everybody grades."""
    return +Counter(steps.sums(review_id, part)["M003"])


def test_one_voter_counts_once_however_often_it_is_sent(live_app: Flask) -> None:
    review_id = steps.opened()
    acts = [casting(review_id, "M011", choice) for choice in ("excellent", "qualified") * 2]
    assert Counter(at_once(live_app, *acts)) == {"done": 1, "voted": 3}
    assert db.session.scalar(select(func.count()).select_from(ReviewTurnout)) == 1
    steps.closed_ballot(review_id)
    assert counted(review_id, "peers").total() == 1


def test_voters_at_once_are_all_counted(live_app: Flask) -> None:
    review_id = steps.opened()
    acts = [casting(review_id, number) for number in ("M011", "M012", "M013", "M014")]
    assert at_once(live_app, *acts) == ["done"] * AT_ONCE
    steps.closed_ballot(review_id)
    assert counted(review_id, "peers") == {"qualified": AT_ONCE}
    assert list(checking.faults()) == []


def test_one_code_counts_once(live_app: Flask) -> None:
    review_id = steps.opened()
    [code] = steps.slips(review_id, 1)
    grades = dict.fromkeys(steps.GRADED, "excellent")
    act = lambda: ballots.cast_by_code(at=clock.now(), code=code, grades=grades)  # noqa: E731 - given four times
    assert Counter(at_once(live_app, *[act] * AT_ONCE)) == {"done": 1, "voted": 3}
    steps.closed_ballot(review_id)
    assert counted(review_id, "masses") == {"excellent": 1}


def test_a_ballot_sent_while_the_box_is_closed_counts_or_is_refused(live_app: Flask) -> None:
    review_id = steps.opened()
    close = lambda: reviews.close_ballot(actor=SYSTEM, at=clock.now(), review_id=review_id)  # noqa: E731
    voters = ("M011", "M012", "M013")
    closing, *sent = at_once(live_app, close, *[casting(review_id, number) for number in voters])
    assert closing == "done"
    assert set(sent) <= {"done", "over", "wrong_state"}
    assert counted(review_id, "peers").total() == sent.count("done")
    assert db.session.scalar(select(func.count()).select_from(ReviewTurnout)) == sent.count("done")
    assert list(checking.faults()) == []


def test_who_votes_while_being_marked_for_paper_does_one_of_the_two(live_app: Flask) -> None:
    review_id = steps.opened()
    choices = {"M011": roster.Choice(True, True, True)}
    mark = lambda: roster.choose(actor=SYSTEM, at=clock.now(), review_id=review_id, choices=choices)  # noqa: E731
    outcome = at_once(live_app, casting(review_id, "M011"), mark)
    assert outcome in (["done", "invalid"], ["on_paper", "done"])
    voted = db.session.scalar(select(func.count()).select_from(ReviewTurnout))
    assert voted == (outcome[0] == "done")


def test_two_who_open_at_once_open_once(live_app: Flask) -> None:
    review_id = steps.prepared()
    act = lambda: reviews.open_ballot(actor=SYSTEM, at=clock.now(), review_id=review_id, closes_on=steps.HELD_ON)  # noqa: E731
    assert Counter(at_once(live_app, act, act)) == {"done": 1, "wrong_state": 1}


def test_two_who_prepare_at_once_prepare_one(live_app: Flask) -> None:
    def act() -> None:
        reviews.prepare(actor=SYSTEM, at=clock.now(), organisation="QS0101", year=steps.YEAR, held_on=steps.HELD_ON)

    assert Counter(at_once(live_app, act, act)) == {"done": 1, "review_exists": 1}
