"""Pages of tallies."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("tallies", __name__)
