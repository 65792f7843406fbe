"""What every JSON route shares: strict bodies, exact fields, replayed answers, OpenAPI."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import partial, wraps
from threading import Lock
from typing import Any, ClassVar, TypeVar

import marshmallow as ma
import orjson
from flask import Flask, Response, current_app, make_response, request
from flask_smorest import Api
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import ValidationError, fields, validate
from sqlalchemy import ForeignKey, String, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column
from webargs.flaskparser import FlaskParser, is_json_request

from pointsvc import clock, errors
from pointsvc.db import Json, Model, UtcTime, db, transaction
from pointsvc.http import API, actor, requires
from pointsvc.permissions import Permission
from pointsvc.prepared import Prepared
from pointsvc.strict_json import parse_json

View = TypeVar("View", bound=Callable[..., Any])
N_ = errors.N_


class Description(Api):
    """OpenAPI's description of the routes, written when it is first asked for.

    It is half of the work of making the application, and of all processes only a web server is ever asked.
    """

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[Callable[[], None]] = []
        self._writing = Lock()

    def init_app(self, app: Flask, **options: Any) -> None:
        """Begin anew, with this application."""
        self._parts.clear()
        super().init_app(app, **options)

    def later(self, part: Callable[[], None]) -> None:
        """Put off a part of the description until somebody asks for the whole."""
        self._parts.append(part)

    def _openapi_json(self) -> Response:
        with self._writing:
            for part in self._parts:
                part()
            self._parts.clear()
        return super()._openapi_json()


openapi = Description()


# ---- bodies


class _UnsupportedMediaType(errors.Problem):
    status = 415
    code = "unsupported_media_type"
    title = N_("This kind of content is not taken")


class Parser(FlaskParser):
    """webargs' parser with our strict JSON and our one error shape."""

    def _raw_load_json(self, req: Any) -> Any:
        raw = req.get_data(cache=True)
        if not raw:
            return {}
        if not is_json_request(req):
            raise _UnsupportedMediaType()
        value = parse_json(raw)
        if not isinstance(value, dict):
            raise errors.Problem(N_("The body must be a JSON object"), code="malformed_json")
        return value

    def handle_error(self, error: ValidationError, req: Any, schema: Any, **more: Any) -> Any:
        """Marshmallow's messages as Invalid, each under the path of its field."""
        messages: Any = error.messages
        if isinstance(messages, dict) and set(messages) <= {"json", "query", "form", "files"}:
            messages = {key: value for part in messages.values() for key, value in part.items()}
        raise invalid(messages)


class LibraryMessage(errors.Message):
    """A library's own sentence: translated when the catalogue knows it, shown as it is otherwise."""

    def render(self, translate: Any = None) -> str:
        """The sentence, without places to fill."""
        return translate(self.text) if translate else self.text


def invalid(messages: Any) -> errors.Invalid:
    """Marshmallow's nested messages as one Invalid with dotted field paths."""
    return errors.Invalid(_flatten(messages))


def _flatten(messages: Any, path: str = "") -> dict[str, list[Any]]:
    if not isinstance(messages, dict):
        several = messages if isinstance(messages, list) else [messages]
        return {path or "body": [m if isinstance(m, errors.Message) else LibraryMessage(m) for m in several]}
    flat: dict[str, list[Any]] = {}
    for key, value in messages.items():
        name = "" if key == "_schema" else str(key)
        flat.update(_flatten(value, ".".join(part for part in (path, name) if part)))
    return flat


class Blueprint(SmorestBlueprint):
    """A noun's JSON routes under /api/v1, documented from the same schemas that check them."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, name: str, import_name: str, description: str) -> None:
        super().__init__(f"{name}_api", import_name, url_prefix=API, description=description)

    def step(
        self,
        rule: str,
        permission: Permission,
        does: str,
        act: Callable[..., Any],
        *,
        gives: type[ma.Schema],
        takes: type[ma.Schema] | None = None,
    ) -> None:
        """A row in a table of routes of one shape: a POST does one thing to an object and answers with the object.

        ``act`` gets the body that ``takes`` describes, if any, and the object's id; ``does`` stands in OpenAPI.
        """

        def view(*args: Any, **kwargs: Any) -> Any:
            return act(*args, **kwargs)

        view.__name__, view.__doc__ = rule.rpartition("/")[2], does
        view = self.response(200, gives)(view)
        view = self.arguments(takes)(view) if takes else view
        self.route(rule, methods=["POST"])(requires(permission)(creates(view)))

    def register_views_in_doc(self, api: Description, *args: Any, **options: Any) -> None:
        """Called by flask-smorest as it registers the routes."""
        api.later(partial(super().register_views_in_doc, api, *args, **options))


# ---- fields


class Said:
    """A validator of marshmallow's whose refusal is a Message; its bounds still show in OpenAPI."""

    def __init__(self, validator: validate.Validator, text: str, **params: Any) -> None:
        self.validator = validator
        self.message = errors.Message(text, **params)

    def __call__(self, value: Any) -> Any:
        try:
            return self.validator(value)
        except ValidationError as error:
            raise ValidationError([self.message]) from error

    def __getattr__(self, name: str) -> Any:
        return getattr(self.validator, name)


class Text(fields.String):
    """One line or more of text, trimmed; ``longest`` characters at most, never only blanks."""

    def __init__(self, longest: int, *, shortest: int = 1, **more: Any) -> None:
        length = validate.Length(min=shortest, max=longest)
        check = Said(length, N_("Between %(min)s and %(max)s characters"), min=shortest, max=longest)
        super().__init__(validate=check, **more)

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> str:
        return super()._deserialize(value, attr, data, **more).strip()


