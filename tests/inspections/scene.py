"""What tests of inspections do again and again: a drawn plan of the made-up district, and the steps on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.inspections import service as inspections
from pointsvc.inspections.models import Finding, Inspection, Rectification
from pointsvc.notices.models import Notice
from pointsvc.people.models import Organisation, SignIn
from pointsvc.permissions import Role
from pointsvc.spotchecks.models import Assignment, Inspector, SpotCheck, Stratum, Unit
from tests import factories
from tests.factories import bearer
from workers import base, run

API = "/api/v1"
CHECKLIST = (
    {"code": "meetings", "text": "三会一课是否按期召开", "article": "《中国共产党支部工作条例（试行）》第十二条"},
    {"code": "dues", "text": "党费是否按月交纳", "article": "《中国共产党党费收缴、使用和管理规定》第八条"},
    {"code": "boards", "text": "公示栏是否及时更新", "article": ""},
)
# Two who serve for each drawn unit: from the organisation department and the discipline commission.
INSPECTORS = (("I1", "周正", "区委组织部", "overseer"), ("I2", "严明", "区纪委", "second"))
DRAWN = (("街道支部", "QS0101"), ("乡镇", "QS02"))
LEFT = (("街道支部", "QS0102"), ("乡镇", "QS01"))
SAID = "三季度未召开支部党员大会"
FINDING = {"item": "meetings", "answer": "finding", "severity": "notable", "text": SAID}
REST = (
    {"item": "dues", "answer": "conforms"},
    {"item": "boards", "answer": "not_applicable"},
)


def district() -> None:
    """The made-up district, and a second inspector and a second supervisor with accounts of their own."""
    factories.district()
    factories.sign_in("second", Role.SUPERVISOR, "QS")
    factories.sign_in("other", Role.SUPERVISOR, "QS")


def plan(
    number: str = "DC-2026-03",
    *,
    organisation: str = "QS",
    announced: bool = True,
    drawn: Sequence[tuple[str, str]] = DRAWN,
) -> int:
    """A plan whose units have been drawn and are served by overseer and second; its id."""
    with transaction():
        nodes = {row.code: row for row in db.session.scalars(select(Organisation))}
        made = SpotCheck(
            organisation_id=nodes[organisation].id,
            plan=number,
            title="2026年三季度党建工作抽查",
            filing="青督备〔2026〕7号",
            announced=announced,
            status="drawn",
            due_on=date(2026, 9, 30),
            checklist=[dict(one) for one in CHECKLIST],
            frame_sha256="2a27ee0692f788216e1eb5c7f18b00ef0e6269c966f22d729e86203326a3630a",
            digits="20237331128159211123",
            seed="fc1e02edc26ab30ea0ce27153d78791930104a7f9fc60c3972ddc7b08ebcd06a",
            frozen_at=clock.now(),
            drawn_at=clock.now(),
            opened_at=clock.now() if announced else None,
            created_at=clock.now(),
        )
        db.session.add(made)
        db.session.flush()
        strata = {name for name, _ in (*drawn, *LEFT)}
        n = {name: max(sum(one == name for one, _ in drawn), 1) for name in strata}
        db.session.add_all(
            [Stratum(spot_check_id=made.id, name=name, kind="organisation", n=n[name]) for name in sorted(strata)]
        )
        _units(made, nodes, drawn)
        return made.id


def _units(plan: SpotCheck, nodes: Mapping[str, Organisation], drawn: Sequence[tuple[str, str]]) -> None:
    units = [
        Unit(
            spot_check_id=plan.id,
            stratum=stratum,
            code=code,
            name=nodes[code].name,
            organisation_id=nodes[code].id,
            place=1,
            drawn=(stratum, code) in drawn,
            opened_at=plan.opened_at if (stratum, code) in drawn else None,
        )
        for stratum, code in (*drawn, *(one for one in LEFT if one not in drawn))
    ]
    accounts = {row.name: row.id for row in db.session.scalars(select(SignIn))}
    inspectors = [
        Inspector(
            spot_check_id=plan.id, code=code, name=name, body=body, sign_in_id=accounts.get(account), conflicts=[]
        )
        for code, name, body, account in INSPECTORS
    ]
    db.session.add_all([*units, *inspectors])
    db.session.flush()
    db.session.add_all(
        [
            Assignment(unit_id=unit.id, inspector_id=one.id, place=place, serves=True)
            for unit in units
            if unit.drawn
            for place, one in enumerate(inspectors, 1)
        ]
    )


def opened(plan_id: int, unit: str = "QS0101", by: str = "overseer") -> int:
    """Somebody arrives at this unit; the inspection's id."""
    who = factories.actor(by)
    with transaction():
        return inspections.open_inspection(actor=who, at=clock.now(), spot_check_id=plan_id, unit=unit).id


