"""Declarations as they are read: names for ids, what became of each, and who stands how to it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, func, or_, select, true
from sqlalchemy.orm import aliased

from pointsvc.db import among, db
from pointsvc.declarations import reviewers, sheetcode
from pointsvc.declarations.lifecycle import Standing, may
from pointsvc.declarations.models import Declaration, DeclarationChange
from pointsvc.errors import N_, Message, NotFound
from pointsvc.ledger.models import Entry
from pointsvc.people import reach
from pointsvc.people.models import Member, Organisation, SignIn
from pointsvc.permissions import Actor, Permission, Role, allowed
from pointsvc.schemes import document as documents
from pointsvc.schemes import service as schemes
from pointsvc.schemes.models import Scheme


@dataclass(frozen=True, slots=True)
class View:
    """A declaration with codes and names for ids. ``reversed_by``: the entry that took its points back."""

    id: int
    member_id: int
    member: str
    member_name: str
    branch_id: int
    branch: str
    branch_name: str
    rule: str
    occurred_on: date
    quantity: Decimal
    tier: str | None
    points: Decimal
    matter: str | None
    note: str | None
    status: str
    proxy: bool
    declared_by_id: int | None
    declared_by: str
    created_at: datetime
    sent_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    entry: int | None
    reversed_by: int | None
    sheet_id: int | None
    line: int | None
    scheme_id: int
    digest: str

    @property
    def sheet(self) -> str | None:
        """The code of the sheet of paper that it was typed in from."""
        return None if self.sheet_id is None else sheetcode.code(self.sheet_id)

    @property
    def item(self) -> Any:
        """The rule, as the sheet has it by which it was weighed last."""
        known = documents.rule(schemes.document_of(self.scheme_id, self.digest), self.rule)
        return known or {"code": self.rule, "name": self.rule}

    @property
    def tier_name(self) -> str | None:
        """The name of its level."""
        return next((tier["name"] for tier in self.item.get("tiers", ()) if tier["code"] == self.tier), self.tier)


def standing(actor: Actor, item: View | Declaration) -> Standing:
    """How the actor stands to a declaration that the actor may see."""
    return Standing(
        reviews=allowed(actor, Permission.DECLARATIONS_REVIEW),
        own=actor.member_id is not None and actor.member_id == item.member_id,
        declared=actor.sign_in_id is not None and actor.sign_in_id == item.declared_by_id,
    )


def open_to(actor: Actor, item: View | Declaration) -> set[str]:
    """The steps that the actor may take with it now."""
    stands = standing(actor, item)
    return {step for step in ("approve", "return", "withdraw", "resend", "attach") if may(step, item.status, stands)}


def visible(actor: Actor) -> ColumnElement[bool]:
    """The condition on Declaration that the actor may see it: the own, and those of branches in reach."""
    if actor.is_system:
        return true()
    own = Declaration.member_id == actor.member_id
    if actor.role == Role.MEMBER:
        return own
    return or_(own, Declaration.branch_id.in_(reach.organisation_ids(actor)))


def declaration(*, actor: Actor, declaration_id: int) -> View:
    """One declaration. Raises NotFound when the actor may not see one with this id."""
    row = db.session.execute(_views().where(Declaration.id == declaration_id, visible(actor))).first()
    if row is None:
        raise NotFound()
    return View(*row)


def several(*, actor: Actor, declaration_ids: Sequence[int]) -> list[View]:
    """These declarations in this order; those that the actor may not see are left out."""
    rows = db.session.execute(_views().where(among(Declaration.id, declaration_ids), visible(actor)))
    found = {view.id: view for view in (View(*row) for row in rows)}
    return [found[number] for number in declaration_ids if number in found]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which declarations: of a status, of a member (number), the actor's ``own``, of a node and below
    (code), the actor's ``share`` of the reviewing; ``oldest`` first or the newest; from behind the id
    ``after`` on.
    """

    status: str | None = None
    member: str | None = None
    own: bool = False
    organisation: str | None = None
    share: bool = False
    oldest: bool = False
    after: int | None = None
    limit: int = 50


