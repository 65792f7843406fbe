"""What tests of reviews do again and again: a branch with enough voters, and each step by its verb.

``branch()`` adds to the first branch of the made-up district:

    M011 to M014   regular, with the accounts m011 to m014
    M015           floating, with the account m015

Graded and voting are then M001 (account member), M003 (retired, no account) and these five; M002 is
probationary. All functions commit, so call them outside of ``transaction()``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.people.models import Member, SignIn
from pointsvc.people.signing import actor_of_sign_in
from pointsvc.permissions import SYSTEM, Actor, Role
from pointsvc.reviews import ballots, deciding, one_time, paper, roster
from pointsvc.reviews import service as reviews
from pointsvc.reviews.counting import CHOICES
from pointsvc.reviews.models import Review, ReviewCount
from tests import factories
from tests.remembered import remembered
from tests.schemes.sheets import ruled_district

YEAR = 2026
HELD_ON = date(2026, 8, 20)
GRADED = ("M001", "M003", "M011", "M012", "M013", "M014", "M015")
ACCOUNTS = {"M001": "member", **{number: number.lower() for number in GRADED[2:]}}
SECRET = "only for the tests, and long enough for the check"


@remembered
def ruled_branch() -> None:
    """The made-up district with its rule sheet, and this branch."""
    ruled_district()
    branch()


def branch() -> None:
    """Members and accounts as drawn above; the district must be there."""
    for number in GRADED[2:]:
        category = "floating" if number == "M015" else "regular"
        factories.member(number, "QS0101", f"同志{number[-1]}", category)
        factories.sign_in(ACCOUNTS[number], Role.MEMBER, "QS0101", number)


def prepared(organisation: str = "QS0101", year: int = YEAR) -> int:
    """A review in preparation; its id."""
    with transaction():
        made = reviews.prepare(
            actor=SYSTEM, at=clock.now(), organisation=organisation, year=year, held_on=HELD_ON.replace(year=year)
        )
    return made[0]


def opened(review_id: int | None = None, on_paper: tuple[str, ...] = ()) -> int:
    """A review with its ballot open, these members voting on paper; its id."""
    found = prepared() if review_id is None else review_id
    with transaction():
        choices = {number: roster.Choice(True, True, True) for number in on_paper}
        roster.choose(actor=SYSTEM, at=clock.now(), review_id=found, choices=choices)
        reviews.open_ballot(actor=SYSTEM, at=clock.now(), review_id=found, closes_on=HELD_ON)
    return found


def ballot_of(number: str, choice: str = "qualified", **others: str) -> dict[str, str]:
    """A whole ballot of this member: one choice for everybody, or another for some."""
    return {**{one: choice for one in GRADED if one != number}, **others}


def voter(number: str) -> Actor:
    """The member's own account as an actor; writes nothing."""
    sign_in_id = db.session.scalars(db.select(SignIn.id).where(SignIn.name == ACCOUNTS[number])).one()
    found = actor_of_sign_in(sign_in_id)
    assert found is not None
    return found


def vote(review_id: int, number: str, choice: str = "qualified", **others: str) -> None:
    """Let this member vote."""
    with transaction():
        grades = ballot_of(number, choice, **others)
        ballots.cast(actor=voter(number), at=clock.now(), review_id=review_id, grades=grades)


def slips(review_id: int, number: int) -> list[str]:
    """So many codes."""
    with transaction():
        one_time.make(actor=SYSTEM, at=clock.now(), review_id=review_id, secret=SECRET, number=number)
    return one_time.unused(actor=SYSTEM, review_id=review_id, secret=SECRET)


def vote_by_code(code: str, choice: str = "qualified") -> None:
    """Let a representative of the masses vote."""
    with transaction():
        ballots.cast_by_code(at=clock.now(), code=code, grades=dict.fromkeys(GRADED, choice))


def line(**counts: int) -> dict[str, int]:
    """One member's counts; nothing where nothing is said."""
    return {**dict.fromkeys(CHOICES, 0), **counts}


def paper_counts(review_id: int, part: str, valid: int, members: Mapping[str, dict[str, int]] | None = None) -> None:
    """Type in so many paper ballots; qualified for everybody unless said otherwise."""
    lines = {number: line(qualified=valid) for number in GRADED} | dict(members or {})
    given = paper.Ballots(valid, valid, valid, "丁计票", "监票人")
    with transaction():
        paper.enter(actor=SYSTEM, at=clock.now(), review_id=review_id, part=part, ballots=given, members=lines)


def sums(review_id: int, part: str, source: str = "phone") -> dict[str, dict[str, int]]:
    """What was counted in this part, by member number."""
    rows = db.session.execute(
        db.select(Member.number, ReviewCount)
        .join(Member, Member.id == ReviewCount.member_id)
        .where(ReviewCount.review_id == review_id, ReviewCount.part == part, ReviewCount.source == source)
    )
    return {number: {choice: getattr(row, choice) for choice in CHOICES} for number, row in rows}


def closed_ballot(review_id: int) -> None:
    """Close the ballot."""
    with transaction():
        reviews.close_ballot(actor=SYSTEM, at=clock.now(), review_id=review_id)


def decided(review_id: int, **others: str) -> None:
    """Let the meeting decide: qualified unless said otherwise."""
    grades = {number: deciding.Grade(others.get(number, "qualified")) for number in GRADED}
    with transaction():
        deciding.decide(
            actor=SYSTEM,
            at=clock.now(),
            review_id=review_id,
            body="assembly",
            minute="会议记录第 12 页",
            decided_on=clock.today(),
            grades=grades,
        )


def publicised(review_id: int) -> Review:
    """Publicise the result."""
    with transaction():
        return deciding.publicise(actor=SYSTEM, at=clock.now(), review_id=review_id)


def in_state(status: str) -> int:
    """A review that has come to this state by the ordinary way; its id."""
    found = prepared()
    if status == "withdrawn":
        with transaction():
            reviews.withdraw(actor=SYSTEM, at=clock.now(), review_id=found, reason="误建")
        return found
    ways: tuple[tuple[str, Any], ...] = (
        ("prepared", lambda: None),
        ("open", lambda: opened(found)),
        ("counted", lambda: closed_ballot(found)),
        ("decided", lambda: decided(found)),
        ("publicised", lambda: publicised(found)),
    )
    for name, step in ways:
        step()
        if name == status:
            return found
    raise ValueError(status)
