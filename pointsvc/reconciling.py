"""The nightly reconciliation: ``verifying`` in short reads, what it found kept, and the alarm at one cent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from pointsvc import clock
from pointsvc.audit import reconciliations
from pointsvc.audit.models import Reconciliation
from pointsvc.db import db, transaction
from pointsvc.errors import N_, Message
from pointsvc.notices import service as notices
from pointsvc.people.models import SignIn
from pointsvc.permissions import Role
from pointsvc.verifying import counts, faults

log = logging.getLogger(__name__)

DOING = N_("Holding totals and entries against each other")
ALARM = N_("The reconciliation found %(number)s faults: totals and entries differ. Please look at once.")
TOLD = (Role.DISTRICT_ADMIN, Role.SYSTEM_ADMIN)


def reconcile(*, period: str, hold: Callable[..., Any], finish: Callable[[datetime], Any]) -> Reconciliation:
    """Hold everything that is kept twice against each other, and keep and tell what was found.

    ``hold`` renews the job's lease and ``finish`` ends it; both raise Fenced when it has passed on.
    Outside of any transaction; opens its own, all of them short.
    """
    with transaction():
        hold(doing=DOING)
        reconciliations.begin(period=period, at=clock.now())
    checked = counts()
    found = list(faults(at=clock.now(), pause=lambda: _pause(hold)))
    db.session.rollback()
    with transaction():
        at = clock.now()
        finish(at)
        row = reconciliations.keep(period=period, at=at, checked=checked, faults=found)
        if found:
            _alarm(row, found, at)
        return row


def _pause(hold: Callable[..., Any]) -> None:
    with transaction():
        hold(doing=DOING)


def _alarm(row: Reconciliation, found: Sequence[Message], at: datetime) -> None:
    """Into the log each time; to people once for the same faults, until a check has found none of them."""
    log.critical("reconciliation %s: %s faults, the first: %s", row.period, len(found), found[0])
    before = reconciliations.latest(before=row)
    if before is not None and (before.found, before.faults) == (row.found, row.faults):
        return
    notices.send_soon(
        at=at,
        sign_in_ids=db.session.scalars(_told()).all(),
        message=ALARM,
        params={"number": row.found},
        link="/reconciliations",
        dedupe_prefix=f"reconciliation:{row.period}",
        topic="system",
    )


def _told() -> Any:
    return select(SignIn.id).where(SignIn.role.in_(TOLD), SignIn.disabled_at.is_(None)).order_by(SignIn.id)
