"""Jobs of people: what has ended is cleaned away at night."""

from __future__ import annotations

from pointsvc import clock, queues
from pointsvc.exports import service as exports
from pointsvc.people import service as people
from workers.base import Claim, handles


@handles(queues.CLEAN_UP, together=True)
def clean_up(claim: Claim) -> None:
    """Remove browser sessions that ended long ago, and archives whose days are over."""
    people.clean_up(at=clock.now())
    exports.clean_up(at=clock.now())
