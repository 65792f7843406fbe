"""Jobs of activities: each night receipts that have waited long are told of, and too long, lapse."""

from __future__ import annotations

from pointsvc import clock, queues
from pointsvc.activities import receipts
from workers.base import Claim, handles


@handles(queues.RECEIPTS_TURN, together=True)
def turn_receipts(claim: Claim) -> None:
    """Remind home branches of receipts, and let lapse what nobody decided in time."""
    receipts.turn(at=clock.now())
