"""JSON routes of tallies."""

from __future__ import annotations

from pointsvc.api import Blueprint

bp = Blueprint("tallies", __name__, description="Tallies")
