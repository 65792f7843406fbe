"""The facts before the unit (事实确认): it confirms them, or says what is not right; then they stand."""

from __future__ import annotations

from datetime import datetime

from pointsvc import clock
from pointsvc.errors import N_, Invalid
from pointsvc.inspections import lifecycle, telling
from pointsvc.inspections.loading import Found, changed, locked
from pointsvc.inspections.models import Inspection
from pointsvc.people import reach
from pointsvc.permissions import Actor


def confirm(*, actor: Actor, at: datetime, inspection_id: int, agrees: bool, comment: str | None = None) -> Inspection:
    """The unit's secretary confirms the facts, or does not agree and says why.

    Raises NotFound, Forbidden 'not_the_unit', Conflict 'not_now', Invalid under ``comment``.
    """
    found = locked(actor, inspection_id)
    here = found.unit.organisation_id is not None and reach.reaches(actor, found.unit.organisation_id)
    lifecycle.check_confirming(actor, serves=found.inspector_id is not None, here=here)
    act = lifecycle.CONFIRM if agrees else lifecycle.CONTEST
    new = lifecycle.after(lifecycle.INSPECTION, found.inspection.status, act)
    if not agrees and not comment:
        raise Invalid({"comment": N_("Say what is not right, so that the inspectors can look at it")})
    found.inspection.comment, found.inspection.confirmed_by_id = comment, actor.sign_in_id
    if agrees:
        return _settle(found, actor, at, new, comment)
    changed(found.inspection, actor, at, new, comment)
    telling.contested(found.inspection, found.unit, at)
    return found.inspection


def maintain(*, actor: Actor, at: datetime, inspection_id: int, reply: str) -> Inspection:
    """The inspectors let the facts stand: against the unit's comment, or because it let its time pass.

    The comment and the reply stand beside them. Raises NotFound, Forbidden 'not_serving', Conflict
    'not_now' or 'not_yet'.
    """
    found = locked(actor, inspection_id)
    serves = found.inspector_id is not None
    lifecycle.check_inspecting(lifecycle.MAINTAIN, actor, serves=serves, signed=False)
    new = lifecycle.after(lifecycle.INSPECTION, found.inspection.status, lifecycle.MAINTAIN)
    lifecycle.check_maintaining(
        found.inspection.status, due_on=found.inspection.confirm_due_on, today=clock.local(at).date()
    )
    found.inspection.reply = reply
    return _settle(found, actor, at, new, reply)


def _settle(found: Found, actor: Actor, at: datetime, new: str, words: str | None) -> Inspection:
    found.inspection.settled_at = at
    changed(found.inspection, actor, at, new, words)
    telling.settled(found.inspection, found.unit, found.plan, at)
    return found.inspection
