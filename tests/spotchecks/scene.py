"""What tests of spot-checks do again and again."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.spotchecks import framing, planning, service
from pointsvc.spotchecks.models import SpotCheck, Unit
from tests import factories
from tests.factories import bearer
from tests.spotchecks.vector import CODES, DIGITS, FRAME, NAMES, PLAN, SECRET, C, F

API = "/api/v1"
DUE = date(2026, 9, 30)
TOWNSHIPS = framing.Part("乡镇", n=3, units=[(code, NAMES[code]) for code in CODES])
INSPECTORS = [
    planning.NewInspector("JW1", "甲一", "区纪委"),
    planning.NewInspector("ZZ1", "乙二", "区委组织部", "overseer"),
    planning.NewInspector("DC1", "丙三", "区委督查室", None, ("X03", "X04")),
]


def planned(plan: str = PLAN, *parts: framing.Part, by: str = "overseer", inspectors: Any = None, **head: Any) -> int:
    """A plan that is being written; its id. Three of the vector's townships and three inspectors, unless given."""
    who = factories.actor(by)
    with transaction():
        at = clock.now()
        head = {"title": "四季度抽查", "due_on": DUE, "checklist": [{"code": "1", "text": "三会一课"}], **head}
        found = planning.plan(actor=who, at=at, plan=plan, **head)
        framing.put_units(actor=who, at=at, spot_check_id=found.id, parts=parts or [TOWNSHIPS], excluded={})
        planning.put_inspectors(
            actor=who, at=at, spot_check_id=found.id, inspectors=INSPECTORS if inspectors is None else inspectors
        )
        return found.id


def frozen(plan: str = PLAN, *parts: framing.Part, secret: str | None = None, **head: Any) -> int:
    """The same with its list frozen; with the vector's secret when asked for."""
    number = planned(plan, *parts, **head)
    with transaction():
        service.freeze(actor=factories.actor("overseer"), at=clock.now(), spot_check_id=number)
    if secret:
        with transaction():
            assert (plan, row(number).frame) == (PLAN, FRAME)
            values = {"secret": SECRET, "commitment": C, "frame_sha256": F}
            db.session.execute(update(SpotCheck).where(SpotCheck.id == number).values(values))
    return number


def drawn(plan: str = PLAN, *parts: framing.Part, digits: str = DIGITS, **head: Any) -> int:
    """The same with its draw made."""
    number = frozen(plan, *parts, **head)
    with transaction():
        service.draw(actor=factories.actor("overseer"), at=clock.now(), spot_check_id=number, digits=digits)
    return number


def vector(**head: Any) -> int:
    """The vector of the draw as a plan of the service, drawn."""
    return drawn(secret=SECRET, **head)


def do(verb: Any, number: int, by: str = "overseer", **more: Any) -> Any:
    """Let this sign-in do it to the plan."""
    who = factories.actor(by)
    with transaction():
        return verb(actor=who, at=clock.now(), spot_check_id=number, **more)


def refused(kind: type[Exception], verb: Any, number: int, by: str = "overseer", **more: Any) -> Any:
    """The refusal when it does."""
    with pytest.raises(kind) as found:
        do(verb, number, by, **more)
    return found.value


def row(number: int) -> SpotCheck:
    """The plan as it stands."""
    return db.session.get_one(SpotCheck, number, populate_existing=True)


def unit(number: int, code: str) -> Unit:
    """A unit as it stands."""
    found = db.session.scalar(
        db.select(Unit).where(Unit.spot_check_id == number, Unit.code == code).execution_options(populate_existing=True)
    )
    assert found is not None
    return found


def post(client: FlaskClient, path: str, body: Any, name: str = "overseer", **headers: str) -> Any:
    return client.post(API + path, json=body, headers={**bearer(name), **headers})


def put(client: FlaskClient, path: str, body: Any, name: str = "overseer") -> Any:
    return client.put(API + path, json=body, headers=bearer(name))


def get(client: FlaskClient, path: str, name: str = "overseer") -> Any:
    return client.get(API + path, headers=bearer(name))
