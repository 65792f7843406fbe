"""What pledges look like on the wire."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from pointsvc.api import Amount, Day, Instant, PageArgs, Ref, Said, Schema, Text
from pointsvc.errors import N_
from pointsvc.pledges import saying
from pointsvc.pledges.lifecycle import OUTCOMES, STATUSES
from pointsvc.pledges.models import HORIZONS, KINDS
from pointsvc.pledges.rating import GRADES
from pointsvc.pledges.taking import MOST_AT_ONCE

_SIZE = Said(validate.Length(1, MOST_AT_ONCE), N_("Between %(min)s and %(max)s pledges"), min=1, max=MOST_AT_ONCE)


def _one_of(values: tuple[str, ...]) -> Said:
    return Said(validate.OneOf(values), N_("One of %(values)s"), values=", ".join(values))


class PromiseIn(Schema):
    """What is promised, until when, and how anybody can see that it is kept."""

    kind = fields.String(required=True, validate=_one_of(KINDS))
    horizon = fields.String(load_default="yearly", validate=_one_of(HORIZONS))
    text = Text(500, required=True)
    indicator = Text(200, shortest=0, load_default="")
    baseline = Text(100, shortest=0, load_default="")
    target = Text(100, shortest=0, load_default="")
    due_on = Day(required=True)
    beneficiary = Text(200, shortest=0, load_default="")
    witness = Text(200, shortest=0, load_default="")


class PledgeIn(PromiseIn):
    """A pledge. Without ``member`` and ``organisation`` it is the caller's own; with ``organisation``
    alone that organisation promises. ``submit``: handed in for its review at once.
    """

    member = Text(64, load_default=None, allow_none=True)
    organisation = Text(64, load_default=None, allow_none=True)
    submit = fields.Boolean(load_default=False)


class PledgeChangeIn(PromiseIn):
    """The whole pledge as it is to be, and why; it stands as it is until that is approved."""

    reason = Text(500, required=True)


class PledgeMinuteIn(Schema):
    """The minute of the meeting that approved."""

    minute = Text(200, required=True)


class SeveralPledgesIn(Schema):
    """Ids of pledges, all or none."""

    pledges = fields.List(Text(18), required=True, validate=_SIZE)


class ApprovePledgesIn(SeveralPledgesIn, PledgeMinuteIn):
    """Ids of pledges, and the minute of the meeting that approved them."""


class PledgeReasonIn(Schema):
    """Why; the member reads it."""

    reason = Text(500, required=True)


class WithdrawPledgeIn(Schema):
    """Why; needed for a pledge that is published."""

    reason = Text(500, load_default=None, allow_none=True)


class ProgressIn(Schema):
    """How it goes."""

    text = Text(500, required=True)


class FulfilIn(Schema):
    """How it is known, on which day (today), and the points for a rule with a range."""

    text = Text(500, shortest=0, load_default="")
    on = Day(load_default=None, allow_none=True)
    points = Amount(load_default=None, allow_none=True)


class FailIn(FulfilIn):
    """The cause. ``objective``: nobody is to blame, and no points follow."""

    text = Text(500, required=True)
    objective = fields.Boolean(load_default=False)


class SettleIn(FulfilIn):
    """What came of it, in one call."""

    outcome = fields.String(required=True, validate=_one_of(OUTCOMES))


class Count(fields.Integer):
    """How many, strictly a whole number."""

    def __init__(self) -> None:
        super().__init__(strict=True, validate=Said(validate.Range(0), N_("Please give a whole number for each grade")))


class RatingIn(Schema):
    """Either the caller's ``grade`` from 4 (good) to 1 (poor), or the ``counts`` by grade of a paper
    vote of the masses.
    """

    grade = fields.Integer(
        strict=True, load_default=None, validate=Said(validate.OneOf(GRADES), N_("One of 4, 3, 2, 1"))
    )
    counts = fields.Dict(
        keys=fields.String(validate=_one_of(tuple(map(str, GRADES)))), values=Count(), load_default=None
    )


class PledgeStepOut(Schema):
    """One step of a pledge's life. ``before``: what it said until it was amended or changed."""

    step = fields.String()
    old = fields.String(allow_none=True)
    new = fields.String()
    at = Instant()
    by = fields.String()
    text = fields.String(allow_none=True)
    before = fields.Raw(allow_none=True, metadata={"type": "object"})


class PledgeOut(Schema):
    """A pledge. ``overdue``: its day has passed and it is not settled. ``advice``: by field, what keeps
    it from being checked; ``proposed``: what a change that waits for its review would make of it.
    """

    id = Ref()
    member = fields.String(allow_none=True)
    organisation = fields.String()
    by = fields.String()
    kind = fields.String()
    horizon = fields.String()
    text = fields.String()
    indicator = fields.String()
    baseline = fields.String()
    target = fields.String()
    due_on = Day()
    beneficiary = fields.String()
    witness = fields.String()
    status = fields.String()
    outcome = fields.String(allow_none=True)
    overdue = fields.Boolean()
    minute = fields.String(allow_none=True)
    published_on = Day(allow_none=True)
    settled_on = Day(allow_none=True)
    created_at = Instant()
    created_by = fields.String()
    proposed = fields.Raw(allow_none=True, metadata={"type": "object"})
    advice = fields.Dict(keys=fields.String(), values=fields.String())


class PledgePointsOut(Schema):
    """Points that its settlement has posted."""

    entry = Ref()
    points = Amount()


class WholePledgeOut(PledgeOut):
    """A pledge with its log, oldest first, the counts of its ratings by side and grade, its points."""

    steps = fields.List(fields.Nested(PledgeStepOut))
    ratings = fields.Dict(keys=fields.String(), values=fields.Dict(keys=fields.String(), values=fields.Integer()))
    entries = fields.List(fields.Nested(PledgePointsOut))


class SeveralPledgesOut(Schema):
    """The pledges in the order in which they were asked for."""

    pledges = fields.List(fields.Nested(PledgeOut))


class PledgesArgs(PageArgs):
    """``organisation``: of this node and below. ``share``: only those whose review falls to the caller."""

    status = fields.String(load_default=None, validate=_one_of(STATUSES))
    kind = fields.String(load_default=None, validate=_one_of(KINDS))
    member = Text(64, load_default=None)
    organisation = Text(64, load_default=None)
    overdue = fields.Boolean(load_default=False)
    share = fields.Boolean(load_default=False)


class PledgesOut(Schema):
    """A page of pledges, newest first."""

    items = fields.List(fields.Nested(PledgeOut))
    next = fields.String(allow_none=True)


class PledgeFiguresArgs(Schema):
    """Of this node and below; the year that ends with ``on`` (today)."""

    organisation = Text(64, load_default=None)
    on = Day(load_default=None)


class PledgeShareOut(Schema):
    """So many of so many; ``percent`` rounded down, null of nothing."""

    part = fields.Integer()
    whole = fields.Integer()
    percent = fields.Integer(allow_none=True)


class PledgeFiguresOut(Schema):
    """``coverage``: members with a published pledge. ``kept``: fulfilled of those due in the year so far."""

    organisation = fields.String()
    on = Day()
    coverage = fields.Nested(PledgeShareOut)
    kept = fields.Nested(PledgeShareOut)


def said(data: dict[str, Any]) -> saying.Said:
    """Loaded input as the verbs take it."""
    return saying.Said(**{name: data[name] for name in saying.NAMES})
