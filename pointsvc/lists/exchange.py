"""The life of a need, a resource or a project: from filed to thanked. One table, and who may do what. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pointsvc.errors import N_, Conflict, Forbidden

CLAIM = "claim"
UNCLAIM = "unclaim"
AGREE = "agree"
START = "start"
FINISH = "finish"
RETURN = "return"
CONFIRM = "confirm"
PUBLICISE = "publicise"
WITHDRAW = "withdraw"
ACTS = (CLAIM, UNCLAIM, AGREE, START, FINISH, RETURN, CONFIRM, PUBLICISE, WITHDRAW)

STATUSES = ("open", "claimed", "agreed", "under_way", "done", "confirmed", "publicised", "withdrawn")
ENDED = ("confirmed", "publicised", "withdrawn")

# While parts are left an item that is claimed can be claimed on. UNCLAIM leads to ``open`` only when
# nobody else holds a part; see ``after_unclaim``.
TRANSITIONS: Mapping[str, Mapping[str, str]] = {
    "open": {CLAIM: "claimed", WITHDRAW: "withdrawn"},
    "claimed": {CLAIM: "claimed", UNCLAIM: "open", AGREE: "agreed", WITHDRAW: "withdrawn"},
    "agreed": {UNCLAIM: "open", START: "under_way", WITHDRAW: "withdrawn"},
    "under_way": {UNCLAIM: "open", FINISH: "done"},
    "done": {RETURN: "under_way", CONFIRM: "confirmed"},
    "confirmed": {PUBLICISE: "publicised"},
    "publicised": {},
    "withdrawn": {},
}

# Who an actor is to an item: whose it is, one who holds a part of it, the resident who filed it.
OWNER = "owner"
CLAIMANT = "claimant"
RESIDENT = "resident"

# Of an offer the parts change places: the claimants need, the owner gives.
_BY_SIDE: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "need": (frozenset({OWNER, RESIDENT}), frozenset({CLAIMANT})),
    "project": (frozenset({OWNER}), frozenset({CLAIMANT})),
    "offer": (frozenset({CLAIMANT}), frozenset({OWNER})),
}
_TELL: Mapping[str, str] = {
    "needing": N_("Only whoever needed it can say this"),
    "giving": N_("Only whoever gives it can say this"),
    OWNER: N_("Only the organisation whose item this is can do this"),
    CLAIMANT: N_("Only an organisation that has claimed it can give it back"),
}


def after(status: str, act: str) -> str:
    """The status to which ``act`` leads. Raises Conflict 'wrong_state' when it leads nowhere."""
    found = TRANSITIONS[status].get(act)
    if found is None:
        raise Conflict(N_("In its present state this cannot be done with the item"), code="wrong_state")
    return found


def after_unclaim(status: str, *, left: int) -> str:
    """The status after a part is given back while ``left`` parts stay taken: as it was, or open again."""
    opened = after(status, UNCLAIM)
    return status if left else opened


def check_parts(act: str, *, side: str, parts: Collection[str]) -> None:
    """Raises Forbidden 'not_yours' when none of the actor's ``parts`` in this item may do the act."""
    group = _needed(act, side)
    if group is not None and not group[1] & set(parts):
        raise Forbidden(_TELL[group[0]], code="not_yours")


def check_own_work(act: str, *, finisher: bool) -> None:
    """Raises Forbidden 'own_work' when whoever called it done would also confirm it."""
    if act == CONFIRM and finisher:
        raise Forbidden(N_("You said that it is done, so somebody else confirms it"), code="own_work")


def _needed(act: str, side: str) -> tuple[str, frozenset[str]] | None:
    needing, giving = _BY_SIDE[side]
    return {
        UNCLAIM: (CLAIMANT, frozenset({CLAIMANT})),
        AGREE: (OWNER, frozenset({OWNER})),
        START: ("giving", giving | {OWNER}),
        FINISH: ("giving", giving),
        RETURN: ("needing", needing),
        CONFIRM: ("needing", needing),
        PUBLICISE: (OWNER, frozenset({OWNER})),
        WITHDRAW: (OWNER, frozenset({OWNER, RESIDENT})),
    }.get(act)
