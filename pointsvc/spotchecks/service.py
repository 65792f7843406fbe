"""Verbs of spot-checks from the frozen list on: freeze, draw, skip, open, void. A plan is written by planning.py.

The secret is made when the list is frozen and leaves the database by one way only: ``proofs.py``,
once the draw is public.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import undefer

from pointsvc import workdays
from pointsvc.audit import service as audit
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Invalid, Message, NotFound
from pointsvc.people import reach
from pointsvc.permissions import SYSTEM, Actor
from pointsvc.spotchecks import draw as drawing
from pointsvc.spotchecks import lifecycle, telling
from pointsvc.spotchecks.models import SpotCheck, Stratum, Unit
from pointsvc.spotchecks.placing import place_unit, placed, seat

# An unannounced list that is not opened by then was never revealed, and such a draw is void.
OPEN_WITHIN = 20


def spot_check(*, actor: Actor, spot_check_id: int) -> SpotCheck:
    """The plan with this id. Raises NotFound when there is none within reach."""
    found = db.session.scalar(
        select(SpotCheck).where(
            SpotCheck.id == spot_check_id, SpotCheck.organisation_id.in_(reach.organisation_ids(actor))
        )
    )
    if found is None:
        raise NotFound()
    return found


def freeze(*, actor: Actor, at: datetime, spot_check_id: int) -> SpotCheck:
    """Freeze the list of units and commit to a secret; from now on both are public (the secret is not).

    Raises NotFound, Conflict, Invalid when the list cannot be drawn from.
    """
    found = _locked(actor, spot_check_id)
    status = lifecycle.after(found.status, lifecycle.FREEZE)
    found.frame = _frame(found)
    found.frame_sha256 = drawing.digest(found.frame)
    found.secret = secrets.token_hex(32)
    found.commitment = drawing.commitment(found.plan, found.frame_sha256, found.secret)
    found.frozen_at = at
    _become(actor, at, found, status, frame=found.frame_sha256, commitment=found.commitment)
    return found


def _frame(found: SpotCheck) -> str:
    rows = db.session.execute(
        select(Unit.stratum, Unit.code, Unit.name).where(Unit.spot_check_id == found.id, Unit.excluded.is_(None))
    )
    try:
        frame = drawing.frame(drawing.Line(*row) for row in rows)
    except ValueError as error:
        unit = str(error)
        raise Invalid({"units": Message(N_("%(unit)s cannot stand in the list of units"), unit=unit)}) from error
    sizes = {name: len(codes) for name, codes in drawing.strata(frame).items()}
    strata = _strata(found)
    if not strata:
        raise Invalid({"units": N_("There are no units yet")})
    for name, n in strata.items():
        if n > sizes.get(name, 0):
            raise Invalid({"units": Message(N_("%(stratum)s has fewer units left than are drawn"), stratum=name)})
    return frame


def draw(
    *, actor: Actor, at: datetime, spot_check_id: int, digits: str, ceased: Mapping[str, str] | None = None
) -> SpotCheck:
    """Draw by the digits of the dice. ``ceased``: units that exist no more, by code, each with its reason.

    Of an announced check all is public with it; of an unannounced one the fingerprint of the list.
    Raises NotFound, Conflict (a plan is drawn once), Invalid.
    """
    found = _locked(actor, spot_check_id)
    status = lifecycle.after(found.status, lifecycle.DRAW)
    read = drawing.cleaned(digits)
    if read is None:
        raise Invalid({"digits": Message(_DIGITS, fewest=drawing.FEWEST_DIGITS, most=drawing.MOST_DIGITS)})
    frame, frame_sha256, secret = found.frame or "", found.frame_sha256 or "", found.secret or ""
    codes = drawing.strata(frame)
    skipped = dict(ceased or {})
    if unknown := skipped.keys() - {code for several in codes.values() for code in several}:
        raise Invalid({"ceased": Message(N_("There is no unit %(code)s in the list"), code=min(unknown))})
    found.digits = read
    found.seed = drawing.seed(found.plan, frame_sha256, secret, read)
    strata = _strata(found)
    listed = {name: drawing.first(found.seed, name, codes[name], n) for name, n in strata.items()}
    found.sealed_sha256 = drawing.sealed(found.plan, found.seed, listed)
    found.drawn_at = at
    found.opened_at = at if found.announced else None
    placed(found, found.seed, codes, strata, skipped, opened_at=found.opened_at)
    _become(actor, at, found, status, digits=read, sealed=found.sealed_sha256)
    telling.drawn(found, at)
    return found


def skip(*, actor: Actor, at: datetime, spot_check_id: int, unit_id: int, reason: str) -> Unit | None:
    """Pass over a drawn unit that has ceased to exist; the next ticket of its stratum serves, and is returned.

    None when no unit is left. Raises NotFound, Conflict when the unit is not drawn or no longer to be visited.
    """
    found, unit = _drawn(actor, spot_check_id, unit_id)
    unit.drawn, unit.skipped = False, reason
    db.session.flush()
    following = place_unit(found, unit, opened_at=at if found.opened_at else None)
    audit.note(actor=actor, at=at, action="spot_check:skip", object_id=str(found.id), unit=unit.id)
    telling.replaced(found, following, at)
    _open_whole(actor, at, found)
    return following


def stand_down(*, actor: Actor, at: datetime, spot_check_id: int, unit_id: int, inspector: str, reason: str) -> None:
    """Let the next inspector by ticket serve in the place of this one, with a public reason.

    Raises NotFound, Conflict when the unit is not drawn, Invalid when the inspector does not serve there.
    """
    found, unit = _drawn(actor, spot_check_id, unit_id)
    before = telling.serving(unit.id)
    seat(found, unit, away=(inspector, reason))
    telling.further(found, unit, at, besides=before)
    audit.note(actor=actor, at=at, action="spot_check:stand_down", object_id=str(found.id), unit=unit.id)


def open_units(*, actor: Actor, at: datetime, spot_check_id: int, unit_ids: Collection[int] | None = None) -> SpotCheck:
    """Make known that these units (or all) were drawn, when the inspectors have arrived; they are told of it.

    With the last one all of the draw is public. What is open already stays as it is. Raises NotFound,
    Conflict when nothing is drawn.
    """
    found = _locked(actor, spot_check_id)
    if found.drawn_at is None or found.status == "void":
        raise Conflict(N_("Nothing has been drawn by this plan"), code="not_drawn")
    query = update(Unit).where(Unit.spot_check_id == found.id, Unit.drawn, Unit.opened_at.is_(None))
    if unit_ids is not None:
        query = query.where(Unit.id.in_(unit_ids))
    opened = db.session.execute(query.values(opened_at=at).returning(Unit.id, Unit.organisation_id)).all()
    telling.opened(found, opened, at)
    audit.note(actor=actor, at=at, action="spot_check:open", object_id=str(found.id))
    _open_whole(actor, at, found)
    return found


def void(*, actor: Actor, at: datetime, spot_check_id: int, reason: str | None) -> SpotCheck:
    """Say publicly that nothing comes of this plan, and why (None: its list was never opened).

    Raises NotFound, Conflict when its result is public.
    """
    found = _locked(actor, spot_check_id)
    status = lifecycle.after(found.status, lifecycle.VOID, opened=found.opened_at is not None)
    found.void_reason = reason
    _become(actor, at, found, status)
    telling.ended(found, at)
    return found


def open_by(found: SpotCheck) -> date:
    """The last day on which an unannounced list can be opened; after it the draw is void."""
    return workdays.after(found.due_on, OPEN_WITHIN)


def unopened(*, today: date) -> list[int]:
    """The plans whose list is still sealed after its last day, as ids."""
    rows = db.session.scalars(select(SpotCheck).where(SpotCheck.status == "drawn", SpotCheck.opened_at.is_(None)))
    return [row.id for row in rows if open_by(row) < today]


def lapse(*, at: datetime, spot_check_id: int) -> None:
    """Void a plan whose secret was never revealed."""
    void(actor=SYSTEM, at=at, spot_check_id=spot_check_id, reason=None)


# ---- inside

_DIGITS = N_("Between %(fewest)s and %(most)s digits, as the dice showed them")


def _locked(actor: Actor, spot_check_id: int) -> SpotCheck:
    found = db.session.scalar(
        select(SpotCheck)
        .where(SpotCheck.id == spot_check_id, SpotCheck.organisation_id.in_(reach.organisation_ids(actor)))
        .options(undefer(SpotCheck.frame), undefer(SpotCheck.secret), undefer(SpotCheck.seed))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound()
    return found


def _drawn(actor: Actor, spot_check_id: int, unit_id: int) -> tuple[SpotCheck, Unit]:
    found = _locked(actor, spot_check_id)
    unit = db.session.get(Unit, unit_id, populate_existing=True)
    if unit is None or unit.spot_check_id != found.id:
        raise NotFound()
    if not unit.drawn or found.status != "drawn":
        raise Conflict(N_("This unit is not among those to be visited"), code="not_drawn")
    return found, unit


def _strata(found: SpotCheck) -> dict[str, int]:
    rows = db.session.execute(select(Stratum.name, Stratum.n).where(Stratum.spot_check_id == found.id))
    return {row.name: row.n for row in rows}


def _open_whole(actor: Actor, at: datetime, found: SpotCheck) -> None:
    """When no drawn unit is sealed any more, all of the draw is public."""
    sealed = select(Unit.id).where(Unit.spot_check_id == found.id, Unit.drawn, Unit.opened_at.is_(None)).limit(1)
    if found.opened_at is None and db.session.scalar(sealed) is None:
        found.opened_at = at
        audit.note(actor=actor, at=at, action="spot_check:reveal", object_id=str(found.id))
    db.session.flush()


def _become(actor: Actor, at: datetime, found: SpotCheck, status: str, **details: str) -> None:
    old, found.status = found.status, status
    db.session.flush()
    audit.note(actor=actor, at=at, action="spot_check:become", object_id=str(found.id), old=old, new=status, **details)
