"""Jobs of tallies: compute one, tell that one is publicised, seal one, and settle the standings."""

from __future__ import annotations

from datetime import date

from pointsvc import clock, queues
from pointsvc.db import transaction
from pointsvc.tallies import sealing
from pointsvc.tallies import service as tallies
from workers.base import Claim, handles


def _given_up(claim: Claim, message: str) -> None:
    tallies.given_up(tally_id=claim.payload["tally"], job_id=claim.id)


@handles(queues.TALLY_COMPUTE, given_up=_given_up)
def compute(claim: Claim) -> None:
    """Compute the next version of a tally."""
    tallies.compute(tally_id=claim.payload["tally"], job_id=claim.id, token=claim.token)


@handles(queues.PUBLICITY_TELL)
def tell(claim: Claim) -> None:
    """Tell those concerned that a tally is publicised."""
    tallies.tell(publication_id=claim.payload["publication"], job_id=claim.id, token=claim.token)


@handles(queues.TALLY_SEAL)
def seal(claim: Claim) -> None:
    """Seal a large tally for whoever asked."""
    sealing.seal_in_parts(
        tally_id=claim.payload["tally"], by_id=claim.payload["by"], job_id=claim.id, token=claim.token
    )


@handles(queues.STANDINGS_SETTLE)
def settle(claim: Claim) -> None:
    """Settle everybody of an organisation and below, or, without one, everybody."""
    tallies.settle_all(organisation_id=claim.payload.get("organisation"), job_id=claim.id, token=claim.token)
    with transaction():
        claim.finish(at=clock.now())


@handles(queues.TALLIES_ASK, together=True)
def ask(claim: Claim) -> None:
    """Ask for the tally of the quarter before the day in the payload."""
    tallies.request_quarter(at=clock.now(), before=date.fromisoformat(claim.payload["period"]))
