"""Jobs of disputes: the deadlines of replies."""

from __future__ import annotations

from pointsvc import clock, queues
from pointsvc.disputes import service as disputes
from workers.base import Claim, handles


@handles(queues.DISPUTES_REMIND, together=True)
def remind(claim: Claim) -> None:
    """Tell which replies are due or overdue today, whatever day it was asked for."""
    disputes.remind(at=clock.now())
