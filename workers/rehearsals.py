"""Jobs of rehearsals: try a draft out on what was recorded."""

from __future__ import annotations

from pointsvc import queues
from pointsvc.rehearsals import service as rehearsals
from workers.base import Claim, handles


def _given_up(claim: Claim, message: str) -> None:
    rehearsals.given_up(rehearsal_id=claim.payload["rehearsal"], job_id=claim.id)


@handles(queues.REHEARSE, given_up=_given_up)
def rehearse(claim: Claim) -> None:
    """Reckon everybody under the sheet in force and under the draft, and keep the report."""
    rehearsals.compute(rehearsal_id=claim.payload["rehearsal"], job_id=claim.id, token=claim.token)
