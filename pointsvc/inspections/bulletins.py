"""Verbs of bulletins (通报): draft, change, issue with everything frozen, withdraw and issue anew; read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import undefer

from pointsvc import documents
from pointsvc.audit import service as audit
from pointsvc.db import db
from pointsvc.documents import Paper
from pointsvc.errors import N_, Conflict, Invalid, Message, NotFound
from pointsvc.inspections import lifecycle, wording
from pointsvc.inspections.gathering import gathered
from pointsvc.inspections.models import Bulletin
from pointsvc.inspections.reading import WAITING, UnitView, units_of_plan
from pointsvc.notices import service as notices
from pointsvc.people import leaders, reach
from pointsvc.people.models import OrganisationReach
from pointsvc.permissions import SYSTEM, Actor, Permission, allowed
from pointsvc.seals import canonical
from pointsvc.spotchecks import lifecycle as plans
from pointsvc.spotchecks import service as spotchecks
from pointsvc.spotchecks import telling as checks
from pointsvc.spotchecks.listing import to_visit
from pointsvc.spotchecks.models import SpotCheck, Unit

FORMAT = "pointsvc-bulletin-1"
ISSUED = N_("The bulletin on %(title)s has been issued")
WITHDRAWN = N_("The bulletin on %(title)s has been withdrawn")

MOST_PLANS = 20
NEEDED = ("title", "basis", "signature")


@dataclass(frozen=True)
class BulletinView:
    """A bulletin with its plan. ``paper`` is what was issued, or what would be issued now."""

    bulletin: Bulletin
    plan: SpotCheck
    paper: Paper
    left: Sequence[UnitView]
    hindrance: Message | None


def draft(*, actor: Actor, at: datetime, spot_check_id: int, **parts: Any) -> Bulletin:
    """Begin the bulletin of a plan, with what is given and what stands to reason.

    After one that was withdrawn it begins with that one's words. Raises NotFound, Conflict 'draft' or
    'issued' when there is one already, 'not_drawn' for a plan of which nothing was inspected.
    """
    plan = _plan(actor, spot_check_id)
    if plan.status not in ("drawn", "reported"):
        raise Conflict(N_("A bulletin needs a plan that has been drawn"), code="not_drawn")
    before = db.session.scalar(
        select(Bulletin).where(Bulletin.spot_check_id == plan.id).order_by(Bulletin.id.desc()).limit(1)
    )
    if before is not None and before.status != "withdrawn":
        raise Conflict(N_("This spot-check has a bulletin already"), code=before.status)
    begun = before.parts if before else wording.suggested(gathered(plan, at))
    made = Bulletin(
        spot_check_id=plan.id,
        status="draft",
        parts={**begun, **parts},
        again_of_id=before.id if before else None,
        created_at=at,
        created_by_id=actor.sign_in_id,
    )
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError as error:
        raise Conflict(N_("This spot-check has a bulletin already"), code="draft") from error
    audit.note(actor=actor, at=at, action="bulletin:draft", object_id=str(made.id), plan=plan.plan)
    return made


def change(*, actor: Actor, at: datetime, bulletin_id: int, **parts: Any) -> Bulletin:
    """Write these parts of a draft. Raises NotFound, Conflict 'not_now' for an issued one."""
    found, _ = _locked(actor, bulletin_id)
    lifecycle.after(lifecycle.BULLETIN, found.status, lifecycle.CHANGE)
    found.parts = {**found.parts, **parts}
    db.session.flush()
    audit.note(actor=actor, at=at, action="bulletin:change", object_id=str(found.id), names=sorted(parts))
    return found


def issue(*, actor: Actor, at: datetime, bulletin_id: int) -> Bulletin:
    """Issue it: all that it says is gathered once more, frozen and hashed; the inspected units are told.

    With it everything of the draw is public. Raises NotFound, Conflict 'not_now', 'unconfirmed' while
    facts of an inspected unit do not stand, 'nothing_inspected', 'unexplained' while a drawn unit that
    was not inspected has no reason, Invalid for a part that is missing.
    """
    found, plan = _locked(actor, bulletin_id)
    new = lifecycle.after(lifecycle.BULLETIN, found.status, lifecycle.ISSUE)
    if empty := [name for name in NEEDED if not found.parts[name].strip()]:
        raise Invalid({name: N_("The bulletin needs this") for name in empty})
    views = units_of_plan(plan.id)
    if refusal := _refusal(views, found.parts["explained"]):
        raise refusal
    if plan.opened_at is None:
        spotchecks.open_units(actor=SYSTEM, at=at, spot_check_id=plan.id)
    data = gathered(plan, at)
    kept = {"format": FORMAT, "data": data, "paper": wording.paper(data, found.parts).kept()}
    found.snapshot, found.sha256 = kept, hashlib.sha256(canonical.written(kept)).hexdigest()
    found.status, found.issued_at, found.issued_by_id = new, at, actor.sign_in_id
    if plan.status == "drawn":
        plan.status = plans.after(plan.status, plans.REPORT)
        checks.ended(plan, at)
    db.session.flush()
    audit.note(actor=actor, at=at, action="bulletin:issue", object_id=str(found.id), digest=found.sha256)
    _tell(found, views, ISSUED, plan, at)
    return found


def withdraw(*, actor: Actor, at: datetime, bulletin_id: int, reason: str) -> Bulletin:
    """Withdraw an issued bulletin; it stays readable, marked. Raises NotFound, Conflict 'not_now'."""
    found, plan = _locked(actor, bulletin_id)
    found.status = lifecycle.after(lifecycle.BULLETIN, found.status, lifecycle.WITHDRAW)
    found.reason, found.withdrawn_at, found.withdrawn_by_id = reason, at, actor.sign_in_id
    db.session.flush()
    audit.note(actor=actor, at=at, action="bulletin:withdraw", object_id=str(found.id))
    _tell(found, units_of_plan(plan.id), WITHDRAWN, plan, at)
    return found


def bulletin(*, actor: Actor, at: datetime, bulletin_id: int) -> BulletinView:
    """One bulletin. Raises NotFound when there is none that concerns the actor."""
    row = db.session.execute(_all(actor).where(Bulletin.id == bulletin_id)).first()
    if row is None:
        raise NotFound()
    found, plan = row
    if found.snapshot is not None:
        return BulletinView(found, plan, documents.paper(found.snapshot["paper"]), [], None)
    views = units_of_plan(plan.id)
    refusal = _refusal(views, found.parts["explained"])
    left = [view for view in views if view.status == WAITING]
    now = wording.paper(gathered(plan, at), found.parts, draft=True)
    return BulletinView(found, plan, now, left, refusal.detail if refusal else None)


def bulletins(
    *, actor: Actor, spot_check_id: int | None = None, limit: int = 50, before_id: int | None = None
) -> Sequence[tuple[Bulletin, SpotCheck]]:
    """The bulletins that concern the actor, the latest first."""
    query = _all(actor).order_by(Bulletin.id.desc()).limit(limit)
    if spot_check_id is not None:
        query = query.where(Bulletin.spot_check_id == spot_check_id)
    if before_id is not None:
        query = query.where(Bulletin.id < before_id)
    return [(row[0], row[1]) for row in db.session.execute(query)]


def without(*, actor: Actor) -> Sequence[SpotCheck]:
    """The drawn plans of the actor's reach that have neither a draft nor an issued bulletin, the latest first."""
    standing = select(Bulletin.id).where(Bulletin.spot_check_id == SpotCheck.id, Bulletin.status != "withdrawn")
    query = select(SpotCheck).where(SpotCheck.organisation_id.in_(reach.organisation_ids(actor)))
    units = select(Unit.id).where(Unit.spot_check_id == SpotCheck.id, to_visit())
    query = query.where(SpotCheck.status.in_(("drawn", "reported")), ~standing.exists(), units.exists())
    return db.session.scalars(query.order_by(SpotCheck.id.desc()).limit(MOST_PLANS)).all()


