"""What reviews, their rosters, decisions and results look like on the wire."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from marshmallow import fields, validate

from pointsvc.api import Amount, Day, Instant, PageArgs, Ref, Said, Schema, Text
from pointsvc.errors import N_
from pointsvc.reviews import advice, counting
from pointsvc.reviews.lifecycle import STATUSES
from pointsvc.reviews.results import Line, Parts

MOST_MEMBERS = 2000
SIZE = Said(validate.Length(1, MOST_MEMBERS), N_("Between %(min)s and %(max)s members"), min=1, max=MOST_MEMBERS)
_COUNTS = {"type": "object", "additionalProperties": {"type": "integer"}, "example": {"excellent": 3, "abstain": 1}}


def whole(low: int, high: int, **more: Any) -> fields.Integer:
    """A whole number between these."""
    check = Said(validate.Range(low, high), N_("A whole number from %(low)s to %(high)s is needed"), low=low, high=high)
    return fields.Integer(strict=True, validate=check, **more)


def _year() -> fields.Integer:
    # Not strict: in an address everything is text.
    check = Said(validate.Range(2000, 9999), N_("This choice does not exist"))
    return fields.Integer(load_default=None, validate=check)


class ReviewIn(Schema):
    """A review to prepare: of this branch, or of every branch below this organisation."""

    organisation = Text(64, required=True)
    year = whole(2000, 9999, required=True)
    held_on = Day(required=True)


class ReviewOut(Schema):
    """A review with how far it is; ``organisation`` is a code."""

    id = Ref()
    organisation = fields.String()
    organisation_name = fields.String()
    year = fields.Integer()
    held_on = Day()
    closes_on = Day(allow_none=True)
    status = fields.String(validate=validate.OneOf(STATUSES))
    round = fields.Integer()
    reviewed = fields.Integer()
    voters = fields.Integer()
    on_paper = fields.Integer()
    assessed = fields.Integer()
    took_part = fields.Integer()
    codes = fields.Integer()
    codes_used = fields.Integer()


class ReviewsPreparedOut(Schema):
    """How many reviews were prepared, and the first 200 of them."""

    made = fields.Integer()
    items = fields.List(fields.Nested(ReviewOut))


class ReviewsArgs(PageArgs):
    """``organisation``: of this node and below."""

    organisation = Text(64, load_default=None)
    year = _year()
    status = fields.String(load_default=None, validate=Said(validate.OneOf(STATUSES), N_("This choice does not exist")))


class ReviewsOut(Schema):
    """A page of reviews, newest first."""

    items = fields.List(fields.Nested(ReviewOut))
    next = fields.String(allow_none=True)


class ReviewSeatOut(Schema):
    """One line of the roster."""

    member = fields.String(attribute="number")
    name = fields.String()
    category = fields.String()
    reviewed = fields.Boolean()
    votes = fields.Boolean()
    on_paper = fields.Boolean()
    reason = fields.String()
    self_grade = fields.String(allow_none=True)
    self_text = fields.String()
    self_on_paper = fields.Boolean()


class ReviewEventOut(Schema):
    """One change of a review."""

    act = fields.String()
    old = fields.String()
    new = fields.String()
    reason = fields.String()
    at = Instant()


class ReviewBoardOut(ReviewOut):
    """A review with its roster, what may be done now, and what was done."""

    roster = fields.List(fields.Nested(ReviewSeatOut))
    possible = fields.List(fields.String())
    events = fields.List(fields.Nested(ReviewEventOut))


class RosterChoiceIn(Schema):
    """What the branch chose for one member."""

    reviewed = fields.Boolean(required=True, truthy={True}, falsy={False})
    votes = fields.Boolean(required=True, truthy={True}, falsy={False})
    on_paper = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    reason = Text(200, load_default="", shortest=0)


class RosterIn(Schema):
    """Choices by member number; of members who are not named nothing changes."""

    members = fields.Dict(keys=Text(64), values=fields.Nested(RosterChoiceIn), required=True, validate=SIZE)


class BallotOpenIn(Schema):
    """The last day on which ballots are taken; ``held_on`` if the day of the meeting has changed."""

    closes_on = Day(required=True)
    held_on = Day(load_default=None)


class BallotExtendIn(Schema):
    """Another last day."""

    closes_on = Day(required=True)


class ReviewReasonIn(Schema):
    """Why."""

    reason = Text(500, required=True)


class ReviewGradeIn(Schema):
    """What the meeting resolved for one member."""

    grade = fields.String(required=True)
    note = Text(300, load_default="", shortest=0)


class ReviewDecideIn(Schema):
    """The decision: ``body`` is committee or assembly, ``minute`` where it stands in writing."""

    body = fields.String(required=True)
    minute = Text(200, required=True)
    decided_on = Day(required=True)
    grades = fields.Dict(keys=Text(64), values=fields.Nested(ReviewGradeIn), required=True, validate=SIZE)


class BallotsInPartOut(Schema):
    """Ballots of one part: cast on phones; valid ones on paper, null before they are typed in."""

    phone = fields.Integer()
    paper = fields.Integer(allow_none=True)


class ReviewDecisionOut(Schema):
    """What was resolved, and until when one may object."""

    body = fields.String()
    minute = fields.String()
    decided_on = Day()
    published_on = Day(allow_none=True)
    last_day = Day(allow_none=True)
    phone = fields.String()


def part_name(parts: Parts) -> str:
    """The name under which counts are told: of one part, or of both together."""
    return parts[0] if len(parts) == 1 else "together"


def _by_part(line: Any) -> dict[str, counting.Counts]:
    return {part_name(parts): counts for parts, counts in line.counts.items()}


def _suggestion(line: Line) -> str | None:
    words = advice.SUGGESTIONS.get(line.grade or "")
    return gettext(words) if words else None


class ReviewLineOut(Schema):
    """One graded member. ``counts`` by part (peers, masses, or together where a part had few ballots)."""

    member = fields.String(attribute="seat.number")
    name = fields.String(attribute="seat.name")
    self_grade = fields.String(attribute="seat.self_grade", allow_none=True)
    counts = fields.Function(_by_part, metadata={"type": "object", "additionalProperties": _COUNTS})
    points = Amount(allow_none=True)
    points_grade = fields.String(allow_none=True)
    grade = fields.String(allow_none=True)
    note = fields.String()
    suggestion = fields.Function(_suggestion, metadata={"type": "string", "nullable": True})


class ReviewResultOut(Schema):
    """The result. ``ceiling`` advises how many may be excellent; ``over`` says that more are."""

    cast = fields.Dict(keys=fields.String(), values=fields.Nested(BallotsInPartOut))
    lines = fields.List(fields.Nested(ReviewLineOut))
    ceiling = fields.Integer(allow_none=True)
    excellent = fields.Integer()
    over = fields.Boolean()
    decision = fields.Nested(ReviewDecisionOut, allow_none=True)


class ReviewOtherOut(Schema):
    """Another member's grade, where grades are publicised inside the branch."""

    name = fields.String()
    grade = fields.String()


