"""Entries as they are read: codes and names for ids, and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Integer, bindparam, func, select
from sqlalchemy.orm import aliased

from pointsvc.db import among, db
from pointsvc.errors import N_, NotFound
from pointsvc.ledger.models import Entry
from pointsvc.people import reach
from pointsvc.people.models import Member, SignIn
from pointsvc.permissions import Actor
from pointsvc.prepared import Prepared
from pointsvc.schemes import document as documents
from pointsvc.schemes import service as schemes
from pointsvc.schemes.models import Rule, Scheme

# The service's own reason for a reversal. It is kept in English and shown in the reader's language.
MARK_CHANGED = N_("The mark at the meeting was changed")
# No id is as large.
_BEYOND = 2**62
TWICE = N_("The same deed was recorded twice")
MISTAKEN = N_("Recorded by mistake and undone at once")


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry with codes and names for ids. ``digest`` is that of the rule sheet it was reckoned by.

    ``disputed``: an objection to it waits for a reply; it counts all the same.
    """

    id: int
    member: str
    rule: str
    points: Decimal
    occurred_on: date
    recorded_at: datetime
    recorded_by: str
    quantity: Decimal
    tier: str | None
    matter: str | None
    note: str | None
    source: str
    branch_id: int
    scheme_id: int
    digest: str
    reverses: int | None = None
    reversed_by: int | None = None
    disputed: bool = False

    @property
    def status(self) -> str:
        """``reversal``, ``reversed`` or ``recorded``."""
        if self.reverses is not None:
            return "reversal"
        return "recorded" if self.reversed_by is None else "reversed"

    @property
    def rule_name(self) -> str:
        """The rule's name in the sheet by which the entry was reckoned."""
        found = documents.rule(schemes.document_of(self.scheme_id, self.digest), self.rule)
        return str(found["name"]) if found else self.rule


Disputed = Callable[[Collection[int]], set[int]]
_disputed: list[Disputed] = []


def disputed_among(disputed: Disputed) -> Disputed:
    """Register who knows which of these entries (by id) are under an objection."""
    _disputed.append(disputed)
    return disputed


def disputed(entry_ids: Collection[int]) -> set[int]:
    """Those of these entries to which an objection waits for a reply."""
    return set[int]().union(*(one(entry_ids) for one in _disputed)) if entry_ids else set()


def entry(*, actor: Actor, entry_id: int) -> EntryView:
    """One entry. Raises NotFound when there is none within reach."""
    row = db.session.execute(_views().where(Entry.id == entry_id, reach.visible(actor))).first()
    if row is None:
        raise NotFound()
    return _marked([EntryView(*row)])[0]


def entries(
    *,
    actor: Actor,
    member: str,
    limit: int = 50,
    after: int | None = None,
    since: date | None = None,
    until: date | None = None,
    rule: str | None = None,
) -> list[EntryView]:
    """The member's entries, the newest recorded first, from below the id ``after`` on. Raises NotFound.

    Only those of the days from ``since`` to ``until`` and by the ``rule`` with this code, where given.
    """
    member_id = reach.asked_by_number(actor, member, _known).id
    below = _BEYOND if after is None else after
    if since is None and until is None and rule is None:
        rows = _newest.rows(member_id=member_id, below=below, most=limit)
        return _marked([EntryView(*row) for row in rows])
    query = _views().where(Entry.member_id == member_id, Entry.id < below).order_by(Entry.id.desc()).limit(limit)
    if since is not None:
        query = query.where(Entry.occurred_on >= since)
    if until is not None:
        query = query.where(Entry.occurred_on <= until)
    if rule is not None:
        # By the entry's own column, so that the index of member, rule and day leads straight there.
        query = query.where(Entry.rule_id == select(Rule.id).where(Rule.code == rule).scalar_subquery())
    return _marked([EntryView(*row) for row in db.session.execute(query)])


@reach.by_number
def _known() -> Any:
    return select(Member.id)


@Prepared
def _newest(dialect: str) -> Any:
    of_member = (Entry.member_id == bindparam("member_id"), Entry.id < bindparam("below"))
    return _views().where(*of_member).order_by(Entry.id.desc()).limit(bindparam("most", type_=Integer))


def _marked(views: list[EntryView]) -> list[EntryView]:
    contested = disputed([view.id for view in views])
    return [replace(view, disputed=True) if view.id in contested else view for view in views] if contested else views


def entries_by_id(ids: Collection[int]) -> dict[int, EntryView]:
    """These entries by id; the caller has seen to it that they may be read."""
    return {row[0]: EntryView(*row) for row in db.session.execute(_views().where(among(Entry.id, ids)))}


@cache
def _views() -> Any:
    # Built once: with its joins it costs more to build than to run.
    later = aliased(Entry)
    return (
        select(
            Entry.id,
            Member.number,
            Rule.code,
            Entry.points,
            Entry.occurred_on,
            Entry.recorded_at,
            func.coalesce(SignIn.name, "system"),
            Entry.quantity,
            Entry.tier,
            Entry.matter,
            Entry.note,
            Entry.source,
            Entry.branch_id,
            Entry.scheme_id,
            Scheme.digest,
            Entry.reverses_id,
            later.id,
        )
        .join(Member, Member.id == Entry.member_id)
        .join(Rule, Rule.id == Entry.rule_id)
        .join(Scheme, Scheme.id == Entry.scheme_id)
        .outerjoin(SignIn, SignIn.id == Entry.recorded_by_id)
        .outerjoin(later, later.reverses_id == Entry.id)
    )
