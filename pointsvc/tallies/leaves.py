"""The leaves of a tally: of its results, and of the entries that its seal covers.

Which entries: all of the members in the results, wherever and for whatever day they were recorded, up
to the tally's cutoff, that no seal covers yet. They are found by looking for those without a leaf,
never by 'after the last one': entries come into the ledger in another order than their numbers.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import BigInteger, Select, and_, exists, func, select, type_coerce

from pointsvc.db import among, db, on_postgresql
from pointsvc.ledger.models import Entry
from pointsvc.people.models import Member, Organisation
from pointsvc.schemes.models import Scheme
from pointsvc.seals import planting, reading, texts
from pointsvc.seals.models import ENTRY, OF_NO_VERSION, RESULT, SealLeaf
from pointsvc.seals.planting import Bed, Leaf
from pointsvc.tallies.models import Tally, TallyResult

# Members whose entries are planted in one transaction. On SQLite nobody else writes meanwhile.
CHUNK = {"postgresql": 500, "sqlite": 50}


def bed_of_results(tally_id: int, version: int) -> Bed:
    """Where the tree over a version's results stands."""
    return Bed(RESULT, tally_id, version)


def bed_of_entries(tally_id: int) -> Bed:
    """Where the tree over the entries of a tally's seal stands."""
    return Bed(ENTRY, tally_id, OF_NO_VERSION)


# ---- results


def head(tally: Tally, version: int, size: int) -> dict[str, Any]:
    """What all leaves of a version's results say alike; ``size``: how many there are."""
    owner = db.session.get_one(Organisation, tally.organisation_id)
    return {"organisation": owner.code, "period": tally.period, "version": version, "of": size}


def results(tally_id: int, version: int) -> Select[*tuple[Any, ...]]:
    """The results of a version; ``texts.of_result`` takes such a row."""
    return (
        select(
            TallyResult.member_id,
            Member.number.label("member"),
            Organisation.code.label("branch"),
            Scheme.digest.label("scheme"),
            TallyResult.category,
            _whole(TallyResult.raw),
            _whole(TallyResult.base),
            _whole(TallyResult.carried),
            TallyResult.rules,
            TallyResult.groups,
            _whole(TallyResult.total),
            TallyResult.grade,
            TallyResult.veto,
        )
        .join(Member, Member.id == TallyResult.member_id)
        .join(Organisation, Organisation.id == TallyResult.branch_id)
        .join(Scheme, Scheme.id == TallyResult.scheme_id)
        .where(TallyResult.tally_id == tally_id, TallyResult.version == version)
    )


def _whole(points: Any) -> Any:
    return type_coerce(points, BigInteger).label(points.key)


def of_results(tally: Tally, version: int) -> Iterator[Leaf]:
    own = (TallyResult.tally_id == tally.id, TallyResult.version == version)
    size = db.session.scalar(select(func.count()).select_from(TallyResult).where(*own)) or 0
    common = head(tally, version, size)
    rows = db.session.execute(
        results(tally.id, version).order_by(TallyResult.member_id).execution_options(yield_per=1000)
    )
    for place, row in enumerate(rows):
        salt = os.urandom(texts.SALT)
        yield Leaf(row.member_id, salt, texts.of_result(row, common, place, salt))


def results_by_member(tally_id: int, version: int, member_ids: Collection[int]) -> dict[int, Any]:
    """The results of these members, by member id; those that are not there are left out."""
    query = results(tally_id, version).where(among(TallyResult.member_id, member_ids))
    return {row.member_id: row for row in db.session.execute(query)}


# ---- entries


def unsealed(tally: Tally) -> Any:
    """The condition on Entry that the tally's seal must cover it and none does yet."""
    covered = exists().where(SealLeaf.kind == ENTRY, SealLeaf.ref_id == Entry.id)
    return and_(Entry.recorded_at <= tally.cutoff_at, ~covered)


def of_its_members(tally: Tally) -> Any:
    """The condition that joins the tally's results to the entries of their members."""
    own = (TallyResult.tally_id == tally.id, TallyResult.version == tally.version)
    return and_(*own, TallyResult.member_id == Entry.member_id)


def unsealed_count(tally: Tally, most: int) -> int:
    """How many entries the tally's seal still has to cover, counted up to ``most``."""
    some = select(Entry.id).join(TallyResult, of_its_members(tally)).where(unsealed(tally)).limit(most)
    return db.session.scalar(select(func.count()).select_from(some.subquery())) or 0


def sow_entries(tally: Tally, after: int) -> int | None:
    """Plant the entries of the next members behind the one with the id ``after``; the last one's id."""
    own = (TallyResult.tally_id == tally.id, TallyResult.version == tally.version)
    some = select(TallyResult.member_id).where(*own, TallyResult.member_id > after).order_by(TallyResult.member_id)
    members = db.session.scalars(some.limit(chunk())).all()
    if not members:
        return None
    rows = db.session.execute(
        reading.entries()
        .join(TallyResult, of_its_members(tally))
        .where(TallyResult.member_id.between(members[0], members[-1]), unsealed(tally))
        .order_by(Entry.member_id, Entry.id)
    ).all()
    bed = bed_of_entries(tally.id)
    place = planting.sown(bed)
    planting.sow(bed, _entry_leaves(rows, place), place)
    return members[-1]


def _entry_leaves(rows: Sequence[Any], first: int) -> Iterator[Leaf]:
    for place, row in enumerate(rows, first):
        salt = os.urandom(texts.SALT)
        words = texts.hidden(row, os.urandom(texts.SALT))
        yield Leaf(row.id, salt, texts.of_entry(row, place, salt, words), words)


def chunk() -> int:
    """Members of one part."""
    return CHUNK["postgresql" if on_postgresql() else "sqlite"]
