"""Two records of one person brought together, and taken apart again (docs/decisions/0018)."""

from __future__ import annotations

from datetime import datetime

from pointsvc.audit import service as audit
from pointsvc.db import LEDGER_LOCK, lock_writers
from pointsvc.errors import N_
from pointsvc.ledger import moving
from pointsvc.notices import service as notices
from pointsvc.people import carrying, leaders, merging
from pointsvc.people.models import MemberMerge
from pointsvc.permissions import Actor

TOLD_MERGED = N_("Record %(duplicate)s was merged into %(kept)s: one person had two records")
TOLD_UNDONE = N_("The merge of %(duplicate)s into %(kept)s was undone: they stand for themselves again")


def merge(*, actor: Actor, at: datetime, keep: str, duplicate: str, reason: str) -> MemberMerge:
    """Let the record ``keep`` stand for both: it gets what is the other's, with its accounts and number.

    What both have (hours of one day, a promise in the same words) counts once, and what tells how
    something was at the time stays with the record of the time (see ``people.carrying``).

    Done already, nothing more happens. Raises as ``people.merging.bring_together``.
    """
    # Nobody may be recording an entry for the duplicate meanwhile: it would stay behind.
    lock_writers(LEDGER_LOCK, exclusive=True)
    made, new = merging.bring_together(actor=actor, at=at, keep=keep, duplicate=duplicate, reason=reason)
    if new:
        carrying.move(made)
        made.entries = moving.move(actor=actor, at=at, merge=made)
        _tell(actor, at, made, "members:merge", TOLD_MERGED)
    return made


def undo(*, actor: Actor, at: datetime, merge_id: int) -> MemberMerge:
    """Let the two records stand for themselves again, each with what was its own.

    What was recorded for the kept one since stays with it, but the points of what goes back go with
    it; what was moved and taken back since stays taken back. Done already, nothing more happens. Raises NotFound.
    """
    lock_writers(LEDGER_LOCK, exclusive=True)
    found, new = merging.take_apart(actor=actor, at=at, merge_id=merge_id)
    if new:
        moving.move_back(actor=actor, at=at, merge=found)
        carrying.move_back(found)
        for other in merging.standing_into(found.kept_id):
            carrying.move(other)
            moving.move_freed(actor=actor, at=at, merge=other)
        _tell(actor, at, found, "members:part", TOLD_UNDONE)
    return found


def _tell(actor: Actor, at: datetime, found: MemberMerge, action: str, message: str) -> None:
    """Note it, and tell the secretaries of both branches."""
    row = merging.shown(found)
    audit.note(actor=actor, at=at, action=action, object_id=str(found.id), kept=row.kept, duplicate=row.duplicate)
    notices.send_soon(
        at=at,
        sign_in_ids=leaders.secretaries(merging.branches(found)),
        message=message,
        params={"kept": row.kept, "duplicate": row.duplicate},
        link=f"/members/{row.kept}",
        dedupe_prefix=f"{action}:{found.id}",
    )
