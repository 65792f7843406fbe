"""Jobs of members' service in communities: what was decided, who is slow to confirm, the quarter's cards."""

from __future__ import annotations

from datetime import date

from pointsvc import clock, queues
from pointsvc.checkins import cards, telling
from workers.base import Claim, handles


@handles(queues.SERVICE_TELL, together=True)
def tell(claim: Claim) -> None:
    """Tell the members how these hours were decided."""
    telling.records(at=clock.now(), record_ids=claim.payload["records"], status=claim.payload["status"])


@handles(queues.SERVICE_REMIND, together=True)
def remind(claim: Claim) -> None:
    """Tell who leads a community, and later who leads one level above, that hours wait too long."""
    telling.remind(at=clock.now(), period=claim.payload["period"])


@handles(queues.SERVICE_CARDS, together=True)
def make_cards(claim: Claim) -> None:
    """Make the cards of the quarter before the day in the payload, and tell the home units."""
    cards.make(at=clock.now(), before=date.fromisoformat(claim.payload["period"]))
