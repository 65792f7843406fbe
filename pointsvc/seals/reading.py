"""Entries with codes for ids, as their leaves say them; seals as they are shown."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import BigInteger, Select, select, type_coerce

from pointsvc.db import among, db
from pointsvc.ledger.models import Entry
from pointsvc.people.models import Member, Organisation
from pointsvc.schemes.models import Rule, Scheme
from pointsvc.seals.models import Seal


def entries() -> Select[*tuple[Any, ...]]:
    """All entries; ``texts.of_entry`` takes such a row."""
    return (
        select(
            Entry.id,
            Entry.member_id,
            Member.number.label("member"),
            Organisation.code.label("branch"),
            Rule.code.label("rule"),
            Scheme.digest.label("scheme"),
            type_coerce(Entry.points, BigInteger).label("points"),
            type_coerce(Entry.quantity, BigInteger).label("quantity"),
            Entry.tier,
            Entry.matter,
            Entry.note,
            Entry.occurred_on,
            Entry.recorded_at,
            Entry.recorded_by_id,
            Entry.source,
            Entry.reverses_id,
        )
        .join(Member, Member.id == Entry.member_id)
        .join(Organisation, Organisation.id == Entry.branch_id)
        .join(Rule, Rule.id == Entry.rule_id)
        .join(Scheme, Scheme.id == Entry.scheme_id)
    )


def entries_by_id(ids: Collection[int]) -> dict[int, Any]:
    """These entries, by id; those that are not there are left out."""
    return {row.id: row for row in db.session.execute(entries().where(among(Entry.id, ids)))}


def of_tallies(tally_ids: Collection[int]) -> dict[int, Seal]:
    """The seals of those of these tallies that are sealed, by tally id."""
    rows = db.session.scalars(select(Seal).where(Seal.tally_id.in_(tally_ids)))
    return {row.tally_id: row for row in rows}


def newest() -> Seal | None:
    """The last seal of the chain."""
    return db.session.scalar(select(Seal).order_by(Seal.n.desc()).limit(1))
