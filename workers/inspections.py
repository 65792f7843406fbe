"""Jobs of inspections: the deadlines of rectifications."""

from __future__ import annotations

from pointsvc import clock, queues
from pointsvc.inspections import service as inspections
from workers.base import Claim, handles


@handles(queues.RECTIFICATIONS_REMIND, together=True)
def remind(claim: Claim) -> None:
    """Tell which rectifications are due or overdue today, whatever day it was asked for."""
    inspections.remind(at=clock.now())
