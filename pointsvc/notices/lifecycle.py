"""What may become of a message to the outside, and how long to wait between tries."""

from __future__ import annotations

from datetime import timedelta

from pointsvc.errors import N_, Conflict

WAITING, SENT, DEAD, GIVEN_UP = "waiting", "sent", "dead", "given_up"
STATUSES = (WAITING, SENT, DEAD, GIVEN_UP)

# The only changes there are: (from, what happens) -> to.
MOVES = {
    (WAITING, "send"): SENT,
    (WAITING, "exhaust"): DEAD,
    (WAITING, "give_up"): GIVEN_UP,
    (DEAD, "again"): WAITING,
    (DEAD, "give_up"): GIVEN_UP,
}

# After the first try, the second, …: a night without a mail server loses nothing.
DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
TRIES = len(DELAYS) + 1


def after(status: str, move: str) -> str:
    """The status after this move. Raises Conflict 'letter_status' where there is no such move."""
    if (status, move) not in MOVES:
        raise Conflict(N_("The message is no longer in a state in which this is possible"), code="letter_status")
    return MOVES[status, move]


def delay(tries: int) -> timedelta:
    """How long after so many tries (at least one) the next one comes, should this one fail."""
    return DELAYS[min(tries, len(DELAYS)) - 1]
