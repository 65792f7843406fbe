"""Objections seen from a tally: which of them concern it, and which tallies an upheld one leaves to be corrected."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from pointsvc.db import among, db
from pointsvc.disputes.models import Dispute, DisputeEntry
from pointsvc.ledger.models import Entry
from pointsvc.ledger.service import disputed_among
from pointsvc.people import reach
from pointsvc.permissions import Actor
from pointsvc.schemes import periods
from pointsvc.schemes.models import Scheme
from pointsvc.tallies import late
from pointsvc.tallies.models import Tally, TallyResult
from pointsvc.tallies.objections import Objections, disputed_in, objections_of


@disputed_among
def disputed_entries(entry_ids: Collection[int]) -> set[int]:
    """Those of these entries to which an objection waits for a reply."""
    query = select(Dispute.entry_id).where(Dispute.status == "open", among(Dispute.entry_id, entry_ids))
    return {entry_id for entry_id in db.session.scalars(query) if entry_id is not None}


@disputed_in
def disputed_members(tally: Tally, member_ids: Collection[int]) -> set[int]:
    """Those of these members who object to their result in the tally, or to an entry in its window."""
    query = _concerning(tally, Dispute.member_id).where(Dispute.status == "open", among(Dispute.member_id, member_ids))
    return set(db.session.scalars(query.distinct()))


@objections_of
def objections(tally: Tally) -> Objections:
    """How many objections to the tally wait, and how many were upheld since its cutoff."""
    upheld = and_(Dispute.status == "upheld", Dispute.decided_at > tally.cutoff_at)
    changed = select(DisputeEntry.entry_id).where(DisputeEntry.dispute_id == Dispute.id).exists()
    counts = (
        func.count(case((Dispute.status == "open", 1))),
        func.count(case((upheld, 1))),
        func.count(case((and_(upheld, changed), 1))),
    )
    return Objections(
        *db.session.execute(_concerning(tally, *counts).where(or_(Dispute.status == "open", upheld))).one()
    )


def _concerning(tally: Tally, *columns: Any) -> Select[*tuple[Any, ...]]:
    """These columns of the objections to a result in the tally, or to an entry in the window of one."""
    result = and_(
        TallyResult.tally_id == tally.id,
        TallyResult.version == tally.version,
        TallyResult.member_id == Dispute.member_id,
    )
    counted = and_(TallyResult.member_id.is_not(None), late.in_window(tally))
    return (
        select(*columns)
        .select_from(Dispute)
        .outerjoin(Entry, Entry.id == Dispute.entry_id)
        .outerjoin(TallyResult, result)
        .outerjoin(Scheme, Scheme.id == TallyResult.scheme_id)
        .where(or_(Dispute.tally_id == tally.id, counted))
    )


@dataclass(frozen=True)
class Due:
    """A publicised tally that an upheld objection has left to be computed and publicised again."""

    tally_id: int
    organisation_id: int
    period: str


def corrections_for(actor: Actor) -> Sequence[Due]:
    """Those of the tallies to be corrected whose organisation the actor reaches."""
    return corrections(Tally.organisation_id.in_(reach.organisation_ids(actor)))


def corrections(*conditions: ColumnElement[bool]) -> Sequence[Due]:
    """The publicised tallies in whose window an upheld objection changed entries since their cutoff.

    ``conditions`` are on Dispute or Tally.
    """
    rows = db.session.execute(
        select(
            Tally.id,
            Tally.organisation_id,
            Tally.period,
            Tally.through_on,
            Entry.occurred_on,
            Scheme.document["cycle"]["starts_month"].as_integer().label("month"),
        )
        .select_from(Dispute)
        .join(DisputeEntry, DisputeEntry.dispute_id == Dispute.id)
        .join(Entry, Entry.id == DisputeEntry.entry_id)
        .join(TallyResult, TallyResult.member_id == Dispute.member_id)
        .join(Tally, and_(Tally.id == TallyResult.tally_id, Tally.version == TallyResult.version))
        .join(Scheme, Scheme.id == TallyResult.scheme_id)
        .where(Dispute.status == "upheld", Tally.status == "publicised", Dispute.decided_at > Tally.cutoff_at)
        .where(*conditions)
        .order_by(Tally.id)
    )
    found = [
        Due(row.id, row.organisation_id, row.period)
        for row in rows
        if periods.cycle_start(row.through_on, row.month) <= row.occurred_on <= row.through_on
    ]
    return list(dict.fromkeys(found))
