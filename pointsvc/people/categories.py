"""Categories of members that mean something to the service itself. Pure."""

from __future__ import annotations

# Whoever is left out by a recorded decision (exemptions.py): no total and no grade, by whatever scheme.
EXEMPT = "exempt"

# What an office chooses from; a scheme may name others.
CATEGORIES = ("regular", "probationary", "floating", "retired")
