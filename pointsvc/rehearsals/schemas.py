"""What rehearsals look like on the wire."""

from __future__ import annotations

from marshmallow import fields

from pointsvc.api import Amount, Day, Instant, PageArgs, Ref, Schema, Text


class RehearsalIn(Schema):
    """A draft, and over which days: a ``period``, or the cycle that began on the day ``cycle``."""

    scheme = Text(20, required=True)
    period = Text(10, load_default=None)
    cycle = Day(load_default=None)


class RehearsalOut(Schema):
    """A rehearsal. ``current``: the draft still says what was rehearsed."""

    id = Ref()
    scheme = Ref(attribute="scheme_id")
    organisation = fields.String()
    in_force = Ref(attribute="in_force_id")
    digest = fields.String()
    current = fields.Boolean()
    period = fields.String()
    starts_on = Day(data_key="from")
    through_on = Day(data_key="through")
    status = fields.String()
    progress = fields.Integer()
    size = fields.Integer()
    error = fields.String(allow_none=True)
    members = fields.Integer()
    apart = fields.Integer()
    asked_by = fields.String(allow_none=True)
    asked_at = Instant()
    cutoff_at = Instant(allow_none=True)
    done_at = Instant(allow_none=True)


class WholeRehearsalOut(RehearsalOut):
    """A rehearsal with its report; null until it is done."""

    report = fields.Raw(allow_none=True, metadata={"type": "object"})


class RehearsalsArgs(PageArgs):
    """``scheme``: those of this draft or version."""

    scheme = Text(20, load_default=None)


class RehearsalsOut(Schema):
    """A page of rehearsals, newest first."""

    items = fields.List(fields.Nested(RehearsalOut))
    next = fields.String(allow_none=True)


class ChangedGradeOut(Schema):
    """A member who would have another grade."""

    member = fields.String(attribute="number")
    name = fields.String()
    branch = fields.String()
    total_before = Amount(allow_none=True)
    total_after = Amount(allow_none=True)
    grade_before = fields.String(allow_none=True)
    grade_after = fields.String(allow_none=True)


class ChangedGradesOut(Schema):
    """A page of them, by member number."""

    items = fields.List(fields.Nested(ChangedGradeOut))
    next = fields.String(allow_none=True)
