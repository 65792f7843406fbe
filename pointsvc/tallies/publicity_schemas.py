"""What publicity looks like on the wire: publications, what changed, the publicised list, the honour roll."""

from __future__ import annotations

from marshmallow import fields

from pointsvc.api import Amount, PageArgs, Ref, Schema
from pointsvc.tallies.schemas import PublicationOut


class PublicationsOut(Schema):
    """Each time that a tally was publicised, the first one first."""

    items = fields.List(fields.Nested(PublicationOut))


class PubliciseIn(Schema):
    """For how many working days; as the organisation has set without it."""

    days = fields.Integer(load_default=None, allow_none=True, strict=True)


class ChangesArgs(PageArgs):
    """Which two versions: without them the publication before the newest one, and the newest version."""

    from_ = fields.Integer(data_key="from", load_default=None)
    to = fields.Integer(load_default=None)


class ChangeOut(Schema):
    """A member whose total or grade differs; ``joined`` and ``gone``: in only one of the two versions."""

    member = fields.String(attribute="number")
    name = fields.String()
    branch = fields.String()
    before_total = Amount(allow_none=True)
    before_grade = fields.String(allow_none=True)
    after_total = Amount(allow_none=True)
    after_grade = fields.String(allow_none=True)
    joined = fields.Boolean()
    gone = fields.Boolean()


class ChangesOut(Schema):
    """A page of changes, by name."""

    items = fields.List(fields.Nested(ChangeOut))
    next = fields.String(allow_none=True)


class ListArgs(PageArgs):
    """Of which branch; of all that the reader may see without it."""

    branch = fields.String(load_default=None)


class ListedOut(Schema):
    """A line of the publicised list."""

    member = fields.String(attribute="number")
    name = fields.String()
    branch = fields.String()
    total = Amount(allow_none=True)
    grade = fields.String(allow_none=True)
    disputed = fields.Boolean()


class ListOut(Schema):
    """A page of the publicised list, by name, and the publication that it belongs to."""

    organisation = fields.String()
    period = fields.String()
    publication = fields.Nested(PublicationOut)
    items = fields.List(fields.Nested(ListedOut))
    next = fields.String(allow_none=True)


class PostingOut(Schema):
    """A publicised tally."""

    tally = Ref()
    organisation = fields.String()
    period = fields.String()
    publication = fields.Nested(PublicationOut)


class PostingsOut(Schema):
    """A page of publicised tallies, the latest publication first."""

    items = fields.List(fields.Nested(PostingOut))
    next = fields.String(allow_none=True)


class HonoursArgs(PageArgs):
    """Whose honour roll (the own organisation's), and of which period (the latest that was publicised)."""

    organisation = fields.String(load_default=None)
    period = fields.String(load_default=None)


class HonouredOut(Schema):
    """A member with the best grade; no total, no place."""

    member = fields.String(attribute="number")
    name = fields.String()
    branch = fields.String()
    grade = fields.String()


class HonoursOut(Schema):
    """A page of the honour roll, by name."""

    organisation = fields.String()
    period = fields.String()
    version = fields.Integer()
    items = fields.List(fields.Nested(HonouredOut))
    next = fields.String(allow_none=True)
