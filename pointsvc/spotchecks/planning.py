"""Verbs of a plan while it is written: its head, and who inspects. Its units: framing.py."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from pointsvc import clock
from pointsvc.audit import service as audit
from pointsvc.db import among, db
from pointsvc.errors import N_, Conflict, Invalid, Message, NotFound
from pointsvc.people import reach
from pointsvc.people.models import SignIn
from pointsvc.permissions import Actor
from pointsvc.spotchecks import draw
from pointsvc.spotchecks.models import Inspector, SpotCheck

# It stands in addresses and in every hash: no sign that means something there.
_PLAN = re.compile(r"\w[\w\-〔〕()（）·]{0,39}")
_OVER = N_("This day is over")
NO_PART = N_("“%(part)s” cannot stand in the list: no vertical bar, no line break, not empty")


@dataclass(frozen=True)
class NewInspector:
    """Somebody who may inspect; ``conflicts`` are codes of units, ``sign_in`` the name of an account."""

    code: str
    name: str
    body: str
    sign_in: str | None = None
    conflicts: Sequence[str] = field(default_factory=tuple)


def plan(*, actor: Actor, at: datetime, plan: str, organisation: str | None = None, **head: Any) -> SpotCheck:
    """Begin a plan under a public number that no plan has had; ``head`` as in ``change``.

    Raises NotFound for the organisation (the actor's own unless given), Invalid.
    """
    owner = reach.node(actor, organisation, clock.local(at).date())
    if not _PLAN.fullmatch(plan):
        raise Invalid({"plan": N_("Letters, digits and hyphens, at most 40")})
    made = SpotCheck(
        organisation_id=owner.id,
        plan=plan,
        title="",
        status="draft",
        announced=True,
        due_on=clock.local(at).date(),
        checklist=[],
        created_at=at,
        created_by_id=actor.sign_in_id,
    )
    _fill(actor, made, head, clock.local(at).date())
    try:
        with db.session.begin_nested():
            db.session.add(made)
            db.session.flush()
    except IntegrityError as error:
        raise Invalid({"plan": N_("There is a plan with this number already")}) from error
    audit.note(actor=actor, at=at, action="spot_check:plan", object_id=str(made.id), plan=plan, new="draft")
    return made


def change(*, actor: Actor, at: datetime, spot_check_id: int, **head: Any) -> SpotCheck:
    """Change a plan's head while it is written.

    ``head``: title, purpose, programme, filing, announced, due_on, notice_on, cover_quarters, checklist
    (items of code, text, article), again_of (number of the plan that is drawn anew) with its public reason.
    Raises NotFound, Invalid, Conflict when the list is frozen.
    """
    found = draft(actor, spot_check_id)
    _fill(actor, found, head, clock.local(at).date())
    audit.note(actor=actor, at=at, action="spot_check:change", object_id=str(found.id), names=sorted(head))
    db.session.flush()
    return found


def _fill(actor: Actor, found: SpotCheck, head: dict[str, Any], today: date) -> None:
    if "again_of" in head:
        again = head.pop("again_of")
        found.again_of_id = _before(actor, again, head.get("reason")) if again else None
    if "checklist" in head:
        head["checklist"] = _checklist(head["checklist"])
    _check_days(found, head, today)
    for name, value in head.items():
        setattr(found, name, value)


def _check_days(found: SpotCheck, head: Mapping[str, Any], today: date) -> None:
    wrong = {name: _OVER for name in ("due_on", "notice_on") if head.get(name) and head[name] < today}
    notice_on = head.get("notice_on", found.notice_on)
    if notice_on is not None and not wrong:
        if not head.get("announced", found.announced):
            wrong["notice_on"] = N_("Of an unannounced check each unit is told when the inspectors have arrived")
        elif notice_on > head.get("due_on", found.due_on):
            wrong["notice_on"] = N_("The units are told before the last day of the inspection, or on it")
    if wrong:
        raise Invalid(wrong)


def _before(actor: Actor, plan: str, reason: str | None) -> int:
    before = db.session.scalar(
        select(SpotCheck).where(
            SpotCheck.plan == plan,
            SpotCheck.status != "draft",
            SpotCheck.organisation_id.in_(reach.organisation_ids(actor)),
        )
    )
    if before is None:
        raise Invalid({"again_of": N_("There is no such plan whose list was frozen")})
    if not reason:
        raise Invalid({"reason": N_("A second draw needs a reason, which is public")})
    return before.id


def _checklist(items: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    twice = [code for code, count in Counter(item["code"] for item in items).items() if count > 1]
    if twice:
        raise Invalid({"checklist": Message(N_("The item %(code)s stands there twice"), code=twice[0])})
    return [{name: item.get(name, "") for name in ("code", "text", "article")} for item in items]


def put_inspectors(*, actor: Actor, at: datetime, spot_check_id: int, inspectors: Sequence[NewInspector]) -> SpotCheck:
    """Make these the inspectors of the plan. Raises NotFound, Invalid, Conflict when the list is frozen."""
    found = draft(actor, spot_check_id)
    codes = [one.code for one in inspectors]
    if len(codes) != len(set(codes)):
        raise Invalid({"inspectors": N_("Two inspectors have the same code")})
    if wrong := [code for code in codes if not draw.fits(code)]:
        raise Invalid({"inspectors": Message(NO_PART, part=wrong[0])})
    names = {one.sign_in for one in inspectors if one.sign_in}
    rows = db.session.execute(
        select(SignIn.name, SignIn.id).where(among(SignIn.name, names), SignIn.id.in_(reach.sign_in_ids(actor)))
    )
    accounts = {row.name: row.id for row in rows}
    if missing := names - accounts.keys():
        raise Invalid({"inspectors": Message(N_("There is no account %(name)s"), name=min(missing))})
    db.session.execute(delete(Inspector).where(Inspector.spot_check_id == found.id))
    db.session.add_all(
        Inspector(
            spot_check_id=found.id,
            code=one.code,
            name=one.name,
            body=one.body,
            sign_in_id=accounts.get(one.sign_in or ""),
            conflicts=sorted(set(one.conflicts)),
        )
        for one in inspectors
    )
    db.session.flush()
    audit.note(actor=actor, at=at, action="spot_check:inspectors", object_id=str(found.id), inspectors=len(codes))
    return found


def draft(actor: Actor, spot_check_id: int) -> SpotCheck:
    """The plan, locked, while it is written. Raises NotFound, Conflict 'not_draft'."""
    found = db.session.scalar(
        select(SpotCheck)
        .where(SpotCheck.id == spot_check_id, SpotCheck.organisation_id.in_(reach.organisation_ids(actor)))
        .with_for_update()
    )
    if found is None:
        raise NotFound()
    if found.status != "draft":
        raise Conflict(N_("The list of units is frozen; what was published stays as it is"), code="not_draft")
    return found
