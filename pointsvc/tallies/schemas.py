"""What tallies, results and scores look like on the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from flask_babel import get_translations
from marshmallow import fields, validate

from pointsvc.api import Amount, Day, Instant, PageArgs, Ref, Said, Schema, Text
from pointsvc.db import from_hundredths
from pointsvc.errors import N_
from pointsvc.seals.schemas import SealOut
from pointsvc.tallies.listing import SORTS
from pointsvc.tallies.scoring import Score
from pointsvc.tallies.wording import Chance, Line

Translate = Callable[[str], str]

_BY_CODE = {"type": "object", "additionalProperties": {"type": "string"}, "example": {"study": "12.00"}}
_LINE = {
    "entry": "17",
    "rule": "volunteer",
    "occurred_on": "2026-07-05",
    "points": "6.00",
    "counted": "2.00",
    "why": "points_cap:month",
    "words": "…",
    "disputed": False,
    "adjustment": False,
}


class TallyIn(Schema):
    """Which tally to compute."""

    organisation = Text(64, required=True)
    period = Text(10, required=True)


class PublicationOut(Schema):
    """A version of a tally, publicised through ``last_day``; ``days_left`` in working days."""

    version = fields.Integer()
    published_on = Day()
    last_day = Day()
    working_days = fields.Integer()
    days_left = fields.Integer()
    phone = fields.String()
    root = fields.String(allow_none=True)
    published_at = Instant()


class TallyOut(Schema):
    """A tally. ``version`` is that of the results; ``progress`` of ``size`` while it is computed.

    ``publication`` is the newest one, which may be of an earlier version.
    """

    id = Ref()
    organisation = fields.String()
    period = fields.String()
    status = fields.String()
    version = fields.Integer()
    through = Day(attribute="through_on")
    cutoff = Instant(attribute="cutoff_at")
    members = fields.Integer()
    unreckoned = fields.Integer()
    requested_at = Instant()
    computed_at = Instant()
    progress = fields.Integer()
    size = fields.Integer()
    error = fields.String(allow_none=True)
    publication = fields.Nested(PublicationOut, allow_none=True)
    seal = fields.Nested(SealOut, allow_none=True)


class ProofArgs(Schema):
    """Whose proof."""

    member = Text(64, required=True)


class TalliesOut(Schema):
    """A page of tallies, newest first."""

    items = fields.List(fields.Nested(TallyOut))
    next = fields.String(allow_none=True)


class ResultsArgs(PageArgs):
    """Which results, and in which order (a minus before ``sort``: downwards)."""

    sort = fields.String(
        load_default="number",
        validate=Said(validate.OneOf([*SORTS, *(f"-{name}" for name in SORTS)]), N_("This list cannot be sorted so")),
    )
    branch = fields.String(load_default=None)
    grade = fields.String(load_default=None)
    find = fields.String(load_default=None)
    version = fields.Integer(load_default=None)


class ByCode(fields.Field[Any]):
    """Hundredths by code as points by code."""

    def __init__(self, **more: Any) -> None:
        super().__init__(metadata=_BY_CODE, **more)

    def _serialize(self, value: Any, attr: Any, obj: Any, **more: Any) -> dict[str, str]:
        return _by_code(value)


class ResultOut(Schema):
    """One member's result."""

    member = fields.String(attribute="number")
    name = fields.String()
    branch = fields.String()
    category = fields.String()
    raw = Amount()
    base = Amount()
    carried = Amount()
    rules = ByCode()
    groups = ByCode()
    total = Amount(allow_none=True)
    grade = fields.String(allow_none=True)
    veto = fields.Boolean()

    def dump(self, obj: Any, *, many: bool | None = None) -> Any:
        """As the fields say, written out by hand: a page of fifty costs a fifth of the general way."""
        return [_result(item) for item in obj] if many else _result(obj)


def _result(row: Any) -> dict[str, Any]:
    return {
        "member": row.number,
        "name": row.name,
        "branch": row.branch,
        "category": row.category,
        "raw": _points(row.raw),
        "base": _points(row.base),
        "carried": _points(row.carried),
        "rules": _by_code(row.rules),
        "groups": _by_code(row.groups),
        "total": None if row.total is None else _points(row.total),
        "grade": row.grade,
        "veto": row.veto,
    }


def _by_code(hundredths: Mapping[str, int]) -> dict[str, str]:
    return {code: _points(from_hundredths(value)) for code, value in hundredths.items()}


