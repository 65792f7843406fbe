"""Pages of draws for everybody: which there were, one with its proof, the check in the browser, the certificate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
from flask import Blueprint, Response, render_template, request, url_for

from pointsvc.errors import NotFound
from pointsvc.http import at_cursor, cursor, public
from pointsvc.scanning import scan
from pointsvc.spotchecks import draw as drawing
from pointsvc.spotchecks import listing, proofs
from pointsvc.spotchecks import service as spotchecks
from pointsvc.spotchecks.models import SpotCheck

bp = Blueprint("draws", __name__)

ON_A_PAGE = 50
# So much of the list is shown; all of it is in the proof.
LINES_SHOWN = 500
CHECKER = Path(__file__).with_name("check_draw.py")


@bp.get("/draws", endpoint="draws")
@public
def list_draws() -> str:
    """The draws that are public, newest first."""
    place = at_cursor(request.args.get("after"), int)
    rows = listing.published(limit=ON_A_PAGE + 1, before_id=place[0] if place else None)
    shown = rows[:ON_A_PAGE]
    following = url_for("draws.draws", after=cursor(shown[-1].id)) if len(rows) > len(shown) else None
    return render_template("spotchecks/draws.html", draws=shown, about=listing.about(shown), pager={"next": following})


@bp.get("/draws/<plan>")
@public
def draw(plan: str) -> str:
    """One draw, to be checked by the reader's own browser."""
    found = listing.public(plan=plan)
    lines = (found.frame or "").splitlines()
    return render_template(
        "spotchecks/draw.html",
        **_shown(found),
        frame="\n".join(lines[:LINES_SHOWN]),
        longer=len(lines) > LINES_SHOWN,
        open_by=spotchecks.open_by(found),
    )


@bp.get("/draws/<plan>/proof.json")
@public
def proof(plan: str) -> Response:
    """The proof of a draw as a file."""
    body = orjson.dumps(proofs.document(listing.public(plan=plan)), option=orjson.OPT_INDENT_2)
    return Response(body, mimetype="application/json")


@bp.get("/draws/<plan>/certificate")
@public
def certificate(plan: str) -> str:
    """The certificate of a draw, to be printed."""
    found = listing.public(plan=plan)
    if found.drawn_at is None:
        raise NotFound()
    address = url_for("draws.draw", plan=plan, _external=True)
    return render_template("spotchecks/certificate.html", **_shown(found), address=address, picture=scan(address))


@bp.get("/check-draw")
@public
def check() -> str:
    """Where the proof of a draw is checked, by the reader's own browser."""
    return render_template("spotchecks/check.html")


@bp.get("/check_draw.py")
@public
def checker() -> Response:
    """The checker to keep: one file that needs nothing but Python."""
    answer = Response(CHECKER.read_bytes(), content_type="text/x-python; charset=utf-8")
    answer.headers["Content-Disposition"] = "attachment; filename=check_draw.py"
    return answer


def _shown(found: SpotCheck) -> dict[str, Any]:
    document = proofs.document(found)
    return {
        "found": found,
        "proof": document,
        "revealed": proofs.revealed(found),
        "sizes": {name: len(codes) for name, codes in drawing.strata(found.frame or "").items()},
        "people": {one["code"]: one for one in document["inspectors"]},
    }