def answered(inspection_id: int, *answers: Mapping[str, Any], by: str = "overseer") -> list[str]:
    """Answers, by default one finding and the rest; what was kept back."""
    who = factories.actor(by)
    given = [inspections.Given(**one) for one in answers or (FINDING, *REST)]
    with transaction():
        return inspections.answer(actor=who, at=clock.now(), inspection_id=inspection_id, answers=given)


def signed(inspection_id: int, *by: str) -> int:
    """Both inspectors sign, or those who are named."""
    for name in by or ("overseer", "second"):
        who = factories.actor(name)
        with transaction():
            inspections.sign(actor=who, at=clock.now(), inspection_id=inspection_id)
    return inspection_id


def confirmed(inspection_id: int, by: str = "secretary", **more: Any) -> int:
    """The unit's secretary confirms the facts."""
    who, given = factories.actor(by), {"agrees": True, **more}
    with transaction():
        inspections.confirm(actor=who, at=clock.now(), inspection_id=inspection_id, **given)
    return inspection_id


def settled(plan_id: int, unit: str = "QS0101", secretary: str = "secretary", *answers: Mapping[str, Any]) -> int:
    """The whole way to facts that stand; the inspection's id."""
    number = opened(plan_id, unit)
    answered(number, *answers)
    return confirmed(signed(number), secretary)


def finding(inspection_id: int) -> int:
    """The id of the inspection's first finding."""
    return db.session.scalars(
        select(Finding.id).where(Finding.inspection_id == inspection_id).order_by(Finding.id).limit(1)
    ).one()


def ordered(inspection_id: int, by: str = "overseer", days: int | None = None) -> int:
    """What was found there is to be put right; the order's id."""
    who, number = factories.actor(by), finding(inspection_id)
    with transaction():
        (made,) = inspections.order(actor=who, at=clock.now(), demands={number: "立即补开并建立台账"}, days=days)
        return made.id


def replied(order_id: int, by: str = "secretary", text: str = "已于9月补开支部党员大会") -> int:
    """The unit answers."""
    who = factories.actor(by)
    with transaction():
        return inspections.answer_order(actor=who, at=clock.now(), rectification_id=order_id, text=text).id


def rechecked(
    order_id: int, act: str = "close", by: str = "other", words: str = "现场复核属实", days: int | None = None
) -> int:
    """Somebody looks again."""
    who = factories.actor(by)
    with transaction():
        inspections.recheck(actor=who, at=clock.now(), rectification_id=order_id, act=act, words=words, days=days)
    return order_id


def row(inspection_id: int) -> Inspection:
    """The inspection as it stands."""
    return db.session.get_one(Inspection, inspection_id, populate_existing=True)


def order_row(order_id: int) -> Rectification:
    """The rectification as it stands."""
    return db.session.get_one(Rectification, order_id, populate_existing=True)


def post(client: FlaskClient, path: str, body: Any, name: str, **headers: str) -> Any:
    return client.post(API + path, json=body, headers={**bearer(name), **headers})


def put(client: FlaskClient, path: str, body: Any, name: str) -> Any:
    return client.put(API + path, json=body, headers=bearer(name))


def get(client: FlaskClient, path: str, name: str = "overseer") -> Any:
    return client.get(API + path, headers=bearer(name))


def work(app: Flask) -> None:
    """Do all due jobs."""
    assert run.HANDLERS
    while base.run_next(app):
        pass


def told(app: Flask, prefix: str) -> list[tuple[str, str]]:
    """Who was told what of it, in the order of telling: name and kind."""
    work(app)
    rows = db.session.execute(
        select(SignIn.name, Notice.dedupe)
        .join(SignIn, SignIn.id == Notice.sign_in_id)
        .where(Notice.dedupe.like(f"{prefix}:%"))
        .order_by(Notice.id)
    )
    return [(row.name, row.dedupe.split(":")[2]) for row in rows]
