"""Jobs of people: what has ended is cleaned away at night, and exemptions end on their day."""

from __future__ import annotations

from pointsvc import brake, clock, queues
from pointsvc.exports import service as exports
from pointsvc.people import exemptions
from pointsvc.people import service as people
from workers.base import Claim, handles


@handles(queues.CLEAN_UP, together=True)
def clean_up(claim: Claim) -> None:
    """Remove browser sessions that ended long ago, archives whose days are over, and what addresses tried."""
    people.clean_up(at=clock.now())
    exports.clean_up(at=clock.now())
    brake.forget(at=clock.now())


@handles(queues.EXEMPTIONS_END, together=True)
def end_exemptions(claim: Claim) -> None:
    """Let the former category hold again where an exemption's last day is over."""
    exemptions.end_due(at=clock.now())
