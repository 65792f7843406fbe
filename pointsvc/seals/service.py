"""Verbs of seals: press one onto two trees, and read which there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pointsvc.db import db
from pointsvc.seals import texts
from pointsvc.seals.models import Seal, SealTree
from pointsvc.seals.reading import newest, of_tallies

__all__ = ["of_tallies", "press"]


def press(
    *,
    at: datetime,
    by_id: int | None,
    organisation: str,
    period: str,
    cutoff_at: datetime,
    schemes: Sequence[str],
    entries: SealTree,
    results: SealTree,
) -> Seal:
    """Add the next seal of the chain over these two trees. The caller holds the ledger's lock."""
    before = newest()
    seal = Seal(
        n=before.n + 1 if before else 1,
        tally_id=results.tally_id,
        organisation=organisation,
        period=period,
        version=results.version,
        schemes=sorted(schemes),
        cutoff_at=cutoff_at,
        entries_size=entries.size,
        entries_root=entries.root,
        results_size=results.size,
        results_root=results.root,
        previous=before.chain if before else texts.FIRST,
        sealed_at=at,
        sealed_by_id=by_id,
    )
    seal.chain = texts.chain(seal)
    db.session.add(seal)
    db.session.flush()
    return seal
