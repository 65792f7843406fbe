"""What inspections, findings and rectifications look like on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from pointsvc.api import Day, Instant, PageArgs, Ref, Said, Schema, Text
from pointsvc.errors import N_
from pointsvc.inspections.models import ANSWERS, SEVERITIES
from pointsvc.inspections.orders import FILTERS as ORDER_FILTERS
from pointsvc.inspections.reading import FILTERS

_ONE_OF = N_("This choice does not exist")
MOST_ANSWERS = 200


class ArrivalIn(Schema):
    """Arrival at a drawn unit (its code) of a spot-check."""

    spot_check = Text(18, required=True)
    unit = Text(64, required=True)


class ArrivalHereIn(Schema):
    """Arrival at a drawn unit (its code) of the spot-check in the address."""

    unit = Text(64, required=True)


class ChecklistAnswerIn(Schema):
    """One item's answer (null: unset again). ``base``: the revision on which it was entered, if known.

    For ``finding``: ``severity`` and ``text``, and ``article`` unless it is that of the checklist. The
    item ``other`` takes what was found beside the checklist.
    """

    item = Text(64, required=True)
    answer = fields.String(required=True, allow_none=True, validate=Said(validate.OneOf(ANSWERS), _ONE_OF))
    base = fields.Integer(load_default=None, allow_none=True, strict=True)
    severity = fields.String(load_default=None, allow_none=True, validate=Said(validate.OneOf(SEVERITIES), _ONE_OF))
    article = Text(200, shortest=0, load_default="")
    text = Text(1000, shortest=0, load_default="")


class ChecklistAnswersIn(Schema):
    """Answers to be kept; items that are not named stay as they are."""

    answers = fields.List(
        fields.Nested(ChecklistAnswerIn),
        required=True,
        validate=Said(validate.Length(max=MOST_ANSWERS), N_("At most %(max)s answers"), max=MOST_ANSWERS),
    )


class ReopenInspectionIn(Schema):
    """Why it is opened again."""

    reason = Text(500, load_default=None, allow_none=True)


class ConfirmFactsIn(Schema):
    """Whether the unit agrees with the facts, and what it says to them (needed when it does not)."""

    agrees = fields.Boolean(required=True, truthy={True}, falsy={False})
    comment = Text(1000, load_default=None, allow_none=True)


class MaintainFactsIn(Schema):
    """The inspectors' reply, with which the facts stand."""

    reply = Text(1000, required=True)


class InspectionsArgs(PageArgs):
    """Which drawn units: of one spot-check, of one status (``waiting``: nobody came yet), those one inspects."""

    spot_check = fields.String(load_default=None)
    status = fields.String(load_default=None, validate=Said(validate.OneOf(FILTERS), _ONE_OF))
    mine = fields.Boolean(load_default=False)


class FindingEvidenceOut(Schema):
    """A photo or paper."""

    id = Ref()
    filename = fields.String()
    media_type = fields.String()
    at = Instant()


class FindingOut(Schema):
    """What was found under one item. ``rectification``: the order that came of it, if any."""

    id = Ref()
    item = fields.String()
    severity = fields.String()
    article = fields.String()
    text = fields.String()
    evidence = fields.List(fields.Nested(FindingEvidenceOut))
    rectification = Ref(allow_none=True)


class ChecklistItemOut(Schema):
    """One item of the checklist with its answer; null: nobody has answered it."""

    item = fields.String(attribute="code")
    text = fields.String()
    article = fields.String()
    answer = fields.String(allow_none=True)
    revision = fields.Integer()
    finding = fields.Nested(FindingOut, allow_none=True)


class ServingInspectorOut(Schema):
    """One of the two inspectors; ``signed_at`` once this one stands for what was written."""

    name = fields.String()
    body = fields.String()
    signed_at = Instant(allow_none=True)


