"""The life of a receipt of attendance elsewhere, as one table. Pure."""

from __future__ import annotations

from pointsvc.errors import N_, Conflict

PENDING, CONFIRMED, REFUSED, LAPSED = STATUSES = ("pending", "confirmed", "refused", "lapsed")
CONFIRM, REFUSE, LAPSE = ACTIONS = ("confirm", "refuse", "lapse")

# Whatever is not here is not possible: what was decided, or has lapsed, stays so.
AFTER = {
    (PENDING, CONFIRM): CONFIRMED,
    (PENDING, REFUSE): REFUSED,
    (PENDING, LAPSE): LAPSED,
}

# How many times the setting ``review_days`` it waits, in working days.
REMINDED_AFTER, LAPSES_AFTER = 3, 4


def after(status: str, action: str) -> str:
    """The status that follows. Raises Conflict 'receipt_decided' when none does."""
    following = AFTER.get((status, action))
    if following is None:
        raise Conflict(N_("This receipt has been decided or has lapsed already"), code="receipt_decided")
    return following
