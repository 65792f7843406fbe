"""A real worker with a short lease and slow jobs, so that it can be killed in the middle of one.

Its nightly job counts: each step is a transaction of its own that renews the claim, notes the step
and says how far it is; a later worker goes on where the steps end. Its tallies are real ones in
small chunks, with a rest before each; a message to the outside is tried again after two seconds.
"""

from __future__ import annotations

import sys
import threading
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from pointsvc import clock, queues
from pointsvc.audit.models import AuditEvent
from pointsvc.db import db, transaction
from pointsvc.notices import lifecycle, outgoing
from pointsvc.permissions import SYSTEM
from pointsvc.tallies import computing
from workers import base, run

queues.LEASE = timedelta(seconds=1.5)
lifecycle.DELAYS = (timedelta(seconds=2),) * len(lifecycle.DELAYS)
outgoing.REST = timedelta(seconds=0.5)
STEP_SECONDS = 0.05


def count(claim: base.Claim) -> None:
    """Note as many steps as the payload asks for."""
    steps, mark = claim.payload.get("steps", 0), f"{claim.id}"
    done = 0
    while done < steps:
        with transaction():
            done = db.session.scalar(select(func.count()).where(AuditEvent.object_id == mark)) or 0
            claim.hold(at=clock.now(), progress=done, size=steps)
            if done < steps:
                details = {"step": done}
                event = AuditEvent(
                    at=clock.now(), actor=SYSTEM.kind, action="test:step", object_id=mark, details=details
                )
                db.session.add(event)
        threading.Event().wait(STEP_SECONDS)
    with transaction():
        claim.finish(at=clock.now())


def reckon_slowly(*args: Any, **kwargs: Any) -> None:
    """A chunk of a tally, a little later."""
    threading.Event().wait(STEP_SECONDS)
    reckon(*args, **kwargs)


reckon = computing.reckon
computing.reckon = reckon_slowly
computing.CHUNK = {"sqlite": 40, "postgresql": 40}


if __name__ == "__main__":
    base.registry.pop(queues.CLEAN_UP, None)
    base.handles(queues.CLEAN_UP)(count)
    run.main(poll="--poll" in sys.argv)
