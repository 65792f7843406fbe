"""JSON routes of proofs and receipts of entries."""

from __future__ import annotations

from typing import Any

from pointsvc.api import Blueprint, ref_id
from pointsvc.http import actor, requires
from pointsvc.ledger import service as ledger
from pointsvc.permissions import Permission
from pointsvc.seals import proofs
from pointsvc.seals.pages import code_of, receipt_url
from pointsvc.seals.receipts import receipt
from pointsvc.seals.schemas import ProofOut, ReceiptOut, proof_answer

bp = Blueprint("seals", __name__, description="Proofs and receipts: what was sealed, for anybody to check")


@bp.route("/entries/<entry_id>/proof")
@requires(Permission.LEDGER_READ)
@bp.response(200, ProofOut)
def get_proof(entry_id: str) -> dict[str, Any]:
    """The proof of a sealed entry; check it with verify.py or on the page /verify."""
    return proof_answer(proofs.of_entry(actor=actor(), entry_id=ref_id(entry_id)))


@bp.route("/entries/<entry_id>/receipt")
@requires(Permission.LEDGER_READ)
@bp.response(200, ReceiptOut)
def get_receipt(entry_id: str) -> dict[str, Any]:
    """The receipt of an entry, with the code that opens it without signing in."""
    number = ledger.entry(actor=actor(), entry_id=ref_id(entry_id)).id
    code = code_of(number)
    return {**vars(receipt(number)), "code": code, "url": receipt_url(code)}
