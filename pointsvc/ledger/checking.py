"""Proving the ledger against itself, for ``pointsvc verify``."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from pointsvc.db import db
from pointsvc.errors import N_, Message
from pointsvc.ledger.models import Entry
from pointsvc.people import merged


def faults() -> Iterator[Message]:
    """Each reversal that is not the exact opposite of what it takes back, or takes back a reversal; and
    each entry that counts for a record which was merged into another.
    """
    yield from _reversal_faults()
    yield from _merge_faults()


def _merge_faults() -> Iterator[Message]:
    later = aliased(Entry)
    live = ~select(later.id).where(later.reverses_id == Entry.id).exists()
    query = select(Entry.id).where(Entry.member_id.in_(merged.duplicates()), Entry.reverses_id.is_(None), live)
    for entry in db.session.scalars(query.order_by(Entry.id)):
        yield Message(N_("Entry %(entry)s counts for a record that was merged into another"), entry=entry)


def _reversal_faults() -> Iterator[Message]:
    taken_back = aliased(Entry)
    unequal = or_(
        Entry.points != -taken_back.points,
        Entry.member_id != taken_back.member_id,
        Entry.rule_id != taken_back.rule_id,
        Entry.branch_id != taken_back.branch_id,
        Entry.scheme_id != taken_back.scheme_id,
        Entry.occurred_on != taken_back.occurred_on,
        taken_back.reverses_id.is_not(None),
        Entry.recorded_at < taken_back.recorded_at,
    )
    query = select(Entry.id, taken_back.id).join(taken_back, taken_back.id == Entry.reverses_id).where(unequal)
    for reversal, entry in db.session.execute(query.order_by(Entry.id)).all():
        yield Message(
            N_("Entry %(reversal)s takes back entry %(entry)s but is not its opposite"), reversal=reversal, entry=entry
        )
