"""Quiet hints for whoever reviews. They refuse nothing: two people may well have done one thing together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from pointsvc.db import among, db
from pointsvc.declarations.models import Declaration
from pointsvc.declarations.reading import View, visible
from pointsvc.evidence import service as evidence
from pointsvc.ledger.models import Entry
from pointsvc.people.models import Member
from pointsvc.permissions import Actor
from pointsvc.schemes.models import Rule

KIND = "declaration"


@dataclass(frozen=True, slots=True)
class Twin:
    """Another declaration with the same photo. Without a name when the actor may not see it."""

    id: int | None
    member_name: str | None


def twins(actor: Actor, views: Sequence[View]) -> dict[int, list[Twin]]:
    """For each of these declarations the others that show one of its photos; withdrawn ones do not count."""
    shared = evidence.same(owner_kind=KIND, owner_ids=[view.id for view in views])
    others = {number for several in shared.values() for number in several}
    known = _named(actor, others)
    found: dict[int, list[Twin]] = {}
    for declaration_id, several in shared.items():
        twin = [known[number] for number in sorted(several) if number in known]
        if twin:
            found[declaration_id] = twin
    return found


def _named(actor: Actor, ids: Collection[int]) -> dict[int, Twin]:
    rows = db.session.execute(
        select(Declaration.id, Member.name, visible(actor).label("seen"))
        .join(Member, Member.id == Declaration.member_id)
        .where(among(Declaration.id, ids), Declaration.status != "withdrawn")
    )
    return {row.id: Twin(row.id, row.name) if row.seen else Twin(None, None) for row in rows}


def recorded(views: Sequence[View]) -> dict[int, int]:
    """For each of these declarations how many other entries stand for the same member, rule and day."""
    later = aliased(Entry)
    rows = db.session.execute(
        select(Declaration.id, func.count(Entry.id).label("entries"))
        .join(Rule, Rule.code == Declaration.rule)
        .join(
            Entry,
            and_(
                Entry.member_id == Declaration.member_id,
                Entry.rule_id == Rule.id,
                Entry.occurred_on == Declaration.occurred_on,
                Entry.reverses_id.is_(None),
                Entry.id.is_distinct_from(Declaration.entry_id),
            ),
        )
        .outerjoin(later, later.reverses_id == Entry.id)
        .where(among(Declaration.id, [view.id for view in views]), later.id.is_(None))
        .group_by(Declaration.id)
    )
    return {row.id: row.entries for row in rows}
