"""JSON routes of reconciliations."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from marshmallow import fields

from pointsvc import clock, errors
from pointsvc.api import Blueprint, Instant, Ref, Schema, creates
from pointsvc.audit import reconciliations
from pointsvc.audit.models import Reconciliation
from pointsvc.http import actor, requires
from pointsvc.permissions import Permission

bp = Blueprint("reconciliations", __name__, description="Proofs that totals and entries agree")
SHOWN = 30


class ReconciliationOut(Schema):
    """One proof. ``ok`` is null until it has ended; ``faults`` are the first of ``found``."""

    id = Ref()
    period = fields.String()
    began_at = Instant()
    ended_at = Instant()
    ok = fields.Boolean(allow_none=True)
    checked = fields.Dict(keys=fields.String(), values=fields.Integer())
    found = fields.Integer()
    faults = fields.Function(lambda row: words_of(row))


class ReconciliationsOut(Schema):
    """The newest proofs first."""

    items = fields.List(fields.Nested(ReconciliationOut))


class AskedOut(Schema):
    """The job that will make the proof."""

    job = Ref(attribute="id")
    status = fields.String()


def words_of(row: Reconciliation) -> list[str]:
    """The kept faults in the reader's language."""
    return [errors.unpacked(**fault).render(gettext) for fault in row.faults]


@bp.route("/reconciliations", methods=["GET"])
@requires(Permission.RECONCILIATIONS_READ)
@bp.response(200, ReconciliationsOut)
def listing() -> dict[str, Any]:
    """The last thirty."""
    return {"items": reconciliations.listing(limit=SHOWN)}


@bp.route("/reconciliations", methods=["POST"])
@requires(Permission.RECONCILIATIONS_RUN)
@creates
@bp.response(202, AskedOut)
def run() -> Any:
    """Ask for one now."""
    return reconciliations.request(actor=actor(), at=clock.now())
