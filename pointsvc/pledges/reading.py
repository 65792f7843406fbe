"""Pledges as they are read: names for ids, who may see which, and how somebody stands to each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Row, and_, false, func, or_, select, true
from sqlalchemy.orm import aliased

from pointsvc.db import among, db
from pointsvc.errors import N_, Message, NotFound
from pointsvc.people import reach
from pointsvc.people.models import Member, Organisation, SignIn
from pointsvc.permissions import Actor, Permission, Role, allowed
from pointsvc.pledges.leaders import LEADS
from pointsvc.pledges.lifecycle import NAMES, SHOWN, UNDER_WAY, Standing, may
from pointsvc.pledges.models import Pledge, PledgeRating, PledgeStep
from pointsvc.pledges.rating import counts

# What every reader of a shown pledge may read of its log: the rest is between the member and the branch.
OPEN_STEPS = ("publish", "progress", "overdue", "fulfil", "excuse", "fail", "unsettle", "close")


@dataclass(frozen=True, slots=True)
class View:
    """A pledge with codes and names for ids; without a member it is the organisation's own."""

    id: int
    organisation_id: int
    organisation: str
    organisation_name: str
    parent_id: int | None
    member_id: int | None
    member: str | None
    member_name: str | None
    kind: str
    horizon: str
    text: str
    indicator: str
    baseline: str
    target: str
    due_on: date
    beneficiary: str
    witness: str
    status: str
    outcome: str | None
    minute: str | None
    proposed: dict[str, Any] | None
    published_on: date | None
    settled_on: date | None
    told: int
    created_at: datetime
    created_by_id: int | None
    created_by: str

    @property
    def by(self) -> str:
        """Who promises."""
        return self.member_name or self.organisation_name

    def overdue(self, today: date) -> bool:
        """Whether its day has passed and nobody has settled it."""
        return self.status in UNDER_WAY and self.due_on < today


class Promise(Protocol):
    """What standing is reckoned from: a View or a Pledge."""

    @property
    def id(self) -> int: ...
    @property
    def organisation_id(self) -> int: ...
    @property
    def member_id(self) -> int | None: ...
    @property
    def created_by_id(self) -> int | None: ...


def standings(actor: Actor, items: Collection[Promise], today: date) -> dict[int, Standing]:
    """How the actor stands to each of these pledges that the actor may see, by id."""
    parents = _parents(actor, {item.organisation_id for item in items})
    branch = reach.own_branch(actor, today)
    return {item.id: _standing(actor, item, parents, branch) for item in items}


def open_to(status: str, standing: Standing) -> set[str]:
    """The steps that somebody who stands so may take now."""
    return {step for step in NAMES if may(step, status, standing)}


def visible(actor: Actor, today: date) -> ColumnElement[bool]:
    """The condition on Pledge that the actor may see it: the own, those of organisations in reach, and
    for a member those of the branch that are published.
    """
    if actor.is_system:
        return true()
    own = Pledge.member_id == actor.member_id if actor.member_id is not None else false()
    if actor.role != Role.MEMBER:
        return or_(own, Pledge.organisation_id.in_(reach.organisation_ids(actor)))
    branch = reach.own_branch(actor, today)
    return or_(own, and_(Pledge.organisation_id == branch, Pledge.status.in_(SHOWN)))


def pledge(*, actor: Actor, pledge_id: int, today: date) -> View:
    """One pledge. Raises NotFound when the actor may not see one with this id."""
    row = db.session.execute(_views().where(Pledge.id == pledge_id, visible(actor, today))).first()
    if row is None:
        raise NotFound()
    return View(*row)


