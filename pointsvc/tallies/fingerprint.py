"""The fingerprint of a publicised list: the root of the tree over its results, made when it is publicised."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from pointsvc.audit import service as audit
from pointsvc.db import db
from pointsvc.permissions import Actor
from pointsvc.seals import planting
from pointsvc.tallies import leaves
from pointsvc.tallies.models import Tally


def plant(*, actor: Actor, at: datetime, tally: Tally, version: int) -> tuple[str, int]:
    """The root of the tree over this version's results, and of how many; planted once, then kept.

    From then on the database refuses to change these results.
    """
    # Of two who plant at once, the second waits here and then finds the tree.
    db.session.execute(select(Tally.id).where(Tally.id == tally.id).with_for_update())
    bed = leaves.bed_of_results(tally.id, version)
    tree = planting.tree(bed)
    if tree is None:
        planting.sow(bed, leaves.of_results(tally, version), 0)
        tree = planting.grow(bed, at)
        audit.note(actor=actor, at=at, action="tally:plant", object_id=str(tally.id), version=version, root=tree.root)
    return tree.root, tree.size
