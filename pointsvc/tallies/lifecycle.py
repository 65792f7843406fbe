"""The life of a tally: which act leads from which state to which. Pure.

queued -> running -> computed -> publicised -> sealed; a run that was given up has ``failed``. Asked
for again, a tally is queued anew and goes the whole way once more as its next version. Whether a
publicised one may be asked for again is for ``publicity.check_again`` to say.
"""

from __future__ import annotations

from collections.abc import Mapping

from pointsvc.errors import N_, Conflict

ASK = "ask"
BEGIN = "begin"
FINISH = "finish"
GIVE_UP = "give_up"
PUBLICISE = "publicise"
SEAL = "seal"
ACTS = (ASK, BEGIN, FINISH, GIVE_UP, PUBLICISE, SEAL)

# Of a queued or running one asking again puts a new job in the place of a dead one; a job that is
# begun a second time goes on where the first run of it died.
TRANSITIONS: Mapping[str, Mapping[str, str]] = {
    "queued": {ASK: "queued", BEGIN: "running", GIVE_UP: "failed"},
    "running": {ASK: "queued", BEGIN: "running", FINISH: "computed", GIVE_UP: "failed"},
    "failed": {ASK: "queued"},
    "computed": {ASK: "queued", PUBLICISE: "publicised"},
    "publicised": {ASK: "queued", SEAL: "sealed"},
    "sealed": {},
}

_SEALED = N_("This tally is sealed and stays as it is. What is recorded late counts from the next period on")
_PUBLICISED = N_("This tally is publicised already")
_NOT_PUBLICISED = N_("This version of the tally has not been publicised yet")
_NOT_COMPUTED = N_("This tally has not been computed yet")


def after(status: str, act: str) -> str:
    """The state to which ``act`` leads from this one.

    Raises Conflict 'sealed', 'publicised', 'not_publicised' or 'not_computed' when it leads nowhere.
    """
    found = TRANSITIONS[status].get(act)
    if found is None:
        raise _refusal(status, act)
    return found


def _refusal(status: str, act: str) -> Conflict:
    if status == "sealed":
        return Conflict(_SEALED, code="sealed")
    if status == "publicised":
        return Conflict(_PUBLICISED, code="publicised")
    if status == "computed" and act == SEAL:
        return Conflict(_NOT_PUBLICISED, code="not_publicised")
    return Conflict(_NOT_COMPUTED, code="not_computed")
