"""A rule sheet with one of each, and entries by it."""

from __future__ import annotations

from datetime import date
from typing import Any

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.ledger import service as ledger
from pointsvc.permissions import SYSTEM
from pointsvc.schemes import service as schemes
from tests import factories
from tests.remembered import remembered

SHEET: dict[str, Any] = {
    "name": "青石区积分办法",
    "cycle": {"starts_month": 1},
    "base": {"default": "60", "by_category": {"floating": "50"}},
    "carry_over": "1/3",
    "floor": "0",
    "ceiling": "120",
    "exempt": ["retired"],
    "ungraded": ["probationary"],
    "groups": [
        {"code": "study", "name": "学习教育", "cap": "12"},
        {"code": "serve", "name": "服务群众", "cap": "30"},
        {"code": "minus", "name": "扣分", "floor": "-10"},
    ],
    "rules": [
        {
            "code": "class",
            "group": "study",
            "name": "集中学习",
            "points": "2",
            "caps": [{"per": "quarter", "points": "5"}],
        },
        {"code": "note", "group": "study", "name": "学习笔记", "points": "1", "caps": [{"per": "month", "times": 1}]},
        {"code": "talk", "group": "study", "name": "讲党课", "points": "8"},
        {
            "code": "award",
            "group": "serve",
            "name": "受表彰",
            "highest_only": True,
            "tiers": [{"code": "town", "name": "镇", "points": "3"}, {"code": "city", "name": "市", "points": "10"}],
        },
        {"code": "hours", "group": "serve", "name": "志愿服务", "points": "1.2", "unit": "小时"},
        {"code": "duty", "group": "minus", "name": "交办任务未完成", "range": ["-8", "-1"]},
        {"code": "crime", "group": "minus", "name": "违法违纪", "points": "0", "kind": "veto"},
    ],
    "grades": [{"name": "优秀", "min": "80", "quota": "1/3"}, {"name": "合格", "min": "60"}, {"name": "不合格"}],
}


def publish(organisation: str = "QS", starts_on: date = date(2026, 1, 1), **changes: Any) -> int:
    """Put the sheet in force; the answer is its id."""
    with transaction():
        made = schemes.create(
            actor=SYSTEM,
            at=clock.now(),
            organisation=organisation,
            starts_on=starts_on,
            document=SHEET | changes,
        )
        schemes.publish(actor=SYSTEM, at=clock.now(), scheme_id=made.id)
        return made.id


@remembered
def ruled_district() -> None:
    """The made-up district, with the sheet in force since the new year."""
    factories.district()
    publish()


def record(member: str, rule: str, day: str, **more: Any) -> int:
    """Record one entry; the answer is its id."""
    with transaction():
        return ledger.record(
            actor=SYSTEM, at=clock.now(), member=member, rule=rule, occurred_on=date.fromisoformat(day), **more
        ).id


def reverse(entry_id: int) -> int:
    """Take an entry back."""
    with transaction():
        return ledger.reverse(actor=SYSTEM, at=clock.now(), entry_id=entry_id, reason="登记有误").id
