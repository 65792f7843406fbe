"""Jobs of pledges: tell how they were decided, bring their days to mind, close the year."""

from __future__ import annotations

from pointsvc import clock, queues
from pointsvc.pledges import reminding, telling
from workers.base import Claim, handles


@handles(queues.PLEDGES_TELL, together=True)
def tell(claim: Claim) -> None:
    """Tell those whose pledges these are how they were decided."""
    telling.tell(at=clock.now(), step_ids=claim.payload["steps"])


@handles(queues.PLEDGES_REMIND, together=True)
def remind(claim: Claim) -> None:
    """Tell what of the due days is to be told today, whatever day it was asked for."""
    reminding.remind(at=clock.now())


@handles(queues.PLEDGES_CLOSE, together=True)
def close(claim: Claim) -> None:
    """Close what was settled in a year that is over, once its ratings have had their days."""
    reminding.close_years(at=clock.now())
