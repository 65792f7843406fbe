"""The demonstration's lists: needs on their way from filed to thanked, problems up to their closing, one ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import current_app

from pointsvc import clock
from pointsvc.lists import reading
from pointsvc.lists import service as lists
from pointsvc.people import reach
from pointsvc.permissions import SYSTEM

# Title, tags, skills, place, days since it was filed, and how far it has come.
NEEDS: Sequence[tuple[str, tuple[str, ...], tuple[str, ...], str, int, int]] = (
    ("独居老人需要定期上门理发", ("助老",), ("理发",), "东桥社区", 30, 5),
    ("三号楼楼道照明损坏", ("便民", "安全"), ("电工",), "东桥社区", 18, 4),
    ("暑期少儿书法辅导", ("助学",), ("书法",), "社区活动室", 12, 2),
    ("楼前消防通道被占用", ("安全",), (), "西山社区", 16, 0),
    ("行动不便居民代办医保手续", ("助老", "便民"), (), "东桥社区", 3, 0),
)
RESOURCES: Sequence[tuple[str, str, tuple[str, ...], tuple[str, ...]]] = (
    ("QY0501", "每月一次财税知识咨询", ("便民",), ("财税",)),
    ("QY0502", "周末少儿书法、绘画辅导", ("助学",), ("书法", "绘画")),
    ("QY0503", "老年人理发、量血压服务队", ("助老",), ("理发", "量血压")),
)
PROBLEMS: Sequence[tuple[str, str, str, int, int]] = (
    ("主题党日记录不完整", "补齐记录，专人负责归档", "支部组织委员", -6, 0),
    ("流动党员联系不经常", "建立联系台账，每月电话联系一次", "支部书记", 20, 1),
    ("公示栏内容未及时更新", "更换内容，明确更新责任人", "支部宣传委员", 5, 2),
)
STEPS = ("agree", "start", "finish", "confirm")


def fill(*, at: datetime, branch: str) -> None:
    """Through the same verbs as everybody: what residents and the branch need, who took it on, what was found."""
    _needs(at, branch)
    found = reading.by_template(_id(branch), "exchange").id
    for days, (code, title, tags, skills) in enumerate(RESOURCES, start=9):
        new = lists.NewItem("resources", title, tags=tags, skills=skills)
        lists.file_item(actor=SYSTEM, at=at - timedelta(days=days), set_id=found, new=new, organisation=code)
    _problems(at, branch)
    _ledger(at)


def _needs(at: datetime, branch: str) -> None:
    for number, (title, tags, skills, place, days, steps) in enumerate(NEEDS):
        filed_at = at - timedelta(days=days)
        item, _ = lists.file_by_resident(
            at=filed_at,
            organisation=branch,
            new=lists.NewItem("needs", title, "", place, tags=tags, skills=skills),
            contact=lists.Contact(f"居民{number + 1}", f"0000-555010{number}"),
            once=f"demo-{number}",
            secret=current_app.config["SECRET_KEY"],
        )
        if steps:
            lists.claim(
                actor=SYSTEM, at=filed_at + timedelta(days=1), item_id=item.id, organisation="QY0503", note="周末上门"
            )
        for act in STEPS[: max(steps - 1, 0)]:
            more: dict[str, Any] = {"rating": "satisfied", "note": "谢谢，解决了大难题"} if act == "confirm" else {}
            lists.act(actor=SYSTEM, at=filed_at + timedelta(days=2), item_id=item.id, act=act, **more)


def _problems(at: datetime, branch: str) -> None:
    today, found = clock.local(at).date(), reading.by_template(_id(branch), "problems").id
    for title, measure, responsible, due, steps in PROBLEMS:
        new = lists.NewItem(
            "problems",
            title,
            measure=measure,
            responsible=responsible,
            reviewer="街道组织委员",
            due_on=today + timedelta(days=due),
        )
        item = lists.file_item(actor=SYSTEM, at=at - timedelta(days=20), set_id=found, new=new, organisation=branch)
        for act in ("start", "finish")[:steps]:
            lists.act(actor=SYSTEM, at=at - timedelta(days=2), item_id=item.id, act=act)


def _ledger(at: datetime) -> None:
    today = clock.local(at).date()
    new = lists.NewItem(
        "problems",
        "党支部书记缺位，组织生活不经常",
        kind="班子配备不齐、书记长期缺位",
        cause="原书记外出务工，后备力量不足",
        measure="选派第一书记，物色并培养书记人选",
        responsible="镇党委副书记",
        reviewer="区委组织部组织科",
        due_on=today + timedelta(days=90),
        acceptance="班子配齐，组织生活连续三个月正常",
        stages=(
            lists.Stage("选派第一书记到岗", today + timedelta(days=15)),
            lists.Stage("完成支部书记补选", today + timedelta(days=60)),
        ),
    )
    found = reading.by_template(_id("QY0304"), "weak").id
    lists.file_item(actor=SYSTEM, at=at - timedelta(days=25), set_id=found, new=new, organisation="QY0304")


def _id(code: str) -> int:
    return reach.organisation(SYSTEM, code).id
