"""What meetings look like on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from pointsvc.api import Day, PageArgs, Ref, Said, Schema, Text
from pointsvc.errors import N_

MOST_MARKS = 2000
_SIZE = Said(validate.Length(1, MOST_MARKS), N_("Between %(min)s and %(max)s members"), min=1, max=MOST_MARKS)


class MeetingIn(Schema):
    """A meeting to open; one that is there already (same node, kind, day, title) is answered again."""

    organisation = Text(64, required=True)
    kind = Text(64, required=True)
    held_on = Day(required=True)
    title = Text(200, load_default="", shortest=0)


class MarksIn(Schema):
    """Member number to present, late, leave, absent, or null to take the mark back."""

    marks = fields.Dict(keys=Text(64), values=fields.String(allow_none=True), required=True, validate=_SIZE)


class CountsOut(Schema):
    """How many were expected and how they stand; ``present`` counts those who came late too."""

    expected = fields.Integer()
    present = fields.Integer()
    late = fields.Integer()
    leave = fields.Integer()
    absent = fields.Integer()
    unmarked = fields.Integer()


class MeetingOut(Schema):
    """A meeting; ``organisation`` is a code."""

    id = Ref()
    organisation = fields.String()
    kind = fields.String()
    held_on = Day()
    title = fields.String()
    counts = fields.Nested(CountsOut)


class SeatOut(Schema):
    """One member on the roll."""

    member = fields.String(attribute="number")
    name = fields.String()
    mark = fields.String(allow_none=True)


class BoardOut(MeetingOut):
    """A meeting with its roll."""

    marks = fields.List(fields.Nested(SeatOut))


class MeetingsArgs(PageArgs):
    """``organisation``: of this node and below; ``kind``, ``since`` and ``until`` narrow it down."""

    organisation = Text(64, load_default=None)
    kind = Text(64, load_default=None)
    since = Day(load_default=None)
    until = Day(load_default=None)


class MeetingsOut(Schema):
    """A page of meetings, the latest day first."""

    items = fields.List(fields.Nested(MeetingOut))
    next = fields.String(allow_none=True)