def leads(actor: Actor, plan: SpotCheck) -> bool:
    """Whether it is a plan of the actor's own organisation or of one below."""
    return reach.reaches(actor, plan.organisation_id)


# ---- inside


def _plan(actor: Actor, spot_check_id: int) -> SpotCheck:
    found = db.session.scalar(
        select(SpotCheck)
        .where(SpotCheck.id == spot_check_id, SpotCheck.organisation_id.in_(reach.organisation_ids(actor)))
        .options(undefer(SpotCheck.secret), undefer(SpotCheck.seed))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound()
    return found


def _locked(actor: Actor, bulletin_id: int) -> tuple[Bulletin, SpotCheck]:
    spot_check_id = db.session.scalar(select(Bulletin.spot_check_id).where(Bulletin.id == bulletin_id))
    plan = _plan(actor, spot_check_id or 0)
    return db.session.get_one(Bulletin, bulletin_id, with_for_update=True, populate_existing=True), plan


def _refusal(views: Sequence[UnitView], explained: dict[str, str]) -> Conflict | None:
    """Why the bulletin cannot be issued now, if so."""
    open_ones = [view.name for view in views if view.status not in (WAITING, *lifecycle.SETTLED)]
    if open_ones:
        text = N_("The facts do not stand yet for: %(units)s")
        return Conflict(Message(text, units="、".join(open_ones)), code="unconfirmed")
    if not any(view.status in lifecycle.SETTLED for view in views):
        return Conflict(N_("No unit has been inspected yet"), code="nothing_inspected")
    silent = [view.name for view in views if view.status == WAITING and not explained.get(view.unit, "").strip()]
    if silent:
        text = N_("Say why these drawn units were not inspected: %(units)s")
        return Conflict(Message(text, units="、".join(silent)), code="unexplained")
    return None


def _all(actor: Actor) -> Any:
    return (
        select(Bulletin, SpotCheck)
        .join(SpotCheck, SpotCheck.id == Bulletin.spot_check_id)
        .where(_concerns(actor))
        .options(undefer(SpotCheck.secret), undefer(SpotCheck.seed))
    )


def _concerns(actor: Actor) -> ColumnElement[bool]:
    """Drafts are for those who write them; what was issued is for everybody who leads below."""
    if actor.is_system:
        return true()
    own: ColumnElement[bool] = SpotCheck.organisation_id.in_(reach.organisation_ids(actor))
    if not allowed(actor, Permission.BULLETINS_ISSUE):
        own = and_(own, Bulletin.status != "draft")
    above = select(OrganisationReach.above_id).where(OrganisationReach.below_id == actor.organisation_id)
    return or_(own, and_(Bulletin.status != "draft", SpotCheck.organisation_id.in_(above)))


def _tell(found: Bulletin, views: Sequence[UnitView], message: str, plan: SpotCheck, at: datetime) -> None:
    notices.send_soon(
        at=at,
        sign_in_ids=leaders.secretaries([view.organisation_id for view in views]),
        message=message,
        params={"title": plan.title},
        link=f"/bulletins/{found.id}",
        dedupe_prefix=f"bulletin:{found.id}:{found.status}",
        topic=checks.TOPIC,
    )
