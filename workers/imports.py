"""Jobs of imports: read the file, then take it in, all of it in one transaction."""

from __future__ import annotations

from pointsvc import clock, queues
from pointsvc.db import db, transaction
from pointsvc.imports import carrying as imports
from pointsvc.process import without_collecting
from workers.base import Claim, handles


def _given_up(claim: Claim, message: str) -> None:
    imports.give_up(import_id=claim.payload["import"], at=clock.now())


@handles(queues.IMPORT_RUN, given_up=_given_up)
@without_collecting()
def run(claim: Claim) -> None:
    """Read one uploaded file and take it in; the effect and the job's end are one transaction."""
    import_id = claim.payload["import"]
    with transaction():
        claim.hold(at=clock.now(), doing=imports.DOING_READ)
        imports.start(import_id=import_id)
    prepared = imports.prepare(import_id=import_id, at=clock.now())
    db.session.rollback()
    with transaction():
        claim.hold(at=clock.now(), doing=imports.DOING_WRITE, size=prepared.rows, progress=prepared.rows // 2)
    with transaction():
        claim.hold(at=clock.now())
        imports.take(prepared=prepared, at=clock.now())
        claim.finish(at=clock.now())
