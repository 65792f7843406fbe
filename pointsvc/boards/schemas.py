"""What boards, consents, comments and the register of badges and plates look like on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from pointsvc.api import Day, Instant, PageArgs, Ref, Said, Schema, Text
from pointsvc.boards.content import FIELDS, MOST_PEOPLE
from pointsvc.boards.models import COMMENT_STATUSES, CONSENTS, HOWS, INSIGNIA, KINDS
from pointsvc.errors import N_

_ONE_OF = N_("This choice does not exist")
_CODE = N_("Small letters, digits and hyphens: at most 64")
_BETWEEN = N_("Between %(min)s and %(max)s")


def _choice(values: tuple[str, ...], **more: object) -> fields.String:
    return fields.String(validate=Said(validate.OneOf(values), _ONE_OF), **more)  # type: ignore[arg-type] # options of a field


class BoardPersonIn(Schema):
    """A member whom the board names, with words of its own (the honour, the year)."""

    member = Text(64, required=True)
    words = fields.String(load_default="", validate=Said(validate.Length(max=200), N_("At most 200 characters")))


class BoardContentIn(Schema):
    """What a board holds. ``people`` none: everybody of the node (and ``below``) who has consented."""

    title = Text(100, required=True)
    introduction = fields.String(load_default="", validate=Said(validate.Length(max=500), N_("At most 500 characters")))
    below = fields.Boolean(load_default=True, truthy={True}, falsy={False})
    people = fields.List(
        fields.Nested(BoardPersonIn),
        load_default=None,
        allow_none=True,
        validate=Said(validate.Length(max=MOST_PEOPLE), N_("At most %(max)s members"), max=MOST_PEOPLE),
    )
    fields_ = fields.List(_choice(FIELDS), load_default=list, data_key="fields", attribute="fields")
    seconds = fields.Integer(
        load_default=15, strict=True, validate=Said(validate.Range(8, 120), _BETWEEN, min=8, max=120)
    )
    comments = fields.Boolean(load_default=True, truthy={True}, falsy={False})


class DisplayBoardIn(BoardContentIn):
    """A new board: whose, at which address, of which kind."""

    organisation = Text(64, required=True)
    code = fields.String(required=True, validate=Said(validate.Regexp(r"[a-z0-9][a-z0-9-]{0,63}\Z"), _CODE))
    kind = _choice(KINDS, required=True)


class DisplayBoardOut(Schema):
    """A board as its keepers see it. ``hangs``: whether anything of it is public now."""

    id = Ref()
    code = fields.String()
    kind = fields.String()
    status = fields.String()
    organisation = fields.String()
    title = fields.String()
    introduction = fields.String()
    below = fields.Boolean()
    people = fields.List(fields.Dict(), allow_none=True)
    fields_ = fields.List(fields.String(), data_key="fields", attribute="fields")
    seconds = fields.Integer()
    comments = fields.Boolean()
    hangs = fields.Boolean()
    published_on = Day(allow_none=True)
    expires_on = Day(allow_none=True)
    waiting = fields.Integer()
    may = fields.List(fields.String())


class BoardsArgs(PageArgs):
    """Which boards: of this organisation and below."""

    organisation = fields.String(load_default=None)


class DisplayBoardsOut(Schema):
    """A page of boards."""

    items = fields.List(fields.Nested(DisplayBoardOut))
    next = fields.String(allow_none=True)


class BoardPledgeShown(Schema):
    """A pledge as it is public."""

    id = fields.String()
    text = fields.String()
    indicator = fields.String()
    baseline = fields.String()
    target = fields.String()
    due_on = fields.String()
    status = fields.String()


class BoardPersonShown(Schema):
    """A member as the board shows it. What was not chosen, or not consented to, is none."""

    name = fields.String()
    post = fields.String()
    duties = fields.String()
    words = fields.String()
    photo = fields.String(allow_none=True)
    branch = fields.String(allow_none=True)
    category = fields.String(allow_none=True)
    years = fields.Integer(allow_none=True)
    pledges = fields.List(fields.Nested(BoardPledgeShown))


class BoardAnswerShown(Schema):
    """What somebody said to the board, and the answer."""

    text = fields.String()
    rating = fields.String(allow_none=True)
    pledge = fields.String(allow_none=True)
    answer = fields.String()
    on = fields.String()


class PublicBoardOut(Schema):
    """All that is public of a board. ``stale``: it should have been renewed by now."""

    code = fields.String()
    kind = fields.String()
    title = fields.String()
    introduction = fields.String()
    organisation = fields.String()
    phone = fields.String()
    as_of = fields.String()
    renew_by = fields.String(allow_none=True)
    stale = fields.Boolean()
    seconds = fields.Integer()
    takes_comments = fields.Boolean()
    fields_ = fields.List(fields.String(), data_key="fields", attribute="fields")
    picture = fields.String(allow_none=True)
    people = fields.List(fields.Nested(BoardPersonShown))
    pledges = fields.List(fields.Nested(BoardPledgeShown))
    answers = fields.List(fields.Nested(BoardAnswerShown))


class BoardCommentsArgs(PageArgs):
    """Which comments: of one status."""

    status = _choice(COMMENT_STATUSES, load_default=None)


class BoardCommentOut(Schema):
    """What somebody said to a board."""

    id = Ref()
    pledge = Ref(attribute="pledge_id", allow_none=True)
    rating = fields.String(allow_none=True)
    text = fields.String()
    status = fields.String()
    received_at = Instant()
    decided_at = Instant(allow_none=True)
    answer = fields.String(allow_none=True)
    answered_at = Instant(allow_none=True)


class BoardCommentsOut(Schema):
    """A page of comments, the latest first."""

    items = fields.List(fields.Nested(BoardCommentOut))
    next = fields.String(allow_none=True)


class CommentApproveIn(Schema):
    """The answer that stands beside the comment, if there is one already."""

    answer = fields.String(load_default="", validate=Said(validate.Length(max=1000), N_("At most 1000 characters")))


class CommentAnswerIn(Schema):
    """The answer that stands beside the comment."""

    answer = Text(1000, required=True)


class ProfileIn(Schema):
    """What boards say of a member; ``place`` orders them, the smallest first."""

    post = Text(100, required=True)
    duties = Text(500, required=True)
    place = fields.Integer(
        load_default=100, strict=True, validate=Said(validate.Range(1, 999), _BETWEEN, min=1, max=999)
    )


class ProfileOut(Schema):
    """What boards say of a member, and what it has consented to."""

    member = fields.String(attribute="number")
    name = fields.String()
    branch = fields.String()
    post = fields.String()
    duties = fields.String()
    place = fields.Integer()
    photo = fields.Boolean()
    consents = fields.List(fields.String())


class ConsentIn(Schema):
    """Consents that are given; ``how``: paper, for another's that lies there signed."""

    kinds = fields.List(_choice(CONSENTS), required=True)
    how = _choice(HOWS, load_default=None, allow_none=True)


