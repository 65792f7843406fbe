"""Pages of schemes."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("schemes", __name__)
