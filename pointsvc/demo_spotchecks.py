"""The demonstration's spot-checks: eight of the district's forty branches, and a tenth of a branch's entries."""

from __future__ import annotations

from datetime import date, datetime

from pointsvc import clock, workdays
from pointsvc.permissions import SYSTEM
from pointsvc.spotchecks import framing, planning
from pointsvc.spotchecks import service as spotchecks
from pointsvc.spotchecks.choosing import Source

DIGITS = "20237331128159211123"
BODIES = ("区委组织部", "区纪委", "区委督查室")
INSPECTORS = ("林知远", "邱慧敏", "郭立新", "颜素云", "翁少华", "柯玉珍", "章学军", "戴晓红", "石庆丰")
CHECKLIST = (
    ("1", "“三会一课”按期召开，记录完整", "《支部工作条例》"),
    ("2", "主题党日每月一次，到会情况如实登记", "《支部工作条例》"),
    ("3", "积分申报有审核、有公示", "积分管理办法"),
    ("4", "公示栏内容按期更新，监督电话畅通", "党务公开条例"),
    ("5", "承诺事项有进展、有佐证", "积分管理办法"),
)


def fill(*, at: datetime, branch: str) -> None:
    """Plan, freeze and draw through the same verbs as everybody; the entries are those of ``branch``."""
    today = clock.local(at).date()
    _entries(at, branch, today)
    quarter = (today.month - 1) // 3 + 1
    made = planning.plan(
        actor=SYSTEM,
        at=at,
        plan=f"QY-{today.year}Q{quarter}-02",
        organisation="QY",
        title=f"{today.year}年{'一二三四'[quarter - 1]}季度基层党建双随机抽查",
        purpose="了解组织生活、积分登记和党务公开的真实情况，帮助支部解决问题。",
        programme=f"区委{today.year}年度督查检查考核计划第7项",
        filing=f"清督备〔{today.year}〕7号",
        due_on=workdays.after(today, 20),
        cover_quarters=5,
        checklist=[{"code": code, "text": text, "article": article} for code, text, article in CHECKLIST],
    )
    parts = [framing.Part("支部", n=8, source=Source("QY", "branch"))]
    excluded = {"QY0508": "本季度已接受档案专项检查，不重复检查"}
    framing.put_units(actor=SYSTEM, at=at, spot_check_id=made.id, parts=parts, excluded=excluded)
    people = [
        planning.NewInspector(name, name, BODIES[place % 3], None, ("QY0101",) if place == 0 else ())
        for place, name in enumerate(INSPECTORS)
    ]
    planning.put_inspectors(actor=SYSTEM, at=at, spot_check_id=made.id, inspectors=people)
    _draw(at, made.id)


def _entries(at: datetime, branch: str, today: date) -> None:
    period = _before(today)
    made = planning.plan(
        actor=SYSTEM,
        at=at,
        plan=f"QY-{period.replace('-', '')}-01",
        organisation="QY",
        title="积分记录核对",
        purpose="从上季度积分记录中随机抽取一成核对，其余不要求补交材料。",
        due_on=workdays.after(today, 10),
    )
    part = framing.Part("积分记录", "entry", percent=10, source=Source(branch, period=period))
    framing.put_part(actor=SYSTEM, at=at, spot_check_id=made.id, part=part)
    _draw(at, made.id)


def _draw(at: datetime, number: int) -> None:
    spotchecks.freeze(actor=SYSTEM, at=at, spot_check_id=number)
    spotchecks.draw(actor=SYSTEM, at=at, spot_check_id=number, digits=DIGITS)


def _before(today: date) -> str:
    """The quarter that has ended last."""
    year, quarter = divmod(today.year * 4 + (today.month - 1) // 3 - 1, 4)
    return f"{year}-Q{quarter + 1}"
