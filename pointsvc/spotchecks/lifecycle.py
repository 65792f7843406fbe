"""The life of a spot-check: what leads from where to where. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from pointsvc.errors import N_, Conflict

FREEZE = "freeze"
DRAW = "draw"
REPORT = "report"
CLOSE = "close"
VOID = "void"
ACTS = (FREEZE, DRAW, REPORT, CLOSE, VOID)

TRANSITIONS: Mapping[str, Mapping[str, str]] = {
    "draft": {FREEZE: "frozen", VOID: "void"},
    "frozen": {DRAW: "drawn", VOID: "void"},
    # Only while the list is sealed; what the public has seen stands: another draw is another plan.
    "drawn": {REPORT: "reported", VOID: "void"},
    "reported": {CLOSE: "closed"},
    "closed": {},
    "void": {},
}


def after(status: str, act: str, *, opened: bool = False) -> str:
    """The status to which ``act`` leads.

    Raises Conflict: 'not_frozen' for a draw before the list is frozen, 'opened' for voiding a draw
    whose result is public, else the present status.
    """
    found = TRANSITIONS[status].get(act)
    if act == DRAW and status == "draft":
        raise Conflict(N_("The list of units is not frozen yet"), code="not_frozen")
    if found is None:
        raise Conflict(_WHY[status], code=status)
    if act == VOID and opened:
        raise Conflict(N_("What was drawn is public. Draw again by another plan, with its reason."), code="opened")
    return found


_WHY: Mapping[str, str] = {
    "draft": N_("This plan is still being written"),
    "frozen": N_("The list of units is frozen already"),
    "drawn": N_("This plan has been drawn. One plan has one draw."),
    "reported": N_("The bulletin of this spot-check has been published"),
    "closed": N_("This spot-check is closed"),
    "void": N_("This plan is void"),
}
