"""From a request to an actor and back: sign-in, permissions, paging, and the one error shape.

Every view says ``@requires(Permission…)`` or ``@public``; ``create_app`` refuses to start otherwise.
"""

from __future__ import annotations

import base64
import binascii
import logging
import uuid
from collections.abc import Callable, Sequence
from datetime import date
from operator import attrgetter
from typing import Any, ClassVar, TypeVar

import orjson
from flask import Flask, Response, current_app, g, jsonify, redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from pointsvc import errors
from pointsvc.permissions import Actor, Permission, allowed

log = logging.getLogger(__name__)
View = TypeVar("View", bound=Callable[..., Any])
Row = TypeVar("Row")

API = "/api/v1"
csrf = CSRFProtect()

_by_token: Callable[[str], Actor | None]
_by_session: Callable[[str], Actor | None]


def requires(permission: Permission) -> Callable[[View], View]:
    """Name the permission that a view needs; checked before the view runs."""

    def mark(view: View) -> View:
        view._permission = permission  # type: ignore[attr-defined] # read back by guard() and by a test
        return view

    return mark


def public(view: View) -> View:
    """Say that a view needs no sign-in."""
    view._permission = None  # type: ignore[attr-defined] # read back by guard() and by a test
    return view


def bare_routes(app: Flask) -> list[str]:
    """The endpoints that name no permission and do not say that they are public."""
    return sorted(
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and not hasattr(app.view_functions[rule.endpoint], "_permission")
    )


def identify_with(*, token: Callable[[str], Actor | None], session_key: Callable[[str], Actor | None]) -> None:
    """Say who knows the actor behind a bearer token and behind a browser session's key."""
    global _by_token, _by_session
    _by_token, _by_session = token, session_key


def identify() -> None:
    """Before each request: who is it? A browser's unsafe request must also carry its CSRF token."""
    if request.endpoint == "static":
        return
    _refuse_nul()
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme:
        g.actor = _by_token(token.strip()) if scheme.lower() == "bearer" else None
        return
    key = session.get("key")
    g.actor = _by_session(key) if key else None
    if request.method not in ("GET", "HEAD", "OPTIONS", "TRACE") and request.endpoint:
        csrf.protect()


def _refuse_nul() -> None:
    """PostgreSQL cannot hold NUL in a text, so no address, filter or form field may."""
    if "\x00" in request.path:
        raise errors.NotFound()
    typed = [*request.args.items(multi=True), *request.form.items(multi=True)]
    if any("\x00" in name or "\x00" in value for name, value in typed):
        raise errors.Problem(errors.N_("A text holds characters that cannot be kept"))


def actor() -> Actor:
    """The signed-in actor. Raises Unauthenticated when nobody is."""
    found = getattr(g, "actor", None)
    if found is None:
        raise errors.Unauthenticated()
    return found


def guard() -> None:
    """Before each view: who is it, and may they? Runs for every endpoint but static files."""
    view: Any = current_app.view_functions.get(request.endpoint or "")
    if view is None or request.endpoint == "static":
        return
    # create_app has refused to start with a view that has none.
    permission = view._permission
    if permission is None:
        return
    if not allowed(actor(), permission):
        raise errors.Forbidden()


def wants_json() -> bool:
    """Whether the caller is a program: everything under the API base is answered in JSON."""
    return request.path.startswith((API, "/healthz", "/readyz"))


# ---- answering