def declarations(*, actor: Actor, asked: Asked) -> list[View]:
    """The declarations that are asked for, as far as the actor may see them. Raises NotFound."""
    order = Declaration.id if asked.oldest else Declaration.id.desc()
    query = _views().where(*_conditions(actor, asked)).order_by(order).limit(asked.limit)
    if asked.after is not None:
        query = query.where(Declaration.id > asked.after if asked.oldest else Declaration.id < asked.after)
    return [View(*row) for row in db.session.execute(query)]


def count(*, actor: Actor, asked: Asked) -> int:
    """How many there are of them."""
    query = select(func.count()).select_from(Declaration).where(*_conditions(actor, asked))
    return db.session.scalar(query) or 0


def returned_to(actor: Actor) -> int:
    """How many returned ones wait for the actor to amend them: the own, and those typed in for others."""
    theirs = or_(Declaration.member_id == actor.member_id, Declaration.declared_by_id == actor.sign_in_id)
    query = select(func.count()).where(Declaration.status == "returned", theirs, visible(actor))
    return db.session.scalar(query) or 0


def changes(declaration_id: int) -> list[Row[*tuple[Any, ...]]]:
    """What happened to it, oldest first: rows of old, new, at, by (name), reason, before."""
    query = (
        select(
            DeclarationChange.old,
            DeclarationChange.new,
            DeclarationChange.at,
            func.coalesce(SignIn.name, "system").label("by"),
            DeclarationChange.reason,
            DeclarationChange.before,
        )
        .outerjoin(SignIn, SignIn.id == DeclarationChange.by_id)
        .where(DeclarationChange.declaration_id == declaration_id)
        .order_by(DeclarationChange.id)
    )
    return list(db.session.execute(query))


def locked(actor: Actor, ids: Collection[int]) -> dict[int, Declaration]:
    """These declarations, held until the transaction ends, by id. Raises NotFound, naming those not seen."""
    query = select(Declaration).where(among(Declaration.id, ids), visible(actor)).order_by(Declaration.id)
    rows = db.session.scalars(query.with_for_update(), execution_options={"populate_existing": True})
    found = {row.id: row for row in rows}
    missing = [str(number) for number in ids if number not in found]
    if missing:
        raise NotFound(Message(N_("There is no declaration %(id)s within your reach"), id=", ".join(missing[:5])))
    return found


# ---- inside


def _conditions(actor: Actor, asked: Asked) -> list[ColumnElement[bool]]:
    found = [visible(actor)]
    if asked.status:
        found.append(Declaration.status == asked.status)
    if asked.member:
        found.append(Declaration.member_id == reach.own_or_member(actor, asked.member).id)
    if asked.own:
        found.append(Declaration.member_id == actor.member_id)
    if asked.organisation:
        node = reach.organisation(actor, asked.organisation)
        found.append(Declaration.branch_id.in_(reach.ids_below(node.id)))
    if asked.share:
        found.append(reviewers.share(actor))
    return found


@cache
def _views() -> Any:
    # Built once: with its joins it costs more to build than to run.
    declarer, decider, later = aliased(SignIn), aliased(SignIn), aliased(Entry)
    return (
        select(
            Declaration.id,
            Declaration.member_id,
            Member.number,
            Member.name,
            Declaration.branch_id,
            Organisation.code,
            Organisation.name,
            Declaration.rule,
            Declaration.occurred_on,
            Declaration.quantity,
            Declaration.tier,
            Declaration.points,
            Declaration.matter,
            Declaration.note,
            Declaration.status,
            Declaration.proxy,
            Declaration.declared_by_id,
            func.coalesce(declarer.name, "system"),
            Declaration.created_at,
            Declaration.sent_at,
            decider.name,
            Declaration.decided_at,
            Declaration.reason,
            Declaration.entry_id,
            later.id,
            Declaration.sheet_id,
            Declaration.sheet_line,
            Declaration.scheme_id,
            Scheme.digest,
        )
        .join(Member, Member.id == Declaration.member_id)
        .join(Organisation, Organisation.id == Declaration.branch_id)
        .join(Scheme, Scheme.id == Declaration.scheme_id)
        .outerjoin(declarer, declarer.id == Declaration.declared_by_id)
        .outerjoin(decider, decider.id == Declaration.decided_by_id)
        .outerjoin(later, later.reverses_id == Declaration.entry_id)
    )
