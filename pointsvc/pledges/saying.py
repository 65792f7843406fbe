"""What a pledge says, as forms, files and changes carry it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from pointsvc.people import private
from pointsvc.pledges import vagueness

TEXTS = ("text", "indicator", "baseline", "target", "beneficiary", "witness")


@dataclass(frozen=True, slots=True)
class Said:
    """One promise in the order of the paper; only what is promised and until when must be there."""

    kind: str
    text: str
    due_on: date
    horizon: str = "yearly"
    indicator: str = ""
    baseline: str = ""
    target: str = ""
    beneficiary: str = ""
    witness: str = ""

    def check(self) -> None:
        """See that no text holds an identity or mobile number. Raises Invalid by field."""
        private.check({name: getattr(self, name) for name in TEXTS})

    def advice(self) -> dict[str, str]:
        """What keeps it from being checked, by field."""
        return vagueness.advice({name: getattr(self, name) for name in TEXTS})

    def kept(self) -> dict[str, Any]:
        """As it is kept for a while: plain JSON values."""
        return {**asdict(self), "due_on": self.due_on.isoformat()}


NAMES = tuple(field.name for field in fields(Said))


def from_kept(values: Mapping[str, Any]) -> Said:
    """What was kept by ``kept``."""
    return Said(**{**values, "due_on": date.fromisoformat(values["due_on"])})


def of(item: Any) -> Said:
    """What this pledge says now."""
    return Said(**{name: getattr(item, name) for name in NAMES})
