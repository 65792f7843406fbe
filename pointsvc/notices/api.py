"""JSON routes of notices."""

from __future__ import annotations

from pointsvc.api import Blueprint

bp = Blueprint("notices", __name__, description="Notices")
