"""The life of a board: what is done to it in which state, and by whom. Pure.

A published board that is changed goes through the same states again; what was published before hangs
on until the change is published too, or until it is withdrawn.
"""

from __future__ import annotations

from collections.abc import Mapping

from pointsvc.errors import N_, Conflict, Forbidden
from pointsvc.permissions import Actor

CHANGE, SUBMIT, RETURN, APPROVE = "change", "submit", "return", "approve"
PUBLISH, RENEW, WITHDRAW = "publish", "renew", "withdraw"
ACTS = (CHANGE, SUBMIT, RETURN, APPROVE, PUBLISH, RENEW, WITHDRAW)
# What only somebody else than whoever submitted the board does: the review for secrets (保密审查).
REVIEWS = (RETURN, APPROVE)

TRANSITIONS: Mapping[str, Mapping[str, str]] = {
    "draft": {CHANGE: "draft", SUBMIT: "submitted", WITHDRAW: "withdrawn"},
    "submitted": {RETURN: "draft", APPROVE: "approved", WITHDRAW: "withdrawn"},
    "approved": {CHANGE: "draft", PUBLISH: "published", WITHDRAW: "withdrawn"},
    "published": {CHANGE: "draft", RENEW: "published", WITHDRAW: "withdrawn"},
    "withdrawn": {CHANGE: "draft", SUBMIT: "submitted"},
}
_NOT_NOW: Mapping[str, str] = {
    "draft": N_("This board is a draft; it is reviewed before it is published"),
    "submitted": N_("This board is being reviewed and cannot be changed meanwhile"),
    "approved": N_("This board has been reviewed; it can be published now"),
    "published": N_("This board is published already"),
    "withdrawn": N_("This board has been taken down"),
}


def after(status: str, act: str) -> str:
    """The status to which ``act`` leads. Raises Conflict 'wrong_state' when it leads nowhere."""
    found = TRANSITIONS[status].get(act)
    if found is None:
        raise Conflict(_NOT_NOW[status], code="wrong_state")
    return found


def may(status: str, act: str, *, hangs: bool) -> bool:
    """Whether the state allows this act; only what hangs can be taken down."""
    return act in TRANSITIONS[status] and (hangs or act != WITHDRAW)


def check_reviewer(actor: Actor, *, submitted_by_id: int | None) -> None:
    """Raises Forbidden 'own_board' for whoever submitted the board: another pair of eyes must look."""
    if actor.sign_in_id is not None and actor.sign_in_id == submitted_by_id:
        raise Forbidden(N_("You submitted this board, so somebody else reviews it"), code="own_board")
