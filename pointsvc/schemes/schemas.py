"""What schemes look like on the wire."""

from __future__ import annotations

from marshmallow import fields

from pointsvc.api import Day, Instant, PageArgs, Ref, Schema, Text


class SchemeIn(Schema):
    """A version of an organisation's rule sheet, to hold from the day ``from`` once it is published."""

    organisation = Text(64, required=True)
    starts_on = Day(required=True, data_key="from")
    document = fields.Raw(required=True, data_key="scheme", metadata={"type": "object"})


class SchemeOut(Schema):
    """A version without its document. ``organisation`` is the code of the node whose it is."""

    id = Ref()
    organisation = fields.String()
    name = fields.String()
    version = fields.Integer()
    status = fields.String()
    starts_on = Day(data_key="from")
    digest = fields.String()
    published_at = Instant(allow_none=True)


class WholeSchemeOut(SchemeOut):
    """A version with its document."""

    document = fields.Raw(data_key="scheme", metadata={"type": "object"})


class SchemesArgs(PageArgs):
    """``organisation``: the versions of this node and those that it inherits (else: of the caller's node)."""

    organisation = Text(64, load_default=None)


class SchemesOut(Schema):
    """A page of versions, the latest start first."""

    items = fields.List(fields.Nested(SchemeOut))
    next = fields.String(allow_none=True)
