"""What sets, items and claims look like on the wire."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from pointsvc.api import Day, Instant, PageArgs, Ref, Said, Schema, Text, ref_id
from pointsvc.errors import N_
from pointsvc.lists.filing import Contact, NewItem, Stage
from pointsvc.lists.models import LIVES, RATINGS, STATUSES

_ONE_OF = N_("This choice does not exist")


def _whole(high: int, **more: object) -> fields.Integer:
    check = Said(validate.Range(1, high), N_("A whole number from %(low)s to %(high)s is needed"), low=1, high=high)
    return fields.Integer(strict=True, validate=check, **more)  # type: ignore[arg-type] # marshmallow's own options


def _longer(longest: int) -> Text:
    return Text(longest, shortest=0, load_default="")


class ListSetIn(Schema):
    """A set of three lists. ``names`` are those of its lists, in the order of its kind of life."""

    code = Text(40, required=True)
    name = Text(100, required=True)
    life = fields.String(required=True, validate=Said(validate.OneOf(LIVES), _ONE_OF))
    names = fields.List(Text(30), required=True)
    organisation = Text(64, load_default=None, allow_none=True)
    confidential = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class ListSetNamesIn(Schema):
    """Other names for a set and its three lists."""

    name = Text(100, required=True)
    names = fields.List(Text(30), required=True)


class ListInSetOut(Schema):
    """One list of a set: its key, its name, and what it is in the set's life."""

    key = fields.String()
    name = fields.String()
    side = fields.String()
    items = fields.Integer()
    running = fields.Integer()


class ListSetOut(Schema):
    """A set of three lists, and the pairs of lists that may be joined."""

    id = Ref()
    code = fields.String()
    name = fields.String()
    life = fields.String()
    confidential = fields.Boolean()
    lists = fields.List(fields.Nested(ListInSetOut))
    links = fields.List(fields.List(fields.String()))


class ListSetsOut(Schema):
    """The sets that the reader may see."""

    items = fields.List(fields.Nested(ListSetOut))
    next = fields.String(allow_none=True)


class ItemStageIn(Schema):
    """A step of long work."""

    target = Text(200, required=True)
    due_on = Day(required=True)


class ItemContactIn(Schema):
    """The resident for whom a need is taken down on the telephone."""

    name = Text(100, required=True)
    phone = Text(40, required=True)


class ItemIn(Schema):
    """An item for one list of the set; ``links`` are items of the set that it belongs to."""

    list = Text(20, required=True)
    title = Text(100, required=True)
    text = _longer(2000)
    organisation = Text(64, load_default=None, allow_none=True)
    place = _longer(100)
    starts_on = Day(load_default=None, allow_none=True)
    ends_on = Day(load_default=None, allow_none=True)
    due_on = Day(load_default=None, allow_none=True)
    quota = _whole(1000, load_default=1)
    tags = fields.List(Text(20), load_default=tuple)
    skills = fields.List(Text(20), load_default=tuple)
    kind = _longer(60)
    cause = _longer(1000)
    measure = _longer(1000)
    responsible = _longer(100)
    reviewer = _longer(100)
    acceptance = _longer(500)
    stages = fields.List(fields.Nested(ItemStageIn), load_default=tuple)
    contact = fields.Nested(ItemContactIn, load_default=None, allow_none=True)
    links = fields.List(Text(18), load_default=tuple)


def as_filed(data: dict[str, Any]) -> dict[str, Any]:
    """A checked ``ItemIn`` as what ``file_item`` takes."""
    own = dict(data)
    contact, organisation, links = own.pop("contact"), own.pop("organisation"), own.pop("links")
    stages = tuple(Stage(**stage) for stage in own.pop("stages"))
    tags, skills = tuple(own.pop("tags")), tuple(own.pop("skills"))
    return {
        "new": NewItem(**own, tags=tags, skills=skills, stages=stages),
        "organisation": organisation,
        "contact": Contact(**contact) if contact else None,
        "links": [ref_id(text) for text in links],
    }


