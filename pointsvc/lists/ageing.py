"""How an item stands against its days, in words with a tone: never by colour alone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pointsvc.errors import N_, Message
from pointsvc.lists import closing, exchange

# So many days before the deadline it is said that it comes near.
NEAR = 7


@dataclass(frozen=True)
class Light:
    """What is to be said of the item's days: ``tone`` is good, plain, watch or now."""

    tone: str
    words: Message


def light(*, status: str, opened_on: date, due_on: date | None, today: date, unclaimed_days: int) -> Light:
    """How an item stands today that was opened and is due on these days.

    One that nobody claims says so after ``unclaimed_days``, and urgently after twice as many.
    """
    if status in exchange.ENDED or status in closing.ENDED:
        return Light("plain" if status == "withdrawn" else "good", Message(_ENDED[status]))
    if due_on is not None and due_on < today:
        return Light("now", Message(N_("overdue by %(days)s days"), days=(today - due_on).days))
    waits = (today - opened_on).days
    if status == "open" and waits >= unclaimed_days:
        tone = "now" if waits >= 2 * unclaimed_days else "watch"
        return Light(tone, Message(N_("waiting for %(days)s days"), days=waits))
    if due_on is not None and (due_on - today).days <= NEAR:
        return Light("watch", Message(N_("due in %(days)s days"), days=(due_on - today).days))
    return Light("plain", Message(N_("on course")))


_ENDED = {
    "confirmed": N_("confirmed"),
    "publicised": N_("confirmed"),
    "closed": N_("closed after a check"),
    "withdrawn": N_("withdrawn"),
}
