"""Notices of reviews: at the opening, two days before the end to who has not voted, at the result; each once."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from pointsvc import clock, queues
from pointsvc.db import db, transaction
from pointsvc.notices.models import Notice
from pointsvc.people.models import SignIn
from pointsvc.permissions import SYSTEM
from pointsvc.reviews import service as reviews
from pointsvc.reviews import telling
from tests import factories
from tests.conftest import FrozenClock
from tests.counting import counted
from tests.reviews import steps
from workers import base, run, schedule


@pytest.fixture(autouse=True)
def _branch(app: Flask, frozen_clock: FrozenClock) -> None:
    steps.ruled_branch()


def work(app: Flask) -> None:
    """Do all jobs that are due."""
    assert run.HANDLERS
    while base.run_next(app):
        pass


def told(message: str) -> list[str]:
    """The accounts in whose inbox this message is, once for each time."""
    query = select(SignIn.name).join(Notice, Notice.sign_in_id == SignIn.id).where(Notice.message == message)
    return sorted(db.session.scalars(query))


def remind(day: date) -> None:
    with transaction():
        telling.remind(at=clock.now(), today=day)


def test_at_the_opening_everybody_with_an_account_is_told_once(app: Flask) -> None:
    steps.opened()
    work(app)
    assert told(telling.OPEN) == ["m011", "m012", "m013", "m014", "m015", "member"]
    notice = db.session.scalars(select(Notice).where(Notice.message == telling.OPEN)).first()
    assert notice is not None
    assert notice.params == {"year": 2026, "y": 2026, "m": 8, "d": 20}
    assert notice.link == "/reviews/mine"


def test_two_days_before_the_end_only_who_has_not_voted_is_reminded_and_once() -> None:
    review_id = steps.opened(on_paper=("M015",))
    steps.vote(review_id, "M011")
    steps.vote(review_id, "M001")
    remind(date(2026, 8, 17))
    assert told(telling.ENDS) == []
    for day in (18, 19, 20):
        remind(date(2026, 8, day))
    assert told(telling.ENDS) == ["m012", "m013", "m014"]


def test_another_last_day_is_reminded_of_anew() -> None:
    review_id = steps.opened()
    remind(date(2026, 8, 18))
    with transaction():
        reviews.extend(actor=SYSTEM, at=clock.now(), review_id=review_id, closes_on=date(2026, 8, 30))
    remind(date(2026, 8, 19))
    remind(date(2026, 8, 28))
    assert told(telling.ENDS).count("m011") == 2


def test_nobody_is_reminded_of_what_is_over_or_closed() -> None:
    review_id = steps.opened()
    remind(date(2026, 8, 21))
    steps.closed_ballot(review_id)
    remind(date(2026, 8, 19))
    assert told(telling.ENDS) == []


def test_reminding_takes_as_many_statements_for_many_branches() -> None:
    steps.opened()
    with counted() as one:
        remind(date(2026, 8, 18))
    factories.sign_in("m004", factories.Role.MEMBER, "QS0102", "M004")
    steps.opened(steps.prepared("QS0102"))
    with counted() as two:
        remind(date(2026, 8, 18))
    assert "m004" in told(telling.ENDS)
    assert len([line for line in one if "review" in line or "notice" in line]) == len(
        [line for line in two if "review" in line or "notice" in line]
    )


def test_the_result_is_told_to_who_was_graded_and_again_when_decided_anew(app: Flask) -> None:
    review_id = steps.opened()
    steps.closed_ballot(review_id)
    steps.decided(review_id)
    steps.publicised(review_id)
    work(app)
    assert told(telling.RESULT) == ["m011", "m012", "m013", "m014", "m015", "member"]
    with transaction():
        steps.deciding.reconsider(actor=SYSTEM, at=clock.now(), review_id=review_id, reason="异议成立")
    steps.decided(review_id, M011="excellent")
    steps.publicised(review_id)
    work(app)
    assert told(telling.RESULT).count("m011") == 2


def test_the_mornings_job_reminds(app: Flask, frozen_clock: FrozenClock) -> None:
    steps.opened()
    # Half past seven is night for that, half past eight is not.
    for minute, names in (
        (datetime(2026, 8, 17, 0, 30, tzinfo=UTC), []),
        (datetime(2026, 8, 17, 23, 30, tzinfo=UTC), []),
        (datetime(2026, 8, 18, 0, 30, tzinfo=UTC), ["m011"]),
    ):
        frozen_clock.set(minute)
        schedule.ask_for_due()
        work(app)
        assert told(telling.ENDS)[:1] == names
    asked = db.session.scalars(select(queues.Job).where(queues.Job.topic == queues.REVIEWS_REMIND)).all()
    assert [job.status for job in asked] == ["done"] * len(asked)