class ItemsArgs(PageArgs):
    """Which items of the set."""

    list = fields.String(load_default=None)
    status = fields.String(load_default=None, validate=Said(validate.OneOf((*STATUSES, "running", "ended")), _ONE_OF))
    organisation = fields.String(load_default=None)
    word = fields.String(load_default=None)
    overdue = fields.Boolean(load_default=False)


class ItemClaimIn(Schema):
    """How many parts, and for which organisation (the own one unless said)."""

    amount = _whole(1000, load_default=1)
    organisation = Text(64, load_default=None, allow_none=True)
    note = _longer(500)


class ItemWithdrawIn(Schema):
    """Give a claim back (this one, or the only one held), or, as whose item it is, take the item back."""

    reason = Text(500, required=True)
    claim = Text(18, load_default=None, allow_none=True)


class ItemActIn(Schema):
    """What there is to say to the act."""

    note = _longer(500)


class ItemConfirmIn(Schema):
    """Confirming: of an exchange the rating that whoever needed it gives."""

    rating = fields.String(load_default=None, allow_none=True, validate=Said(validate.OneOf(RATINGS), _ONE_OF))
    note = _longer(500)


class ItemAgainIn(Schema):
    """Why it is opened again or sent back, and until when it is due now."""

    note = Text(500, required=True)
    due_on = Day(load_default=None, allow_none=True)


class ItemClaimOut(Schema):
    """Who holds, or held, parts of an item."""

    id = Ref()
    organisation = fields.String()
    organisation_name = fields.String()
    amount = fields.Integer()
    note = fields.String()
    claimed_at = Instant()
    ended_at = Instant(allow_none=True)
    reason = fields.String(allow_none=True)


class ItemLightOut(Schema):
    """How the item stands against its days: a tone, and words."""

    tone = fields.String()
    words = fields.String()


class ItemOut(Schema):
    """An item. Of a resident who filed it nothing is said here; ``code`` is the tracking code, told once."""

    id = Ref()
    set = Ref(attribute="set_id")
    list = fields.String()
    life = fields.String()
    number = fields.Integer()
    round = fields.Integer()
    organisation = fields.String()
    organisation_name = fields.String()
    title = fields.String()
    text = fields.String()
    place = fields.String()
    starts_on = Day(allow_none=True)
    ends_on = Day(allow_none=True)
    due_on = Day(allow_none=True)
    quota = fields.Integer()
    taken = fields.Integer()
    status = fields.String()
    tags = fields.List(fields.String())
    skills = fields.List(fields.String())
    kind = fields.String()
    cause = fields.String()
    measure = fields.String()
    responsible = fields.String()
    reviewer = fields.String()
    acceptance = fields.String()
    rating = fields.String(allow_none=True)
    thanks = fields.String(allow_none=True)
    light = fields.Nested(ItemLightOut)
    claims = fields.List(fields.Nested(ItemClaimOut))
    opened_at = Instant()
    done_at = Instant(allow_none=True)
    ended_at = Instant(allow_none=True)
    code = fields.String(allow_none=True)


class ItemsOut(Schema):
    """A page of items, the latest first."""

    items = fields.List(fields.Nested(ItemOut))
    next = fields.String(allow_none=True)


class ItemStepOut(Schema):
    """One line of an item's history."""

    round = fields.Integer()
    act = fields.String()
    old = fields.String(allow_none=True)
    new = fields.String()
    by = fields.String(allow_none=True)
    organisation = fields.String(attribute="organisation_name", allow_none=True)
    note = fields.String(allow_none=True)
    at = Instant()


class ItemHistoryOut(Schema):
    """What was done with an item, the first first."""

    items = fields.List(fields.Nested(ItemStepOut))
    next = fields.String(allow_none=True)


class ItemMatchOut(Schema):
    """An item that fits, and why."""

    id = Ref()
    title = fields.String()
    why = fields.String()


class ItemMatchesOut(Schema):
    """What fits an item, the best first."""

    items = fields.List(fields.Nested(ItemMatchOut))
    next = fields.String(allow_none=True)