def several(*, actor: Actor, pledge_ids: Sequence[int], today: date) -> list[View]:
    """These pledges in this order; those that the actor may not see are left out."""
    rows = db.session.execute(_views().where(among(Pledge.id, pledge_ids), visible(actor, today)))
    found = {row.id: View(*row) for row in rows}
    return [found[number] for number in pledge_ids if number in found]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which pledges: of these statuses, of a kind, of a member (number), the actor's ``own``, of a node
    and below (code), ``overdue`` ones, those due up to ``due_by``, the actor's ``share`` of the
    reviewing; from behind the id ``after`` on.
    """

    statuses: Sequence[str] = ()
    kind: str | None = None
    member: str | None = None
    own: bool = False
    organisation: str | None = None
    overdue: bool = False
    due_by: date | None = None
    share: bool = False
    after: int | None = None
    limit: int = 50


def pledges(*, actor: Actor, asked: Asked, today: date) -> list[View]:
    """The pledges that are asked for, newest first, as far as the actor may see them. Raises NotFound."""
    query = _views().where(*_conditions(actor, asked, today)).order_by(Pledge.id.desc()).limit(asked.limit)
    if asked.after is not None:
        query = query.where(Pledge.id < asked.after)
    return [View(*row) for row in db.session.execute(query)]


def count(*, actor: Actor, asked: Asked, today: date) -> int:
    """How many there are of them."""
    query = select(func.count()).select_from(Pledge).where(*_conditions(actor, asked, today))
    return db.session.scalar(query) or 0


def steps(pledge_id: int, standing: Standing) -> list[Row[*tuple[Any, ...]]]:
    """Its log, oldest first: rows of step, old, new, at, by (name), text, before. A reader who neither
    leads nor owns it reads what is for everybody.
    """
    query = (
        select(
            PledgeStep.step,
            PledgeStep.old,
            PledgeStep.new,
            PledgeStep.at,
            func.coalesce(SignIn.name, "system").label("by"),
            PledgeStep.text,
            PledgeStep.before,
        )
        .outerjoin(SignIn, SignIn.id == PledgeStep.by_id)
        .where(PledgeStep.pledge_id == pledge_id)
        .order_by(PledgeStep.id)
    )
    if not (standing.own or standing.leads):
        query = query.where(PledgeStep.step.in_(OPEN_STEPS))
    return list(db.session.execute(query))


def ratings(pledge_ids: Collection[int]) -> dict[int, dict[str, dict[int, int]]]:
    """How many gave which grade on which side, by pledge; nobody is named."""
    number = func.sum(PledgeRating.count).label("number")
    rows = db.session.execute(
        select(PledgeRating.pledge_id, PledgeRating.side, PledgeRating.grade, number)
        .where(among(PledgeRating.pledge_id, pledge_ids))
        .group_by(PledgeRating.pledge_id, PledgeRating.side, PledgeRating.grade)
    ).all()
    by_pledge: dict[int, list[tuple[str, int, int]]] = {}
    for row in rows:
        by_pledge.setdefault(row.pledge_id, []).append((row.side, row.grade, int(row.number)))
    return {pledge_id: counts(several) for pledge_id, several in by_pledge.items()}


def locked(actor: Actor, ids: Collection[int], today: date) -> dict[int, Pledge]:
    """These pledges, held until the transaction ends, by id. Raises NotFound, naming those not seen."""
    query = select(Pledge).where(among(Pledge.id, ids), visible(actor, today)).order_by(Pledge.id)
    rows = db.session.scalars(query.with_for_update(), execution_options={"populate_existing": True})
    found = {row.id: row for row in rows}
    missing = [str(number) for number in ids if number not in found]
    if missing:
        raise NotFound(Message(N_("There is no pledge %(id)s within your reach"), id=", ".join(missing[:5])))
    return found


# ---- inside


def _parents(actor: Actor, ids: Collection[int]) -> dict[int, int | None]:
    """Of these organisations those in reach, with what stands above each."""
    rows: Iterable[Any] = db.session.execute(
        select(Organisation.id, Organisation.parent_id).where(
            among(Organisation.id, ids), Organisation.id.in_(reach.organisation_ids(actor))
        )
    )
    return {row.id: row.parent_id for row in rows}


def _standing(actor: Actor, item: Promise, parents: dict[int, int | None], branch: int | None) -> Standing:
    reached = item.organisation_id in parents and actor.role != Role.MEMBER
    if item.member_id is not None:
        own = item.member_id == actor.member_id
    else:
        # Where nothing stands above, another account of the same node decides.
        alone = parents.get(item.organisation_id) is None and item.created_by_id != actor.sign_in_id
        own = reached and item.organisation_id == actor.organisation_id and not alone
    return Standing(
        own=own and allowed(actor, Permission.PLEDGES_MAKE),
        leads=reached and allowed(actor, Permission.PLEDGES_REVIEW),
        fellow=branch is not None and item.organisation_id == branch,
    )


def _conditions(actor: Actor, asked: Asked, today: date) -> list[ColumnElement[bool]]:
    found = [visible(actor, today)]
    if asked.statuses:
        found.append(Pledge.status.in_(asked.statuses))
    if asked.kind:
        found.append(Pledge.kind == asked.kind)
    if asked.member:
        found.append(Pledge.member_id == reach.own_or_member(actor, asked.member).id)
    if asked.own:
        found.append(Pledge.member_id == actor.member_id)
    if asked.organisation:
        found.append(Pledge.organisation_id.in_(reach.ids_below(reach.node(actor, asked.organisation, today).id)))
    due_by = today - timedelta(days=1) if asked.overdue else asked.due_by
    if due_by:
        found += [Pledge.status.in_(UNDER_WAY), Pledge.due_on <= due_by]
    if asked.share:
        found.append(share(actor))
    return found


def share(actor: Actor) -> ColumnElement[bool]:
    """The condition on Pledge that deciding on it falls to the actor: those of members to whoever leads
    their branch, an organisation's own to the level above; and to that also the leader's own, and
    those of a branch that nobody leads by an account.
    """
    leader, node = aliased(SignIn), aliased(Organisation)
    led = select(leader.id).where(
        leader.organisation_id == Pledge.organisation_id, leader.role.in_(LEADS), leader.disabled_at.is_(None)
    )
    others = led.where(leader.member_id.is_distinct_from(Pledge.member_id)).correlate(Pledge).exists()
    above = select(node.id).where(node.parent_id == actor.organisation_id)
    mine = and_(
        Pledge.organisation_id == actor.organisation_id,
        Pledge.member_id.is_not(None),
        Pledge.member_id.is_distinct_from(actor.member_id),
    )
    return or_(mine, and_(Pledge.organisation_id.in_(above), or_(Pledge.member_id.is_(None), ~others)))


@cache
def _views() -> Any:
    # Built once: with its joins it costs more to build than to run.
    return (
        select(
            Pledge.id,
            Pledge.organisation_id,
            Organisation.code,
            Organisation.name,
            Organisation.parent_id,
            Pledge.member_id,
            Member.number,
            Member.name,
            Pledge.kind,
            Pledge.horizon,
            Pledge.text,
            Pledge.indicator,
            Pledge.baseline,
            Pledge.target,
            Pledge.due_on,
            Pledge.beneficiary,
            Pledge.witness,
            Pledge.status,
            Pledge.outcome,
            Pledge.minute,
            Pledge.proposed,
            Pledge.published_on,
            Pledge.settled_on,
            Pledge.told,
            Pledge.created_at,
            Pledge.created_by_id,
            func.coalesce(SignIn.name, "system"),
        )
        .join(Organisation, Organisation.id == Pledge.organisation_id)
        .outerjoin(Member, Member.id == Pledge.member_id)
        .outerjoin(SignIn, SignIn.id == Pledge.created_by_id)
    )
