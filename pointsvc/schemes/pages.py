"""Pages of schemes: the versions, one rule sheet to be read, and its publication."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from pointsvc import clock
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, requires
from pointsvc.people.models import Organisation
from pointsvc.permissions import Actor, Permission, allowed
from pointsvc.schemes import changes as comparison
from pointsvc.schemes import service as schemes
from pointsvc.schemes.editor import bp, said
from pointsvc.schemes.models import Scheme

__all__ = ["bp", "on_scheme_page"]

ON_THE_PAGE = 200

Shown = Callable[[Actor, Scheme], dict[str, Any]]
_parts: list[Shown] = []


def on_scheme_page(part: Shown) -> Shown:
    """Register what a noun that knows schemes shows on a sheet's pages: the templates' variables."""
    _parts.append(part)
    return part


@bp.get("/schemes", endpoint="schemes")
@requires(Permission.SCHEMES_READ)
def list_() -> str:
    rows = schemes.listing(actor=actor(), limit=ON_THE_PAGE)
    return render_template(
        "schemes/schemes.html", schemes=_shown(rows), may_manage=allowed(actor(), Permission.SCHEMES_MANAGE)
    )


@bp.get("/schemes/<scheme_id>")
@requires(Permission.SCHEMES_READ)
def scheme(scheme_id: str) -> str:
    row = schemes.scheme(actor=actor(), scheme_id=ref_id(scheme_id))
    return render_template(
        "schemes/scheme.html",
        scheme=_shown([row])[0],
        document={"base": {}, "grades": [], **row[0].document},
        organisation=row[1],
        may_manage=allowed(actor(), Permission.SCHEMES_MANAGE),
        **_more(row[0]),
    )


@bp.get("/schemes/<scheme_id>/publish")
@requires(Permission.SCHEMES_MANAGE)
def publication(scheme_id: str) -> Any:
    """What publishing would change, on which basis, and what the rehearsals said."""
    row = schemes.scheme(actor=actor(), scheme_id=ref_id(scheme_id))
    if row[0].status != "draft":
        return redirect(url_for("schemes.scheme", scheme_id=scheme_id))
    changes, before = schemes.changes(actor=actor(), at=clock.now(), scheme_id=row[0].id)
    return render_template(
        "schemes/publish.html",
        scheme=row[0],
        organisation=row[1],
        before=before,
        rules=_items(changes.rules, comparison.RULE_FIELDS),
        groups=_items(changes.groups, comparison.GROUP_FIELDS),
        sheet=[
            (gettext(comparison.SHEET_FIELDS[name]), said(old), said(new)) for name, (old, new) in changes.sheet.items()
        ],
        **_more(row[0]),
    )


def _items(items: comparison.Items, names: Any) -> dict[str, list[dict[str, Any]]]:
    """Added, removed and changed ones in words."""
    return {
        kind: [
            {
                "code": item.code,
                "name": item.name,
                "before": said(item.before),
                "after": said(item.after),
                "fields": [gettext(names[field]) for field in item.fields],
            }
            for item in getattr(items, kind)
        ]
        for kind in ("changed", "added", "removed")
    }


@bp.post("/schemes/<scheme_id>/publish")
@requires(Permission.SCHEMES_MANAGE)
def publish(scheme_id: str) -> Any:
    revision = request.form.get("revision", "")
    with transaction():
        schemes.publish(
            actor=actor(),
            at=clock.now(),
            scheme_id=ref_id(scheme_id),
            revision=int(revision) if revision.isdecimal() else None,
        )
    flash(gettext("The rule sheet is published."), "good")
    return redirect(url_for("schemes.scheme", scheme_id=scheme_id))


def _more(row: Scheme) -> dict[str, Any]:
    variables: dict[str, Any] = {}
    for part in _parts:
        variables.update(part(actor(), row))
    return variables


def _shown(rows: Sequence[tuple[Scheme, Organisation]]) -> list[dict[str, Any]]:
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
