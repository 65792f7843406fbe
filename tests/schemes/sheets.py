"""A small rule sheet for tests, and how to put one in force."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime
from typing import Any

from pointsvc.db import transaction
from pointsvc.permissions import SYSTEM
from pointsvc.schemes import service as schemes
from pointsvc.schemes.models import Scheme
from tests import factories
from tests.remembered import remembered

AT = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)

SHEET: dict[str, Any] = {
    "name": "青石区党员积分试行",
    "cycle": {"starts_month": 1},
    "base": {"default": "60", "by_category": {"floating": "50"}},
    "floor": "0",
    "ceiling": "120",
    "exempt": ["retired"],
    "ungraded": ["probationary"],
    "groups": [
        {"code": "life", "name": "组织生活", "cap": "20"},
        {"code": "serve", "name": "服务群众"},
        {"code": "minus", "name": "扣分", "floor": "-60"},
    ],
    "rules": [
        {"code": "meeting", "group": "life", "name": "参加三会一课", "points": "1", "unit": "次"},
        {"code": "themeday", "group": "life", "name": "参加主题党日", "points": "2", "unit": "次",
         "caps": [{"per": "month", "times": 1}, {"per": "year", "points": "16"}]},
        {"code": "volunteer", "group": "serve", "name": "志愿服务", "points": "1.2", "unit": "小时"},
        {"code": "advice", "group": "serve", "name": "建议被采纳", "range": ["1", "3.5"]},
        {"code": "award", "group": "serve", "name": "受表彰", "highest_only": True,
         "tiers": [{"code": "street", "name": "街道", "points": "3"}, {"code": "city", "name": "市", "points": "10"}]},
        {"code": "absent", "group": "minus", "name": "无故缺席", "points": "-2", "unit": "次"},
        {"code": "late", "group": "minus", "name": "迟到早退", "points": "-0.5", "unit": "次"},
        {"code": "crime", "group": "minus", "name": "违法违纪", "kind": "veto", "points": "0"},
    ],
    "activities": {
        "三会一课": {"present": "meeting", "late": "late", "absent": "absent"},
        "主题党日": {"present": "themeday", "late": "late", "absent": "absent"},
    },
    "grades": [
        {"name": "优秀", "min": "90", "quota": "1/3"},
        {"name": "合格", "min": "60"},
        {"name": "不合格"},
    ],
}  # fmt: skip


def sheet(**changes: Any) -> dict[str, Any]:
    """A copy of the sheet with these top-level fields instead."""
    return copy.deepcopy(SHEET) | changes


def without(*codes: str) -> dict[str, Any]:
    """A copy of the sheet without these rules (and the marks that need them)."""
    changed = sheet()
    changed["rules"] = [rule for rule in changed["rules"] if rule["code"] not in codes]
    for marks in changed["activities"].values():
        for mark in [mark for mark, code in marks.items() if code in codes]:
            del marks[mark]
    return changed


def draft(organisation: str = "QS", starts_on: date = date(2026, 1, 1), document: Any = None) -> Scheme:
    """A version of this organisation's rule sheet that is not in force."""
    with transaction():
        return schemes.create(
            actor=SYSTEM, at=AT, organisation=organisation, starts_on=starts_on, document=document or sheet()
        )


def published(organisation: str = "QS", starts_on: date = date(2026, 1, 1), document: Any = None) -> Scheme:
    """A version of this organisation's rule sheet in force from ``starts_on``."""
    made = draft(organisation, starts_on, document)
    with transaction():
        return schemes.publish(actor=SYSTEM, at=AT, scheme_id=made.id)


@remembered
def ruled_district() -> None:
    """The made-up district, with the sheet in force since the new year."""
    factories.district()
    published()
