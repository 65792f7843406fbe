"""Jobs of declarations: tell how they were decided, and each morning who has been slow to review."""

from __future__ import annotations

from pointsvc import clock, queues
from pointsvc.declarations import telling
from workers.base import Claim, handles


@handles(queues.DECLARATIONS_TELL, together=True)
def tell(claim: Claim) -> None:
    """Tell the members of these declarations how they were decided."""
    telling.tell(at=clock.now(), change_ids=claim.payload["changes"])


@handles(queues.DECLARATIONS_REMIND, together=True)
def remind(claim: Claim) -> None:
    """Tell who leads a branch, and later who leads one level above, that declarations wait too long."""
    telling.remind(at=clock.now(), period=claim.payload["period"])
