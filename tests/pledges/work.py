"""What tests of pledges do again and again."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

from sqlalchemy import select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.errors import Problem
from pointsvc.ledger.models import Entry
from pointsvc.people import settings
from pointsvc.permissions import SYSTEM, Role
from pointsvc.pledges import service as pledges
from pointsvc.pledges.models import Pledge, PledgeStep
from pointsvc.pledges.service import Said
from tests import factories
from tests.remembered import remembered
from tests.schemes.sheets import SHEET, published

MINUTE = "2026年3月支委会纪要第2号"
DUE = date(2026, 9, 30)
SAID = Said(
    kind="practical",
    text="每月上门看望独居老人两次",
    due_on=DUE,
    indicator="上门次数",
    baseline="去年6次",
    target="24次",
    beneficiary="松岭街道独居老人",
    witness="社区网格员",
)
RULES = [
    {"code": "kept", "group": "serve", "name": "承诺践诺", "points": "10"},
    {"code": "broken", "group": "minus", "name": "承诺不履行", "points": "-3"},
]


@remembered
def district(rules: bool = True) -> None:
    """The made-up district with a rule sheet, and ``leader``, a secretary of the first branch who is M002;
    with ``rules`` pledges give points.
    """
    factories.district()
    document: dict[str, Any] = copy.deepcopy(SHEET)
    document["rules"] += RULES
    published(document=document)
    factories.sign_in("leader", Role.SECRETARY, "QS0101", member="M002")
    if rules:
        decide("pledge_rule_fulfilled", "kept")
        decide("pledge_rule_broken", "broken")


def decide(name: str, value: Any) -> None:
    """Let this setting hold in the whole district."""
    with transaction():
        settings.decide(actor=SYSTEM, at=factories.AT, organisation="QS", name=name, value=value)


def made(who: str = "member", said: Said = SAID, **more: Any) -> int:
    """The id of a pledge that this account has made and handed in."""
    actor = factories.actor(who)
    with transaction():
        return pledges.make(actor=actor, at=clock.now(), said=said, **{"submit": True, **more})


def act(step: str, who: str, *ids: int, **more: Any) -> None:
    """Let this account take a step with a pledge; approve and publish take several."""
    actor, at = factories.actor(who), clock.now()
    verbs: dict[str, Any] = {
        "amend": lambda: pledges.amend(actor=actor, at=at, pledge_id=ids[0], said=more.get("said", SAID)),
        "submit": lambda: pledges.submit(actor=actor, at=at, pledge_id=ids[0]),
        "approve": lambda: pledges.approve(actor=actor, at=at, pledge_ids=ids, minute=more.get("minute", MINUTE)),
        "return": lambda: pledges.send_back(actor=actor, at=at, pledge_id=ids[0], reason=more.get("reason", "请写明")),
        "publish": lambda: pledges.publish(actor=actor, at=at, pledge_ids=ids),
        "progress": lambda: pledges.progress(actor=actor, at=at, pledge_id=ids[0], text=more.get("text", "已上门4次")),
        "change": lambda: pledges.change(
            actor=actor, at=at, pledge_id=ids[0], said=more.get("said", changed()), reason=more.get("reason", "住院")
        ),
        "unsettle": lambda: pledges.unsettle(actor=actor, at=at, pledge_id=ids[0], reason=more.get("reason", "有误")),
        "rate": lambda: pledges.rate(actor=actor, at=at, pledge_id=ids[0], grade=more.get("grade", 4)),
        "close": lambda: pledges.close(actor=actor, at=at, pledge_id=ids[0]),
        "withdraw": lambda: pledges.withdraw(actor=actor, at=at, pledge_id=ids[0], reason=more.get("reason", "调离")),
    }
    outcomes = {"fulfil": "fulfilled", "excuse": "unfulfilled_cause", "fail": "unfulfilled"}
    if step in outcomes:
        more.setdefault("text", "走访记录已核对")
        verbs[step] = lambda: pledges.settle(actor=actor, at=at, pledge_id=ids[0], outcome=outcomes[step], **more)
    with transaction():
        verbs[step]()


def changed(**more: Any) -> Said:
    """What is pledged, with a later day unless otherwise said."""
    values = {name: getattr(SAID, name) for name in ("kind", "text", "due_on", "indicator", "baseline", "target")}
    return Said(**{**values, "due_on": date(2026, 11, 30), **more})


def at_status(status: str, **more: Any) -> int:
    """The id of a pledge of the member that stands here."""
    ways = {
        "draft": (),
        "submitted": (),
        "returned": ("return",),
        "approved": ("approve",),
        "published": ("approve", "publish"),
        "changing": ("approve", "publish", "change"),
        "fulfilled": ("approve", "publish", "fulfil"),
        "unfulfilled_cause": ("approve", "publish", "excuse"),
        "unfulfilled": ("approve", "publish", "fail"),
        "closed": ("approve", "publish", "fulfil", "close"),
        "withdrawn": ("withdraw",),
    }
    number = made(submit=status != "draft", **more)
    for step in ways[status]:
        act(step, "secretary", number)
    assert row(number).status == status
    return number


def refusal(step: str, who: str, *ids: int, **more: Any) -> str:
    """The code of what the step raises, or ``done``."""
    try:
        act(step, who, *ids, **more)
    except Problem as problem:
        return problem.code
    return "done"


def row(number: int) -> Pledge:
    """The pledge as it is now."""
    db.session.expire_all()
    return db.session.get_one(Pledge, number)


def log(number: int) -> list[tuple[str, str | None, str]]:
    """Its steps, oldest first: step, old, new."""
    found = db.session.scalars(select(PledgeStep).where(PledgeStep.pledge_id == number).order_by(PledgeStep.id))
    return [(step.step, step.old, step.new) for step in found]


def points() -> list[str]:
    """The points in the ledger, in the order in which they were written."""
    return [str(entry.points) for entry in db.session.scalars(select(Entry).order_by(Entry.id))]
