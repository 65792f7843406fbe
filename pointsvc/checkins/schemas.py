"""What members' service in communities looks like on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from pointsvc.api import Amount, Day, Instant, PageArgs, Ref, Said, Schema, Text
from pointsvc.checkins.lifecycle import CHECKIN, POST, RECORD, STATUSES
from pointsvc.checkins.nearby import FARTHEST
from pointsvc.checkins.posts import MOST_PLACES
from pointsvc.checkins.records import MOST_AT_ONCE
from pointsvc.checkins.worth import LONGEST_KIND
from pointsvc.errors import N_

_SIZE = Said(validate.Length(1, MOST_AT_ONCE), N_("Between %(min)s and %(max)s records"), min=1, max=MOST_AT_ONCE)
_PLACES = Said(validate.Range(1, MOST_PLACES), N_("Between %(min)s and %(max)s places"), min=1, max=MOST_PLACES)

_MINUTES = Said(validate.Range(1, FARTHEST), N_("Between %(min)s and %(max)s minutes"), min=1, max=FARTHEST)


def _status(what: str) -> fields.String:
    known = STATUSES[what]
    text = N_("One of %(choices)s is needed")
    return fields.String(load_default=None, validate=Said(validate.OneOf(known), text, choices=", ".join(known)))


class CheckInIn(Schema):
    """A check-in with a community. Without ``member`` it is the caller's own.

    A community that types in a stranger's signed slip also says the ``name`` on it; both must be right.
    """

    community = Text(64, required=True)
    member = Text(64, load_default=None, allow_none=True)
    name = Text(100, load_default=None, allow_none=True)
    requested_on = Day(load_default=None, allow_none=True)
    skills = Text(200, load_default="", shortest=0)
    paper = fields.Boolean(load_default=False)


class CheckInOut(Schema):
    """A check-in. ``organisation``: the home unit on the day of the slip."""

    id = Ref()
    member = fields.String()
    member_name = fields.String()
    organisation = fields.String()
    community = fields.String()
    community_name = fields.String()
    status = fields.String()
    skills = fields.String()
    paper = fields.Boolean()
    requested_on = Day()
    accepted_on = Day(allow_none=True)
    ended_on = Day(allow_none=True)
    reason = fields.String(allow_none=True)
    created_at = Instant()
    created_by = fields.String()
    posts = fields.Integer()


class CheckInsArgs(PageArgs):
    """``organisation``: home units at this node and below; ``community``, ``member``, ``status`` narrow it down."""

    organisation = Text(64, load_default=None)
    community = Text(64, load_default=None)
    member = Text(64, load_default=None)
    status = _status(CHECKIN)


class CheckInsOut(Schema):
    """A page of check-ins, the newest first."""

    items = fields.List(fields.Nested(CheckInOut))
    next = fields.String(allow_none=True)


class ServiceReasonIn(Schema):
    """Why; the member reads it."""

    reason = Text(500, required=True)


class EndCheckInIn(Schema):
    """The day with which a check-in ends (today), and why, if there is something to say."""

    ended_on = Day(load_default=None, allow_none=True)
    reason = Text(500, load_default=None, allow_none=True)


class CommunityWordIn(Schema):
    """What the community says of the member's quarter."""

    quarter = Text(7, required=True)
    text = Text(500, required=True)


class CommunityOut(Schema):
    """A community with which one checks in, and its kinds of posts."""

    code = fields.String()
    name = fields.String()
    phone = fields.String(allow_none=True)


class CommunitiesOut(Schema):
    """All of them, by code."""

    items = fields.List(fields.Nested(CommunityOut))


class CheckInCoverageArgs(Schema):
    """``organisation``: this node and below; without it the caller's own."""

    organisation = Text(64, load_default=None)


class CheckInCoverageOut(Schema):
    """Of the members in service, how many have checked in."""

    members = fields.Integer()
    checked_in = fields.Integer()


class PostIn(Schema):
    """A post: ``places`` say for how many, ``times`` when it is done, ``skills`` what it needs."""

    community = Text(64, required=True)
    name = Text(60, required=True)
    kind = Text(LONGEST_KIND, required=True)
    places = fields.Integer(required=True, strict=True, validate=_PLACES)
    duty = Text(500, load_default="", shortest=0)
    times = Text(100, load_default="", shortest=0)
    skills = Text(200, load_default="", shortest=0)


class PostChangeIn(Schema):
    """What of a post is said anew; what is left out stays."""

    name = Text(60)
    kind = Text(LONGEST_KIND)
    places = fields.Integer(strict=True, validate=_PLACES)
    duty = Text(500, shortest=0)
    times = Text(100, shortest=0)
    skills = Text(200, shortest=0)


class PostOut(Schema):
    """A post; ``taken`` of its ``places`` are held."""

    id = Ref()
    community = fields.String()
    community_name = fields.String()
    name = fields.String()
    kind = fields.String()
    duty = fields.String()
    times = fields.String()
    skills = fields.String()
    places = fields.Integer()
    taken = fields.Integer()
    status = fields.String()


class PostsArgs(PageArgs):
    """``find`` in name, duty and skills; ``free``: open, with a place left."""

    community = Text(64, load_default=None)
    kind = Text(LONGEST_KIND, load_default=None)
    find = Text(60, load_default=None)
    free = fields.Boolean(load_default=False)
    status = _status(POST)


class PostsOut(Schema):
    """A page of posts, the newest first."""

    items = fields.List(fields.Nested(PostOut))
    next = fields.String(allow_none=True)


class ClaimPostIn(Schema):
    """For whom; without ``member``, for the caller."""

    member = Text(64, load_default=None, allow_none=True)


class LeavePostIn(ClaimPostIn):
    """Who leaves the post, and why, if there is something to say."""

    reason = Text(500, load_default=None, allow_none=True)


class ReleasePostIn(Schema):
    """Whom the community lets go from the post, and why, if there is something to say."""

    member = Text(64, required=True)
    reason = Text(500, load_default=None, allow_none=True)


class PostClaimOut(Schema):
    """A claim of a post, and the post as it is now."""

    status = fields.String()
    post = fields.Nested(PostOut)


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
    status = _status(RECORD)


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
