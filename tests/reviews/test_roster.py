"""Who is graded and who votes: by category, by choice with a reason, and as of the day of opening."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.errors import Conflict, Invalid, NotFound
from pointsvc.people import service as people
from pointsvc.permissions import SYSTEM
from pointsvc.reviews import changing, roster
from pointsvc.reviews import service as reviews
from pointsvc.reviews.roster import Choice
from tests import factories
from tests.conftest import FrozenClock
from tests.reviews import steps
from tests.schemes.sheets import published, sheet


@pytest.fixture(autouse=True)
def _branch(app: Flask, frozen_clock: FrozenClock) -> None:
    factories.district()
    steps.branch()


def seats(review_id: int) -> dict[str, tuple[bool, bool]]:
    found = roster.seats(changing.review(SYSTEM, review_id), clock.today())
    return {seat.number: (seat.reviewed, seat.votes) for seat in found}


def choose(review_id: int, **choices: Choice) -> None:
    with transaction():
        roster.choose(actor=SYSTEM, at=clock.now(), review_id=review_id, choices=choices)


def faults(review_id: int, **choices: Choice) -> list[str]:
    with pytest.raises(Invalid) as refused:
        choose(review_id, **choices)
    return list(refused.value.errors)


def test_everybody_but_probationary_members_is_graded_and_votes() -> None:
    published()
    found = seats(steps.prepared())
    assert found == {"M002": (False, False), **dict.fromkeys(steps.GRADED, (True, True))}


def test_whom_the_rule_sheet_does_not_grade_is_not_graded_but_votes() -> None:
    published(document=sheet(ungraded=["retired"]))
    review_id = steps.prepared()
    assert seats(review_id)["M003"] == (False, True)
    # Left out by category, so no reason is asked for, also when something else is chosen.
    choose(review_id, M003=Choice(False, True, on_paper=True))
    assert seats(review_id)["M003"] == (False, True)


def test_leaving_somebody_out_needs_a_reason() -> None:
    review_id = steps.prepared()
    assert faults(review_id, M003=Choice(False, True)) == ["members.M003"]
    assert faults(review_id, M003=Choice(True, False), M011=Choice(False, False)) == ["members.M003", "members.M011"]
    choose(review_id, M003=Choice(False, True, reason="年老体弱，支部党员大会同意"))
    assert seats(review_id)["M003"] == (False, True)
    assert faults(review_id, M003=Choice(False, True)) == ["members.M003"]


def test_a_probationary_member_is_never_graded_and_never_votes() -> None:
    review_id = steps.prepared()
    assert faults(review_id, M002=Choice(True, False, reason="x")) == ["members.M002"]
    assert faults(review_id, M002=Choice(False, True, reason="x")) == ["members.M002"]


def test_who_does_not_vote_gets_no_paper_ballot() -> None:
    assert faults(steps.prepared(), M011=Choice(True, False, on_paper=True, reason="x")) == ["members.M011"]


def test_a_stranger_is_not_found() -> None:
    review_id = steps.prepared()
    with pytest.raises(NotFound):
        choose(review_id, M004=Choice(True, True))


def test_the_roster_is_that_of_the_day_of_opening(frozen_clock: FrozenClock) -> None:
    review_id = steps.prepared()
    choose(review_id, M014=Choice(True, True, on_paper=True))
    frozen_clock.advance(days=2)
    with transaction():
        people.transfer(actor=SYSTEM, at=clock.now(), number="M014", to="QS0102", on=date(2026, 8, 16))
        people.transfer(actor=SYSTEM, at=clock.now(), number="M004", to="QS0101", on=date(2026, 8, 16))
    steps.opened(review_id)
    assert set(seats(review_id)) == {"M001", "M002", "M003", "M004", "M011", "M012", "M013", "M015"}
    frozen_clock.advance(days=1)
    with transaction():
        people.transfer(actor=SYSTEM, at=clock.now(), number="M013", to="QS0102", on=clock.today())
    assert "M013" in seats(review_id)
    # Who has left since still votes where the roster was fixed.
    assert steps.voter("M013").organisation_id != steps.voter("M012").organisation_id
    with pytest.raises(Invalid) as refused:
        steps.vote(review_id, "M013", "qualified")
    assert set(refused.value.errors) == {"grades.M004", "grades.M014"}


def test_after_the_opening_only_paper_can_be_chosen_and_not_for_who_has_voted() -> None:
    review_id = steps.opened()
    with pytest.raises(Conflict) as refused:
        choose(review_id, M003=Choice(False, True, reason="住院"))
    assert refused.value.code == "roster_fixed"
    choose(review_id, M003=Choice(True, True, on_paper=True))
    steps.vote(review_id, "M011")
    assert faults(review_id, M011=Choice(True, True, on_paper=True)) == ["members.M011"]
    choose(review_id, M003=Choice(True, True))


def test_with_nobody_to_grade_no_ballot_is_opened() -> None:
    review_id = steps.prepared()
    out = {number: Choice(False, True, reason="支部研究") for number in steps.GRADED}
    choose(review_id, **out)
    with pytest.raises(Conflict) as refused, transaction():
        reviews.open_ballot(actor=SYSTEM, at=clock.now(), review_id=review_id, closes_on=steps.HELD_ON)
    assert refused.value.code == "nobody"
