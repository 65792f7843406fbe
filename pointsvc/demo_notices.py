"""The demonstration's announcement: the organisation department writes to everybody; nobody has read it yet."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from pointsvc.db import db, transaction
from pointsvc.notices import announcing
from pointsvc.people.models import Organisation, SignIn
from pointsvc.permissions import Actor, Role

TITLE = "关于做好本季度积分公示工作的通知"
BODY = (
    "各党（工）委、党支部：\n"
    "本季度党员积分已完成核算。请各党支部于公示期内在公示栏张贴积分公示表，公示期五个工作日，"
    "并将党员提出的异议及时登记、按期答复。\n"
    "区委组织部"
)


def show(*, at: datetime) -> None:
    """Announce something to the whole district."""
    account = db.session.scalar(select(SignIn).where(SignIn.role == Role.DISTRICT_ADMIN).order_by(SignIn.id).limit(1))
    if account is None:
        return
    node = db.session.get_one(Organisation, account.organisation_id)
    actor = Actor("person", account.name, Role.DISTRICT_ADMIN, account.id, node.id)
    with transaction():
        announcing.write(actor=actor, at=at, organisation=node.code, title=TITLE, body=BODY)
