"""The life of a review: which act leads from which state to which. Pure.

``prepared`` the branch chooses its roster; ``open`` ballots are cast; ``counted`` the box has been
emptied into counts; ``decided`` the meeting has given each member a grade; ``publicised`` the members
can read it and object; ``closed``. A review begun in error is ``withdrawn`` and may be begun anew.
"""

from __future__ import annotations

from collections.abc import Mapping

STATUSES = ("prepared", "open", "counted", "decided", "publicised", "closed", "withdrawn")

# Act -> the state it needs -> the state it leads to. Nothing else changes a state.
TRANSITIONS: Mapping[str, Mapping[str, str]] = {
    "open": {"prepared": "open"},
    "close_ballot": {"open": "counted"},
    "decide": {"counted": "decided"},
    # An upheld objection, or a slip of the pen: the meeting looks at it again; what stood is kept.
    "reconsider": {"decided": "counted", "publicised": "counted"},
    "publicise": {"decided": "publicised"},
    "close": {"decided": "closed", "publicised": "closed"},
    "withdraw": {"prepared": "withdrawn", "open": "withdrawn", "counted": "withdrawn"},
}

# Acts that change no state, and the states in which they may be done.
ALLOWED: Mapping[str, frozenset[str]] = {
    "roster": frozenset({"prepared"}),
    # Who has asked for a paper ballot may be noted until the box is closed.
    "on_paper": frozenset({"prepared", "open"}),
    "extend": frozenset({"open"}),
    "assess": frozenset({"open", "counted"}),
    "ballot": frozenset({"open"}),
    "codes": frozenset({"open"}),
    "counts": frozenset({"open", "counted"}),
}

# In these states a member reads what was decided.
TOLD = frozenset({"publicised", "closed"})
# In these states the box has been counted.
COUNTED = frozenset({"counted", "decided", "publicised", "closed"})


def after(act: str, status: str) -> str | None:
    """The state that ``act`` leads to from ``status``; None when it is not possible there."""
    return TRANSITIONS[act].get(status)


def possible(status: str) -> frozenset[str]:
    """All acts that are possible in this state."""
    leading = {act for act, ways in TRANSITIONS.items() if status in ways}
    return frozenset(leading | {act for act, states in ALLOWED.items() if status in states})
