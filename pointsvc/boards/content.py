"""What a board holds: its words, whom it shows, and which fields beyond those of every board. Pure.

The fields of every board are the name, the post, the duties, the pledges and the supervision phone.
Everything else is off until it is chosen, and then still needs the member's consent and, for the
years in the Party, the organisation's leave.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

FIELDS = ("photo", "branch", "category", "years")
# The kind of consent that a field needs besides that to be shown at all.
NEEDS = {"photo": "photo", "years": "details"}
# Fields that the organisation must allow, and the setting by which it does.
ALLOWED_BY = {"years": "board_years"}
MOST_PEOPLE = 200
ON_A_PAGE = 8

EMPTY: Mapping[str, Any] = {
    "title": "",
    "introduction": "",
    "below": True,
    "people": None,
    "fields": [],
    "seconds": 15,
    "comments": True,
}


def whole(given: Mapping[str, Any]) -> dict[str, Any]:
    """The content with what was left out as it is by default, its fields in their order."""
    made = {**EMPTY, **given}
    made["fields"] = [field for field in FIELDS if field in made["fields"]]
    return made


def years_since(day: date, today: date) -> int:
    """Whole years from this day to today."""
    return today.year - day.year - ((today.month, today.day) < (day.month, day.day))
