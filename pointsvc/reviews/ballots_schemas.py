"""What ballots, self-assessments, codes and counts on paper look like on the wire."""

from __future__ import annotations

from marshmallow import fields

from pointsvc.api import Day, Ref, Schema, Text
from pointsvc.reviews.schemas import SIZE, whole


class ComradeOut(Schema):
    """Somebody to be graded on a ballot."""

    member = fields.String(attribute="number")
    name = fields.String()
    category = fields.String()


class BallotPaperOut(Schema):
    """The caller's own ballot paper; ``hindrance`` says why it cannot be cast, if so."""

    review = Ref(attribute="review_id")
    year = fields.Integer()
    branch = fields.String()
    closes_on = Day(allow_none=True)
    comrades = fields.List(fields.Nested(ComradeOut))
    hindrance = fields.String(allow_none=True)


class BallotIn(Schema):
    """A choice for each comrade on the paper: excellent, qualified, basic, unqualified or abstain."""

    grades = fields.Dict(keys=Text(64), values=fields.String(), required=True, validate=SIZE)


class BallotCastOut(Schema):
    """That the ballot is in the box; nothing of what was chosen is ever answered."""

    cast = fields.Boolean()


class SelfAssessmentIn(Schema):
    """A self-assessment."""

    grade = fields.String(required=True)
    text = Text(1000, load_default="", shortest=0)


class SelfAssessmentOut(Schema):
    """A self-assessment as it is kept."""

    grade = fields.String(attribute="self_grade")
    text = fields.String(attribute="self_text")
    on_paper = fields.Boolean(attribute="self_on_paper")


class BallotCodesIn(Schema):
    """How many more codes."""

    number = whole(1, 500, required=True)


class BallotCodesMadeOut(Schema):
    """How many codes there are now. They are told at GET /reviews/{id}/codes and nowhere else."""

    codes = fields.Integer()


class BallotCodesOut(Schema):
    """The codes that can still be used, as they stand on the slips."""

    codes = fields.List(fields.String())


class PaperCountsIn(Schema):
    """Counts of paper ballots of one part. ``members``: number -> choice -> how often."""

    part = fields.String(required=True)
    given_out = whole(0, 100_000, required=True)
    returned = whole(0, 100_000, required=True)
    valid = whole(0, 100_000, required=True)
    counters = fields.Tuple((Text(100), Text(100)), required=True)
    members = fields.Dict(
        keys=Text(64),
        values=fields.Dict(keys=fields.String(), values=whole(0, 100_000)),
        required=True,
        validate=SIZE,
    )