def cursor(*values: Any) -> str:
    """An opaque place in a list."""
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def at_cursor(text: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """The values in a cursor, or None without one. Raises Invalid when it is not one of ours."""
    if not text:
        return None
    try:
        values = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return tuple(_fitted(value, kind) for value, kind in zip(values, kinds, strict=True))
    except (ValueError, TypeError, binascii.Error) as error:
        raise errors.Invalid({"after": errors.N_("This is not a place in this list")}) from error


def id_at(text: str | None) -> int | None:
    """The id in the cursor of a list in the order of ids, or None without one. Raises Invalid as ``at_cursor``."""
    place = at_cursor(text, int)
    return place[0] if place else None


def one_page(rows: Sequence[Row], limit: int, *place: str) -> tuple[Sequence[Row], str | None]:
    """Of ``limit + 1`` rows those of one page, and the cursor of the next one when there is one.

    ``place``: the names of a row's values that say where it stands, if it is not the id alone.
    """
    shown = rows[:limit]
    if len(rows) <= limit:
        return shown, None
    return shown, cursor(*(attrgetter(name)(shown[-1]) for name in place or ("id",)))


def _fitted(value: Any, kind: type) -> Any:
    """The value, if a database can compare with it: no id has more digits, no text holds NUL. Raises ValueError."""
    if kind is date:
        return date.fromisoformat(value)
    if not isinstance(value, kind) or (isinstance(value, int) and abs(value) >= 2**62) or "\x00" in str(value):
        raise ValueError
    return value


def request_id() -> str:
    """This request's id, as it stands in the log and in every error."""
    if "request_id" not in g:
        g.request_id = uuid.uuid4().hex
    return g.request_id


def problem_body(problem: errors.Problem) -> dict[str, Any]:
    """The problem as RFC 9457 has it, in the caller's language."""
    body: dict[str, Any] = {
        "type": f"urn:pointsvc:problem:{problem.code}",
        "title": gettext(problem.title),
        "status": problem.status,
        "detail": (problem.detail or errors.Message(problem.title)).render(gettext),
        "code": problem.code,
        "request_id": request_id(),
    }
    if isinstance(problem, errors.Invalid):
        body["errors"] = {
            path: [message.render(gettext) for message in messages] for path, messages in problem.errors.items()
        }
    return body


def render_problem(problem: errors.Problem) -> Response:
    """The one place where an error becomes an answer: problem+json for programs, a page for people."""
    if wants_json():
        answer = jsonify(problem_body(problem))
        answer.content_type = "application/problem+json"
    else:
        page = problem.status if problem.status in (403, 404, 422, 503) else 500
        if problem.status in (400, 409, 413, 429):
            page = 422
        if problem.status == 405:
            # The address of a form, typed or loaded again: to a person there is no page.
            page = 404
        answer = current_app.make_response(
            render_template(f"errors/{page}.html", problem=problem, **problem_body(problem))
        )
    answer.status_code = problem.status
    if problem.status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if problem.status in (429, 503):
        answer.headers["Retry-After"] = "5"
    return answer


class _FromWerkzeug(errors.Problem):
    codes: ClassVar = {
        400: "bad_request",
        404: "not_found",
        405: "method_not_allowed",
        413: "too_large",
        415: "unsupported_media_type",
        429: "too_many",
    }
    titles: ClassVar = {
        404: errors.NotFound.title,
        405: errors.N_("This address does not take this method"),
        413: errors.N_("This is too large"),
        415: errors.N_("This kind of content is not taken"),
    }

    def __init__(self, error: HTTPException) -> None:
        self.status = error.code or 500
        self.code = self.codes.get(self.status, "http_error")
        self.title = self.titles.get(self.status, errors.Problem.title)
        super().__init__(None, code=self.code)


class _OldForm(errors.Problem):
    status = 403
    code = "csrf"
    title = errors.N_("This form is no longer valid. Please open the page again; nothing was changed.")


class Unavailable(errors.Problem):
    """The database does not answer for the moment."""

    status = 503
    code = "unavailable"
    title = errors.N_("The service is busy for a moment, please try again")


class Broken(errors.Problem):
    """A defect of ours. The answer says nothing of it; the log does."""

    status = 500
    code = "internal_error"
    title = errors.N_("Something went wrong on our side. What was saved before is safe.")


def _expected(problem: errors.Problem) -> Any:
    if problem.status == 401 and not wants_json():
        return redirect(url_for("people.sign_in", next=request.full_path.rstrip("?")))
    return render_problem(problem)


def _forged(error: CSRFError) -> Any:
    # The form may simply be old: the session ended while it lay open.
    if getattr(g, "actor", None) is None and wants_json():
        return render_problem(errors.Unauthenticated())
    return render_problem(_OldForm())


def _from_framework(error: HTTPException) -> Any:
    if error.code and error.code < 400:
        return error
    answer = render_problem(_FromWerkzeug(error))
    if isinstance(error, MethodNotAllowed):
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return answer


def _database_away(error: OperationalError) -> Any:
    log.warning("database: %s request=%s", type(error.orig).__name__, request_id())
    return render_problem(Unavailable())


def _defect(error: Exception) -> Any:
    log.exception("defect request=%s", request_id())
    return render_problem(Broken())


def register_errors(app: Flask) -> None:
    """Answer every refusal and every defect in the one shape."""
    app.register_error_handler(errors.Problem, _expected)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _from_framework)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(Exception, _defect)


SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'self'; "
        "form-action 'self'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def finish_response(response: Response) -> Response:
    """Security headers and the request id on every answer; nothing personal is kept in caches."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if current_app.config["POINTSVC"].https:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    response.headers["X-Request-Id"] = request_id()
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
