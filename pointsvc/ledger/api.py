"""JSON routes of the ledger."""

from __future__ import annotations

from typing import Any

from pointsvc import clock
from pointsvc.api import Blueprint, creates, ref_id
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.ledger import service as ledger
from pointsvc.ledger.schemas import BatchIn, BatchOut, EntriesArgs, EntriesOut, EntryIn, EntryOut, ReverseIn
from pointsvc.permissions import Permission

bp = Blueprint("ledger", __name__, description="Entries: recorded and reversed, never changed")


@bp.route("/entries", methods=["POST"])
@requires(Permission.LEDGER_RECORD)
@creates
@bp.arguments(EntryIn)
@bp.response(201, EntryOut)
def record_entry(data: dict[str, Any]) -> ledger.EntryView:
    """Record one entry."""
    return ledger.record(actor=actor(), at=clock.now(), **data)


@bp.route("/entries/batch", methods=["POST"])
@requires(Permission.LEDGER_RECORD)
@creates
@bp.arguments(BatchIn)
@bp.response(201, BatchOut)
def record_batch(data: dict[str, Any]) -> dict[str, Any]:
    """Record the same for several members, all or none."""
    return {"entries": ledger.record_batch(actor=actor(), at=clock.now(), **data)}


@bp.route("/entries/<entry_id>/reverse", methods=["POST"])
@requires(Permission.LEDGER_RECORD)
@creates
@bp.arguments(ReverseIn)
@bp.response(201, EntryOut)
def reverse_entry(data: dict[str, Any], entry_id: str) -> ledger.EntryView:
    """Take an entry back by adding its opposite."""
    return ledger.reverse(actor=actor(), at=clock.now(), entry_id=ref_id(entry_id), **data)


@bp.route("/entries/<entry_id>")
@requires(Permission.LEDGER_READ)
@bp.response(200, EntryOut)
def get_entry(entry_id: str) -> ledger.EntryView:
    """One entry."""
    return ledger.entry(actor=actor(), entry_id=ref_id(entry_id))


@bp.route("/members/<number>/entries")
@requires(Permission.LEDGER_READ)
@bp.arguments(EntriesArgs, location="query")
@bp.response(200, EntriesOut)
def list_entries(args: dict[str, Any], number: str) -> dict[str, Any]:
    """A member's entries, newest first."""
    limit, after = args.pop("limit"), id_at(args.pop("after"))
    rows = ledger.entries(actor=actor(), member=number, limit=limit + 1, after=after, **args)
    items, following = one_page(rows, limit)
    return {"items": items, "next": following}
