"""JSON routes of one organisation: what is said of it, and what it has decided for itself and all below."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from sqlalchemy import Row

from pointsvc import clock
from pointsvc.api import Blueprint
from pointsvc.db import transaction
from pointsvc.http import actor, requires
from pointsvc.people import listing, reach, settings
from pointsvc.people import service as people
from pointsvc.people.schemas import DescriptionIn, OrganisationOut, SettingIn, SettingOut, SettingsOut
from pointsvc.permissions import Permission

bp = Blueprint("settings", __name__, description="One organisation and its settings")


@bp.route("/organisations/<code>")
@requires(Permission.ORGANISATIONS_READ)
@bp.response(200, OrganisationOut)
def get_organisation(code: str) -> Row[*tuple[Any, ...]]:
    """One organisation."""
    return listing.organisation(actor=actor(), code=code)


@bp.route("/organisations/<code>", methods=["PATCH"])
@requires(Permission.ORGANISATIONS_MANAGE)
@bp.arguments(DescriptionIn)
@bp.response(200, OrganisationOut)
def describe_organisation(data: dict[str, Any], code: str) -> Row[*tuple[Any, ...]]:
    """Say who the secretary is and where the organisation is called."""
    with transaction():
        people.describe_organisation(actor=actor(), at=clock.now(), code=code, **data)
    return listing.organisation(actor=actor(), code=code)


@bp.route("/organisations/<code>/settings")
@requires(Permission.ORGANISATIONS_READ)
@bp.response(200, SettingsOut)
def list_settings(code: str) -> dict[str, Any]:
    """What holds for an organisation, and who decided it."""
    return {"items": settings_shown(reach.organisation(actor(), code).id)}


@bp.route("/organisations/<code>/settings/<name>", methods=["PUT"])
@requires(Permission.SETTINGS_MANAGE)
@bp.arguments(SettingIn)
@bp.response(200, SettingOut)
def decide(data: dict[str, Any], code: str, name: str) -> dict[str, Any]:
    """Decide a setting for an organisation and all below it, or let what holds above hold again."""
    who = actor()
    with transaction():
        settings.decide(actor=who, at=clock.now(), organisation=code, name=name, value=data["value"])
    found = settings_shown(reach.organisation(who, code).id)
    return next(item for item in found if item["name"] == name)


def settings_shown(organisation_id: int) -> list[dict[str, Any]]:
    """Every setting with its words in the reader's language, what holds here, and whose decision it is."""
    held = settings.values(organisation_id)
    return [
        {
            "name": name,
            "words": gettext(known.words),
            "value": held[name][0],
            "decided_by": held[name][1],
            "default": known.default,
            "choices": known.choices,
            "low": known.low,
            "high": known.high,
        }
        for name, known in settings.KNOWN.items()
    ]
