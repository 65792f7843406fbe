"""The demonstration's first branch reviews its members: last year's review is closed, this year's ballot is open."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pointsvc import clock
from pointsvc.permissions import SYSTEM
from pointsvc.reviews import assessing, ballots, changing, counting, deciding, paper, roster
from pointsvc.reviews import service as reviews
from pointsvc.reviews.deciding import Grade
from pointsvc.reviews.roster import Choice, Seat

SEED = 20263
# So few of a hundred are chosen in a ballot: most comrades think well of each other.
WEIGHTS = (30, 60, 6, 1, 3)
TEXTS = (
    "按时参加组织生活，理论学习的深度还不够。",
    "认领的志愿服务岗位都完成了，和年轻党员交流偏少。",
    "带头交纳党费，宣传政策的办法还要改进。",
)


def fill(*, at: datetime, branch: str, spared: str) -> None:
    """Through the same verbs as everybody. The member with the number ``spared`` has not voted yet."""
    rng = random.Random(SEED)  # noqa: S311 - made-up data, not a secret
    today = clock.local(at).date()
    _last_years(branch, today.year - 1, rng)
    held_on = min(today + timedelta(days=5), date(today.year + 1, 12, 31))
    [review_id] = reviews.prepare(actor=SYSTEM, at=at, organisation=branch, year=today.year, held_on=held_on)
    reviews.open_ballot(actor=SYSTEM, at=at, review_id=review_id, closes_on=held_on)
    seats = _graded(review_id, today)
    for seat in [one for one in seats if one.number != spared][:12]:
        actor = replace(SYSTEM, member_id=seat.member_id)
        grades = {one.number: _choice(rng) for one in seats if one.number != seat.number}
        ballots.cast(actor=actor, at=at, review_id=review_id, grades=grades)
        assessing.assess(
            actor=actor, at=at, review_id=review_id, grade=_choice(rng, counting.GRADES[:2]), text=rng.choice(TEXTS)
        )


def _last_years(branch: str, year: int, rng: random.Random) -> None:
    """On paper, as it was done before the service."""
    at, held_on = datetime(year, 12, 10, 2, tzinfo=UTC), date(year, 12, 10)
    [review_id] = reviews.prepare(actor=SYSTEM, at=at, organisation=branch, year=year, held_on=held_on)
    voters = [seat.number for seat in roster.seats(changing.review(SYSTEM, review_id), held_on) if seat.votes]
    choices = {number: Choice(True, True, on_paper=True) for number in voters}
    roster.choose(actor=SYSTEM, at=at, review_id=review_id, choices=choices)
    reviews.open_ballot(actor=SYSTEM, at=at, review_id=review_id, closes_on=held_on)
    seats = _graded(review_id, held_on)
    _fill_in(at, review_id, seats, len(voters) - 2, rng)
    reviews.close_ballot(actor=SYSTEM, at=at, review_id=review_id)
    grades = {seat.number: Grade("excellent" if place % 4 == 0 else "qualified") for place, seat in enumerate(seats)}
    grades[seats[5].number] = Grade("basic", "参加组织生活不够经常，支部书记同本人谈心谈话。")
    minute: dict[str, Any] = {"body": "assembly", "minute": "支部党员大会记录本第 31 页", "decided_on": held_on}
    deciding.decide(actor=SYSTEM, at=at, review_id=review_id, grades=grades, **minute)
    deciding.publicise(actor=SYSTEM, at=at, review_id=review_id)
    deciding.close(actor=SYSTEM, at=at + timedelta(days=20), review_id=review_id)


def _fill_in(at: datetime, review_id: int, seats: Sequence[Seat], voted: int, rng: random.Random) -> None:
    for seat in seats:
        grade = _choice(rng, counting.GRADES[:2])
        assessing.assess_from_paper(actor=SYSTEM, at=at, review_id=review_id, member=seat.number, grade=grade, text="")
    for part, valid in (("peers", voted), ("masses", 12)):
        given = paper.Ballots(valid + 1, valid + 1, valid, "苏晓红", "江国栋")
        members = {seat.number: _counts(valid, rng) for seat in seats}
        paper.enter(actor=SYSTEM, at=at, review_id=review_id, part=part, ballots=given, members=members)


def _graded(review_id: int, day: date) -> Sequence[Seat]:
    return [seat for seat in roster.seats(changing.review(SYSTEM, review_id), day) if seat.reviewed]


def _choice(rng: random.Random, among: Sequence[str] = counting.CHOICES) -> str:
    return rng.choices(among, WEIGHTS[: len(among)])[0]


def _counts(valid: int, rng: random.Random) -> dict[str, int]:
    return counting.together({_choice(rng): 1} for _ in range(valid))
