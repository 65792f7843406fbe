"""JSON routes of activities."""

from __future__ import annotations

from pointsvc.api import Blueprint

bp = Blueprint("activities", __name__, description="Activities")
