"""The demonstration's announcement: the organisation department writes to everybody; nobody has read it yet."""

from __future__ import annotations

from datetime import datetime

from pointsvc.db import transaction
from pointsvc.demo_accounts import first
from pointsvc.notices import announcing
from pointsvc.people import reach
from pointsvc.permissions import Role

TITLE = "关于做好本季度积分公示工作的通知"
BODY = (
    "各党（工）委、党支部：\n"
    "本季度党员积分已完成核算。请各党支部于公示期内在公示栏张贴积分公示表，公示期五个工作日，"
    "并将党员提出的异议及时登记、按期答复。\n"
    "区委组织部"
)


def show(*, at: datetime) -> None:
    """Announce something to the whole district."""
    actor = first(Role.DISTRICT_ADMIN)
    if actor is None:
        return
    node = reach.own_node(actor)
    with transaction():
        announcing.write(actor=actor, at=at, organisation=node.code, title=TITLE, body=BODY)
