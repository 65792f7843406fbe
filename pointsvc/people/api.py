"""JSON routes of people."""

from __future__ import annotations

from pointsvc.api import Blueprint

bp = Blueprint("people", __name__, description="People")
