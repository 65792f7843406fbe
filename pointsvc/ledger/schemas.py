"""What entries look like on the wire."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from marshmallow import fields, validate

from pointsvc import clock
from pointsvc.api import Amount, Day, Instant, Ref, Said, Schema, Text
from pointsvc.errors import N_
from pointsvc.ledger.service import MARK_CHANGED, EntryView

LARGEST_BATCH = 1000
_SIZE = Said(validate.Length(1, LARGEST_BATCH), N_("Between %(min)s and %(max)s members"), min=1, max=LARGEST_BATCH)


class _What(Schema):
    rule = Text(64, required=True)
    occurred_on = Day(required=True)
    quantity = Amount(load_default=None, allow_none=True)
    tier = Text(64, load_default=None, allow_none=True)
    points = Amount(load_default=None, allow_none=True)
    matter = Text(200, load_default=None, allow_none=True)
    note = Text(1000, load_default=None, allow_none=True)


class EntryIn(_What):
    """Something that one member did. ``points`` only for a rule with a range, ``tier`` only for tiers."""

    member = Text(64, required=True)


class BatchIn(_What):
    """The same for several members."""

    members = fields.List(Text(64), required=True, validate=_SIZE)


class ReverseIn(Schema):
    """Why the entry is taken back; it is kept as the reversal's note."""

    reason = Text(1000, required=True)


class EntryOut(Schema):
    """An entry. ``status``: recorded, reversed (by ``reversed_by``), or itself a reversal (of ``reverses``).

    ``disputed``: an objection to it waits for a reply.
    """

    id = Ref()
    member = fields.String()
    rule = fields.String()
    points = Amount()
    occurred_on = Day()
    recorded_at = Instant()
    recorded_by = fields.String()
    status = fields.String()
    quantity = Amount()
    tier = fields.String(allow_none=True)
    matter = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    source = fields.String()
    reverses = Ref(allow_none=True)
    reversed_by = Ref(allow_none=True)
    disputed = fields.Boolean()

    def dump(self, obj: Any, *, many: bool | None = None) -> Any:
        """As the fields say, written out by hand: a list of entries costs a fifth of the general way."""
        return [shown(item) for item in obj] if many else shown(obj)


def shown(entry: EntryView) -> dict[str, Any]:
    """An entry as its JSON object, with the keys of ``EntryOut``."""
    return {
        "id": str(entry.id),
        "member": entry.member,
        "rule": entry.rule,
        "points": f"{entry.points:.2f}",
        "occurred_on": entry.occurred_on.isoformat(),
        "recorded_at": clock.local(entry.recorded_at).isoformat(timespec="milliseconds"),
        "recorded_by": entry.recorded_by,
        "status": entry.status,
        "quantity": f"{entry.quantity:.2f}",
        "tier": entry.tier,
        "matter": entry.matter,
        "note": gettext(entry.note) if entry.note == MARK_CHANGED else entry.note,
        "source": entry.source,
        "reverses": None if entry.reverses is None else str(entry.reverses),
        "reversed_by": None if entry.reversed_by is None else str(entry.reversed_by),
        "disputed": entry.disputed,
    }


class BatchOut(Schema):
    """The entries of a batch, in the order of its members."""

    entries = fields.List(fields.Nested(EntryOut))


class EntriesOut(Schema):
    """A page of entries, newest first."""

    items = fields.List(fields.Nested(EntryOut))
    next = fields.String(allow_none=True)
