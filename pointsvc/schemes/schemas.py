"""What schemes look like on the wire."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from marshmallow import fields

from pointsvc import errors
from pointsvc.api import Day, Instant, PageArgs, Ref, Schema, Text


class SchemeIn(Schema):
    """A version of an organisation's rule sheet, to hold from the day ``from`` once it is published."""

    organisation = Text(64, required=True)
    starts_on = Day(required=True, data_key="from")
    document = fields.Raw(required=True, data_key="scheme", metadata={"type": "object"})


class SchemeChangeIn(Schema):
    """The document to stand in place of a draft's. ``revision``: that of the draft as the caller saw it."""

    starts_on = Day(load_default=None, data_key="from")
    document = fields.Raw(required=True, data_key="scheme", metadata={"type": "object"})
    revision = fields.Integer(required=True, strict=True)


class SchemeOut(Schema):
    """A version without its document. ``organisation`` is the code of the node whose it is.

    ``revision`` counts how often a draft was rewritten.
    """

    id = Ref()
    organisation = fields.String()
    name = fields.String()
    version = fields.Integer()
    status = fields.String()
    starts_on = Day(data_key="from")
    digest = fields.String()
    revision = fields.Integer()
    published_at = Instant(allow_none=True)


class WholeSchemeOut(SchemeOut):
    """A version with its document."""

    document = fields.Raw(data_key="scheme", metadata={"type": "object"})


class SchemesArgs(PageArgs):
    """``organisation``: the versions of this node and those that it inherits (else: of the caller's node)."""

    organisation = Text(64, load_default=None)


class SchemesOut(Schema):
    """A page of versions, the latest start first."""

    items = fields.List(fields.Nested(SchemeOut))
    next = fields.String(allow_none=True)


class TemplateOut(Schema):
    """A rule sheet that a draft can start from."""

    code = fields.String()
    name = fields.String()
    about = fields.String()
    document = fields.Raw(data_key="scheme", metadata={"type": "object"})


class TemplatesOut(Schema):
    """All of them."""

    items = fields.List(fields.Nested(TemplateOut))


class Said(fields.String):
    """A sentence in the caller's language."""

    def _serialize(self, value: Any, attr: Any, obj: Any, **more: Any) -> str | None:
        return value.render(gettext) if isinstance(value, errors.Message) else value


class ChangedItemOut(Schema):
    """A rule or group that differs: what it says before and after, and which of its fields changed."""

    code = fields.String()
    name = fields.String()
    before = Said(allow_none=True)
    after = Said(allow_none=True)
    fields_changed = fields.List(fields.String(), attribute="fields", data_key="fields")


class ChangedItemsOut(Schema):
    """The rules or groups that differ."""

    added = fields.List(fields.Nested(ChangedItemOut))
    removed = fields.List(fields.Nested(ChangedItemOut))
    changed = fields.List(fields.Nested(ChangedItemOut))


class ChangedFieldOut(Schema):
    """A field of the sheet itself that differs."""

    field = fields.String()
    before = Said(allow_none=True)
    after = Said(allow_none=True)


class SchemeChangesOut(Schema):
    """What a version changes against ``against`` (null: there was none)."""

    against = fields.Nested(SchemeOut, allow_none=True)
    rules = fields.Nested(ChangedItemsOut)
    groups = fields.Nested(ChangedItemsOut)
    sheet = fields.List(fields.Nested(ChangedFieldOut))
