"""Verbs of a plan's frame while it is written: strata and their units, and who is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, and_, delete, false, func, insert, literal, select, update

from pointsvc.audit import service as audit
from pointsvc.db import Id, among, db, given
from pointsvc.errors import N_, Invalid, Message, NotFound
from pointsvc.people.models import Organisation, OrganisationReach
from pointsvc.permissions import Actor
from pointsvc.spotchecks import choosing, draw, sampling
from pointsvc.spotchecks.models import KINDS, SpotCheck, Stratum, Unit
from pointsvc.spotchecks.planning import NO_PART, draft

_COLUMNS = ["spot_check_id", "stratum", "code", "name", "organisation_id", "drawn"]


@dataclass(frozen=True)
class Part:
    """A stratum: its units as a list of (code, name or None), or what to choose; and how many are drawn.

    ``n`` or ``percent``. A unit whose code is that of an organisation is that organisation.
    """

    name: str
    kind: str = "organisation"
    n: int | None = None
    percent: int | None = None
    units: Sequence[tuple[str, str | None]] = ()
    source: choosing.Source | None = None


def put_units(
    *, actor: Actor, at: datetime, spot_check_id: int, parts: Sequence[Part], excluded: Mapping[str, str]
) -> SpotCheck:
    """Make these the plan's strata, in place of whatever it had, and leave units out, each with its reason.

    Raises NotFound, Invalid, Conflict when the list is frozen.
    """
    found = draft(actor, spot_check_id)
    _clear(found, None)
    for place, part in enumerate(parts):
        try:
            _put(actor, found, part)
        except Invalid as problem:
            raise Invalid({f"strata.{place}.{name}": words for name, words in problem.errors.items()}) from problem
    if excluded:
        _exclude(found, excluded)
    _noted(actor, at, found)
    return found


def put_part(*, actor: Actor, at: datetime, spot_check_id: int, part: Part) -> SpotCheck:
    """Add a stratum, or put it in the place of the one with its name.

    Raises NotFound, Invalid, Conflict when the list is frozen.
    """
    found = draft(actor, spot_check_id)
    _clear(found, part.name)
    _put(actor, found, part)
    _noted(actor, at, found)
    return found


def remove_part(*, actor: Actor, at: datetime, spot_check_id: int, name: str) -> SpotCheck:
    """Take a stratum out of the plan. Raises NotFound, Conflict when the list is frozen."""
    found = draft(actor, spot_check_id)
    _clear(found, name)
    _noted(actor, at, found)
    return found


def resize(*, actor: Actor, at: datetime, spot_check_id: int, name: str, n: int) -> SpotCheck:
    """Say how many units of a stratum are drawn. Raises NotFound, Invalid, Conflict when the list is frozen."""
    found = draft(actor, spot_check_id)
    stratum = db.session.get(Stratum, (found.id, name))
    if stratum is None:
        raise NotFound()
    stratum.n = _fitting(n, _count(found, name))
    _noted(actor, at, found)
    return found


def exclude(*, actor: Actor, at: datetime, spot_check_id: int, reasons: Mapping[str, str | None]) -> SpotCheck:
    """Leave units (by code) out of the draw, each with its public reason; None takes one in again.

    Raises NotFound, Invalid, Conflict when the list is frozen.
    """
    found = draft(actor, spot_check_id)
    _exclude(found, reasons)
    audit.note(actor=actor, at=at, action="spot_check:exclude", object_id=str(found.id), units=len(reasons))
    return found


# ---- inside


def _noted(actor: Actor, at: datetime, found: SpotCheck) -> None:
    db.session.flush()
    audit.note(actor=actor, at=at, action="spot_check:units", object_id=str(found.id), units=_count(found, None))


def _clear(found: SpotCheck, name: str | None) -> None:
    for table, column in ((Unit, Unit.stratum), (Stratum, Stratum.name)):
        query = delete(table).where(table.spot_check_id == found.id)
        db.session.execute(query if name is None else query.where(column == name))


def _put(actor: Actor, found: SpotCheck, part: Part) -> None:
    if not draw.fits(part.name):
        raise Invalid({"name": Message(NO_PART, part=part.name)})
    if part.kind not in KINDS:
        raise Invalid({"kind": Message(N_("One of %(choices)s is needed"), choices=", ".join(KINDS))})
    rows = (choosing.chosen(actor, part.kind, part.source) if part.source else _listed(found, part)).subquery()
    code, name, organisation = rows.c
    # A unit stands in one stratum: whoever is chosen twice stays where it was chosen first.
    # Through its few strata, so that the index leads to the code.
    strata = select(Stratum.name).where(Stratum.spot_check_id == found.id)
    there = select(Unit.id).where(Unit.spot_check_id == found.id, Unit.stratum.in_(strata), Unit.code == code).exists()
    values = literal(found.id, Id), literal(part.name, String), code, name, organisation, false()
    db.session.execute(insert(Unit).from_select(_COLUMNS, select(*values).where(~there).order_by(code)))
    count = _count(found, part.name)
    if not count:
        raise Invalid({"units": N_("There is no unit here that is not in the plan already")})
    n = sampling.share_of(count, part.percent) if part.percent else part.n or 0
    db.session.add(Stratum(spot_check_id=found.id, name=part.name, kind=part.kind, n=_fitting(n, count)))
    db.session.flush()


def _listed(found: SpotCheck, part: Part) -> choosing.Rows:
    """The units of a list; those of the tree are told from others by their codes."""
    twice = [code for code, count in Counter(code for code, _ in part.units).items() if count > 1]
    if twice:
        raise Invalid({"units": Message(N_("The unit %(code)s stands there twice"), code=twice[0])})
    for code, name in part.units:
        if not draw.fits(code) or not (name is None or draw.fits(name)):
            raise Invalid({"units": Message(NO_PART, part=name if draw.fits(code) else code)})
    rows = given({"code": String(), "name": String()}, part.units)
    # Found by its code first: as a list SQLite would go through all that is below for each row.
    below = select(OrganisationReach.below_id).where(
        OrganisationReach.above_id == found.organisation_id, OrganisationReach.below_id == Organisation.id
    )
    ours = and_(Organisation.code == rows.c.code, below.exists())
    if part.kind != "organisation":
        ours = false()
    named = func.coalesce(rows.c.name, Organisation.name, rows.c.code).label("name")
    return select(rows.c.code, named, Organisation.id).select_from(rows).outerjoin(Organisation, ours)


def _exclude(found: SpotCheck, reasons: Mapping[str, str | None]) -> None:
    known = db.session.scalars(select(Unit.code).where(Unit.spot_check_id == found.id, among(Unit.code, list(reasons))))
    if missing := reasons.keys() - set(known):
        raise Invalid({"excluded": Message(N_("There is no unit %(code)s in this plan"), code=min(missing))})
    rows = given({"code": String(), "reason": String()}, list(reasons.items()))
    query = update(Unit).where(Unit.spot_check_id == found.id, Unit.code == rows.c.code)
    db.session.execute(query.values(excluded=rows.c.reason).execution_options(synchronize_session=False))


def _count(found: SpotCheck, name: str | None) -> int:
    query = select(func.count()).where(Unit.spot_check_id == found.id)
    return db.session.scalar(query if name is None else query.where(Unit.stratum == name)) or 0


def _fitting(n: int, count: int) -> int:
    if not 1 <= n <= count:
        raise Invalid({"n": Message(N_("Between 1 and the %(count)s units of the stratum"), count=count)})
    return n
