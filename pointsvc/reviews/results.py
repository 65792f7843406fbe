"""What a review has come to: counts by part (small groups together), self-assessments, points, the decision."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from pointsvc.db import among, db
from pointsvc.people import settings
from pointsvc.reviews import advice, counting, lifecycle, roster
from pointsvc.reviews.models import (
    Review,
    ReviewCode,
    ReviewCount,
    ReviewDecision,
    ReviewGrade,
    ReviewPaper,
    ReviewTurnout,
)
from pointsvc.reviews.roster import Seat

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cast:
    """How many ballots were cast in one part: on phones, and valid ones on paper (None: not typed in)."""

    phone: int = 0
    paper: int | None = None

    @property
    def all(self) -> int:
        """All of them."""
        return self.phone + (self.paper or 0)


@dataclass(frozen=True, slots=True)
class Line:
    """One graded member. ``counts`` has an entry for each of the result's ``shown``, once they are counted."""

    seat: Seat
    counts: Mapping[Parts, counting.Counts]
    points: Decimal | None
    points_grade: str | None
    grade: str | None
    note: str


@dataclass(frozen=True, slots=True)
class Result:
    """The whole of it. ``ceiling`` (None: none) is advice; ``excellent`` is how many the meeting graded so."""

    shown: tuple[Parts, ...]
    cast: Mapping[str, Cast]
    lines: Sequence[Line]
    ceiling: int | None
    excellent: int
    decision: ReviewDecision | None

    @property
    def over(self) -> bool:
        """Whether more are graded excellent than the ceiling advises. Nobody is taken off for that."""
        return self.ceiling is not None and self.excellent > self.ceiling


def cast(review_ids: Collection[int]) -> dict[int, dict[str, Cast]]:
    """The ballots cast in each part of these reviews, by review id: from turnout, codes and paper, not the box."""
    phone: dict[tuple[int, str], int] = {}
    for part, query in (
        ("peers", select(ReviewTurnout.review_id, func.count()).group_by(ReviewTurnout.review_id)),
        ("masses", select(ReviewCode.review_id, func.count()).where(ReviewCode.used).group_by(ReviewCode.review_id)),
    ):
        ids = query.selected_columns[0]
        phone.update({(row[0], part): row[1] for row in db.session.execute(query.where(among(ids, review_ids)))})
    rows = db.session.execute(
        select(ReviewPaper.review_id, ReviewPaper.part, ReviewPaper.valid).where(
            among(ReviewPaper.review_id, review_ids)
        )
    )
    paper = {(row.review_id, row.part): row.valid for row in rows}
    return {
        one: {part: Cast(phone.get((one, part), 0), paper.get((one, part))) for part in counting.PARTS}
        for one in review_ids
    }


def result(review: Review, day: date) -> Result:
    """All that the meeting and the readers see of a review. Before the ballot is closed nothing is counted."""
    seats = [seat for seat in roster.seats(review, day) if seat.reviewed]
    ids = [seat.member_id for seat in seats]
    ballots = cast([review.id])[review.id]
    shown = _shown(review, ballots)
    counts, grades = _counts(review, shown), _grades(review)
    points = advice.points_of(review.organisation_id, review.year, ids)
    lines = []
    for seat in seats:
        grade, note = grades.get(seat.member_id, (None, ""))
        total, points_grade = points.get(seat.member_id, (None, None))
        lines.append(Line(seat, counts.get(seat.member_id, {}), total, points_grade, grade, note))
    return Result(
        shown=shown,
        cast=ballots,
        lines=lines,
        ceiling=advice.ceiling(settings.value(review.organisation_id, "review_ceiling"), len(seats)),
        excellent=sum(line.grade == "excellent" for line in lines),
        decision=db.session.get(ReviewDecision, (review.id, review.round)),
    )


# ---- inside


def _shown(review: Review, ballots: Mapping[str, Cast]) -> tuple[Parts, ...]:
    if review.status not in lifecycle.COUNTED:
        return ()
    smallest = settings.value(review.organisation_id, "review_smallest")
    return counting.parts_shown({part: ballots[part].all for part in counting.PARTS}, smallest)


def _counts(review: Review, shown: tuple[Parts, ...]) -> dict[int, dict[Parts, counting.Counts]]:
    rows: dict[int, list[Any]] = {}
    for row in db.session.execute(select(ReviewCount.__table__).where(ReviewCount.review_id == review.id)):
        rows.setdefault(row.member_id, []).append(row)
    return {
        member_id: {parts: counting.together(row._mapping for row in several if row.part in parts) for parts in shown}
        for member_id, several in rows.items()
    }


def _grades(review: Review) -> dict[int, tuple[str, str]]:
    """The grade and note of each member in the present round, by member id."""
    rows = db.session.execute(
        select(ReviewGrade.member_id, ReviewGrade.grade, ReviewGrade.note).where(
            ReviewGrade.review_id == review.id, ReviewGrade.round == review.round
        )
    )
    return {row.member_id: (row.grade, row.note) for row in rows}
