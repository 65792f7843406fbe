"""Jobs of audit: the reconciliation."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from pointsvc import clock, queues
from pointsvc.reconciling import reconcile
from workers.base import Claim, handles


@handles(queues.RECONCILE)
def run(claim: Claim) -> None:
    """Hold everything that is kept twice against each other."""
    reconcile(period=claim.payload["period"], hold=partial(_hold, claim), finish=partial(_finish, claim))


def _hold(claim: Claim, **progress: Any) -> None:
    claim.hold(at=clock.now(), **progress)


def _finish(claim: Claim, at: datetime) -> None:
    claim.finish(at=at)
