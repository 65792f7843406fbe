"""Who is told of a spot-check, and when: the drawn units, and those who inspect them.

The units of an announced check are told on the morning that its plan names, at the draw when it names
none or that morning has come. A unit of an unannounced check is told when it is opened, and nothing
before. No sentence names a unit: a mail is read by others than the inspectors who serve.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, select

from pointsvc.db import db
from pointsvc.errors import N_
from pointsvc.notices import reminders
from pointsvc.notices import service as notices
from pointsvc.notices.reminders import Whom, Words
from pointsvc.people import leaders, settings
from pointsvc.people.models import SignIn
from pointsvc.spotchecks.listing import to_visit
from pointsvc.spotchecks.models import Assignment, Inspector, SpotCheck, Unit

DRAWN = N_(
    "“%(title)s” (%(plan)s): your organisation, or one that you answer for, was drawn and is inspected"
    " until %(due_on)s. Its page shows how it was drawn."
)
OPENED = N_(
    "The unannounced check “%(title)s” (%(plan)s) has begun: your organisation, or one that you answer for, was"
    " drawn on %(drawn_at)s, sealed under %(sealed)s. Its page shows how to check that."
)
VISITS = N_("“%(title)s” (%(plan)s): you are drawn to inspect; units: %(count)s, until %(due_on)s")
FURTHER = N_("“%(title)s” (%(plan)s): a further unit is yours to inspect, until %(due_on)s")
UNSIGNED = N_("“%(title)s” (%(plan)s): units that you inspect wait for a visit or a signature, until %(due_on)s")

TOPIC = "check"
# So much of a fingerprint is read out; all of it is on the public page.
FINGERPRINT = 12
_UNITS, _VISITS = "units", "visits"
# Whether a drawn unit has been visited is known further right, which says so here.
_done: list[ColumnElement[bool]] = []


def done_when(condition: ColumnElement[bool]) -> None:
    """Register the condition on Unit under which its inspectors have nothing left to do there."""
    _done.append(condition)


def drawn(found: SpotCheck, at: datetime) -> None:
    """The dice have fallen: tell those who inspect, and the units of an announced check on their day."""
    if found.announced and tells_units_at(found, at) > at:
        _plan_units(found, at)
    elif found.announced:
        _tell(found, at, "drawn", leaders.secretaries(_organisations(found)), DRAWN, _page(found))
    waiting = sorted(_waiting(found), key=lambda row: row.units)
    for count, rows in groupby(waiting, key=lambda row: row.units):
        ids = [row.sign_in_id for row in rows]
        _tell(found, at, "visits", ids, VISITS, _list(found), count=count)
    visits(found, at)


def tells_units_at(found: SpotCheck, drawn_at: datetime) -> datetime:
    """When the units of an announced check are told, if it is drawn at this instant."""
    return max(reminders.morning(found.notice_on), drawn_at) if found.notice_on else drawn_at


def opened(found: SpotCheck, units: Sequence[Any], at: datetime) -> None:
    """The inspectors have arrived: tell these units (id, organisation_id) that they were drawn, and how."""
    if units:
        ids = leaders.secretaries([row.organisation_id for row in units])
        kind = f"opened:{min(row.id for row in units)}"
        sealed = (found.sealed_sha256 or "")[:FINGERPRINT]
        drawn_at = found.drawn_at.isoformat() if found.drawn_at else ""
        _tell(found, at, kind, ids, OPENED, _page(found), sealed=sealed, drawn_at=drawn_at)


def replaced(found: SpotCheck, unit: Unit | None, at: datetime) -> None:
    """A drawn unit is no more: tell whoever is in its place (None: nobody), now or on the day, and who goes there."""
    if not found.announced:
        opened(found, [unit] if unit is not None and unit.opened_at is not None else [], at)
    elif _untold(found):
        _plan_units(found, at)
    elif unit is not None:
        _tell(found, at, f"drawn:{unit.id}", leaders.secretaries([unit.organisation_id]), DRAWN, _page(found))
    if unit is not None:
        further(found, unit, at)
    else:
        visits(found, at)


def further(found: SpotCheck, unit: Unit, at: datetime, *, besides: Collection[int] = ()) -> None:
    """Tell those who inspect this unit now, besides whoever did so before."""
    ids = [one for one in serving(unit.id) if one not in besides]
    _tell(found, at, f"further:{unit.id}", ids, FURTHER, _list(found))
    visits(found, at)


def visits(found: SpotCheck, at: datetime) -> None:
    """Plan the reminders of those who have units left to sign; whoever has none left is left alone."""
    ids = [row.sign_in_id for row in _waiting(found)] if found.status == "drawn" else []
    dues: list[datetime] = []
    if ids:
        days = settings.value(found.organisation_id, "visit_remind_days")
        dues = reminders.ahead(found.due_on, days, since=found.drawn_at or at)
    words = _words(found, UNSIGNED, _list(found))
    subject = _subject(found)
    reminders.plan(at=at, subject=subject, kind=_VISITS, dues=dues, whom=Whom(sign_in_ids=ids), words=words)


def ended(found: SpotCheck, at: datetime) -> None:
    """The plan is reported or void: nothing more is told of it."""
    reminders.stop(at=at, subject=_subject(found))


def serving(unit_id: int) -> list[int]:
    """The accounts of those who inspect this unit, in the order in which they were drawn."""
    query = (
        select(Inspector.sign_in_id)
        .join(Assignment, Assignment.inspector_id == Inspector.id)
        .join(Unit, Unit.id == Assignment.unit_id)
        .where(Unit.id == unit_id, to_visit(), Assignment.serves, Inspector.sign_in_id.is_not(None))
    )
    return [one for one in db.session.scalars(query.order_by(Assignment.place)) if one is not None]


def units_told(found: SpotCheck) -> tuple[datetime | None, bool]:
    """When the units of an announced check are told, and whether they were. None: at the draw, which is to come."""
    rows = reminders.series(subject=_subject(found), kind=_UNITS)
    if rows:
        return rows[0].told_at or rows[0].due_at, rows[0].told_at is not None
    if found.drawn_at is None:
        return reminders.morning(found.notice_on) if found.notice_on else None, False
    when = tells_units_at(found, found.drawn_at)
    return when, when == found.drawn_at


# ---- inside


def _plan_units(found: SpotCheck, at: datetime) -> None:
    ids = _organisations(found)
    reminders.plan(
        at=at,
        subject=_subject(found),
        kind=_UNITS,
        dues=[tells_units_at(found, at)] if ids else [],
        whom=Whom(organisation_ids=ids),
        words=_words(found, DRAWN, _page(found)),
    )


def _untold(found: SpotCheck) -> bool:
    """Whether the units are still to be told, held until the transaction ends."""
    rows = reminders.series(subject=_subject(found), kind=_UNITS, lock=True)
    return any(row.told_at is None and row.stopped_at is None for row in rows)


def _organisations(found: SpotCheck) -> list[int]:
    query = select(Unit.organisation_id).where(Unit.spot_check_id == found.id, Unit.place.is_not(None), Unit.drawn)
    return [one for one in db.session.scalars(query) if one is not None]


def _waiting(found: SpotCheck) -> Sequence[Any]:
    """The accounts that inspect, each with how many units wait for it."""
    return db.session.execute(
        select(Inspector.sign_in_id, func.count().label("units"))
        .join(Assignment, Assignment.inspector_id == Inspector.id)
        .join(Unit, Unit.id == Assignment.unit_id)
        .join(SignIn, SignIn.id == Inspector.sign_in_id)
        .where(Inspector.spot_check_id == found.id, Assignment.serves, SignIn.disabled_at.is_(None))
        .where(to_visit(), ~or_(false(), *_done))
        .group_by(Inspector.sign_in_id)
        .order_by(Inspector.sign_in_id)
    ).all()


def _subject(found: SpotCheck) -> str:
    return f"spot_check:{found.id}"


def _page(found: SpotCheck) -> str:
    return f"/draws/{found.plan}"


def _list(found: SpotCheck) -> str:
    return f"/inspections?spot_check={found.id}"


def _params(found: SpotCheck) -> dict[str, Any]:
    return {"title": found.title, "plan": found.plan, "due_on": found.due_on.isoformat()}


def _words(found: SpotCheck, message: str, link: str) -> Words:
    return Words(message, _params(found), link, TOPIC)


def _tell(
    found: SpotCheck,
    at: datetime,
    kind: str,
    sign_in_ids: Collection[int],
    message: str,
    link: str,
    **more: Any,
) -> None:
    """Ask for this to be told, in the transaction of what it tells."""
    notices.send_soon(
        at=at,
        sign_in_ids=sign_in_ids,
        message=message,
        params={**_params(found), **more},
        link=link,
        dedupe_prefix=f"{_subject(found)}:{kind}",
        topic=TOPIC,
    )
