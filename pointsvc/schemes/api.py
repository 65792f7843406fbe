"""JSON routes of schemes."""

from __future__ import annotations

from pointsvc.api import Blueprint

bp = Blueprint("schemes", __name__, description="Schemes")
