"""What bulletins look like on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from pointsvc.api import Day, Instant, PageArgs, Ref, Said, Schema, Text
from pointsvc.errors import N_
from pointsvc.inspections.models import BULLETIN_STATUSES

MOST_DEMANDS = 30
_MOST = N_("At most %(max)s of them")


class DemandIn(Schema):
    """What the bulletin demands, and until when."""

    text = Text(500, required=True)
    due_on = Day(load_default=None, allow_none=True)


class BulletinIn(Schema):
    """The parts that the office writes; what is left out stays as it is. All numbers are counted, never given.

    ``named``: whether problems are told with the unit's name. ``explained``: by a unit's code, why it was
    drawn and not inspected.
    """

    title = Text(200)
    number = Text(60, shortest=0)
    addressee = Text(200, shortest=0)
    basis = Text(2000)
    overall = Text(3000, shortest=0)
    good = Text(3000, shortest=0)
    demands = fields.List(
        fields.Nested(DemandIn), validate=Said(validate.Length(max=MOST_DEMANDS), _MOST, max=MOST_DEMANDS)
    )
    named = fields.Boolean(truthy={True}, falsy={False})
    signature = Text(100)
    explained = fields.Dict(keys=Text(64), values=Text(300, shortest=0))


class WithdrawBulletinIn(Schema):
    """Why it is withdrawn."""

    reason = Text(500, required=True)


class BulletinsArgs(PageArgs):
    """Which bulletins: of one spot-check."""

    spot_check = fields.String(load_default=None)


class BlockOut(Schema):
    """A paragraph: heading, subheading or text."""

    kind = fields.String()
    text = fields.String()


class AnnexOut(Schema):
    """An annex with its table, the headings first."""

    title = fields.String()
    body = fields.List(fields.Nested(BlockOut))
    table = fields.List(fields.List(fields.String()))


class PaperOut(Schema):
    """The document as it reads."""

    title = fields.String()
    number = fields.String()
    addressee = fields.String()
    body = fields.List(fields.Nested(BlockOut))
    signature = fields.String()
    signed_on = fields.String()
    annexes = fields.List(fields.Nested(AnnexOut))


class BulletinLineOut(Schema):
    """A bulletin in a list."""

    id = Ref()
    spot_check = Ref()
    plan = fields.String()
    title = fields.String()
    status = fields.String(validate=validate.OneOf(BULLETIN_STATUSES))
    sha256 = fields.String(allow_none=True)
    issued_at = Instant(allow_none=True)
    withdrawn_at = Instant(allow_none=True)
    again_of = Ref(allow_none=True)


class BulletinOut(BulletinLineOut):
    """A bulletin. ``paper``: as issued, or as it would be issued now; ``hindrance``: why it cannot be yet.

    ``snapshot``: all that was frozen; ``sha256`` is the hash of its JSON with sorted keys and no spaces.
    """

    reason = fields.String(allow_none=True)
    paper = fields.Nested(PaperOut)
    hindrance = fields.String(allow_none=True)
    snapshot = fields.Dict(allow_none=True)


class BulletinsOut(Schema):
    """A page of bulletins, the latest first."""

    items = fields.List(fields.Nested(BulletinLineOut))
    next = fields.String(allow_none=True)
