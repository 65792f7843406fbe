"""The lives of an inspection, of a rectification and of a bulletin, and who may move each. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pointsvc.errors import N_, Conflict, Forbidden
from pointsvc.permissions import Actor, Role

Table = Mapping[str, Mapping[str, str]]

ANSWER = "answer"
SIGN = "sign"
REOPEN = "reopen"
CONFIRM = "confirm"
CONTEST = "contest"
MAINTAIN = "maintain"
CLOSE = "close"
SEND_BACK = "send_back"
FAIL = "fail"
CHANGE = "change"
ISSUE = "issue"
WITHDRAW = "withdraw"

# What stands behind a signature is not written over: whoever must correct it reopens first.
INSPECTION: Table = {
    "open": {ANSWER: "open", SIGN: "half_signed"},
    "half_signed": {SIGN: "signed", REOPEN: "open"},
    "signed": {CONFIRM: "confirmed", CONTEST: "contested", MAINTAIN: "maintained"},
    "contested": {REOPEN: "open", MAINTAIN: "maintained"},
    "confirmed": {},
    "maintained": {},
}
RECTIFICATION: Table = {
    "ordered": {ANSWER: "answered", FAIL: "not_rectified"},
    "answered": {CLOSE: "closed", SEND_BACK: "returned", FAIL: "not_rectified"},
    "returned": {ANSWER: "answered", FAIL: "not_rectified"},
    "closed": {},
    "not_rectified": {},
}
BULLETIN: Table = {
    "draft": {CHANGE: "draft", ISSUE: "issued"},
    "issued": {WITHDRAW: "withdrawn"},
    "withdrawn": {},
}

# The unit reads what both inspectors stand for, never what is still being written.
TOLD = ("signed", "contested", "confirmed", "maintained")
SETTLED = ("confirmed", "maintained")
UNFINISHED = ("ordered", "answered", "returned")
# Where it is the unit's turn.
WITH_THE_UNIT = ("ordered", "returned")
INSPECTORS_ACTS = (ANSWER, SIGN, REOPEN, MAINTAIN)
UNITS_ACTS = (CONFIRM, CONTEST)
RECHECKS = (CLOSE, SEND_BACK, FAIL)


def after(table: Table, status: str, act: str) -> str:
    """The status to which ``act`` leads. Raises Conflict 'not_now' when it leads nowhere from here."""
    found = table[status].get(act)
    if found is None:
        raise Conflict(N_("This is not possible in its present state; please open the page again"), code="not_now")
    return found


def check_inspecting(act: str, actor: Actor, *, serves: bool, signed: bool) -> None:
    """Raises Forbidden 'not_serving' for whom this act of the inspectors is not, Conflict 'signed_already'."""
    if not serves:
        raise Forbidden(N_("Only the two inspectors who serve for this unit can do this"), code="not_serving")
    if act == SIGN and signed:
        raise Conflict(
            N_("You have signed already; the other inspector signs by the own account"), code="signed_already"
        )


def check_confirming(actor: Actor, *, serves: bool, here: bool) -> None:
    """Raises Forbidden 'not_the_unit' unless the actor leads the unit and did not inspect it."""
    if serves or not here or actor.role != Role.SECRETARY:
        raise Forbidden(
            N_("The secretary of the unit confirms the facts, and nobody who inspected it"), code="not_the_unit"
        )


def check_maintaining(status: str, *, due_on: date | None, today: date) -> None:
    """Raises Conflict 'not_yet' while the unit still has time to say what it thinks of the facts."""
    if status == "signed" and due_on is not None and today <= due_on:
        raise Conflict(N_("The unit still has time to confirm the facts"), code="not_yet")


def check_rechecking(
    act: str,
    actor: Actor,
    *,
    ordered_by_id: int | None,
    answered_by_id: int | None,
    status: str,
    due_on: date,
    today: date,
) -> None:
    """Raises Forbidden 'own_order' or 'own_answer' for whoever ordered or answered it.

    Conflict 'not_due': what nobody has answered is not given up before its day.
    """
    own = actor.sign_in_id
    if own is not None and own == ordered_by_id:
        raise Forbidden(N_("You ordered this rectification, so somebody else looks at it again"), code="own_order")
    if own is not None and own == answered_by_id:
        raise Forbidden(N_("You answered for the unit, so somebody else looks at it again"), code="own_answer")
    if act == FAIL and status in WITH_THE_UNIT and today <= due_on:
        raise Conflict(N_("The unit still has time to rectify it"), code="not_due")
