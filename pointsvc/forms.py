"""What was typed into a form or a filter, as the verbs take it. Each raises Invalid under the field's name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from marshmallow import Schema, ValidationError

from pointsvc.api import invalid
from pointsvc.errors import N_, Invalid
from pointsvc.http import actor


def load(schema: Schema, typed: Mapping[str, Any]) -> dict[str, Any]:
    """The form as the schema of the JSON route reads it."""
    try:
        return dict(schema.load(typed))
    except ValidationError as error:
        raise invalid(error.messages) from error


def day(name: str, text: str) -> date:
    """A day such as 2026-07-05."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid({name: N_("A day such as 2026-07-05 is needed")}) from error


def once(key: str) -> str | None:
    """The key of a form, made one person's: another's form with the same key is another form."""
    return f"{actor().sign_in_id}:{key}" if 0 < len(key) <= 64 else None
