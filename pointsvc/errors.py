"""What a verb may say 'no' with. No Flask here: http.py alone renders these.

A problem carries a stable ``code`` for programs and a ``Message`` for people. The message is an
English msgid with named placeholders; the edge (HTTP, command line, worker) translates it into the
reader's language, so services need not know who listens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from babel.dates import format_date


def N_(text: str) -> str:  # noqa: N802 - the name that message extraction looks for
    """Mark an English msgid for the catalogue without translating it."""
    return text


@dataclass(frozen=True)
class Message:
    """A sentence to a person: an English msgid and the values for its ``%(name)s`` places."""

    text: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __init__(self, text: str, /, **params: Any) -> None:
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "params", params)

    def render(self, translate: Any = None) -> str:
        """The sentence, through ``translate(msgid) -> text`` when given (English otherwise)."""
        template = translate(self.text) if translate else self.text
        values = {key: _said(value, translate) for key, value in self.params.items()}
        return template % values if values else template

    def __str__(self) -> str:
        return self.render()


def _said(value: Any, translate: Any) -> Any:
    """A value as the reader's language says it: a day as people there write it, a message in its words."""
    if isinstance(value, Message):
        return value.render(translate)
    if translate and isinstance(value, date) and not isinstance(value, datetime):
        # The catalogue's pattern alone makes the language: in Chinese it has no names of months.
        return format_date(value, translate("d MMM y"), locale="en")
    return value


def packed(message: Message) -> dict[str, Any]:
    """A message as it is kept: the msgid and its values, to be told later in the reader's language."""
    params = {
        key: {"msgid": value.text} if isinstance(value, Message) else str(value)
        for key, value in message.params.items()
    }
    return {"message": message.text[:500], "params": params}


def unpacked(message: str, params: dict[str, Any]) -> Message:
    """The message that was kept by ``packed``."""
    values = {
        key: Message(value["msgid"]) if isinstance(value, dict) else value for key, value in (params or {}).items()
    }
    return Message(message, **values)


class Problem(Exception):
    """Base of all expected refusals. ``status`` is the HTTP status that fits best."""

    status = 400
    code = "bad_request"
    title = N_("The request cannot be carried out")

    def __init__(self, detail: Message | str | None = None, *, code: str | None = None) -> None:
        self.detail = Message(detail) if isinstance(detail, str) else detail
        self.code = code or type(self).code
        super().__init__(str(self.detail or self.title))


class Invalid(Problem):
    """The input is wrong. ``errors`` maps a field path to what is wrong with it."""

    status = 422
    code = "invalid"
    title = N_("Some of the input is not right")

    def __init__(
        self,
        errors: Mapping[str, Message | str | Sequence[Message | str]],
        *,
        code: str | None = None,
    ) -> None:
        self.errors = {path: _messages(value) for path, value in errors.items()}
        first = next(iter(self.errors.values()), [])
        super().__init__(first[0] if first else None, code=code)


class NotFound(Problem):
    """There is no such object, or the actor may not know of it: the answer is the same."""

    status = 404
    code = "not_found"
    title = N_("Not found")


class Forbidden(Problem):
    """The actor's role does not allow this."""

    status = 403
    code = "forbidden"
    title = N_("Your role does not allow this")


class Unauthenticated(Problem):
    """Nobody has signed in, or the sign-in has ended."""

    status = 401
    code = "unauthenticated"
    title = N_("Please sign in")


class Conflict(Problem):
    """The object's state does not allow this now."""

    status = 409
    code = "conflict"
    title = N_("This is not possible at present")


class TooMany(Problem):
    """Too many tries; wait and try again."""

    status = 429
    code = "too_many"
    title = N_("Too many tries, please wait a while")


def _messages(value: Message | str | Sequence[Message | str]) -> list[Message]:
    several = [value] if isinstance(value, Message | str) else list(value)
    return [Message(item) if isinstance(item, str) else item for item in several]
