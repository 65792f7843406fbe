"""Jobs of spot-checks: a draw that is never revealed is void."""

from __future__ import annotations

from pointsvc import clock, queues
from pointsvc.spotchecks import service as spotchecks
from workers.base import Claim, handles


@handles(queues.SPOTCHECKS_LAPSE, together=True)
def lapse(claim: Claim) -> None:
    """Void the unannounced plans whose lists are still sealed after their last day."""
    for number in spotchecks.unopened(today=clock.today()):
        spotchecks.lapse(at=clock.now(), spot_check_id=number)