class ConsentEndIn(Schema):
    """Consents that are withdrawn; the reason is for the member and the branch's secretary alone."""

    kinds = fields.List(_choice(CONSENTS), required=True)
    reason = Text(200, load_default=None, allow_none=True)


class ConsentOut(Schema):
    """A consent, standing or withdrawn."""

    kind = fields.String()
    how = fields.String()
    given_at = Instant()
    recorded_by = fields.String()
    withdrawn_at = Instant(allow_none=True)
    reason = fields.String(allow_none=True)


class ConsentsOut(Schema):
    """All consents of a member, the latest first."""

    items = fields.List(fields.Nested(ConsentOut))


class InsigniaIn(Schema):
    """Badges given to members, or a plate on the door of one's household."""

    kind = _choice(INSIGNIA, required=True)
    members = fields.List(
        Text(64), required=True, validate=Said(validate.Length(max=MOST_PEOPLE), N_("At most %(max)s members"), max=200)
    )
    issued_on = Day(required=True)
    household = fields.String(load_default="", validate=Said(validate.Length(max=200), N_("At most 200 characters")))
    signed = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    note = fields.String(load_default="", validate=Said(validate.Length(max=200), N_("At most 200 characters")))


class InsigniaLineOut(Schema):
    """One line of the register."""

    id = Ref()
    kind = fields.String()
    member = fields.String()
    name = fields.String()
    branch = fields.String()
    issued_on = Day()
    household = fields.String()
    signed = fields.Boolean()
    note = fields.String()
    taken_back = fields.Boolean()


class InsigniaOut(Schema):
    """The lines that were written down."""

    ids = fields.List(Ref())


class InsigniaArgs(PageArgs):
    """Which lines: of this organisation and below, of one kind."""

    organisation = fields.String(load_default=None)
    kind = _choice(INSIGNIA, load_default=None)


class InsigniaRegisterOut(Schema):
    """A page of the register, the latest first."""

    items = fields.List(fields.Nested(InsigniaLineOut))
    next = fields.String(allow_none=True)
