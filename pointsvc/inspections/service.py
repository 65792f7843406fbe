"""Verbs of inspections: arrive, answer, sign, confirm; order, answer, look again; read."""

from __future__ import annotations

from pointsvc.inspections.confirming import confirm, maintain
from pointsvc.inspections.fieldwork import (
    KIND,
    Given,
    answer,
    attach,
    digest,
    finding_of,
    open_inspection,
    reopen,
    sign,
)
from pointsvc.inspections.known import Known, known
from pointsvc.inspections.orders import OrderView, rectification, rectifications
from pointsvc.inspections.reading import (
    ItemView,
    ServingView,
    UnitView,
    checklist,
    history,
    inspection,
    items,
    servings,
    units,
)
from pointsvc.inspections.rectifying import answer as answer_order
from pointsvc.inspections.rectifying import attach as attach_to_order
from pointsvc.inspections.rectifying import order, recheck

__all__ = [
    "KIND",
    "Given",
    "ItemView",
    "Known",
    "OrderView",
    "ServingView",
    "UnitView",
    "answer",
    "answer_order",
    "attach",
    "attach_to_order",
    "checklist",
    "confirm",
    "digest",
    "finding_of",
    "history",
    "inspection",
    "items",
    "known",
    "maintain",
    "open_inspection",
    "order",
    "recheck",
    "rectification",
    "rectifications",
    "reopen",
    "servings",
    "sign",
    "units",
]
