"""What receipts of attendance elsewhere look like on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from pointsvc.activities.lifecycle import STATUSES
from pointsvc.api import Day, Instant, PageArgs, Ref, Said, Schema, Text
from pointsvc.errors import N_

_STATUS = Said(validate.OneOf(STATUSES), N_("One of %(choices)s is needed"), choices=", ".join(STATUSES))


class AwayReceiptIn(Schema):
    """A member took part elsewhere. ``member`` may be left out by the member; ``host`` is where it was.

    For the number of a visitor the caller's own organisation (or ``host_organisation``) is the host.
    """

    member = Text(64, load_default=None, allow_none=True)
    kind = Text(64, required=True)
    held_on = Day(required=True)
    host = Text(200, load_default="", shortest=0)
    host_organisation = Text(64, load_default=None, allow_none=True)
    note = Text(500, load_default=None, allow_none=True)


class AwayReceiptOut(Schema):
    """A receipt. ``organisation``: the home branch, which decides until the end of ``lapses_on``."""

    id = Ref()
    member = fields.String()
    member_name = fields.String()
    organisation = fields.String()
    kind = fields.String()
    held_on = Day()
    host = fields.String()
    note = fields.String(allow_none=True)
    status = fields.String()
    submitted_at = Instant()
    submitted_by = fields.String()
    lapses_on = Day()
    decided_at = Instant(allow_none=True)
    reason = fields.String(allow_none=True)
    entry = Ref(allow_none=True)


class ReceivedOut(Schema):
    """What a host is told of a visitor: always the same."""

    status = fields.String()


class RefuseIn(Schema):
    """Why it does not count."""

    reason = Text(500, required=True)


class AwayReceiptsArgs(PageArgs):
    """``organisation``: home branches at this node and below; ``status`` and ``member`` narrow it down."""

    organisation = Text(64, load_default=None)
    status = fields.String(load_default=None, validate=_STATUS)
    member = Text(64, load_default=None)


class AwayReceiptsOut(Schema):
    """A page of receipts, the newest first."""

    items = fields.List(fields.Nested(AwayReceiptOut))
    next = fields.String(allow_none=True)
