"""Making an archive, for a worker: into a temporary file, then into the database in pieces.

Each step checks that the job is still its own. Killed anywhere it is begun again: what was left is
removed first, and only the last transaction lets the archive be fetched.
"""

from __future__ import annotations

import hashlib
import tempfile
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import delete, insert, update

from pointsvc import clock, queues
from pointsvc.db import db, transaction
from pointsvc.errors import N_
from pointsvc.exports import archive
from pointsvc.exports.models import Export, ExportPiece
from pointsvc.notices import service as notices
from pointsvc.people.models import Organisation

KEPT = timedelta(days=7)
PIECE = 1 << 20
WRITING, KEEPING = N_("Writing the archive"), N_("Keeping the archive")
READY = N_("The archive of %(organisation)s is ready; it is kept for %(days)s days")


def make(*, export_id: int, job_id: int, token: int) -> None:
    """Make the archive and let it be fetched. Raises Fenced. Outside of any transaction; opens its own."""
    hold = partial(_hold, job_id, token)
    with transaction():
        hold(doing=WRITING)
        row = db.session.get_one(Export, export_id, populate_existing=True)
        row.status = "running"
        organisation_id = row.organisation_id
        db.session.execute(delete(ExportPiece).where(ExportPiece.export_id == export_id))
    with tempfile.TemporaryDirectory(prefix="pointsvc-export-") as folder:
        path = Path(folder) / "archive.zip"
        counts = archive.write(path, organisation_id=organisation_id, at=clock.now(), pause=partial(_pause, hold))
        size, digest = _keep(path, export_id, hold)
    with transaction():
        at = clock.now()
        queues.finish(job_id=job_id, token=token, at=at)
        row = db.session.get_one(Export, export_id, populate_existing=True)
        row.status, row.done_at, row.expires_at = "done", at, at + KEPT
        row.size, row.sha256, row.counts = size, digest, counts
        _tell(row)


def give_up(*, export_id: int) -> None:
    """Say that the archive could not be made."""
    db.session.execute(update(Export).where(Export.id == export_id).values(status="failed"))


def _hold(job_id: int, token: int, doing: str, progress: int = 0, size: int = 0) -> None:
    queues.hold(job_id=job_id, token=token, at=clock.now(), doing=doing, progress=progress, size=size)


def _pause(hold: partial[None]) -> None:
    with transaction():
        hold(doing=WRITING)


def _keep(path: Path, export_id: int, hold: partial[None]) -> tuple[int, str]:
    """Put the file into the database piece by piece; its size and digest."""
    whole, digest = path.stat().st_size, hashlib.sha256()
    total = -(-whole // PIECE)
    with path.open("rb") as file:
        for number in range(total):
            content = file.read(PIECE)
            digest.update(content)
            with transaction():
                hold(doing=KEEPING, progress=number, size=total)
                # Not as an object: the session would hold every piece until the end.
                values = {"export_id": export_id, "number": number, "content": content}
                db.session.execute(insert(ExportPiece).values(values))
    return whole, digest.hexdigest()


def _tell(row: Export) -> None:
    if row.created_by_id is None:
        return
    owner = db.session.get_one(Organisation, row.organisation_id)
    notices.send_soon(
        at=clock.now(),
        sign_in_ids=[row.created_by_id],
        message=READY,
        params={"organisation": owner.name, "days": KEPT.days},
        link=f"/exports/{row.id}",
        dedupe_prefix=f"export:{row.id}",
    )
