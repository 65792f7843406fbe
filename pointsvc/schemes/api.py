"""JSON routes of schemes."""

from __future__ import annotations

from datetime import date
from typing import Any

from pointsvc import clock
from pointsvc.api import Blueprint, creates, ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, at_cursor, one_page, requires
from pointsvc.people.models import Organisation
from pointsvc.permissions import Permission
from pointsvc.schemes import service as schemes
from pointsvc.schemes import starting
from pointsvc.schemes.models import Scheme
from pointsvc.schemes.schemas import (
    SchemeChangeIn,
    SchemeChangesOut,
    SchemeIn,
    SchemeOut,
    SchemesArgs,
    SchemesOut,
    TemplatesOut,
    WholeSchemeOut,
)

bp = Blueprint("schemes", __name__, description="Rule sheets, in versions")


@bp.route("/schemes", methods=["POST"])
@requires(Permission.SCHEMES_MANAGE)
@creates
@bp.arguments(SchemeIn)
@bp.response(201, SchemeOut)
def create_scheme(data: dict[str, Any]) -> dict[str, Any]:
    """Add a version as a draft."""
    scheme = schemes.create(actor=actor(), at=clock.now(), **data)
    return _shown(scheme, data["organisation"])


@bp.route("/schemes/<scheme_id>/publish", methods=["POST"])
@requires(Permission.SCHEMES_MANAGE)
@bp.response(200, SchemeOut)
def publish_scheme(scheme_id: str) -> dict[str, Any]:
    """Put a draft in force; a published version never changes."""
    with transaction():
        scheme = schemes.publish(actor=actor(), at=clock.now(), scheme_id=ref_id(scheme_id))
    return _shown(*schemes.scheme(actor=actor(), scheme_id=scheme.id))


@bp.route("/schemes/<scheme_id>", methods=["PUT"])
@requires(Permission.SCHEMES_MANAGE)
@bp.arguments(SchemeChangeIn)
@bp.response(200, SchemeOut)
def revise_scheme(data: dict[str, Any], scheme_id: str) -> dict[str, Any]:
    """Rewrite a draft, unless somebody else has done so since."""
    with transaction():
        scheme = schemes.revise(actor=actor(), at=clock.now(), scheme_id=ref_id(scheme_id), **data)
    return _shown(*schemes.scheme(actor=actor(), scheme_id=scheme.id))


@bp.route("/schemes/templates")
@requires(Permission.SCHEMES_MANAGE)
@bp.response(200, TemplatesOut)
def list_templates() -> dict[str, Any]:
    """Whole rule sheets that a draft can start from."""
    rows = starting.templates().items()
    return {
        "items": [
            {"code": code, "name": document["name"], "about": document["about"], "document": document}
            for code, document in rows
        ]
    }


@bp.route("/schemes/<scheme_id>/changes")
@requires(Permission.SCHEMES_MANAGE)
@bp.response(200, SchemeChangesOut)
def get_changes(scheme_id: str) -> dict[str, Any]:
    """What a version changes against the one that it replaces."""
    found, before = schemes.changes(actor=actor(), at=clock.now(), scheme_id=ref_id(scheme_id))
    return {
        "against": _shown(*schemes.scheme(actor=actor(), scheme_id=before.id)) if before else None,
        "rules": found.rules,
        "groups": found.groups,
        "sheet": [{"field": name, "before": old, "after": new} for name, (old, new) in found.sheet.items()],
    }


@bp.route("/schemes")
@requires(Permission.SCHEMES_READ)
@bp.arguments(SchemesArgs, location="query")
@bp.response(200, SchemesOut)
def list_schemes(args: dict[str, Any]) -> dict[str, Any]:
    """The versions of a node's rule sheet and those it inherits."""
    limit = args["limit"]
    rows = schemes.listing(
        actor=actor(), organisation=args["organisation"], limit=limit + 1, after=at_cursor(args["after"], date, int)
    )
    items, following = one_page(rows, limit, "Scheme.starts_on", "Scheme.id")
    return {"items": [_shown(*row) for row in items], "next": following}


@bp.route("/schemes/<scheme_id>")
@requires(Permission.SCHEMES_READ)
@bp.response(200, WholeSchemeOut)
def get_scheme(scheme_id: str) -> dict[str, Any]:
    """One version with its document."""
    scheme, organisation = schemes.scheme(actor=actor(), scheme_id=ref_id(scheme_id))
    return {**_shown(scheme, organisation), "document": scheme.document}


def _shown(scheme: Scheme, organisation: Organisation | str) -> dict[str, Any]:
    names = ("id", "name", "version", "status", "starts_on", "digest", "revision", "published_at")
    code = organisation if isinstance(organisation, str) else organisation.code
    return {"organisation": code, **{name: getattr(scheme, name) for name in names}}
