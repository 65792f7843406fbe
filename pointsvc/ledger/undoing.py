"""One step back: what somebody has just recorded is taken back without a question and without a reason to write."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import aliased

from pointsvc.db import among, db
from pointsvc.errors import N_, Conflict
from pointsvc.ledger.models import Entry
from pointsvc.ledger.reading import MISTAKEN
from pointsvc.ledger.writing import reverse_many
from pointsvc.people import reach
from pointsvc.permissions import Actor

# Later than this it is no slip of the hand any more, and wants a reason.
FOR = timedelta(hours=1)


def undo(*, actor: Actor, at: datetime, entry_ids: Collection[int]) -> int:
    """Take back those of these entries that the actor itself recorded by hand within the hour; how many.

    They stay to be seen like every reversed entry. Raises Conflict 'too_late' when there is none.
    """
    reversal = aliased(Entry)
    mine = db.session.scalars(
        select(Entry.id)
        .outerjoin(reversal, reversal.reverses_id == Entry.id)
        .where(among(Entry.id, entry_ids), reversal.id.is_(None), Entry.source.in_(("single", "batch")))
        .where(Entry.recorded_by_id == actor.sign_in_id, Entry.recorded_at > at - FOR)
        .where(Entry.branch_id.in_(reach.organisation_ids(actor)))
    ).all()
    if not mine:
        raise Conflict(N_("This can no longer be undone here; take the entry back with a reason"), code="too_late")
    return len(reverse_many(actor=actor, at=at, entry_ids=mine, reason=MISTAKEN))
