"""Wiring only: settings, database, languages, blueprints, and the refusal of bare routes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import Any

import orjson
from flask import Flask, current_app, g, request, session
from flask.json.provider import JSONProvider
from flask_babel import Babel
from werkzeug.middleware.proxy_fix import ProxyFix

from pointsvc import clock, http, queues
from pointsvc.activities import api as activities_api
from pointsvc.activities import pages as activities_pages
from pointsvc.activities import receipts_api, receipts_pages
from pointsvc.api import openapi
from pointsvc.assets_manifest import asset_url
from pointsvc.audit import api as audit_api
from pointsvc.audit import pages as audit_pages
from pointsvc.boards import api as boards_api
from pointsvc.boards import insignia_pages, members_pages
from pointsvc.boards import pages as boards_pages
from pointsvc.boards import people_api as boards_people_api
from pointsvc.boards import public_pages as boards_public_pages
from pointsvc.boards.door import Door
from pointsvc.charts import bp as charts
from pointsvc.checkins import api as checkins_api
from pointsvc.checkins import circle_api, records_api
from pointsvc.checkins import pages as checkins_pages
from pointsvc.config import Config
from pointsvc.db import db
from pointsvc.declarations import api as declarations_api
from pointsvc.declarations import pages as declarations_pages
from pointsvc.disputes import api as disputes_api
from pointsvc.disputes import pages as disputes_pages
from pointsvc.engines import engine_options, prepare_engine
from pointsvc.exports import api as exports_api
from pointsvc.exports import pages as exports_pages
from pointsvc.guides import bp as guides
from pointsvc.home import bp as home
from pointsvc.imports import api as imports_api
from pointsvc.imports import pages as imports_pages
from pointsvc.inspections import api as inspections_api
from pointsvc.inspections import bulletins_api, bulletins_pages, rectifications_api, rectifications_pages
from pointsvc.inspections import pages as inspections_pages
from pointsvc.ledger import api as ledger_api
from pointsvc.ledger import doubles_pages, merging_api, merging_pages
from pointsvc.ledger import pages as ledger_pages
from pointsvc.lists import api as lists_api
from pointsvc.lists import items_pages, needs_pages, sets_pages
from pointsvc.lists import pages as lists_pages
from pointsvc.notices import announcements_pages, channels_api, channels_pages
from pointsvc.notices import api as notices_api
from pointsvc.notices import pages as notices_pages
from pointsvc.people import accounts_api, accounts_pages, lives_api, lives_pages, settings_api, settings_pages
from pointsvc.people import api as people_api
from pointsvc.people import pages as people_pages
from pointsvc.people import service as people
from pointsvc.permissions import Actor
from pointsvc.pledges import api as pledges_api
from pointsvc.pledges import pages as pledges_pages
from pointsvc.rehearsals import api as rehearsals_api
from pointsvc.rehearsals import pages as rehearsals_pages
from pointsvc.reviews import api as reviews_api
from pointsvc.reviews import pages as reviews_pages
from pointsvc.schemes import api as schemes_api
from pointsvc.schemes import pages as schemes_pages
from pointsvc.seals import api as seals_api
from pointsvc.seals import pages as seals_pages
from pointsvc.spotchecks import api as spotchecks_api
from pointsvc.spotchecks import entry_pages, plan_pages, public_pages, wall_pages
from pointsvc.spotchecks import pages as spotchecks_pages
from pointsvc.status import bp as status
from pointsvc.tallies import api as tallies_api
from pointsvc.tallies import letter_pages, publicity_api, publicity_pages
from pointsvc.tallies import pages as tallies_pages
from pointsvc.trail import bp as trail
from pointsvc.wording import day_words, period_words

API_BLUEPRINTS = (
    people_api.bp,
    settings_api.bp,
    lives_api.bp,
    accounts_api.bp,
    schemes_api.bp,
    ledger_api.bp,
    seals_api.bp,
    activities_api.bp,
    declarations_api.bp,
    reviews_api.bp,
    pledges_api.bp,
    lists_api.bp,
    merging_api.bp,
    receipts_api.bp,
    spotchecks_api.bp,
    tallies_api.bp,
    publicity_api.bp,
    disputes_api.bp,
    boards_api.bp,
    boards_people_api.bp,
    inspections_api.bp,
    rectifications_api.bp,
    bulletins_api.bp,
    imports_api.bp,
    exports_api.bp,
    audit_api.bp,
    notices_api.bp,
    channels_api.bp,
    rehearsals_api.bp,
    checkins_api.bp,
    records_api.bp,
    circle_api.bp,
)
PAGE_BLUEPRINTS = (
    home,
    charts,
    guides,
    trail,
    people_pages.bp,
    settings_pages.bp,
    lives_pages.bp,
    accounts_pages.bp,
    schemes_pages.bp,
    ledger_pages.bp,
    seals_pages.bp,
    activities_pages.bp,
    declarations_pages.bp,
    reviews_pages.bp,
    pledges_pages.bp,
    lists_pages.bp,
    items_pages.bp,
    sets_pages.bp,
    needs_pages.bp,
    tallies_pages.bp,
    publicity_pages.bp,
    disputes_pages.bp,
    boards_public_pages.bp,
    boards_pages.bp,
    members_pages.bp,
    insignia_pages.bp,
    inspections_pages.bp,
    rectifications_pages.bp,
    bulletins_pages.bp,
    merging_pages.bp,
    doubles_pages.bp,
    receipts_pages.bp,
    spotchecks_pages.bp,
    plan_pages.bp,
    wall_pages.bp,
    entry_pages.bp,
    public_pages.bp,
    letter_pages.bp,
    imports_pages.bp,
    exports_pages.bp,
    audit_pages.bp,
    notices_pages.bp,
    announcements_pages.bp,
    channels_pages.bp,
    rehearsals_pages.bp,
    checkins_pages.bp,
    status,
)
NOUNS = (
    "audit",
    "notices",
    "people",
    "evidence",
    "schemes",
    "ledger",
    "seals",
    "activities",
    "declarations",
    "reviews",
    "pledges",
    "lists",
    "spotchecks",
    "tallies",
    "boards",
    "checkins",
    "inspections",
    "disputes",
    "rehearsals",
    "imports",
    "exports",
)
# They register what roles see first, and have no routes of their own.
FIRST_PAGES = ("home_supervisor", "home_auditor", "home_system", "inspections.first_pages")


class OrjsonProvider(JSONProvider):
    """Flask's JSON through orjson: a page of objects costs a fifteenth."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return orjson.dumps(obj, option=orjson.OPT_NON_STR_KEYS).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Any:
        obj = self._prepare_response_obj(args, kwargs)
        body: Any = orjson.dumps(obj, option=orjson.OPT_NON_STR_KEYS)
        return self._app.response_class(body, mimetype="application/json")


