"""JSON routes of attendance elsewhere."""

from __future__ import annotations

from typing import Any

from flask import jsonify
from sqlalchemy import Row

from pointsvc import clock
from pointsvc.activities import away, receipts
from pointsvc.activities.receipts_schemas import (
    AwayReceiptIn,
    AwayReceiptOut,
    AwayReceiptsArgs,
    AwayReceiptsOut,
    ReceivedOut,
    RefuseIn,
)
from pointsvc.api import Blueprint, creates, ref_id
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.permissions import Permission

bp = Blueprint("receipts", __name__, description="Attendance away from home, confirmed by the home branch")


@bp.route("/away-receipts", methods=["POST"])
@requires(Permission.RECEIPTS_SUBMIT)
@creates
@bp.arguments(AwayReceiptIn)
@bp.response(201, AwayReceiptOut)
@bp.alt_response(202, schema=ReceivedOut)
def submit(data: dict[str, Any]) -> Any:
    """Say that a member took part elsewhere. Of a visitor no more is told than that it was received."""
    made = receipts.submit(actor=actor(), at=clock.now(), **data)
    if made is None:
        answer = jsonify({"status": "received"})
        answer.status_code = 202
        return answer
    return away.receipt(actor=actor(), receipt_id=made.id)


@bp.route("/away-receipts")
@requires(Permission.RECEIPTS_READ)
@bp.arguments(AwayReceiptsArgs, location="query")
@bp.response(200, AwayReceiptsOut)
def list_receipts(args: dict[str, Any]) -> dict[str, Any]:
    """The receipts of the branches within reach; for a member the own ones."""
    limit, before = args.pop("limit"), id_at(args.pop("after"))
    rows = away.listing(actor=actor(), limit=limit + 1, before_id=before, **args)
    items, following = one_page(rows, limit)
    return {"items": items, "next": following}


@bp.route("/away-receipts/<receipt_id>")
@requires(Permission.RECEIPTS_READ)
@bp.response(200, AwayReceiptOut)
def get_receipt(receipt_id: str) -> Row[*tuple[Any, ...]]:
    """One receipt."""
    return away.receipt(actor=actor(), receipt_id=ref_id(receipt_id))


@bp.route("/away-receipts/<receipt_id>/confirm", methods=["POST"])
@requires(Permission.RECEIPTS_DECIDE)
@creates
@bp.response(200, AwayReceiptOut)
def confirm(receipt_id: str) -> Row[*tuple[Any, ...]]:
    """Let it count, by the home branch's own rule."""
    receipts.confirm(actor=actor(), at=clock.now(), receipt_id=ref_id(receipt_id))
    return away.receipt(actor=actor(), receipt_id=ref_id(receipt_id))


@bp.route("/away-receipts/<receipt_id>/refuse", methods=["POST"])
@requires(Permission.RECEIPTS_DECIDE)
@creates
@bp.arguments(RefuseIn)
@bp.response(200, AwayReceiptOut)
def refuse(data: dict[str, Any], receipt_id: str) -> Row[*tuple[Any, ...]]:
    """Do not let it count, and say why."""
    receipts.refuse(actor=actor(), at=clock.now(), receipt_id=ref_id(receipt_id), **data)
    return away.receipt(actor=actor(), receipt_id=ref_id(receipt_id))
