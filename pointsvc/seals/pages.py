"""Pages of proofs and receipts: the slip to print, and what anybody may look up or check without signing in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
from flask import Blueprint, Response, current_app, render_template, request, url_for

from pointsvc.api import ref_id
from pointsvc.errors import NotFound
from pointsvc.http import actor, public, requires
from pointsvc.ledger import service as ledger
from pointsvc.permissions import Permission
from pointsvc.scanning import scan
from pointsvc.seals import codes, proofs
from pointsvc.seals.receipts import receipt as receipt_of
from pointsvc.seals.schemas import proof_answer

bp = Blueprint("seals", __name__)

CHECKER = Path(__file__).with_name("verify.py")


# ---- for those who may read the entry


@bp.get("/entries/<entry_id>/receipt")
@requires(Permission.LEDGER_READ)
def slip(entry_id: str) -> str:
    """The receipt of an entry as a slip of paper with a code to scan."""
    number = ledger.entry(actor=actor(), entry_id=ref_id(entry_id)).id
    code = code_of(number)
    address = receipt_url(code)
    return render_template(
        "seals/slip.html", receipt=receipt_of(number), code=code, address=address, picture=scan(address)
    )


@bp.get("/entries/<entry_id>/proof.json")
@requires(Permission.LEDGER_READ)
def proof(entry_id: str) -> Response:
    """The proof of a sealed entry as a file."""
    return proof_file(proofs.of_entry(actor=actor(), entry_id=ref_id(entry_id)), f"entry-{entry_id}")


# ---- for everybody


@bp.get("/receipts")
@public
def find() -> Any:
    """Where a code is typed in."""
    typed = request.args.get("code", "").strip()
    return receipt(typed) if typed else _unlisted(render_template("seals/find.html", typed="", fault=None))


@bp.get("/receipts/<code>")
@public
def receipt(code: str) -> Any:
    """What whoever holds this code may see of the entry."""
    try:
        number = codes.entry_id(_key(), code)
    except codes.Mistyped:
        return _unlisted(render_template("seals/find.html", typed=code[:40], fault="mistyped"), 404)
    try:
        found = receipt_of(number) if number is not None else None
    except NotFound:
        found = None
    if found is None:
        return _unlisted(render_template("seals/find.html", typed=code[:40], fault="unknown"), 404)
    return _unlisted(render_template("seals/receipt.html", receipt=found, code=code_of(found.entry)))


@bp.get("/verify")
@public
def verify() -> str:
    """Where a proof is checked, by the reader's own browser."""
    return render_template("seals/verify.html")


@bp.get("/verify.py")
@public
def checker() -> Response:
    """The checker to keep: one file that needs nothing but Python."""
    answer = Response(CHECKER.read_bytes(), content_type="text/x-python; charset=utf-8")
    answer.headers["Content-Disposition"] = "attachment; filename=verify.py"
    return answer


# ---- shared with the JSON routes and with tallies


def code_of(entry_id: int) -> str:
    """The code of this entry's receipt."""
    return codes.code(_key(), entry_id)


def receipt_url(code: str) -> str:
    """The address of the receipt with this code, as it stands in the picture that is scanned."""
    return url_for("seals.receipt", code=code, _external=True)


def proof_file(found: proofs.Proof, name: str) -> Response:
    """A proof as a file to keep."""
    body = orjson.dumps(proof_answer(found), option=orjson.OPT_INDENT_2)
    answer = Response(body, mimetype="application/json")
    answer.headers["Content-Disposition"] = f"attachment; filename=proof-{name}.json"
    return answer


def _key() -> bytes:
    return codes.key_of(current_app.config["POINTSVC"].secret_key)


def _unlisted(page: str, status: int = 200) -> Response:
    """A page that no search engine shall keep."""
    answer = current_app.make_response((page, status))
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer
