"""What spot-checks look like on the wire. Where a list holds plain texts, each stands for its own code."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate, validates_schema

from pointsvc.api import Amount, Day, Instant, PageArgs, Ref, Said, Schema, Text
from pointsvc.errors import N_, Message
from pointsvc.people import models as people
from pointsvc.spotchecks.models import KINDS, STATUSES

MOST_CHECKED = 200
MOST_INSPECTORS = 500
_CHOICE = N_("This choice does not exist")


def _whole(low: int, high: int, **more: Any) -> fields.Integer:
    check = Said(validate.Range(low, high), N_("A whole number from %(low)s to %(high)s is needed"), low=low, high=high)
    return fields.Integer(strict=True, validate=check, **more)


def _most(count: int) -> Said:
    return Said(validate.Length(max=count), N_("At most %(max)s of them"), max=count)


class _Named(Schema):
    """An object that may be given by this one field alone, as a text."""

    alone = "code"

    @pre_load
    def as_object(self, data: Any, **more: Any) -> Any:
        """A plain text as the object that it stands for."""
        return {self.alone: data} if isinstance(data, str) else data


class CheckItemIn(_Named):
    """A line of the checklist; without a ``code`` it bears its number."""

    alone = "text"
    code = Text(20, load_default=None)
    text = Text(300, required=True)
    article = Text(200, shortest=0, load_default="")


class SpotUnitIn(_Named):
    """A unit; without a ``name`` it has that of the organisation with its code, else its code."""

    code = Text(64, required=True)
    name = Text(200, load_default=None)


class UnitSourceIn(Schema):
    """Units to choose: what lies below ``under`` of this ``organisation_kind``, or of this ``period``."""

    under = Text(64, required=True)
    organisation_kind = fields.String(load_default=None, validate=Said(validate.OneOf(people.KINDS), _CHOICE))
    period = Text(10, load_default=None)


class StratumIn(Schema):
    """A stratum: ``units`` or what to choose them ``from``, and ``n`` or ``percent`` of them to draw."""

    name = Text(60, required=True)
    kind = fields.String(load_default="organisation", validate=Said(validate.OneOf(KINDS), _CHOICE))
    units = fields.List(fields.Nested(SpotUnitIn), load_default=list)
    source = fields.Nested(UnitSourceIn, data_key="from", load_default=None)
    n = _whole(1, 1_000_000, load_default=None)
    percent = _whole(1, 100, load_default=None)

    @validates_schema
    def one_size(self, data: dict[str, Any], **more: Any) -> None:
        """A size is said in one way."""
        if (data.get("n") is None) == (data.get("percent") is None):
            raise ValidationError({"n": [Message(N_("Say how many are drawn, or how many per cent"))]})


class ExcludedIn(Schema):
    """A unit that is left out, with its public reason."""

    code = Text(64, required=True)
    reason = Text(300, required=True)


class SpotInspectorIn(_Named):
    """Somebody who may inspect; ``conflicts`` are codes of units, ``sign_in`` is the name of an account."""

    alone = "name"
    code = Text(64, load_default=None)
    name = Text(100, required=True)
    body = Text(100, shortest=0, load_default="")
    sign_in = Text(100, load_default=None)
    conflicts = fields.List(Text(64), load_default=list)


class SpotCheckChangeIn(Schema):
    """The head of a plan. ``due_on`` or ``due_days``: working days from today.

    ``notice_on``: the day on which the drawn units of an announced check are told; null: at the draw.
    """

    title = Text(200)
    purpose = Text(1000, shortest=0)
    programme = Text(200, shortest=0)
    filing = Text(100, shortest=0)
    announced = fields.Boolean()
    due_on = Day()
    due_days = _whole(1, 250)
    notice_on = Day(allow_none=True)
    cover_quarters = _whole(1, 20, allow_none=True)
    checklist = fields.List(fields.Nested(CheckItemIn), validate=_most(MOST_CHECKED))
    again_of = Text(40, allow_none=True)
    reason = Text(500, allow_none=True)


class SpotUnitsIn(Schema):
    """The strata with their units, in place of what the plan had."""

    strata = fields.List(fields.Nested(StratumIn), required=True, validate=_most(50))
    excluded = fields.List(fields.Nested(ExcludedIn), load_default=list)


class SpotInspectorsIn(Schema):
    """Who may inspect, in place of whom the plan had."""

    inspectors = fields.List(fields.Nested(SpotInspectorIn), required=True, validate=_most(MOST_INSPECTORS))


class SpotCheckIn(SpotCheckChangeIn):
    """A plan under its public number; strata and inspectors may follow later."""

    plan = Text(40, required=True)
    title = Text(200, required=True)
    organisation = Text(64, load_default=None)
    strata = fields.List(fields.Nested(StratumIn), load_default=list, validate=_most(50))
    excluded = fields.List(fields.Nested(ExcludedIn), load_default=list)
    inspectors = fields.List(fields.Nested(SpotInspectorIn), load_default=list, validate=_most(MOST_INSPECTORS))


class DrawIn(Schema):
    """The digits as the dice showed them, and the units that exist no more."""

    digits = fields.String(required=True)
    ceased = fields.List(fields.Nested(ExcludedIn), load_default=list)


class SpotCheckReasonIn(Schema):
    """Why; the reason is public."""

    reason = Text(300, required=True)


class StandDownIn(SpotCheckReasonIn):
    """Which inspector cannot go, and why."""

    inspector = Text(64, required=True)


class SpotCheckOpenIn(Schema):
    """The units that were visited; all when left out."""

    units = fields.List(Text(20), load_default=None)


class EntryVerdictIn(Schema):
    """Whether a drawn entry is in order; if not, the note says why."""

    in_order = fields.Boolean(required=True)
    note = Text(500, shortest=0, load_default="")


# ---- out


class ChanceOut(Schema):
    """With so many per cent at fault: the chance that the sample holds one, and the size that 95 per cent needs."""

    percent = fields.Integer()
    faulty = fields.Integer()
    chance = fields.Float()
    needed = fields.Integer()


class StratumOut(Schema):
    """A stratum: ``n`` of ``size`` are drawn."""

    name = fields.String()
    kind = fields.String()
    n = fields.Integer()
    size = fields.Integer()
    excluded = fields.Integer()
    chances = fields.List(fields.Nested(ChanceOut))


class SpotInspectorOut(Schema):
    """Somebody who may inspect."""

    code = fields.String()
    name = fields.String()
    body = fields.String()
    conflicts = fields.List(fields.String())


class PassedOut(Schema):
    """An inspector in whose place another serves."""

    inspector = fields.String(attribute="code")
    reason = fields.String(attribute="skipped")


class DrawnOut(Schema):
    """A drawn unit (or one passed over, with why); ``inspectors`` are the codes of those who go there."""

    unit = Ref(attribute="id")
    stratum = fields.String()
    code = fields.String()
    name = fields.String()
    place = fields.Integer()
    ticket = fields.String()
    skipped = fields.String(allow_none=True)
    opened_at = Instant(allow_none=True)
    inspectors = fields.List(fields.String())
    passed = fields.List(fields.Nested(PassedOut))


class SpotCheckOut(Schema):
    """A plan. ``secret`` and ``seed`` are null until the draw is public."""

    id = Ref()
    plan = fields.String()
    organisation = fields.String()
    title = fields.String()
    purpose = fields.String()
    programme = fields.String()
    filing = fields.String()
    announced = fields.Boolean()
    status = fields.String(validate=validate.OneOf(STATUSES))
    due_on = Day()
    notice_on = Day(allow_none=True)
    cover_quarters = fields.Integer(allow_none=True)
    checklist = fields.List(fields.Dict())
    again_of = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    void_reason = fields.String(allow_none=True)
    frame_sha256 = fields.String(allow_none=True)
    commitment = fields.String(allow_none=True)
    digits = fields.String(allow_none=True)
    sealed = fields.String(attribute="sealed_sha256", allow_none=True)
    created_at = Instant()
    frozen_at = Instant(allow_none=True)
    drawn_at = Instant(allow_none=True)
    opened_at = Instant(allow_none=True)


class WholeSpotCheckOut(SpotCheckOut):
    """A plan with its strata, inspectors and what was drawn."""

    strata = fields.List(fields.Nested(StratumOut))
    inspectors = fields.List(fields.Nested(SpotInspectorOut))
    seed = fields.String(allow_none=True)
    secret = fields.String(allow_none=True)
    drawn = fields.List(fields.Nested(DrawnOut))
    skipped = fields.List(fields.Nested(DrawnOut))


class FrozenOut(WholeSpotCheckOut):
    """A plan that was just frozen, with its frame."""

    frame = fields.String()


class SpotChecksArgs(PageArgs):
    """``status``: those with this status."""

    status = fields.String(load_default=None, validate=Said(validate.OneOf(STATUSES), _CHOICE))


class SpotChecksOut(Schema):
    """A page of plans, newest first."""

    items = fields.List(fields.Nested(SpotCheckOut))
    next = fields.String(allow_none=True)


class SpotUnitOut(Schema):
    """A unit of the plan; ``excluded`` is why it is left out."""

    id = Ref()
    stratum = fields.String()
    code = fields.String()
    name = fields.String()
    excluded = fields.String(allow_none=True)


class SpotUnitsOut(Schema):
    """A page of units in the order in which they were taken in."""

    items = fields.List(fields.Nested(SpotUnitOut))
    next = fields.String(allow_none=True)


class OftenOut(Schema):
    """A unit that was drawn so often this year, and by which plans."""

    stratum = fields.String()
    code = fields.String()
    name = fields.String()
    count = fields.Integer()
    plans = fields.List(fields.String())


class CoverOut(Schema):
    """The promise to reach every unit: ``waiting`` were not inspected lately, ``a_quarter`` must be drawn."""

    stratum = fields.String()
    size = fields.Integer()
    n = fields.Integer()
    waiting = fields.Integer()
    a_quarter = fields.Integer()
    kept = fields.Boolean()


class SpotAdviceOut(Schema):
    """What earlier draws say of this plan."""

    often = fields.List(fields.Nested(OftenOut))
    covers = fields.List(fields.Nested(CoverOut))


class DrawnEntryOut(Schema):
    """A drawn entry with how many pieces of evidence there are, and what was found."""

    unit = Ref()
    stratum = fields.String()
    place = fields.Integer()
    entry = Ref(attribute="entry.id")
    member = fields.String(attribute="entry.member")
    branch = fields.String()
    rule = fields.String(attribute="entry.rule")
    points = Amount(attribute="entry.points")
    occurred_on = Day(attribute="entry.occurred_on")
    source = fields.String(attribute="entry.source")
    status = fields.String(attribute="entry.status")
    evidence = fields.Function(lambda one: len(one.pieces))
    in_order = fields.Boolean(allow_none=True)
    note = fields.String(attribute="found", allow_none=True)


class DrawnEntriesOut(Schema):
    """The drawn entries, and how many are in order, are not, and wait."""

    items = fields.List(fields.Nested(DrawnEntryOut))
    progress = fields.Dict(keys=fields.String(), values=fields.Integer())
