"""Sets and items as answers and pages show them: with words, claims, and how they stand against their days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext

from pointsvc import clock
from pointsvc.lists import ageing
from pointsvc.lists import service as lists
from pointsvc.lists.models import ListSet
from pointsvc.people import settings


def set_shown(found: ListSet, numbers: Mapping[tuple[int, str], tuple[int, int]]) -> dict[str, Any]:
    """A set, each of its lists with how many items it has and how many still run."""
    own = {name: getattr(found, name) for name in ("id", "code", "name", "life", "confidential", "links")}
    named = [
        {**one, "items": counted[0], "running": counted[1]}
        for one in found.lists
        for counted in [numbers.get((found.id, one["key"]), (0, 0))]
    ]
    return {**own, "lists": named}


def items_shown(views: Sequence[lists.ItemView]) -> list[dict[str, Any]]:
    """Items with their words, their claims and their light, in four queries for any number."""
    ids = [view.id for view in views]
    words, claims = lists.words_of(ids), lists.claims(ids)
    days = settings.by_organisation({view.organisation_id for view in views}, "unclaimed_days") if views else {}
    return [
        {
            **{name: getattr(view, name) for name in lists.ItemView.__dataclass_fields__},
            "tags": words[view.id]["tag"],
            "skills": words[view.id]["skill"],
            "claims": claims[view.id],
            "light": light(view, days[view.organisation_id]),
            "code": None,
        }
        for view in views
    ]


def light(view: lists.ItemView, unclaimed_days: int) -> dict[str, str]:
    """How an item stands against its days, in the reader's language."""
    found = ageing.light(
        status=view.status,
        opened_on=clock.local(view.opened_at).date(),
        due_on=view.due_on,
        today=clock.today(),
        unclaimed_days=unclaimed_days if view.life == "exchange" else 3660,
    )
    return {"tone": found.tone, "words": found.words.render(gettext)}
