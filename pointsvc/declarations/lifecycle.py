"""The life of a declaration: which step leads from where to where, and who takes it. Pure.

declare ─▶ pending ─approve─▶ approved      (its entry may be reversed later: the ledger's affair)
            │  ▲ └──return──▶ returned
            │  └────resend──────┘ │
            └─withdraw─▶ withdrawn ◀─withdraw─┘
"""

from __future__ import annotations

from dataclasses import dataclass

from pointsvc.errors import N_, Conflict, Forbidden

STATUSES = ("pending", "approved", "returned", "withdrawn")

DECLARER, REVIEWER = "declarer", "reviewer"

# (step, status before) -> status after
STEPS: dict[tuple[str, str], str] = {
    ("approve", "pending"): "approved",
    ("return", "pending"): "returned",
    ("withdraw", "pending"): "withdrawn",
    ("withdraw", "returned"): "withdrawn",
    ("resend", "returned"): "pending",
}
# Who takes a step. Photos may be added while nothing is decided, which is no step.
TAKEN_BY = {"approve": REVIEWER, "return": REVIEWER, "withdraw": DECLARER, "resend": DECLARER, "attach": DECLARER}
OPEN = ("pending", "returned")

_DONE = {
    "pending": N_("This declaration waits for its review"),
    "approved": N_("This declaration is approved already"),
    "returned": N_("This declaration has been returned"),
    "withdrawn": N_("This declaration has been withdrawn"),
}
_OWN = N_("Nobody reviews the own declaration; somebody else has to")
_TYPED = N_("You typed this declaration in, so somebody else has to review it")
_NOT_DECLARER = N_("Only the member, or whoever declared it, can change or withdraw a declaration")


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands to one declaration: may the role review, is it theirs, did they declare it?"""

    reviews: bool
    own: bool
    declared: bool


def following(step: str, status: str) -> str:
    """The status behind this step. Raises Conflict 'wrong_status' when it cannot be taken from here."""
    if step == "attach" and status in OPEN:
        return status
    after = STEPS.get((step, status))
    if after is None:
        raise Conflict(_DONE[status], code="wrong_status")
    return after


def check(step: str, standing: Standing) -> None:
    """See that this is somebody who takes this step. Raises Forbidden, with 'own_declaration' for the own."""
    if TAKEN_BY[step] == DECLARER:
        if not (standing.own or standing.declared):
            raise Forbidden(_NOT_DECLARER)
    elif standing.own:
        raise Forbidden(_OWN, code="own_declaration")
    elif standing.declared:
        raise Forbidden(_TYPED, code="own_declaration")
    elif not standing.reviews:
        raise Forbidden()


def may(step: str, status: str, standing: Standing) -> bool:
    """Whether this step is open to somebody who stands so, now."""
    try:
        check(step, standing)
        following(step, status)
    except (Conflict, Forbidden):
        return False
    return True
