"""In the field: arrive, answer the checklist, add a photo, sign; and open it again to correct it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from pointsvc import clock, workdays
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Invalid, Message, NotFound
from pointsvc.evidence import service as evidence
from pointsvc.inspections import lifecycle, telling
from pointsvc.inspections.loading import Found, begun, changed, inspector_of, locked
from pointsvc.inspections.models import (
    ANSWERS,
    OTHER,
    Finding,
    Inspection,
    InspectionAnswer,
    InspectionSignature,
)
from pointsvc.inspections.reading import concerns, standing
from pointsvc.people import settings
from pointsvc.permissions import SYSTEM, Actor
from pointsvc.seals import canonical
from pointsvc.spotchecks import service as spotchecks
from pointsvc.spotchecks import telling as checks
from pointsvc.spotchecks.listing import to_visit
from pointsvc.spotchecks.models import SpotCheck, Unit

# Photos of a finding; what the unit adds later to show that it was put right lies beside them.
KIND = "finding"


@dataclass(frozen=True, slots=True)
class Given:
    """One answer as it was entered. ``base``: the revision on which it was entered, if that is known."""

    item: str
    answer: str | None
    base: int | None = None
    severity: str | None = None
    article: str = ""
    text: str = ""


def open_inspection(*, actor: Actor, at: datetime, spot_check_id: int, unit: str) -> Inspection:
    """Arrive at the drawn unit with this code; opened by the other inspector already, it is that one.

    Raises NotFound for what does not concern the actor, Conflict 'not_drawn' unless the plan is drawn
    and no bulletin is issued, Forbidden 'not_serving'.
    """
    row = db.session.execute(
        select(Unit, SpotCheck)
        .join(SpotCheck, SpotCheck.id == Unit.spot_check_id)
        .outerjoin(Inspection, Inspection.unit_id == Unit.id)
        .where(SpotCheck.id == spot_check_id, Unit.code == unit, to_visit(), concerns(actor))
    ).first()
    if row is None:
        raise NotFound()
    found, plan = row
    if plan.status != "drawn":
        raise Conflict(N_("Units of this plan are not inspected now"), code="not_drawn")
    serves = inspector_of(actor, found.id) is not None
    lifecycle.check_inspecting(lifecycle.ANSWER, actor, serves=serves, signed=False)
    made = Inspection(
        spot_check_id=plan.id, unit_id=found.id, status="open", opened_at=at, opened_by_id=actor.sign_in_id
    )
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError:
        # The other inspector has arrived too.
        return db.session.scalars(select(Inspection).where(Inspection.unit_id == found.id)).one()
    begun(made, actor, at)
    if found.opened_at is None:
        # Of an unannounced check nobody knew until now that this unit was drawn.
        spotchecks.open_units(actor=SYSTEM, at=at, spot_check_id=plan.id, unit_ids=[found.id])
    return made


def answer(*, actor: Actor, at: datetime, inspection_id: int, answers: Sequence[Given]) -> list[str]:
    """Keep these answers; the items that were left alone because somebody else has changed them meanwhile.

    The same answers sent again change nothing, so a phone that heard no reply may send them again.
    Raises NotFound, Forbidden 'not_serving', Conflict 'not_now', Invalid by ``answers.N.field``.
    """
    found = _inspecting(actor, inspection_id, lifecycle.ANSWER)
    listed = {one["code"]: one for one in found.plan.checklist}
    _check(answers, listed)
    kept = select(InspectionAnswer).where(InspectionAnswer.inspection_id == inspection_id)
    rows = {row.item: row for row in db.session.scalars(kept)}
    findings = {
        row.item: row for row in db.session.scalars(select(Finding).where(Finding.inspection_id == inspection_id))
    }
    kept_back = []
    for given in answers:
        row, finding = rows.get(given.item), findings.get(given.item)
        wanted = _article(given, listed)
        if _same(row, finding, given, wanted):
            continue
        if given.base is not None and given.base != (row.revision if row else 0):
            kept_back.append(given.item)
            continue
        rows[given.item] = _keep(row, inspection_id, given, actor, at)
        if found_one := _find(finding, inspection_id, given, wanted, actor, at):
            findings[given.item] = found_one
    db.session.flush()
    return kept_back


def attach(*, actor: Actor, at: datetime, finding_id: int, pieces: Sequence[evidence.Piece]) -> Finding:
    """Add photos to a finding while the inspection is open. Never demanded.

    Raises NotFound, Forbidden 'not_serving', Conflict 'not_now', Invalid under ``file``.
    """
    finding = finding_of(finding_id)
    _inspecting(actor, finding.inspection_id, lifecycle.ANSWER)
    evidence.keep(actor=actor, at=at, owner_kind=KIND, owner_id=finding.id, pieces=pieces)
    return finding


def sign(*, actor: Actor, at: datetime, inspection_id: int) -> Inspection:
    """Stand for what was written down, by the own account; after the second signature the unit is told.

    Raises NotFound, Forbidden 'not_serving', Conflict 'not_now' or 'signed_already', Invalid under
    ``answers`` while an item is unset.
    """
    found = _inspecting(actor, inspection_id, lifecycle.SIGN)
    missing = _unset(found)
    if missing:
        text = N_("These items have no answer yet: %(items)s")
        raise Invalid({"answers": Message(text, items=", ".join(missing))})
    db.session.add(
        InspectionSignature(
            inspection_id=inspection_id,
            inspector_id=found.inspector_id,
            sign_in_id=actor.sign_in_id,
            digest=digest(inspection_id),
            at=at,
        )
    )
    changed(found.inspection, actor, at, lifecycle.after(lifecycle.INSPECTION, found.inspection.status, lifecycle.SIGN))
    if found.inspection.status == "signed":
        _hand_over(found, at)
    return found.inspection


def reopen(*, actor: Actor, at: datetime, inspection_id: int, reason: str | None = None) -> Inspection:
    """Open it again to correct it: the signatures so far are void, and both sign anew.

    Raises NotFound, Forbidden 'not_serving', Conflict 'not_now'.
    """
    found = _inspecting(actor, inspection_id, lifecycle.REOPEN)
    db.session.execute(
        update(InspectionSignature)
        .where(InspectionSignature.inspection_id == inspection_id, InspectionSignature.voided_at.is_(None))
        .values(voided_at=at)
    )
    changed(found.inspection, actor, at, "open", reason)
    checks.visits(found.plan, at)
    return found.inspection


def digest(inspection_id: int) -> str:
    """The fingerprint of all answers and findings as they stand."""
    rows = db.session.execute(
        select(InspectionAnswer.item, InspectionAnswer.answer)
        .where(InspectionAnswer.inspection_id == inspection_id, InspectionAnswer.answer.is_not(None))
        .order_by(InspectionAnswer.item)
    )
    content = {
        "inspection": str(inspection_id),
        "answers": {row.item: row.answer for row in rows},
        "findings": {
            one.item: {"severity": one.severity, "article": one.article, "text": one.text}
            for one in standing([inspection_id])
        },
    }
    return hashlib.sha256(canonical.written(content)).hexdigest()


def finding_of(finding_id: int) -> Finding:
    """The finding with this id, if it stands; the caller checks whose it is. Raises NotFound."""
    found = db.session.get(Finding, finding_id)
    if found is None or found.taken_back_at is not None:
        raise NotFound()
    return found


# ---- inside


def _inspecting(actor: Actor, inspection_id: int, act: str) -> Found:
    found = locked(actor, inspection_id)
    lifecycle.check_inspecting(act, actor, serves=found.inspector_id is not None, signed=_signed(found))
    lifecycle.after(lifecycle.INSPECTION, found.inspection.status, act)
    return found


def _signed(found: Found) -> bool:
    query = select(InspectionSignature.id).where(
        InspectionSignature.inspection_id == found.inspection.id,
        InspectionSignature.inspector_id == found.inspector_id,
        InspectionSignature.voided_at.is_(None),
    )
    return db.session.scalar(query) is not None


def _check(answers: Sequence[Given], listed: Mapping[str, object]) -> None:
    wrong: dict[str, str] = {}
    for place, given in enumerate(answers):
        if given.item not in listed and given.item != OTHER:
            wrong[f"answers.{place}.item"] = N_("The checklist has no such item")
        elif given.answer not in (None, *ANSWERS) or (
            given.item not in listed and given.answer not in (None, "finding")
        ):
            wrong[f"answers.{place}.answer"] = N_("This choice does not exist")
        elif given.answer == "finding" and not given.text:
            wrong[f"answers.{place}.text"] = N_("Say what was found")
        elif given.answer == "finding" and not given.severity:
            wrong[f"answers.{place}.severity"] = N_("Say how serious it is")
    if wrong:
        raise Invalid(wrong)


def _article(given: Given, listed: Mapping[str, Mapping[str, str]]) -> str:
    """The article that was named, else that of the checklist."""
    return given.article or (listed.get(given.item, {}).get("article") or "")


def _same(row: InspectionAnswer | None, finding: Finding | None, given: Given, article: str) -> bool:
    if (row.answer if row else None) != given.answer:
        return False
    if given.answer != "finding" or finding is None:
        return given.answer != "finding"
    return (finding.severity, finding.article, finding.text) == (given.severity, article, given.text)


def _keep(
    row: InspectionAnswer | None, inspection_id: int, given: Given, actor: Actor, at: datetime
) -> InspectionAnswer:
    if row is None:
        row = InspectionAnswer(inspection_id=inspection_id, item=given.item, revision=0)
        db.session.add(row)
    row.answer, row.revision = given.answer, row.revision + 1
    row.answered_by_id, row.answered_at = actor.sign_in_id, at
    return row


def _find(
    finding: Finding | None, inspection_id: int, given: Given, article: str, actor: Actor, at: datetime
) -> Finding | None:
    """The finding under this item as it is now: written, changed, or taken back."""
    if given.answer != "finding":
        if finding is not None and finding.taken_back_at is None:
            finding.taken_back_at = at
        return finding
    if finding is None:
        finding = Finding(inspection_id=inspection_id, item=given.item)
        db.session.add(finding)
    finding.severity, finding.article, finding.text = given.severity or "", article, given.text
    finding.written_by_id, finding.written_at, finding.taken_back_at = actor.sign_in_id, at, None
    return finding


def _unset(found: Found) -> list[str]:
    """The numbers on the checklist of the items without an answer."""
    query = select(InspectionAnswer.item).where(
        InspectionAnswer.inspection_id == found.inspection.id, InspectionAnswer.answer.is_not(None)
    )
    answered = set(db.session.scalars(query))
    return [str(n) for n, one in enumerate(found.plan.checklist, 1) if one["code"] not in answered]


def _hand_over(found: Found, at: datetime) -> None:
    """Both have signed: it is the unit's turn."""
    days = settings.value(found.plan.organisation_id, "facts_days")
    found.inspection.signed_at = at
    if found.unit.organisation_id is not None:
        found.inspection.confirm_due_on = workdays.after(clock.local(at).date(), days)
    db.session.flush()
    telling.signed(found.inspection, found.unit, at)
    checks.visits(found.plan, at)
