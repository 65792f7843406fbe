"""The life of a problem, a task or a duty, up to its closing (销号) and the look back. One table. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from pointsvc.errors import N_, Conflict, Forbidden

START = "start"
FINISH = "finish"
RETURN = "return"
CANCEL_OFF = "cancel_off"
CONFIRM = "confirm"
REOPEN = "reopen"
WITHDRAW = "withdraw"
ACTS = (START, FINISH, RETURN, CANCEL_OFF, CONFIRM, REOPEN, WITHDRAW)

STATUSES = ("open", "under_way", "asked", "closed", "withdrawn")
ENDED = ("closed", "withdrawn")

# CANCEL_OFF said by the one asks for closing, said by another closes; FINISH only asks, CONFIRM only closes.
TRANSITIONS: Mapping[str, Mapping[str, str]] = {
    "open": {START: "under_way", FINISH: "asked", CANCEL_OFF: "asked", WITHDRAW: "withdrawn"},
    "under_way": {FINISH: "asked", CANCEL_OFF: "asked"},
    "asked": {RETURN: "under_way", CANCEL_OFF: "closed", CONFIRM: "closed"},
    "closed": {REOPEN: "open"},
    "withdrawn": {},
}


def after(status: str, act: str) -> str:
    """The status to which ``act`` leads. Raises Conflict 'wrong_state' when it leads nowhere."""
    found = TRANSITIONS[status].get(act)
    if found is None:
        raise Conflict(N_("In its present state this cannot be done with the item"), code="wrong_state")
    return found


def check_other(new: str, *, asker: bool) -> None:
    """Raises Forbidden 'own_work' when whoever asked for closing would also close."""
    if new == "closed" and asker:
        raise Forbidden(N_("You asked for closing, so somebody else looks and confirms it"), code="own_work")


def check_stages(new: str, *, open_stages: int) -> None:
    """Raises Conflict 'stages_open' when closing is asked for before every stage is done."""
    if new == "asked" and open_stages:
        raise Conflict(N_("Stages of this work are still open; note those that are done first"), code="stages_open")


def round_after(act: str, number: int) -> int:
    """The round after this act: the look back begins a new one under the same number."""
    return number + 1 if act == REOPEN else number
