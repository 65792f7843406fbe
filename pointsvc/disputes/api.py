"""JSON routes of disputes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pointsvc import clock
from pointsvc.api import Blueprint, creates, ref_id
from pointsvc.disputes import service as disputes
from pointsvc.disputes.schemas import (
    DismissIn,
    DisputeIn,
    DisputeOut,
    DisputesArgs,
    DisputesOut,
    UpholdIn,
)
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.permissions import Actor, Permission

bp = Blueprint("disputes", __name__, description="Objections to entries and results")


@bp.route("/disputes", methods=["POST"])
@requires(Permission.DISPUTES_RAISE)
@creates
@bp.arguments(DisputeIn)
@bp.response(201, DisputeOut)
def raise_dispute(data: dict[str, Any]) -> Any:
    """Object to an entry, or to a result while it is publicised."""
    entry, tally = data.pop("entry"), data.pop("tally")
    who = actor()
    made = disputes.raise_dispute(
        actor=who,
        at=clock.now(),
        entry_id=None if entry is None else ref_id(entry),
        tally_id=None if tally is None else ref_id(tally),
        **data,
    )
    return _one(who, made.id)


@bp.route("/disputes")
@requires(Permission.DISPUTES_READ)
@bp.arguments(DisputesArgs, location="query")
@bp.response(200, DisputesOut)
def list_disputes(args: dict[str, Any]) -> dict[str, Any]:
    """The objections that concern the reader, the latest first."""
    who, place = actor(), id_at(args["after"])
    rows = disputes.disputes(
        actor=who,
        status=args["status"],
        tally_id=None if args["tally"] is None else ref_id(args["tally"]),
        limit=args["limit"] + 1,
        before_id=place,
    )
    items, following = one_page(rows, args["limit"])
    return {"items": shown(who, items), "next": following}


@bp.route("/disputes/<dispute_id>")
@requires(Permission.DISPUTES_READ)
@bp.response(200, DisputeOut)
def get_dispute(dispute_id: str) -> dict[str, Any]:
    """One objection."""
    return _one(actor(), ref_id(dispute_id))


@bp.route("/disputes/<dispute_id>/uphold", methods=["POST"])
@requires(Permission.DISPUTES_DECIDE)
@creates
@bp.arguments(UpholdIn)
@bp.response(200, DisputeOut)
def uphold(data: dict[str, Any], dispute_id: str) -> dict[str, Any]:
    """Uphold an objection; entries are taken back and recorded in the same transaction."""
    who, number = actor(), ref_id(dispute_id)
    data["take_back"] = [ref_id(text) for text in data["take_back"]]
    disputes.uphold(actor=who, at=clock.now(), dispute_id=number, **data)
    return _one(who, number)


@bp.route("/disputes/<dispute_id>/dismiss", methods=["POST"])
@requires(Permission.DISPUTES_DECIDE)
@creates
@bp.arguments(DismissIn)
@bp.response(200, DisputeOut)
def dismiss(data: dict[str, Any], dispute_id: str) -> dict[str, Any]:
    """Dismiss an objection, with the reasons."""
    who, number = actor(), ref_id(dispute_id)
    disputes.dismiss(actor=who, at=clock.now(), dispute_id=number, **data)
    return _one(who, number)


@bp.route("/disputes/<dispute_id>/withdraw", methods=["POST"])
@requires(Permission.DISPUTES_RAISE)
@creates
@bp.response(200, DisputeOut)
def withdraw(dispute_id: str) -> dict[str, Any]:
    """Take an objection back."""
    who, number = actor(), ref_id(dispute_id)
    disputes.withdraw(actor=who, at=clock.now(), dispute_id=number)
    return _one(who, number)


def _one(who: Actor, dispute_id: int) -> dict[str, Any]:
    return shown(who, [disputes.dispute(actor=who, dispute_id=dispute_id)])[0]


def shown(who: Actor, views: Sequence[disputes.DisputeView]) -> list[dict[str, Any]]:
    """Objections with what came of them, and what the reader may do with each."""
    changed, may = disputes.outcomes([view.id for view in views]), disputes.rights(who, views)
    found = []
    for view in views:
        reversals, records = changed.get(view.id, ([], []))
        own = {name: getattr(view, name) for name in DisputeOut._declared_fields if hasattr(view, name)}
        overdue = view.status == "open" and view.reply_due_on < clock.today()
        more = {"overdue": overdue, "reversed": reversals, "recorded": records, "may": may[view.id]}
        found.append({**own, **more})
    return found
