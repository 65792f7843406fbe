"""Drafts of the rule sheet that are tried out, and what a member then has."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from typing import Any

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.schemes import service as schemes
from tests import factories
from tests.rehearsals import work
from tests.tallies import sheets

NEXT_YEAR = date(2027, 1, 1)


def draft(change: Callable[[dict[str, Any]], Any] = lambda document: None, organisation: str = "QS") -> int:
    """A draft of the sheet in force with this change."""
    document = copy.deepcopy(sheets.SHEET)
    change(document)
    with transaction():
        made = schemes.create(
            actor=factories.SYSTEM, at=clock.now(), organisation=organisation, starts_on=NEXT_YEAR, document=document
        )
        return made.id


def rule(document: dict[str, Any], code: str) -> dict[str, Any]:
    return next(item for item in document["rules"] if item["code"] == code)


def setting(code: str, **changes: Any) -> Callable[[dict[str, Any]], Any]:
    """A change of one rule."""
    return lambda document: rule(document, code).update(changes)


def without(code: str) -> Callable[[dict[str, Any]], Any]:
    return lambda document: document["rules"].remove(rule(document, code))


def total(member: str, scheme_id: int, **more: Any) -> tuple[str | None, str | None]:
    """A member's total under the sheet in force and under the draft."""
    found = work.rehearse(scheme_id, **more)
    return work.results(found, under_draft=False)[member][0], work.results(found, under_draft=True)[member][0]
