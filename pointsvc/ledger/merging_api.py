"""JSON routes of merges: who may be one person, and two records brought together or taken apart."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from pointsvc import clock
from pointsvc.api import Blueprint, PageArgs, creates, ref_id
from pointsvc.http import actor, at_cursor, id_at, one_page, requires
from pointsvc.ledger import merging
from pointsvc.ledger.merging_schemas import MergeIn, MergeOut, MergesOut, SuggestionsOut
from pointsvc.people import merging as records
from pointsvc.permissions import Permission

bp = Blueprint("merges", __name__, description="Two records of one person, merged and parted again")


@bp.route("/merges", methods=["POST"])
@requires(Permission.MEMBERS_MERGE)
@creates
@bp.arguments(MergeIn)
@bp.response(201, MergeOut)
def merge(data: dict[str, Any]) -> Row[*tuple[Any, ...]]:
    """Let one record stand for both; what both had counts together at once."""
    return records.shown(merging.merge(actor=actor(), at=clock.now(), **data))


@bp.route("/merges/<merge_id>/undo", methods=["POST"])
@requires(Permission.MEMBERS_MERGE)
@creates
@bp.response(200, MergeOut)
def undo(merge_id: str) -> Row[*tuple[Any, ...]]:
    """Let the two records stand for themselves again."""
    return records.shown(merging.undo(actor=actor(), at=clock.now(), merge_id=ref_id(merge_id)))


@bp.route("/merges")
@requires(Permission.MEMBERS_MERGE)
@bp.arguments(PageArgs, location="query")
@bp.response(200, MergesOut)
def list_merges(args: dict[str, Any]) -> dict[str, Any]:
    """The merges within reach, newest first."""
    limit, before = args["limit"], id_at(args["after"])
    rows = records.listing(actor=actor(), limit=limit + 1, before_id=before)
    items, following = one_page(rows, limit)
    return {"items": items, "next": following}


@bp.route("/merges/suggestions")
@requires(Permission.MEMBERS_MERGE)
@bp.arguments(PageArgs, location="query")
@bp.response(200, SuggestionsOut)
def list_suggestions(args: dict[str, Any]) -> dict[str, Any]:
    """Pairs of present members who may be one person. A hint: a person looks, and decides."""
    limit = args["limit"]
    rows = records.suggestions(actor=actor(), limit=limit + 1, after=at_cursor(args["after"], str, str))
    items, following = one_page(rows, limit, "number_1", "number_2")
    return {"items": items, "next": following}
