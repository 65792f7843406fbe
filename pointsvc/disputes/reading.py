"""Objections as they are read: names for ids, what they are about, and what the reader may do with each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import aliased

from pointsvc.db import among, db
from pointsvc.disputes import lifecycle
from pointsvc.disputes.models import Dispute, DisputeEntry
from pointsvc.errors import Conflict, Forbidden, Message, NotFound
from pointsvc.ledger.models import Entry
from pointsvc.people import reach
from pointsvc.people.models import Member, Organisation, SignIn
from pointsvc.permissions import Actor, Permission, Role, allowed
from pointsvc.schemes import document as documents
from pointsvc.schemes import service as schemes
from pointsvc.schemes.models import Rule, Scheme
from pointsvc.tallies.models import Tally


@dataclass(frozen=True, slots=True)
class DisputeView:
    """An objection with names and codes for ids. The fields from ``rule`` on are those of its entry."""

    id: int
    member_id: int
    member: str
    name: str
    branch_id: int
    branch: str
    branch_name: str
    entry: int | None
    tally: int | None
    version: int | None
    period: str | None
    text: str
    how: str
    status: str
    raised_by: str
    raised_by_id: int | None
    raised_at: datetime
    reply_due_on: date
    reply: str | None
    decided_by: str | None
    decided_at: datetime | None
    rule: str | None
    points: Decimal | None
    occurred_on: date | None
    recorded_by: str | None
    recorded_by_id: int | None
    scheme_id: int | None
    digest: str | None

    @property
    def terms(self) -> dict[str, Any] | None:
        """The rule of the entry, as the sheet has it by which the entry was reckoned."""
        if self.scheme_id is None or self.digest is None or self.rule is None:
            return None
        found = documents.rule(schemes.document_of(self.scheme_id, self.digest), self.rule)
        return dict(found) if found else None


def dispute(*, actor: Actor, dispute_id: int) -> DisputeView:
    """One objection. Raises NotFound when there is none that concerns the actor."""
    row = db.session.execute(_views().where(Dispute.id == dispute_id, concerns(actor))).first()
    if row is None:
        raise NotFound()
    return DisputeView(*row)


def disputes(
    *,
    actor: Actor,
    status: str | None = None,
    tally_id: int | None = None,
    limit: int = 50,
    before_id: int | None = None,
) -> Sequence[DisputeView]:
    """The objections that concern the actor, the latest first, from below ``before_id`` on."""
    query = _views().where(concerns(actor)).order_by(Dispute.id.desc()).limit(limit)
    if status is not None:
        query = query.where(Dispute.status == status)
    if tally_id is not None:
        query = query.where(Dispute.tally_id == tally_id)
    if before_id is not None:
        query = query.where(Dispute.id < before_id)
    return [DisputeView(*row) for row in db.session.execute(query)]


def outcomes(dispute_ids: Collection[int]) -> dict[int, tuple[list[int], list[int]]]:
    """By objection: the entries that take something back for it, and those that were recorded instead."""
    rows = db.session.execute(
        select(DisputeEntry.dispute_id, Entry.id, Entry.reverses_id)
        .join(Entry, Entry.id == DisputeEntry.entry_id)
        .where(among(DisputeEntry.dispute_id, dispute_ids))
        .order_by(Entry.id)
    )
    found: dict[int, tuple[list[int], list[int]]] = {}
    for row in rows:
        found.setdefault(row.dispute_id, ([], []))[row.reverses_id is None].append(row.id)
    return found


def waiting_for(actor: Actor) -> tuple[int, date | None]:
    """How many objections in the actor's reach it may decide, and when the first reply is due."""
    mine = (Dispute.status == "open", Dispute.branch_id.in_(reach.organisation_ids(actor)))
    query = select(func.count(), func.min(Dispute.reply_due_on)).where(*mine)
    query = query.where(Dispute.raised_by_id.is_distinct_from(actor.sign_in_id))
    if actor.member_id is not None:
        query = query.where(Dispute.member_id != actor.member_id)
    count, first = db.session.execute(query).one()
    return count, first


def concerns(actor: Actor) -> ColumnElement[bool]:
    """The condition on Dispute (joined with Member) that the actor may read it."""
    if actor.is_system:
        return true()
    own = Dispute.member_id == actor.member_id
    if actor.role == Role.MEMBER:
        return own
    return or_(Dispute.branch_id.in_(reach.organisation_ids(actor)), reach.visible(actor), own)


def rights(actor: Actor, views: Collection[DisputeView]) -> dict[int, list[str]]:
    """What the actor may do with each of these objections, by its id."""
    ids = {view.branch_id for view in views}
    query = select(Organisation.id).where(among(Organisation.id, ids))
    here = set(db.session.scalars(query.where(Organisation.id.in_(reach.organisation_ids(actor)))))
    return {
        view.id: [act for act in lifecycle.ACTS if hindrance(actor, view, act, here=view.branch_id in here) is None]
        for view in views
    }


def hindrance(actor: Actor, found: DisputeView, act: str, *, here: bool) -> Message | None:
    """Why the actor cannot do this to the objection now, if so; ``here``: its branch is within reach."""
    need = Permission.DISPUTES_RAISE if act == lifecycle.WITHDRAW else Permission.DISPUTES_DECIDE
    if not allowed(actor, need):
        return Message(Forbidden.title)
    try:
        lifecycle.after(found.status, act)
        lifecycle.check_actor(
            act,
            actor,
            member_id=found.member_id,
            raised_by_id=found.raised_by_id,
            recorded_by_id=found.recorded_by_id,
        )
    except (Conflict, Forbidden) as refusal:
        return refusal.detail
    return None if here or act == lifecycle.WITHDRAW else Message(lifecycle.ELSEWHERE)


@cache
def _views() -> Any:
    # Built once: with its joins it costs more to build than to run.
    raised, decided, recorded = aliased(SignIn), aliased(SignIn), aliased(SignIn)
    return (
        select(
            Dispute.id,
            Dispute.member_id,
            Member.number,
            Member.name,
            Dispute.branch_id,
            Organisation.code,
            Organisation.name,
            Dispute.entry_id,
            Dispute.tally_id,
            Dispute.version,
            Tally.period,
            Dispute.text,
            Dispute.how,
            Dispute.status,
            func.coalesce(raised.name, "system"),
            Dispute.raised_by_id,
            Dispute.raised_at,
            Dispute.reply_due_on,
            Dispute.reply,
            decided.name,
            Dispute.decided_at,
            Rule.code,
            Entry.points,
            Entry.occurred_on,
            func.coalesce(recorded.name, "system"),
            Entry.recorded_by_id,
            Entry.scheme_id,
            Scheme.digest,
        )
        .join(Member, Member.id == Dispute.member_id)
        .join(Organisation, Organisation.id == Dispute.branch_id)
        .outerjoin(Tally, Tally.id == Dispute.tally_id)
        .outerjoin(Entry, Entry.id == Dispute.entry_id)
        .outerjoin(Rule, Rule.id == Entry.rule_id)
        .outerjoin(Scheme, Scheme.id == Entry.scheme_id)
        .outerjoin(raised, raised.id == Dispute.raised_by_id)
        .outerjoin(decided, decided.id == Dispute.decided_by_id)
        .outerjoin(recorded, recorded.id == Entry.recorded_by_id)
    )
