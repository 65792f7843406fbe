"""What tests of declarations do again and again."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import func, select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.declarations import service as declarations
from pointsvc.declarations.models import Declaration
from pointsvc.declarations.service import Deed, View
from pointsvc.errors import Problem
from pointsvc.ledger.models import Entry
from pointsvc.permissions import SYSTEM, Role
from tests import factories
from tests.remembered import remembered
from tests.schemes.sheets import ruled_district

DAY = date(2026, 7, 5)


@remembered
def district() -> None:
    """The made-up district with its rule sheet, and two more who lead the first branch: a deputy, and
    ``leader``, who is M002.
    """
    ruled_district()
    factories.sign_in("deputy", Role.SECRETARY, "QS0101")
    factories.sign_in("leader", Role.SECRETARY, "QS0101", member="M002")


def deed(member: str = "M001", rule: str = "volunteer", **more: Any) -> Deed:
    """Two hours of service on 5 July, unless otherwise said."""
    if rule == "volunteer":
        more.setdefault("quantity", Decimal(2))
    return Deed(**{"member": member, "rule": rule, "occurred_on": DAY, **more})


def declared(who: str = "member", once: str | None = None, **more: Any) -> int:
    """The id of a declaration that this account has made."""
    actor = factories.actor(who)
    with transaction():
        return declarations.declare(actor=actor, at=clock.now(), deed=deed(**more), once=once)


def act(step: str, who: str, *ids: int, **more: Any) -> None:
    """Let this account take a step with a declaration; approve takes several."""
    actor, at = factories.actor(who), clock.now()
    with transaction():
        if step == "approve":
            declarations.approve(actor=actor, at=at, declaration_ids=ids)
        elif step == "return":
            declarations.send_back(actor=actor, at=at, declaration_id=ids[0], reason=more.get("reason", "请补充说明"))
        elif step == "withdraw":
            declarations.withdraw(actor=actor, at=at, declaration_id=ids[0])
        else:
            view = seen(ids[0])
            amended = more.get("deed") or deed(view.member)
            declarations.resend(actor=actor, at=at, declaration_id=ids[0], deed=amended)


def seen(declaration_id: int) -> View:
    """The declaration as everybody sees it."""
    db.session.expire_all()
    return declarations.declaration(actor=SYSTEM, declaration_id=declaration_id)


def status(declaration_id: int) -> str:
    return seen(declaration_id).status


def entries() -> int:
    return db.session.scalar(select(func.count(Entry.id))) or 0


def count() -> int:
    return db.session.scalar(select(func.count(Declaration.id))) or 0


def refusal(step: str, who: str, *ids: int) -> str:
    """The code of what the step raises, or ``done``."""
    try:
        act(step, who, *ids)
    except Problem as problem:
        return problem.code
    return "done"


def hidden(client: FlaskClient, address: str) -> dict[str, str]:
    """The hidden fields of the page's last form, its key and token among them."""
    page = client.get(address)
    assert page.status_code == 200, page.text
    return dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', page.text))
