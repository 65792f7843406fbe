"""What tests of merges do again and again. M004 of the second branch is M001 of the first once more."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.ledger import merging
from pointsvc.ledger import service as ledger
from pointsvc.ledger.models import Entry
from pointsvc.people import reach
from pointsvc.people.models import MemberMerge
from pointsvc.permissions import SYSTEM
from tests import factories

API = "/api/v1"
BODY = {"keep": "M001", "duplicate": "M004", "reason": "同一人重复建档，身份证件核对一致"}


def record(member: str, day: str = "2026-07-05", rule: str = "volunteer", **more: Any) -> int:
    with transaction():
        return ledger.record(
            actor=SYSTEM, at=clock.now(), member=member, rule=rule, occurred_on=date.fromisoformat(day), **more
        ).id


def merge(keep: str = "M001", duplicate: str = "M004") -> MemberMerge:
    with transaction():
        return merging.merge(actor=SYSTEM, at=clock.now(), keep=keep, duplicate=duplicate, reason="重复")


def undo(merge_id: int) -> MemberMerge:
    with transaction():
        return merging.undo(actor=SYSTEM, at=clock.now(), merge_id=merge_id)


def live(number: str) -> list[tuple[str, str, str]]:
    """The live entries of this very record, as rule, points and source."""
    rows = db.session.scalars(
        select(Entry).where(Entry.member_id == factories.member_id(number)).order_by(Entry.id)
    ).all()
    back = {row.reverses_id for row in rows}
    views = {view.id: view for one in rows if (view := ledger.entry(actor=SYSTEM, entry_id=one.id))}
    return [
        (views[row.id].rule, str(row.points), row.source)
        for row in rows
        if row.reverses_id is None and row.id not in back
    ]


def branch(number: str, day: date) -> int | None:
    return reach.branch_on([one := factories.member_id(number)], day).get(one)