class ReviewToldOut(Schema):
    """What was decided for the caller, and until when one may object."""

    grade = fields.String()
    note = fields.String()
    counts = fields.Function(_by_part, metadata={"type": "object", "additionalProperties": _COUNTS})
    decision = fields.Nested(ReviewDecisionOut)
    others = fields.List(fields.Nested(ReviewOtherOut))


class MyReviewOut(Schema):
    """One of the caller's own reviews."""

    id = Ref()
    year = fields.Integer()
    branch = fields.String()
    status = fields.String()
    closes_on = Day(allow_none=True)
    reviewed = fields.Boolean()
    may_assess = fields.Boolean()
    assessed = fields.Boolean()
    vote = fields.Boolean()
    voted = fields.Boolean()
    on_paper = fields.Boolean()
    told = fields.Nested(ReviewToldOut, allow_none=True)


class MyReviewsOut(Schema):
    """The caller's own reviews, the newest first."""

    items = fields.List(fields.Nested(MyReviewOut))


class ReviewFiguresArgs(Schema):
    """Of which node (the own one) and year (this one)."""

    organisation = Text(64, load_default=None)
    year = _year()


class ReviewFiguresOut(Schema):
    """Participation and grades of a node's reviews of one year; ``rate`` of a hundred."""

    reviews = fields.Integer()
    decided = fields.Integer()
    reviewed = fields.Integer()
    voters = fields.Integer()
    took_part = fields.Integer()
    rate = fields.Integer(allow_none=True)
    grades = fields.Dict(metadata=_COUNTS)
