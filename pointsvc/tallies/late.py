"""Entries that came after a cutoff: they give ground to compute again, or are adjustments (补记).

A sealed tally stays as it is. What is recorded or taken back afterwards for a day that it covers
keeps its true day, counts in the next period's result, and is marked there.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Date, and_, case, func, literal, select
from sqlalchemy.orm import aliased

from pointsvc.db import among, db
from pointsvc.ledger.models import Entry
from pointsvc.schemes import periods
from pointsvc.schemes.models import Scheme
from pointsvc.tallies.models import Tally, TallyResult


def since_cutoff(tally: Tally) -> bool:
    """Whether anything was recorded or taken back after the cutoff for a member and a day of this tally."""
    cutoff = tally.cutoff_at
    # Whoever draws a cutoff waits for all who are recording, so ids and cutoffs have one order: the
    # newest known entry is found from the end of the ledger, however long the ledger is.
    known = select(Entry.id).where(Entry.recorded_at <= cutoff).order_by(Entry.id.desc()).limit(1).scalar_subquery()
    query = (
        select(Entry.id)
        .join(TallyResult, TallyResult.member_id == Entry.member_id)
        .join(Scheme, Scheme.id == TallyResult.scheme_id)
        .where(TallyResult.tally_id == tally.id, TallyResult.version == tally.version)
        .where(Entry.id > func.coalesce(known, 0), Entry.recorded_at > cutoff)
        .where(in_window(tally))
        .limit(1)
    )
    return db.session.scalar(query) is not None


def adjustments(member_id: int) -> set[int]:
    """The ids of the member's entries that were recorded after a sealed tally's cutoff for a day in it."""
    query = select(Entry.id).join(TallyResult, TallyResult.member_id == Entry.member_id)
    return set(db.session.scalars(query.join(Tally, _sealed()).where(Entry.member_id == member_id)).all())


def adjusted(tally: Tally, member_ids: Collection[int]) -> set[int]:
    """Those of these members whose result in this tally counts entries that an earlier sealed one missed."""
    own = aliased(TallyResult)
    query = (
        select(Entry.member_id)
        .join(own, own.member_id == Entry.member_id)
        .join(Scheme, Scheme.id == own.scheme_id)
        .join(TallyResult, TallyResult.member_id == Entry.member_id)
        .join(Tally, _sealed())
        .where(own.tally_id == tally.id, own.version == tally.version, among(own.member_id, member_ids))
        .where(Tally.through_on < tally.through_on, Entry.recorded_at <= tally.cutoff_at, in_window(tally))
    )
    return set(db.session.scalars(query.distinct()).all())


def in_window(tally: Tally) -> ColumnElement[bool]:
    """The condition on an entry's day to lie in what the tally counts by the sheet in Scheme: its cycle to date."""
    month = Scheme.document["cycle"]["starts_month"].as_integer()
    first = {start: literal(periods.cycle_start(tally.through_on, start), Date) for start in periods.STARTS}
    return Entry.occurred_on.between(case(first, value=month), tally.through_on)


def _sealed() -> ColumnElement[bool]:
    return and_(
        Tally.id == TallyResult.tally_id,
        Tally.version == TallyResult.version,
        Tally.status == "sealed",
        Entry.occurred_on <= Tally.through_on,
        Entry.recorded_at > Tally.cutoff_at,
    )