def create_app(config: Config | None = None) -> Flask:
    """The service as a WSGI application, from these settings or the environment's.

    Raises SettingsError for a missing or wrong setting, RuntimeError for a route without a permission.
    """
    settings = config or Config.from_env()
    clock.use_timezone(settings.timezone)
    app = Flask("pointsvc", static_folder="static", template_folder="templates")
    app.json = OrjsonProvider(app)
    app.config.update(_flask_settings(settings))
    # Behind the proxies' own words about host and scheme, before all else.
    app.wsgi_app = app.extensions["board_door"] = Door(app.wsgi_app, settings.language)  # type: ignore[method-assign] # as below
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, settings.proxies, settings.proxies, settings.proxies)  # type: ignore[method-assign] # as its docs say
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    queues.connect(settings.redis_url)
    Babel(app, locale_selector=_locale, timezone_selector=lambda: settings.timezone)
    http.csrf.init_app(app)
    http.identify_with(token=people.actor_of_token, session_key=_actor_of_session(settings))
    app.before_request(http.identify)
    app.before_request(http.guard)
    app.after_request(http.finish_response)
    _register(app)
    # After flask-smorest, whose own handlers would answer in another shape.
    http.register_errors(app)
    app.jinja_env.globals.update(
        asset_url=asset_url, district_title=settings.title, period_words=period_words, day_words=day_words
    )
    bare = http.bare_routes(app)
    if bare:
        raise RuntimeError("these routes name no permission: " + ", ".join(bare))
    return app


def _actor_of_session(settings: Config) -> Callable[[str], Actor | None]:
    idle = timedelta(minutes=settings.session_idle_minutes)
    longest = timedelta(hours=settings.session_hours)
    return lambda key: people.actor_of_session(key, at=clock.now(), idle=idle, longest=longest)


def _flask_settings(settings: Config) -> dict[str, Any]:
    name = "__Host-pointsvc" if settings.https else "pointsvc"
    return {
        "POINTSVC": settings,
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(settings.database_url),
        "MAX_CONTENT_LENGTH": settings.max_upload,
        "SESSION_COOKIE_NAME": name,
        "SESSION_COOKIE_SECURE": settings.https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_CHECK_DEFAULT": False,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": settings.https,
        "BABEL_DEFAULT_LOCALE": "zh_Hans_CN" if settings.language == "zh" else "en",
        "BABEL_TRANSLATION_DIRECTORIES": "translations",
        "API_TITLE": "pointsvc",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.0.3",
        "OPENAPI_URL_PREFIX": http.API,
        "OPENAPI_JSON_PATH": "openapi.json",
        "OPENAPI_SWAGGER_UI_PATH": "docs",
        "OPENAPI_SWAGGER_UI_URL": "/static/swagger-ui/",
        "OPENAPI_SWAGGER_UI_CONFIG": {"validatorUrl": None},
    }


def _register(app: Flask) -> None:
    for noun in NOUNS:
        # Every table must be known before the first query, also of nouns without routes.
        import_module(f"pointsvc.{noun}.models")
    for page in FIRST_PAGES:
        import_module(f"pointsvc.{page}")
    openapi.init_app(app)
    openapi.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    openapi.spec.options["security"] = [{"token": []}]
    for blueprint in API_BLUEPRINTS:
        openapi.register_blueprint(blueprint)
    for pages in PAGE_BLUEPRINTS:
        app.register_blueprint(pages)
    for endpoint, view in app.view_functions.items():
        if endpoint.startswith("api-docs."):
            app.view_functions[endpoint] = http.public(partial(view))


def _locale() -> str:
    """The person's own language, else what the browser chose or asks for among ours, else the service's."""
    actor = getattr(g, "actor", None)
    chosen = actor.language if actor is not None and actor.kind == "person" else request and session.get("language")
    if chosen:
        return "zh_Hans_CN" if chosen == "zh" else "en"
    best = request.accept_languages.best_match(["zh", "zh-CN", "en"]) if request else None
    if best is None:
        return str(_default_locale())
    return "en" if best == "en" else "zh_Hans_CN"


def _default_locale() -> str:
    return str(current_app.config["BABEL_DEFAULT_LOCALE"])
