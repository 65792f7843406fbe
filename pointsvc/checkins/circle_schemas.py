"""What the places near a community and what they ask for look like on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from pointsvc.api import Ref, Said, Schema, Text
from pointsvc.checkins.nearby import FARTHEST
from pointsvc.checkins.worth import LONGEST_KIND
from pointsvc.errors import N_

_MINUTES = Said(validate.Range(1, FARTHEST), N_("Between %(min)s and %(max)s minutes"), min=1, max=FARTHEST)


class ServicePointChangeIn(Schema):
    """What of a point is said anew; what is left out stays."""

    name = Text(100)
    kind = Text(LONGEST_KIND)
    place = Text(100)
    opening = Text(100)
    phone = Text(40, shortest=0)
    minutes = fields.Integer(strict=True, validate=_MINUTES)


class ServicePointIn(Schema):
    """What serves residents nearby. ``item``: the resource of the lists that it is."""

    community = Text(64, required=True)
    item = Text(18, load_default=None, allow_none=True)
    name = Text(100, required=True)
    kind = Text(LONGEST_KIND, required=True)
    place = Text(100, required=True)
    opening = Text(100, required=True)
    phone = Text(40, load_default="", shortest=0)
    minutes = fields.Integer(required=True, strict=True, validate=_MINUTES)


class ServicePointOut(Schema):
    """A point: ``minutes`` on foot, ``unit`` that offers it, ``phone`` an office's line."""

    id = Ref()
    name = fields.String()
    kind = fields.String()
    place = fields.String()
    opening = fields.String()
    phone = fields.String()
    minutes = fields.Integer()
    unit = fields.String(allow_none=True)


class CircleArgs(Schema):
    """``kind`` of service; ``minutes``: at most so far on foot."""

    kind = Text(LONGEST_KIND, load_default=None)
    minutes = fields.Integer(load_default=FARTHEST, strict=False, validate=_MINUTES)


class RequestsOut(Schema):
    """What was asked for: in all, answered, overdue."""

    all = fields.Integer()
    answered = fields.Integer()
    overdue = fields.Integer()


class CircleOut(Schema):
    """The circle of a community, the nearest first."""

    community = fields.String()
    community_name = fields.String()
    phone = fields.String(allow_none=True)
    points = fields.List(fields.Nested(ServicePointOut))
    requests = fields.Nested(RequestsOut)
