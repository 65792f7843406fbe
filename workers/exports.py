"""Jobs of exports: make an archive."""

from __future__ import annotations

from pointsvc import queues
from pointsvc.exports import making as exports
from workers.base import Claim, handles


def _given_up(claim: Claim, message: str) -> None:
    exports.give_up(export_id=claim.payload["export"])


@handles(queues.EXPORT_MAKE, given_up=_given_up)
def make(claim: Claim) -> None:
    """Make an archive and keep it for download."""
    exports.make(export_id=claim.payload["export"], job_id=claim.id, token=claim.token)
