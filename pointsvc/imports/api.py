"""JSON routes of imports."""

from __future__ import annotations

from pointsvc.api import Blueprint

bp = Blueprint("imports", __name__, description="Imports")
