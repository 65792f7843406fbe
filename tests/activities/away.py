"""Attendance elsewhere, as it is reported, confirmed and marked."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from pointsvc import clock
from pointsvc.activities import receipts
from pointsvc.activities import service as activities
from pointsvc.activities.models import AwayReceipt
from pointsvc.db import db, transaction
from pointsvc.ledger import service as ledger
from pointsvc.permissions import SYSTEM

API = "/api/v1"
URL = f"{API}/away-receipts"
BODY = {"kind": "主题党日", "held_on": "2026-08-05", "host": "舟山市滨江社区党支部", "note": "清理海滩"}


def submit(member: str = "M001", **more: Any) -> int:
    values = {**BODY, "held_on": date(2026, 8, 5), **more}
    with transaction():
        made = receipts.submit(actor=SYSTEM, at=clock.now(), member=member, **values)
    assert made is not None
    return made.id


def confirm(receipt_id: int) -> AwayReceipt:
    with transaction():
        return receipts.confirm(actor=SYSTEM, at=clock.now(), receipt_id=receipt_id)


def mark(value: str | None, number: str = "M001", organisation: str = "QS0101", kind: str = "主题党日") -> None:
    with transaction():
        held = activities.open_meeting(
            actor=SYSTEM, at=clock.now(), organisation=organisation, kind=kind, held_on=date(2026, 8, 5)
        )
        activities.mark(actor=SYSTEM, at=clock.now(), meeting_id=held.id, marks={number: value})


def live(number: str = "M001") -> list[tuple[str, str, str]]:
    return [
        (view.rule, str(view.points), view.source)
        for view in reversed(ledger.entries(actor=SYSTEM, member=number))
        if view.status == "recorded"
    ]


def statuses() -> list[str]:
    return list(db.session.scalars(select(AwayReceipt.status).order_by(AwayReceipt.id)))
