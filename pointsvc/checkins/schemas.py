"""What check-ins and posts look like on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from pointsvc.api import Day, Instant, PageArgs, Ref, Said, Schema, Text
from pointsvc.checkins.lifecycle import CHECKIN, POST, STATUSES
from pointsvc.checkins.posts import MOST_PLACES
from pointsvc.checkins.worth import LONGEST_KIND
from pointsvc.errors import N_

_PLACES = Said(validate.Range(1, MOST_PLACES), N_("Between %(min)s and %(max)s places"), min=1, max=MOST_PLACES)


def status_of(what: str) -> fields.String:
    """A filter by the status of a check-in, a post or hours."""
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
    status = status_of(CHECKIN)


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
    status = status_of(POST)


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
