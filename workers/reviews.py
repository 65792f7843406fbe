"""Jobs of reviews: in the morning those are reminded whose ballot ends soon."""

from __future__ import annotations

from pointsvc import clock, queues
from pointsvc.reviews import telling
from workers.base import Claim, handles


@handles(queues.REVIEWS_REMIND, together=True)
def remind(claim: Claim) -> None:
    """Remind who has not voted yet."""
    telling.remind(at=clock.now(), today=clock.today())
