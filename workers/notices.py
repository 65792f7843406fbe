"""Jobs of notices: what a job asks to be told is put into the inboxes."""

from __future__ import annotations

from pointsvc import clock, queues
from pointsvc.notices import service as notices
from workers.base import Claim, handles


@handles(queues.NOTICE_DELIVER, together=True)
def deliver(claim: Claim) -> None:
    """Put one message into the inboxes of some sign-ins. The payload holds ``notices.send``'s words."""
    notices.send(at=clock.now(), **claim.payload)
