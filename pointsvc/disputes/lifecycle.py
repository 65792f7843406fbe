"""The life of an objection, who may end it how, and until when it may be raised. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from pointsvc.errors import N_, Conflict, Forbidden
from pointsvc.permissions import Actor
from pointsvc.schemes import periods

UPHOLD = "uphold"
DISMISS = "dismiss"
WITHDRAW = "withdraw"
ACTS = (UPHOLD, DISMISS, WITHDRAW)

ELSEWHERE = N_("The branch that recorded the entry, or in which the result stands, decides this objection")

TRANSITIONS: Mapping[str, Mapping[str, str]] = {
    "open": {UPHOLD: "upheld", DISMISS: "dismissed", WITHDRAW: "withdrawn"},
    "upheld": {},
    "dismissed": {},
    "withdrawn": {},
}


def after(status: str, act: str) -> str:
    """The status to which ``act`` leads. Raises Conflict 'withdrawn' or 'decided' when it leads nowhere."""
    found = TRANSITIONS[status].get(act)
    if found is None and status == "withdrawn":
        raise Conflict(N_("This objection has been withdrawn"), code="withdrawn")
    if found is None:
        raise Conflict(N_("This objection has been decided already"), code="decided")
    return found


def check_actor(
    act: str, actor: Actor, *, member_id: int, raised_by_id: int | None, recorded_by_id: int | None
) -> None:
    """Raises Forbidden 'own_record', 'own_objection', 'recorder' or 'not_yours' for whom this act is not.

    Nobody decides on the own record or on an objection that he took down himself. Whoever recorded
    the entry may own up to a mistake, but not dismiss the objection: another must look at it. Only
    the member and whoever took the objection down withdraw it.
    """
    own = actor.member_id is not None and actor.member_id == member_id
    raised = actor.sign_in_id is not None and actor.sign_in_id == raised_by_id
    if act == WITHDRAW:
        if not (own or raised or actor.is_system):
            raise Forbidden(N_("Only the member or whoever took the objection down can withdraw it"), code="not_yours")
        return
    if own:
        raise Forbidden(N_("This objection concerns your own record, so somebody else decides it"), code="own_record")
    if raised:
        raise Forbidden(N_("You took this objection down, so somebody else decides it"), code="own_objection")
    if act == DISMISS and actor.sign_in_id is not None and actor.sign_in_id == recorded_by_id:
        raise Forbidden(
            N_(
                "You recorded this entry, so you cannot dismiss the objection to it alone. Somebody else of the "
                "branch, or the organisation above it, must decide; you may uphold it"
            ),
            code="recorder",
        )


def earliest_day(today: date, starts_month: int) -> date:
    """The first day whose entries may still be objected to: that of the cycle before the present one."""
    present = periods.cycle_start(today, starts_month)
    return periods.cycle_start(present - timedelta(days=1), starts_month)
