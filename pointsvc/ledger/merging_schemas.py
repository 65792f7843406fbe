"""What merges look like on the wire."""

from __future__ import annotations

from marshmallow import fields

from pointsvc.api import Day, Instant, Ref, Schema, Text


class MergeIn(Schema):
    """The numbers of two records of one person: the one to keep, and the one that goes into it."""

    keep = Text(64, required=True)
    duplicate = Text(64, required=True)
    reason = Text(500, required=True)


class MergeOut(Schema):
    """A merge; ``entries`` is how many entries were moved, ``undone_at`` is null while it stands."""

    id = Ref()
    kept = fields.String()
    duplicate = fields.String()
    reason = fields.String()
    entries = fields.Integer()
    merged_at = Instant()
    undone_at = Instant(allow_none=True)


class MergesOut(Schema):
    """A page of merges, newest first."""

    items = fields.List(fields.Nested(MergeOut))
    next = fields.String(allow_none=True)


class SuggestionOut(Schema):
    """Two present members who may be one person."""

    name = fields.String()
    number_1 = fields.String()
    branch_1 = fields.String()
    joined_on_1 = Day(allow_none=True)
    number_2 = fields.String()
    branch_2 = fields.String()
    joined_on_2 = Day(allow_none=True)


class SuggestionsOut(Schema):
    """A page of pairs, by their numbers."""

    items = fields.List(fields.Nested(SuggestionOut))
    next = fields.String(allow_none=True)