class Amount(fields.Field[Decimal]):
    """Points or a quantity: an exact decimal with at most two places, a string on the wire."""

    default_error_messages: ClassVar = {  # type: ignore[misc] # marshmallow means it as a class variable
        "invalid": N_('A number with at most two decimals is needed, such as "12.50"')
    }
    LIMIT = Decimal(1_000_000)

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal) or len(str(value)) > 20:
            raise self.make_error("invalid")
        try:
            number = Decimal(value)
        except ArithmeticError as error:
            raise self.make_error("invalid") from error
        if not number.is_finite() or abs(number) >= self.LIMIT or number != round(number, 2):
            raise self.make_error("invalid")
        return number.quantize(Decimal("0.01"))

    def _serialize(self, value: Decimal | None, attr: Any, obj: Any, **more: Any) -> str | None:
        return None if value is None else f"{value:.2f}"


class Day(fields.Date):
    """A calendar day as 2026-07-05."""

    default_error_messages: ClassVar = {  # type: ignore[misc] # as above
        "invalid": N_("A day such as 2026-07-05 is needed"),
        "format": N_("A day such as 2026-07-05 is needed"),
    }

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> Any:
        if not isinstance(value, str) or len(value) != 10:
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **more)


class Instant(fields.Field[datetime]):
    """An instant on the service's wall clock, RFC 3339 with offset."""

    def _serialize(self, value: datetime | None, attr: Any, obj: Any, **more: Any) -> str | None:
        return None if value is None else clock.local(value).isoformat(timespec="milliseconds")


class Ref(fields.Field[Any]):
    """An object's id as an opaque string."""

    def _serialize(self, value: int | None, attr: Any, obj: Any, **more: Any) -> str | None:
        return None if value is None else str(value)


class Schema(ma.Schema):
    """The base of all schemas: fields in the order written, unknown input refused."""


class PageArgs(Schema):
    """``limit`` (1 to 200) and ``after`` (a cursor from the answer before)."""

    limit = fields.Integer(
        load_default=50, strict=False, validate=Said(validate.Range(1, 200), N_("Between 1 and 200"))
    )
    after = fields.String(load_default=None)


def ref_id(text: str) -> int:
    """The number behind an opaque id in an address. Raises NotFound for anything else."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise errors.NotFound()
    return int(text)


# ---- the same request twice


class IdempotencyKey(Model):
    """The first answer to a request with this key. Kept for ever: a late retry must not count twice."""

    __tablename__ = "idempotency_key"

    sign_in_id: Mapped[int] = mapped_column(ForeignKey("sign_in.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    body: Mapped[Any] = mapped_column(Json)
    location: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(UtcTime)


def creates(view: View) -> View:
    """For every POST that creates: one transaction, and with an Idempotency-Key one effect.

    The key is written in the transaction of the effect, so a second request waits for the first and
    then gets its answer; when the first fails, nothing of it stays and the second is the first.
    """

    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            with transaction():
                return make_response(view(*args, **kwargs))
        if not 1 <= len(key) <= 255 or not key.isprintable():
            raise errors.Invalid({"Idempotency-Key": N_("Between 1 and 255 printable characters")})
        with transaction():
            return _first(key) or _answer(key, lambda: make_response(view(*args, **kwargs)))

    return wrapper  # type: ignore[return-value] # the same view, wrapped


@Prepared
def _adding(dialect: str) -> Any:
    insert: Any = (postgresql if dialect == "postgresql" else sqlite).insert
    table = IdempotencyKey.__table__
    values: dict[str, Any] = {name: bindparam(name) for name in ("sign_in_id", "key", "digest", "body", "created_at")}
    return insert(table).values(values).on_conflict_do_nothing().returning(table.c.key)


@Prepared
def _answered(dialect: str) -> Any:
    table = IdempotencyKey.__table__
    mine = (table.c.sign_in_id == bindparam("by"), table.c.key == bindparam("of"))
    return db.update(table).where(*mine).values({name: bindparam(name) for name in ("status", "body", "location")})


def _digest() -> str:
    head = f"{request.method} {request.full_path}\n".encode()
    body = request.get_data(cache=True)
    if request.mimetype == "multipart/form-data":
        # Boundaries differ between two sendings of the same form, so digest its parts.
        parts = [(k, v) for k, v in sorted(request.form.items(multi=True))]
        files = [(k, f.filename, hashlib.sha256(f.stream.read()).hexdigest()) for k, f in request.files.items()]
        for storage in request.files.values():
            storage.stream.seek(0)
        body = orjson.dumps([parts, files])
    return hashlib.sha256(head + body).hexdigest()


def _first(key: str) -> Response | None:
    """None when this request is the first with its key, else the first one's answer."""
    values = {
        "sign_in_id": actor().sign_in_id,
        "key": key,
        "digest": _digest(),
        "body": None,
        "created_at": clock.now(),
    }
    # Not by rowcount: with psycopg an INSERT that did nothing may leave it unknown, which is not zero.
    if _adding.rows(**values):
        return None
    row = db.session.get_one(IdempotencyKey, (values["sign_in_id"], key))
    if row.digest != values["digest"]:
        raise errors.Invalid(
            {"Idempotency-Key": N_("This key was used before with another request")}, code="idempotency_key_reused"
        )
    answer = make_response(current_app.json.response(row.body))
    answer.status_code = row.status or 200
    answer.headers["Idempotency-Replayed"] = "true"
    if row.location:
        answer.headers["Location"] = row.location
    return answer


def _answer(key: str, view: Callable[[], Response]) -> Response:
    answer = view()
    kept = {"status": answer.status_code, "location": answer.headers.get("Location")}
    body = orjson.loads(answer.get_data())
    _answered.run(by=actor().sign_in_id, of=key, body=body, **kept)
    return answer
