"""What objections look like on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from pointsvc.api import Amount, Day, Instant, PageArgs, Ref, Said, Schema, Text
from pointsvc.disputes.models import HOWS, STATUSES
from pointsvc.errors import N_

_ONE_OF = N_("This choice does not exist")
MOST_TAKEN_BACK = 100


class DisputeIn(Schema):
    """An objection to an ``entry``, or to the result of a ``member`` (the own one) in a publicised ``tally``.

    ``how``: phone or paper, when it is another's that is taken down.
    """

    entry = Text(18, load_default=None, allow_none=True)
    tally = Text(18, load_default=None, allow_none=True)
    member = Text(64, load_default=None, allow_none=True)
    text = Text(2000, required=True)
    how = fields.String(load_default=None, allow_none=True, validate=Said(validate.OneOf(HOWS), _ONE_OF))


class InsteadIn(Schema):
    """An entry to be recorded for the member when the objection is upheld."""

    rule = Text(64, required=True)
    occurred_on = Day(required=True)
    quantity = Amount(load_default=None, allow_none=True)
    tier = Text(64, load_default=None, allow_none=True)
    points = Amount(load_default=None, allow_none=True)
    matter = Text(200, load_default=None, allow_none=True)
    note = Text(1000, load_default=None, allow_none=True)


class UpholdIn(Schema):
    """The reply, and what it changes: the entry reversed, others of the member taken back, one recorded instead."""

    reply = Text(1000, required=True)
    reverse = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    take_back = fields.List(
        Text(18),
        load_default=list,
        validate=Said(validate.Length(max=MOST_TAKEN_BACK), N_("At most %(max)s entries"), max=MOST_TAKEN_BACK),
    )
    entry = fields.Nested(InsteadIn, load_default=None, allow_none=True)


class DismissIn(Schema):
    """The reply, with the reasons."""

    reply = Text(1000, required=True)


class DisputesArgs(PageArgs):
    """Which objections: of one status, to the results of one tally."""

    status = fields.String(load_default=None, validate=Said(validate.OneOf(STATUSES), _ONE_OF))
    tally = fields.String(load_default=None)


class DisputeOut(Schema):
    """An objection. ``reversed`` and ``recorded``: the entries by which an upheld one changed the ledger.

    ``may``: what the reader may do with it (uphold, dismiss, withdraw).
    """

    id = Ref()
    member = fields.String()
    name = fields.String()
    branch = fields.String()
    entry = Ref(allow_none=True)
    tally = Ref(allow_none=True)
    version = fields.Integer(allow_none=True)
    period = fields.String(allow_none=True)
    text = fields.String()
    how = fields.String()
    status = fields.String()
    raised_by = fields.String()
    raised_at = Instant()
    reply_due_on = Day()
    overdue = fields.Boolean()
    reply = fields.String(allow_none=True)
    decided_by = fields.String(allow_none=True)
    decided_at = Instant(allow_none=True)
    reversed = fields.List(Ref())
    recorded = fields.List(Ref())
    may = fields.List(fields.String())


class DisputesOut(Schema):
    """A page of objections, the latest first."""

    items = fields.List(fields.Nested(DisputeOut))
    next = fields.String(allow_none=True)