class KnownOfUnitOut(Schema):
    """What the service holds of the unit already, so that nobody asks for it again."""

    since = Day()
    until = Day()
    meetings = fields.Integer()
    entries = fields.Integer()
    publicity = fields.Integer()
    pledges = fields.Integer()


class InspectedUnitOut(Schema):
    """A drawn unit with the state of its inspection; ``id`` is null and ``status`` waiting until somebody came."""

    id = Ref(allow_none=True)
    spot_check = Ref(attribute="spot_check_id")
    plan = fields.String()
    unit = fields.String()
    name = fields.String()
    stratum = fields.String()
    organisation = fields.String(allow_none=True)
    status = fields.String()
    opened_at = Instant(allow_none=True)
    signed_at = Instant(allow_none=True)
    confirm_due_on = Day(allow_none=True)
    settled_at = Instant(allow_none=True)
    findings = fields.Integer()


class InspectionOut(InspectedUnitOut):
    """One inspection. ``may``: what the reader may do with it now.

    ``kept_back``: items that were not written because somebody else had changed them meanwhile.
    """

    comment = fields.String(allow_none=True)
    reply = fields.String(allow_none=True)
    confirmed_by = fields.String(allow_none=True)
    inspectors = fields.List(fields.Nested(ServingInspectorOut))
    items = fields.List(fields.Nested(ChecklistItemOut))
    known = fields.Nested(KnownOfUnitOut, allow_none=True)
    may = fields.List(fields.String())
    kept_back = fields.List(fields.String())


class InspectedUnitsOut(Schema):
    """A page of drawn units, the latest first."""

    items = fields.List(fields.Nested(InspectedUnitOut))
    next = fields.String(allow_none=True)


class RectificationIn(Schema):
    """What is to be put right, and within how many working days (none: as the organisation has set)."""

    demand = Text(1000, required=True)
    days = fields.Integer(load_default=None, allow_none=True, strict=True)


class RectificationAnswerIn(Schema):
    """What the unit has put right."""

    answer = Text(2000, required=True)


class RectificationOutcomeIn(Schema):
    """What the second look found. ``rectified``: false closes it as not rectified."""

    outcome = Text(1000, required=True)
    rectified = fields.Boolean(load_default=True, truthy={True}, falsy={False})


class RectificationReturnIn(Schema):
    """What is still missing, and within how many working days."""

    outcome = Text(1000, required=True)
    days = fields.Integer(load_default=None, allow_none=True, strict=True)


class RectificationRecheckIn(RectificationReturnIn):
    """``act``: close, send_back, or fail (closed as not rectified)."""

    act = Text(12, required=True)


class RectificationsArgs(PageArgs):
    """Which rectifications: of one status (also ``unfinished`` and ``overdue``), spot-check, organisation and below."""

    spot_check = fields.String(load_default=None)
    status = fields.String(load_default=None, validate=Said(validate.OneOf(ORDER_FILTERS), _ONE_OF))
    organisation = fields.String(load_default=None)


class RectificationOut(Schema):
    """A rectification. ``may``: what the reader may do with it now."""

    id = Ref()
    number = fields.String()
    status = fields.String()
    demand = fields.String()
    due_on = Day()
    overdue = fields.Boolean()
    ordered_at = Instant()
    ordered_by = fields.String()
    answer = fields.String(allow_none=True)
    answered_at = Instant(allow_none=True)
    answered_by = fields.String(allow_none=True)
    outcome = fields.String(allow_none=True)
    rechecked_at = Instant(allow_none=True)
    rechecked_by = fields.String(allow_none=True)
    finding = Ref()
    severity = fields.String()
    article = fields.String()
    text = fields.String()
    inspection = Ref()
    unit = fields.String()
    organisation = fields.String()
    spot_check = Ref(attribute="spot_check_id")
    plan = fields.String()
    may = fields.List(fields.String())


class RectificationsOut(Schema):
    """A page of rectifications, the latest first."""

    items = fields.List(fields.Nested(RectificationOut))
    next = fields.String(allow_none=True)
