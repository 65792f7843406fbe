"""JSON routes of ledger."""

from __future__ import annotations

from pointsvc.api import Blueprint

bp = Blueprint("ledger", __name__, description="Ledger")
