"""What is shown of a review: sums of phones and paper, small groups together, points as advice, one's own only."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.errors import Invalid
from pointsvc.ledger import service as ledger
from pointsvc.people import settings
from pointsvc.permissions import SYSTEM
from pointsvc.reviews import changing, checking, listing, mine, paper, results
from pointsvc.reviews import service as reviews
from pointsvc.reviews.models import ReviewBox, ReviewCount
from pointsvc.reviews.results import Result
from tests import factories
from tests.conftest import FrozenClock
from tests.counting import counted
from tests.reviews import steps
from tests.tallies import work

TOGETHER = ("peers", "masses")


@pytest.fixture(autouse=True)
def _branch(app: Flask, frozen_clock: FrozenClock) -> None:
    steps.ruled_branch()


def decide(name: str, value: Any, organisation: str = "QS0101") -> None:
    with transaction():
        settings.decide(actor=SYSTEM, at=clock.now(), organisation=organisation, name=name, value=value)


def result(review_id: int) -> Result:
    return results.result(changing.review(SYSTEM, review_id), clock.today())


def counts(found: Result, number: str) -> dict[tuple[str, ...], dict[str, int]]:
    [line] = [line for line in found.lines if line.seat.number == number]
    return {parts: {c: n for c, n in sums.items() if n} for parts, sums in line.counts.items()}


def balloted(peers: int, masses: int, peers_on_paper: int = 0, masses_on_paper: int = 0) -> int:
    """A review whose ballot was closed after so many ballots."""
    numbers = ["M011", "M012", "M013", "M014", "M015", "M001"]
    review_id = steps.opened(on_paper=("M003",) if peers_on_paper else ())
    for number in numbers[:peers]:
        steps.vote(review_id, number)
    for code in steps.slips(review_id, masses) if masses else ():
        steps.vote_by_code(code, "excellent")
    if peers_on_paper:
        steps.paper_counts(review_id, "peers", peers_on_paper)
    if masses_on_paper:
        steps.paper_counts(review_id, "masses", masses_on_paper)
    steps.closed_ballot(review_id)
    return review_id


def test_phones_and_paper_add_up_part_by_part() -> None:
    found = result(balloted(5, 5, peers_on_paper=1, masses_on_paper=2))
    assert found.shown == (("peers",), ("masses",))
    assert (found.cast["peers"].all, found.cast["masses"].all) == (6, 7)
    assert counts(found, "M003") == {("peers",): {"qualified": 6}, ("masses",): {"excellent": 5, "qualified": 2}}
    # M011 has voted and was not on the own ballot.
    assert counts(found, "M011")[("peers",)] == {"qualified": 5}


@pytest.mark.parametrize(("peers", "masses"), [(5, 1), (2, 5), (1, 1)])
def test_a_part_with_few_ballots_is_shown_only_together_with_the_other(peers: int, masses: int) -> None:
    found = result(balloted(peers, masses))
    assert found.shown == (TOGETHER,)
    assert counts(found, "M003") == {TOGETHER: {"qualified": peers, "excellent": masses}}


def test_paper_helps_a_part_over_the_threshold() -> None:
    assert result(balloted(5, 3, masses_on_paper=2)).shown == (("peers",), ("masses",))


def test_the_threshold_is_the_branchs_or_from_above() -> None:
    review_id = balloted(5, 3)
    assert result(review_id).shown == (TOGETHER,)
    decide("review_smallest", 3, "QS01")
    assert result(review_id).shown == (("peers",), ("masses",))


def test_the_ceiling_is_advice_and_takes_nobody_off() -> None:
    review_id = balloted(5, 0)
    steps.decided(review_id, M001="excellent", M003="excellent", M011="excellent")
    found = result(review_id)
    assert (found.ceiling, found.excellent, found.over) == (2, 3, True)
    assert sum(line.grade == "excellent" for line in found.lines) == 3
    decide("review_ceiling", "1/2", "QS")
    assert (result(review_id).ceiling, result(review_id).over) == (3, False)
    decide("review_ceiling", "none", "QS")
    assert (result(review_id).ceiling, result(review_id).over) == (None, False)


def test_points_of_the_year_stand_beside_and_decide_nothing(frozen_clock: FrozenClock) -> None:
    with transaction():
        ledger.record(
            actor=SYSTEM,
            at=clock.now(),
            member="M011",
            rule="volunteer",
            occurred_on=date(2026, 7, 5),
            quantity=Decimal(10),
        )
    review_id = balloted(1, 0)
    by_number = {line.seat.number: (line.points, line.points_grade, line.grade) for line in result(review_id).lines}
    assert by_number["M011"] == (Decimal("72.00"), "合格", None)
    # Of a year that was neither tallied nor is kept nothing is said.
    assert {line.points for line in result(steps.prepared(year=2025)).lines} == {None}
    frozen_clock.set(frozen_clock.instant.replace(year=2027, month=1))
    work.tally("QS", "2026")
    with transaction():
        ledger.record(
            actor=SYSTEM,
            at=clock.now(),
            member="M011",
            rule="volunteer",
            occurred_on=date(2026, 8, 1),
            quantity=Decimal(20),
        )
    # Once the year is tallied, the tally is what the meeting sees.
    by_number = {line.seat.number: (line.points, line.points_grade, line.grade) for line in result(review_id).lines}
    assert by_number["M011"] == (Decimal("72.00"), "合格", None)


def test_a_low_grade_changes_nobodys_standing() -> None:
    review_id = balloted(1, 0)
    members = {number: factories.member_id(number) for number in steps.GRADED}
    with counted() as statements:
        steps.decided(review_id, M011="unqualified", M012="basic")
    changed = {line.split()[2] for line in statements if line.startswith("INSERT INTO")}
    assert changed == {"review_event", "review_decision", "review_grade", "audit_event"}
    assert members["M011"]
    assert {line.split()[1] for line in statements if line.startswith("UPDATE")} == {"review"}


# ---- what a member reads


def told(number: str) -> mine.Told | None:
    return mine.mine(actor=steps.voter(number), at=clock.now())[0].told


def test_a_member_reads_the_own_grade_and_counts_once_it_is_told() -> None:
    review_id = balloted(5, 5)
    steps.decided(review_id, M011="excellent", M012="basic")
    assert told("M011") is None
    steps.publicised(review_id)
    own = told("M011")
    assert own is not None
    assert own.grade == "excellent"
    assert {parts: sums["qualified"] for parts, sums in own.counts.items()} == {("peers",): 4, ("masses",): 0}
    assert own.decision.last_day == date(2026, 8, 21)
    assert dict(own.others)["同志2"] == "basic"


def test_where_grades_are_ones_own_nobody_elses_is_read() -> None:
    decide("review_shown_to", "own")
    review_id = balloted(5, 0)
    steps.decided(review_id)
    steps.publicised(review_id)
    own = told("M011")
    assert own is not None
    assert own.others == ()


def test_whoever_is_not_graded_reads_no_grades() -> None:
    factories.sign_in("probationer", factories.Role.MEMBER, "QS0101", "M002")
    review_id = balloted(1, 0)
    steps.decided(review_id)
    steps.publicised(review_id)
    [one] = mine.mine(actor=factories.actor("probationer"), at=clock.now())
    assert (one.reviewed, one.vote, one.told) == (False, False, None)


def test_who_has_no_member_record_has_no_reviews() -> None:
    balloted(1, 0)
    assert mine.mine(actor=factories.actor("secretary"), at=clock.now()) == []


# ---- counts from paper


def enter(review_id: int, part: str = "peers", members: Any = None, **ballots: Any) -> list[str]:
    given = {"given_out": 1, "returned": 1, "valid": 1, "counter": "甲", "second_counter": "乙"} | ballots
    lines = {number: steps.line(qualified=1) for number in steps.GRADED} if members is None else members
    try:
        with transaction():
            paper.enter(
                actor=SYSTEM,
                at=clock.now(),
                review_id=review_id,
                part=part,
                ballots=paper.Ballots(**given),
                members=lines,
            )
    except Invalid as refused:
        return sorted(refused.errors)
    return []


def test_paper_is_refused_by_field_and_then_nothing_is_kept() -> None:
    review_id = steps.opened(on_paper=("M003",))
    whole = {number: steps.line(qualified=1) for number in steps.GRADED}
    assert enter(review_id, part="others") == ["part"]
    assert enter(review_id, given_out=2) == ["given_out"]
    assert enter(review_id, returned=2) == ["returned"]
    assert enter(review_id, returned=0) == ["valid"]
    assert enter(review_id, counter=" ") == ["counter"]
    assert enter(review_id, second_counter="甲 ") == ["second_counter"]
    assert enter(review_id, members={**whole, "M001": steps.line(qualified=2)}) == ["members.M001"]
    assert enter(review_id, members={**whole, "M001": steps.line(qualified=2, basic=-1)}) == ["members.M001"]
    assert enter(review_id, members={**whole, "M001": {"good": 1}}) == ["members.M001"]
    assert enter(review_id, members={**whole, "M002": steps.line(qualified=1)}) == ["members.M002"]
    assert enter(review_id, members={n: whole[n] for n in steps.GRADED[1:]}) == ["members.M001"]
    assert paper.entered(changing.review(SYSTEM, review_id), "peers") == (None, {})


def test_paper_typed_again_replaces_what_was_there() -> None:
    review_id = steps.opened(on_paper=("M003",))
    steps.paper_counts(review_id, "peers", 1)
    steps.paper_counts(review_id, "peers", 1, {"M001": steps.line(excellent=1)})
    ballots, lines = paper.entered(changing.review(SYSTEM, review_id), "peers")
    assert ballots is not None
    assert (ballots.valid, lines["M001"], len(lines)) == (1, steps.line(excellent=1), len(steps.GRADED))
    steps.closed_ballot(review_id)
    assert counts(result(review_id), "M001") == {("peers",): {"excellent": 1}}


# ---- figures and checks


def test_the_figures_of_a_node_and_year() -> None:
    review_id = balloted(4, 0, peers_on_paper=1)
    other = steps.opened(steps.prepared("QS0201"))
    steps.decided(review_id, M001="excellent", M012="unqualified")
    found = listing.figures(actor=factories.actor("admin"), organisation="QS", year=steps.YEAR)
    assert (found.reviews, found.decided, found.reviewed, found.voters, found.took_part) == (2, 1, 8, 8, 5)
    assert found.grades == {"excellent": 1, "qualified": 5, "basic": 0, "unqualified": 1}
    assert found.rate == 62
    assert listing.figures(actor=factories.actor("far"), organisation="QS0201", year=steps.YEAR).reviewed == 1
    assert listing.figures(actor=factories.actor("admin"), organisation="QS", year=2025).rate is None
    with transaction():
        reviews.withdraw(actor=SYSTEM, at=clock.now(), review_id=other, reason="误建")
    assert listing.figures(actor=factories.actor("admin"), organisation="QS", year=steps.YEAR).reviews == 1


def test_lists_and_figures_take_as_many_statements_for_one_as_for_many() -> None:
    def statements() -> int:
        with counted() as found:
            listing.reviews(actor=factories.actor("admin"), year=steps.YEAR, limit=50)
            listing.figures(actor=factories.actor("admin"), organisation="QS", year=steps.YEAR)
            listing.waiting(actor=factories.actor("admin"), today=clock.today())
        return len([line for line in found if line.startswith("SELECT")])

    steps.prepared()
    one = statements()
    steps.prepared("QS")
    assert len(listing.reviews(actor=SYSTEM, limit=50)) == 3
    assert statements() == one


def test_sums_that_do_not_fit_the_turnout_are_found() -> None:
    review_id = steps.opened()
    steps.vote(review_id, "M011")
    assert list(checking.faults()) == []
    box = db.session.get_one(ReviewBox, (review_id, "peers"))
    box.sums = {**box.sums, str(factories.member_id("M003")): [1, 1, 0, 0, 0]}
    db.session.commit()
    assert len(list(checking.faults())) == 1
    box.sums = {**box.sums, str(factories.member_id("M003")): [0, 1, 0, 0, 0]}
    db.session.commit()
    steps.closed_ballot(review_id)
    assert list(checking.faults()) == []
    db.session.execute(update(ReviewCount).where(ReviewCount.part == "masses").values(basic=1))
    db.session.commit()
    assert len(list(checking.faults())) == 1
