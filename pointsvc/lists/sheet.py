"""A set of lists as a workbook: one sheet for each list, in columns that an import reads without asking.

The headings are Chinese whatever the reader's language, as the files of offices are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pointsvc.lists import reading
from pointsvc.lists.models import ListSet
from pointsvc.permissions import Actor
from pointsvc.spreadsheets import Column, Table

AT_ONCE = 1000

COLUMNS = (
    Column("清单编号", "count", 8),
    Column("清单组", width=14),
    Column("清单名称", width=14),
    Column("党组织代码", width=14),
    Column("党组织名称（仅供查看）", width=26),
    Column("清单事项", width=30),
    Column("详细内容", width=40),
    Column("地点", width=16),
    Column("开始日期", "day", 12),
    Column("结束日期", "day", 12),
    Column("完成期限", "day", 12),
    Column("可认领份数", "count", 10),
    Column("标签", width=16),
    Column("所需技能", width=16),
    Column("问题类型", width=16),
    Column("问题成因", width=30),
    Column("整改措施", width=30),
    Column("责任人", width=12),
    Column("复核人", width=12),
    Column("验收标准", width=20),
    Column("办理状态（仅供查看）", width=16),
)
CLOSING = ("kind", "cause", "measure", "responsible", "reviewer", "acceptance")
STATUSES = {
    "open": "待办理",
    "claimed": "已认领",
    "agreed": "已签约",
    "under_way": "实施中",
    "done": "已完成待确认",
    "confirmed": "已确认",
    "publicised": "已公示",
    "withdrawn": "已撤回",
    "asked": "已申请销号",
    "closed": "已销号",
}


def tables(actor: Actor, found: ListSet) -> list[Table]:
    """The three lists of this set, as far as the actor sees them, in the order of their numbers."""
    return [Table(one["name"], COLUMNS, _rows(actor, found, one)) for one in found.lists]


def _rows(actor: Actor, found: ListSet, one: dict[str, str]) -> Iterator[list[Any]]:
    after = 0
    while views := reading.in_order(actor=actor, set_id=found.id, key=one["key"], after_id=after, limit=AT_ONCE):
        words = reading.words_of([view.id for view in views])
        for view in views:
            yield _row(found, one, view, words[view.id])
        after = views[-1].id


def _row(found: ListSet, one: dict[str, str], view: reading.ItemView, words: dict[str, list[str]]) -> list[Any]:
    return [
        view.number,
        found.code,
        one["name"],
        view.organisation,
        view.organisation_name,
        view.title,
        view.text or None,
        view.place or None,
        view.starts_on,
        view.ends_on,
        view.due_on,
        view.quota,
        "、".join(words["tag"]) or None,
        "、".join(words["skill"]) or None,
        *(
            getattr(view, name) or None
            for name in ("kind", "cause", "measure", "responsible", "reviewer", "acceptance")
        ),
        STATUSES[view.status],
    ]
