"""A spot-check of the demonstration: drawn, one unit confirmed, one whose time ran out, two still to be visited."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select

from pointsvc import clock
from pointsvc.db import db
from pointsvc.inspections import service as inspections
from pointsvc.inspections.models import Finding
from pointsvc.people.models import SignIn
from pointsvc.permissions import Actor, Role
from pointsvc.spotchecks import framing, planning
from pointsvc.spotchecks import service as spotchecks

SUPERVISOR, OFFICE, KEEPER = "督查", "组织部", "书记"
_RULES = "《中国共产党支部工作条例（试行）》"
CHECKLIST = (
    {
        "code": "1",
        "text": "按期召开支部党员大会、支部委员会会议",
        "article": f"{_RULES}第十二条",
    },
    {"code": "2", "text": "主题党日每月固定开展", "article": f"{_RULES}第十六条"},
    {"code": "3", "text": "党费按月足额交纳", "article": "《中国共产党党费收缴、使用和管理规定》"},
    {"code": "4", "text": "公示栏内容及时更新，监督电话可以打通", "article": ""},
    {"code": "5", "text": "积分按程序申报、审核、公示", "article": ""},
)
PROBLEM = "公示栏仍为去年内容，承诺事项未更新"
SECOND = "第二季度支部党员大会没有会议记录"


def fill(*, at: datetime, branch: str, others: tuple[str, ...], townships: tuple[str, ...]) -> None:
    """Draw a plan three weeks ago with this branch in it, and let the two inspectors visit two units.

    ``others``: branches of which one is drawn; ``townships``: of which two are drawn.
    """
    today = clock.local(at).date()
    lead, second, keeper = (_actor(name) for name in (SUPERVISOR, OFFICE, KEEPER))
    drawn_at = at - timedelta(days=21)
    plan = planning.plan(
        actor=lead,
        at=drawn_at,
        plan=f"QY-{today.year}-11",
        title=f"{today.year}年基层党组织组织生活抽查",
        programme=f"{today.year}年度督查检查考核计划",
        filing=f"清督备〔{today.year}〕6号",
        announced=True,
        due_on=today + timedelta(days=20),
        checklist=[dict(one) for one in CHECKLIST],
    ).id
    parts = [
        framing.Part("去年有问题的支部", n=1, units=[(branch, None)]),
        framing.Part("党支部", n=1, units=[(code, None) for code in others]),
        framing.Part("乡镇（街道）", n=2, units=[(code, None) for code in townships]),
    ]
    framing.put_units(actor=lead, at=drawn_at, spot_check_id=plan, parts=parts, excluded={})
    inspectors = [
        planning.NewInspector("DC1", "严一鸣", "区委督查室", SUPERVISOR),
        planning.NewInspector("ZZ1", "周正言", "区委组织部", OFFICE),
    ]
    planning.put_inspectors(actor=lead, at=drawn_at, spot_check_id=plan, inspectors=inspectors)
    spotchecks.freeze(actor=lead, at=drawn_at, spot_check_id=plan)
    digits = "".join(str(secrets.randbelow(10)) for _ in range(20))
    spotchecks.draw(actor=lead, at=drawn_at, spot_check_id=plan, digits=digits)
    _confirmed(at - timedelta(days=12), plan, branch, (lead, second), keeper)
    _silent(at - timedelta(days=14), plan, (lead, second))


def _confirmed(at: datetime, plan: int, unit: str, inspectors: tuple[Actor, Actor], keeper: Actor) -> None:
    """Visited, one problem, confirmed by the secretary two days later and ordered to be put right."""
    number = _visited(at, plan, unit, inspectors, "4", PROBLEM, "notable")
    then = at + timedelta(days=2)
    comment = "情况属实，已安排更换。"
    inspections.confirm(actor=keeper, at=then, inspection_id=number, agrees=True, comment=comment)
    finding = db.session.scalars(select(Finding.id).where(Finding.inspection_id == number)).one()
    demands = {finding: "更新公示栏内容，写明承诺事项、完成时限和监督电话"}
    inspections.order(actor=inspectors[0], at=then, demands=demands, days=15)


def _silent(at: datetime, plan: int, inspectors: tuple[Actor, Actor]) -> None:
    """Visited, and not answered by the unit within its days, so that the facts stand."""
    views = inspections.units(actor=inspectors[0], spot_check_id=plan)
    unit = next(view.unit for view in views if view.stratum == "党支部")
    number = _visited(at, plan, unit, inspectors, "1", SECOND, "minor")
    reply = "逾期未反馈，视为对事实无异议。"
    inspections.maintain(actor=inspectors[1], at=at + timedelta(days=12), inspection_id=number, reply=reply)


def _visited(
    at: datetime, plan: int, unit: str, inspectors: tuple[Actor, Actor], item: str, text: str, severity: str
) -> int:
    first, second = inspectors
    number = inspections.open_inspection(actor=first, at=at, spot_check_id=plan, unit=unit).id
    given = [
        inspections.Given(one["code"], "finding", severity=severity, text=text)
        if one["code"] == item
        else inspections.Given(one["code"], "conforms")
        for one in CHECKLIST
    ]
    inspections.answer(actor=first, at=at, inspection_id=number, answers=given)
    for who in (first, second):
        inspections.sign(actor=who, at=at + timedelta(hours=1), inspection_id=number)
    return number


def _actor(name: str) -> Actor:
    row = db.session.scalars(select(SignIn).where(SignIn.name == name)).one()
    return Actor("person", row.name, Role(row.role), row.id, row.organisation_id, row.member_id)
