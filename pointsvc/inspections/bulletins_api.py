"""JSON routes of bulletins: draft, change, issue, withdraw, and the Word file."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_babel import gettext

from pointsvc import clock, documents
from pointsvc.api import Blueprint, creates, ref_id
from pointsvc.db import transaction
from pointsvc.downloads import as_file
from pointsvc.http import actor, at_cursor, cursor, requires
from pointsvc.inspections import bulletins
from pointsvc.inspections.bulletins_schemas import (
    BulletinIn,
    BulletinOut,
    BulletinsArgs,
    BulletinsOut,
    WithdrawBulletinIn,
)
from pointsvc.inspections.models import Bulletin
from pointsvc.permissions import Permission
from pointsvc.spotchecks.models import SpotCheck

bp = Blueprint("bulletins", __name__, description="Bulletins on spot-checks")


@bp.route("/spot-checks/<spot_check_id>/bulletin", methods=["POST"])
@requires(Permission.BULLETINS_ISSUE)
@creates
@bp.arguments(BulletinIn)
@bp.response(201, BulletinOut)
def draft(data: dict[str, Any], spot_check_id: str) -> Any:
    """Begin the bulletin of a spot-check; what is not given is suggested."""
    made = bulletins.draft(actor=actor(), at=clock.now(), spot_check_id=ref_id(spot_check_id), **kept(data))
    return _one(made.id)


@bp.route("/bulletins")
@requires(Permission.BULLETINS_READ)
@bp.arguments(BulletinsArgs, location="query")
@bp.response(200, BulletinsOut)
def list_bulletins(args: dict[str, Any]) -> dict[str, Any]:
    """The bulletins that concern the reader, the latest first."""
    place = at_cursor(args["after"], int)
    rows = bulletins.bulletins(
        actor=actor(),
        spot_check_id=None if args["spot_check"] is None else ref_id(args["spot_check"]),
        limit=args["limit"] + 1,
        before_id=place[0] if place else None,
    )
    items = rows[: args["limit"]]
    following = cursor(items[-1][0].id) if len(rows) > len(items) else None
    return {"items": [line(*row) for row in items], "next": following}


@bp.route("/bulletins/<bulletin_id>")
@requires(Permission.BULLETINS_READ)
@bp.response(200, BulletinOut)
def get_bulletin(bulletin_id: str) -> dict[str, Any]:
    """One bulletin as it reads."""
    return _one(ref_id(bulletin_id))


@bp.route("/bulletins/<bulletin_id>", methods=["PUT"])
@requires(Permission.BULLETINS_ISSUE)
@bp.arguments(BulletinIn)
@bp.response(200, BulletinOut)
def change(data: dict[str, Any], bulletin_id: str) -> dict[str, Any]:
    """Write these parts of a draft."""
    number = ref_id(bulletin_id)
    with transaction():
        bulletins.change(actor=actor(), at=clock.now(), bulletin_id=number, **kept(data))
    return _one(number)


@bp.route("/bulletins/<bulletin_id>/issue", methods=["POST"])
@requires(Permission.BULLETINS_ISSUE)
@creates
@bp.response(200, BulletinOut)
def issue(bulletin_id: str) -> dict[str, Any]:
    """Issue it, frozen under its hash."""
    number = ref_id(bulletin_id)
    bulletins.issue(actor=actor(), at=clock.now(), bulletin_id=number)
    return _one(number)


@bp.route("/bulletins/<bulletin_id>/withdraw", methods=["POST"])
@requires(Permission.BULLETINS_ISSUE)
@creates
@bp.arguments(WithdrawBulletinIn)
@bp.response(200, BulletinOut)
def withdraw(data: dict[str, Any], bulletin_id: str) -> dict[str, Any]:
    """Withdraw an issued bulletin; another one may be issued in its place."""
    number = ref_id(bulletin_id)
    bulletins.withdraw(actor=actor(), at=clock.now(), bulletin_id=number, **data)
    return _one(number)


@bp.route("/bulletins/<bulletin_id>/bulletin.docx")
@requires(Permission.BULLETINS_READ)
@bp.response(200)
def as_word(bulletin_id: str) -> Response:
    """The bulletin as a Word file in official layout."""
    return word_file(ref_id(bulletin_id))


def word_file(bulletin_id: int) -> Response:
    """The Word file of a bulletin: of an issued one always the same words."""
    at = clock.now()
    view = bulletins.bulletin(actor=actor(), at=at, bulletin_id=bulletin_id)
    content = documents.word(view.paper, at=view.bulletin.issued_at or at)
    return as_file([content], documents.DOCX, f"{view.paper.title}.docx")


def kept(data: dict[str, Any]) -> dict[str, Any]:
    """The parts as they are kept: days as texts."""
    if "demands" in data:
        data["demands"] = [
            {"text": one["text"], "due_on": one["due_on"].isoformat() if one["due_on"] else None}
            for one in data["demands"]
        ]
    return data


def line(found: Bulletin, plan: SpotCheck) -> dict[str, Any]:
    """A bulletin in a list."""
    names = ("id", "status", "sha256", "issued_at", "withdrawn_at", "reason", "snapshot")
    more = {"spot_check": plan.id, "plan": plan.plan, "title": found.parts["title"], "again_of": found.again_of_id}
    return {**{name: getattr(found, name) for name in names}, **more}


def _one(number: int) -> dict[str, Any]:
    view = bulletins.bulletin(actor=actor(), at=clock.now(), bulletin_id=number)
    hindrance = view.hindrance.render(gettext) if view.hindrance else None
    return {**line(view.bulletin, view.plan), "paper": view.paper, "hindrance": hindrance}
