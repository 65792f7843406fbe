"""What exports take and answer."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from pointsvc import queues
from pointsvc.api import Instant, PageArgs, Ref, Said, Schema, Text
from pointsvc.errors import N_

FORMATS = ("xlsx", "csv")
ENCODINGS = ("utf-8", "gb18030")


def _one_of(*choices: str) -> Said:
    return Said(validate.OneOf(choices), N_("One of %(choices)s is needed"), choices=", ".join(choices))


class TableArgs(Schema):
    """Which rows, and as what. Without an organisation: those of the caller's own node and below."""

    organisation = Text(64, load_default=None)
    period = fields.String(load_default=None)
    format = fields.String(load_default="xlsx", validate=_one_of(*FORMATS))
    encoding = fields.String(load_default="utf-8", validate=_one_of(*ENCODINGS))


class EntriesArgs(TableArgs):
    """The same for entries: of one member alone, if a number is given."""

    member = Text(64, load_default=None)


class ExportIn(Schema):
    """Of which node and below an archive is wanted; the caller's own unless said."""

    organisation = Text(64, load_default=None)


class ExportOut(Schema):
    """An archive and how far it is. ``rows``: how many rows each of its files has."""

    id = Ref()
    organisation = fields.String()
    status = fields.String()
    size = fields.Integer()
    sha256 = fields.String(allow_none=True)
    rows = fields.Dict(keys=fields.String(), values=fields.Integer())
    progress = fields.Dict(keys=fields.String(), values=fields.Integer())
    error = fields.String(allow_none=True)
    created_at = Instant()
    done_at = Instant()
    expires_at = Instant()


class ExportsOut(Schema):
    """Archives, newest first."""

    items = fields.List(fields.Nested(ExportOut))
    next = fields.String(allow_none=True)


class ExportsArgs(PageArgs):
    """A page of archives."""


def shown(row: Any, organisation: Any) -> dict[str, Any]:
    """An archive for ``ExportOut``."""
    job = queues.job(row.job_id)
    fields_ = ("id", "status", "size", "sha256", "created_at", "done_at", "expires_at")
    return {
        **{name: getattr(row, name) for name in fields_},
        "organisation": organisation.code,
        "rows": row.counts,
        "progress": {"done": job.progress, "total": job.size} if job else {"done": 0, "total": 0},
        "error": job.error if job and row.status == "failed" else None,
    }