class TallyResultOut(ResultOut):
    """A result in a tally.

    ``disputed``: an objection to it, or to an entry in its window, waits for a reply. ``adjusted``:
    it counts entries that came after an earlier period, which covers their day, was sealed.
    """

    disputed = fields.Boolean()
    adjusted = fields.Boolean()

    def dump(self, obj: Any, *, many: bool | None = None) -> Any:
        """As ``ResultOut``; of rows with their marks."""
        if many:
            return [self.dump(item) for item in obj]
        return {**_result(obj.row), "disputed": obj.disputed, "adjusted": obj.adjusted}


class ResultsOut(Schema):
    """A page of results."""

    items = fields.List(fields.Nested(TallyResultOut))
    next = fields.String(allow_none=True)


class StandingsArgs(PageArgs):
    """Whose standings (the own organisation's), and of which period (the present one)."""

    organisation = fields.String(load_default=None)
    period = fields.String(load_default=None)


class StandingOut(ResultOut):
    """A result with its place; equal totals share one."""

    rank = fields.Integer()

    def dump(self, obj: Any, *, many: bool | None = None) -> Any:
        """As ``ResultOut``; of rows with their ranks."""
        return [self.dump(item) for item in obj] if many else {**_result(obj.row), "rank": obj.rank}


class StandingsOut(Schema):
    """A page of standings, the highest total first."""

    items = fields.List(fields.Nested(StandingOut))
    next = fields.String(allow_none=True)


class PreviousTotalIn(Schema):
    """Last cycle's total, from before the service. ``cycle``: first day of the cycle that it is carried into."""

    cycle = Day(required=True)
    total = Amount(required=True)


class PreviousTotalOut(Schema):
    """A total that is carried over."""

    member = fields.String()
    cycle = Day()
    total = Amount()
    source = fields.String()


class ScoreArgs(Schema):
    """Which period; the present quarter without it."""

    period = fields.String(load_default=None)


class ScoreOut(Schema):
    """A member's score and each entry's part in it. Described here; ``score_answer`` makes it."""

    member = fields.String()
    period = fields.String()
    through = Day()
    branch = fields.String()
    category = fields.String()
    raw = fields.String()
    base = fields.String()
    carried = fields.String()
    rules = fields.Dict(metadata=_BY_CODE)
    groups = fields.Dict(metadata=_BY_CODE)
    total = fields.String(allow_none=True)
    grade = fields.String(allow_none=True)
    veto = fields.Boolean()
    lines = fields.List(fields.Dict(), metadata={"example": [_LINE]})
    missing = fields.List(fields.Dict())


def score_answer(score: Score) -> dict[str, Any]:
    """The score as JSON takes it. By hand: a year's entries through a schema would cost more than the reckoning."""
    # Looked up once: the language is the same for all lines.
    translate = get_translations().ugettext
    return {
        "member": score.number,
        "period": score.period.name,
        "through": score.period.through_on.isoformat(),
        "branch": score.branch,
        "category": score.category,
        "raw": _points(score.raw),
        "base": _points(score.base),
        "carried": _points(score.carried),
        "rules": {code: _points(value) for code, value in score.rules.items()},
        "groups": {code: _points(value) for code, value in score.groups.items()},
        "total": None if score.total is None else _points(score.total),
        "grade": score.grade,
        "veto": score.veto,
        "lines": [_line(line, score, translate) for line in score.lines],
        "missing": [_chance(chance, translate) for chance in score.missing],
    }


def _line(line: Line, score: Score, translate: Translate) -> dict[str, Any]:
    return {
        "entry": str(line.entry),
        "rule": line.rule,
        "occurred_on": line.occurred_on.isoformat(),
        "points": _points(line.points),
        "counted": _points(line.counted),
        "why": " ".join(line.codes),
        "words": " ".join(words.render(translate) for words in line.words) or None,
        "disputed": line.entry in score.disputed,
        "adjustment": line.entry in score.adjustments,
    }


def _chance(chance: Chance, translate: Translate) -> dict[str, Any]:
    return {
        "rule": chance.rule,
        "name": chance.name,
        "group": chance.group,
        "points": None if chance.points is None else _points(chance.points),
        "words": chance.words.render(translate) if chance.words else None,
    }


def _points(value: Decimal) -> str:
    return f"{value:.2f}"
