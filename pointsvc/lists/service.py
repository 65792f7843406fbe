"""Verbs of the three lists: sets, filing, claiming, what is done with an item, and how all of it is read."""

from __future__ import annotations

from pointsvc.lists.acting import act, by_code, resident_act, stage_done
from pointsvc.lists.claiming import claim, holds, unclaim
from pointsvc.lists.filing import (
    Contact,
    NewItem,
    Stage,
    file_by_resident,
    file_item,
    filing_place,
    filing_places,
    give_code,
    open_problem,
)
from pointsvc.lists.reading import (
    ClaimView,
    Filters,
    ItemView,
    Step,
    claims,
    contact,
    counts,
    history,
    item,
    items,
    linked,
    one_set,
    sets,
    stages,
    words_of,
)
from pointsvc.lists.ready import READY
from pointsvc.lists.reminding import forget, remind
from pointsvc.lists.sets import make_set, rename_set
from pointsvc.lists.suggesting import suggestions

__all__ = [
    "READY",
    "ClaimView",
    "Contact",
    "Filters",
    "ItemView",
    "NewItem",
    "Stage",
    "Step",
    "act",
    "by_code",
    "claim",
    "claims",
    "contact",
    "counts",
    "file_by_resident",
    "file_item",
    "filing_place",
    "filing_places",
    "forget",
    "give_code",
    "history",
    "holds",
    "item",
    "items",
    "linked",
    "make_set",
    "one_set",
    "open_problem",
    "remind",
    "rename_set",
    "resident_act",
    "sets",
    "stage_done",
    "stages",
    "suggestions",
    "unclaim",
    "words_of",
]
