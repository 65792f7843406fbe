"""Jobs of the three lists: in the morning it is told what nobody claims and what is overdue."""

from __future__ import annotations

from pointsvc import clock, queues
from pointsvc.lists import service as lists
from workers.base import Claim, handles


@handles(queues.LISTS_REMIND, together=True)
def remind(claim: Claim) -> None:
    """Tell what has aged or is overdue; forget who filed what ended long ago."""
    lists.remind(at=clock.now())
    lists.forget(at=clock.now())
