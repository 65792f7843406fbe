"""What hours of service and the cards of a quarter look like on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from pointsvc.api import Amount, Day, Instant, PageArgs, Ref, Said, Schema, Text
from pointsvc.checkins.lifecycle import RECORD
from pointsvc.checkins.records import MOST_AT_ONCE
from pointsvc.checkins.schemas import status_of
from pointsvc.errors import N_

_SIZE = Said(validate.Length(1, MOST_AT_ONCE), N_("Between %(min)s and %(max)s records"), min=1, max=MOST_AT_ONCE)


class ServiceRecordIn(Schema):
    """Hours that somebody served at a post; without ``member``, the caller. No photo, no place is asked for."""

    post = Text(18, required=True)
    member = Text(64, load_default=None, allow_none=True)
    served_on = Day(required=True)
    hours = Amount(required=True)
    deed = Text(500, required=True)


class ServiceRecordOut(Schema):
    """Hours and what became of them; ``entry`` is the points', where the home unit has named a rule."""

    id = Ref()
    member = fields.String()
    member_name = fields.String()
    community = fields.String()
    community_name = fields.String()
    post = Ref(attribute="post_id")
    post_name = fields.String(attribute="post")
    kind = fields.String()
    served_on = Day()
    hours = Amount()
    deed = fields.String()
    status = fields.String()
    proposed_at = Instant()
    proposed_by = fields.String()
    decided_at = Instant(allow_none=True)
    decided_by = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    entry = Ref(allow_none=True)


class ServiceRecordsArgs(PageArgs):
    """``organisation``: home units at this node and below; the others narrow it down."""

    organisation = Text(64, load_default=None)
    community = Text(64, load_default=None)
    member = Text(64, load_default=None)
    status = status_of(RECORD)


class ServiceRecordsOut(Schema):
    """A page of hours, the newest first."""

    items = fields.List(fields.Nested(ServiceRecordOut))
    next = fields.String(allow_none=True)


class ConfirmHoursIn(Schema):
    """Ids of records, to be confirmed all or none."""

    records = fields.List(Text(18), required=True, validate=_SIZE)


class ConfirmedHoursOut(Schema):
    """The records as they are now, in the order asked."""

    records = fields.List(fields.Nested(ServiceRecordOut))


class ServiceCardArgs(Schema):
    """``quarter`` such as 2026-Q3; without it the present one."""

    quarter = Text(7, load_default=None)


class AcknowledgeCardIn(Schema):
    """Which quarter's card has been seen."""

    quarter = Text(7, required=True)


class ServiceLineOut(Schema):
    """Confirmed hours at one post."""

    post = fields.String()
    kind = fields.String()
    hours = Amount()
    days = fields.Integer()
    last_on = Day()


class ServiceThereOut(Schema):
    """The quarter with one community, and its word."""

    checkin = Ref(attribute="check_in_id")
    community = fields.String()
    community_name = fields.String()
    status = fields.String()
    since = Day()
    until = Day(allow_none=True)
    word = fields.String(allow_none=True)
    hours = Amount()
    posts = fields.List(fields.Nested(ServiceLineOut), attribute="lines")


class ServiceCardOut(Schema):
    """A member's card. ``acknowledged_hours``: those that the home unit saw."""

    member = fields.String()
    member_name = fields.String()
    organisation = fields.String(allow_none=True)
    quarter = fields.String()
    hours = Amount()
    communities = fields.List(fields.Nested(ServiceThereOut), attribute="places")
    acknowledged_at = Instant(allow_none=True)
    acknowledged_by = fields.String(allow_none=True)
    acknowledged_hours = Amount(allow_none=True)


class ServiceCardsArgs(PageArgs):
    """Of which quarter; ``organisation``: home units at this node and below."""

    quarter = Text(7, required=True)
    organisation = Text(64, load_default=None)


class ServiceCardRowOut(Schema):
    """A card in a list: the hours now, and those that were acknowledged."""

    member = fields.String()
    member_name = fields.String()
    organisation = fields.String()
    hours = Amount()
    communities = fields.Integer(attribute="places")
    acknowledged_at = Instant(allow_none=True)
    acknowledged_hours = Amount(allow_none=True)


class ServiceCardsOut(Schema):
    """A page of cards, in the order in which they were made."""

    items = fields.List(fields.Nested(ServiceCardRowOut))
    next = fields.String(allow_none=True)
