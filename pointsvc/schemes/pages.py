"""Pages of schemes: the versions, and one rule sheet to be read."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext

from pointsvc import clock
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, requires
from pointsvc.people.models import Organisation
from pointsvc.permissions import Permission, allowed
from pointsvc.schemes import service as schemes
from pointsvc.schemes.models import Scheme

bp = Blueprint("schemes", __name__)

ON_THE_PAGE = 200


@bp.get("/schemes", endpoint="schemes")
@requires(Permission.SCHEMES_READ)
def list_() -> str:
    rows = schemes.listing(actor=actor(), limit=ON_THE_PAGE)
    return render_template(
        "schemes/schemes.html", schemes=_shown(rows), may_import=allowed(actor(), Permission.SCHEMES_MANAGE)
    )


@bp.get("/schemes/<scheme_id>")
@requires(Permission.SCHEMES_READ)
def scheme(scheme_id: str) -> str:
    row = schemes.scheme(actor=actor(), scheme_id=ref_id(scheme_id))
    return render_template(
        "schemes/scheme.html",
        scheme=_shown([row])[0],
        document={"base": {}, "grades": [], **row[0].document},
        may_publish=allowed(actor(), Permission.SCHEMES_MANAGE),
    )


@bp.post("/schemes/<scheme_id>/publish")
@requires(Permission.SCHEMES_MANAGE)
def publish(scheme_id: str) -> Any:
    with transaction():
        schemes.publish(actor=actor(), at=clock.now(), scheme_id=ref_id(scheme_id))
    flash(gettext("The rule sheet is published."), "good")
    return redirect(url_for("schemes.scheme", scheme_id=scheme_id))


def _shown(rows: list[tuple[Scheme, Organisation]]) -> list[dict[str, Any]]:
    sheets = schemes.sheets({organisation.id for _, organisation in rows}, clock.today())
    holding = {sheet.scheme_id for sheet in sheets.values()}
    names = ("id", "name", "version", "status", "starts_on")
    return [
        {
            **{name: getattr(row, name) for name in names},
            "organisation": {"name": organisation.name},
            "in_force": row.id in holding,
        }
        for row, organisation in rows
    ]
