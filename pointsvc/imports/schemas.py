"""What imports take and answer."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_smorest.fields import Upload
from marshmallow import fields

from pointsvc import queues
from pointsvc.api import Day, Instant, PageArgs, Ref, Schema, Text
from pointsvc.http import actor
from pointsvc.imports import service as imports
from pointsvc.imports.batch import unpacked


class ImportFormIn(Schema):
    """The form's fields beside the file."""

    kind = fields.String(
        required=True,
        metadata={"enum": ["organisations", "members", "scheme", "attendance", "entries", "pledges", "lists"]},
    )
    dry_run = fields.Boolean(load_default=False)
    organisation = Text(64, load_default=None)
    from_ = Day(data_key="from", load_default=None)


class ImportFileIn(Schema):
    """The file itself."""

    file = Upload(required=True)


class UndoIn(Schema):
    """Why an import is taken back."""

    reason = Text(500, required=True)


class MappingIn(Schema):
    """What the doubtful columns are: heading -> field or 'ignore'."""

    columns = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class RowErrorOut(Schema):
    """Why one row was not taken."""

    sheet = fields.String()
    row = fields.Integer()
    column = fields.String()
    message = fields.Function(lambda row: unpacked(row.message, row.params).render(gettext))


class ImportOut(Schema):
    """An import and how far it is. ``errors`` holds the first 200; all are in the rejected workbook."""

    id = Ref()
    kind = fields.String()
    filename = fields.String()
    status = fields.String()
    dry_run = fields.Boolean()
    rows = fields.Integer()
    accepted = fields.Integer()
    rejected = fields.Integer()
    unchanged = fields.Integer()
    left_out = fields.Integer()
    entries = fields.Integer()
    progress = fields.Function(lambda row: _progress(row))
    error = fields.Function(lambda row: problem_words(row))
    questions = fields.Function(lambda row: row.doubtful)
    created_at = Instant()
    done_at = Instant()
    undone_at = Instant()


class StayingOut(Schema):
    """An item of the lists on which somebody has acted (``act``, the last): it stays when its import is taken back."""

    id = Ref()
    number = fields.Integer()
    title = fields.String()
    act = fields.String()
    at = Instant()


class ImportWithErrorsOut(ImportOut):
    """An import with its refused rows, and of lists what stays when it is taken back."""

    errors = fields.Function(lambda row: RowErrorOut(many=True).dump(imports.refusals(import_id=row.id, limit=200)))
    staying = fields.Function(lambda row: StayingOut(many=True).dump(imports.staying(actor=actor(), row=row)))


class ImportsOut(Schema):
    """Imports, newest first."""

    items = fields.List(fields.Nested(ImportOut))
    next = fields.String(allow_none=True)


class ImportsQuery(PageArgs):
    """A page of imports."""


def problem_words(row: Any) -> str | None:
    """Why the file as a whole was refused, in the reader's language; None when it was not."""
    return unpacked(**row.problem).render(gettext) if row.problem else None


def _progress(row: Any) -> dict[str, int]:
    job = queues.job(row.job_id)
    return {"done": job.progress, "total": job.size} if job else {"done": 0, "total": 0}
