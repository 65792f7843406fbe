"""What members and branches of the demonstration have promised, in every state that a pledge can be in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pointsvc import clock
from pointsvc.demo_accounts import named
from pointsvc.people import settings
from pointsvc.permissions import SYSTEM
from pointsvc.pledges import service as pledges
from pointsvc.pledges.service import Said

DISTRICT, BRANCH = "QY", "QY0101"
KEEPER, MEMBER = "书记", "党员"
RULE, BROKEN = "promise", "broken"


@dataclass(frozen=True)
class Promised:
    """One pledge of the demonstration. ``by``: which of the branch's members (None: the branch itself);
    ``due``: in so many days from now; ``until``: how far its life has come.
    """

    by: int | None
    kind: str
    text: str
    indicator: str
    baseline: str
    target: str
    due: int
    until: str
    beneficiary: str = ""
    witness: str = ""


PROMISED = (
    Promised(
        0,
        "practical",
        "每周上门看望一次独居老人，帮助买菜、取药",
        "上门次数",
        "去年32次",
        "52次",
        35,
        "published",
        "本社区独居老人",
        "社区网格员",
    ),
    Promised(
        0,
        "post",
        "每季度为楼栋居民讲一次消防安全",
        "宣讲场次",
        "去年1场",
        "4场",
        -21,
        "fulfilled",
        "本楼居民",
        "楼栋长",
    ),
    Promised(
        0,
        "common",
        "带头做好垃圾分类，带动左邻右舍",
        "带动户数",
        "3户",
        "12户",
        60,
        "submitted",
        "本楼居民",
        "物业服务中心",
    ),
    Promised(
        1,
        "practical",
        "为小区安装充电桩协调场地，建成投用",
        "建成数量",
        "0个",
        "6个",
        -4,
        "published",
        "小区居民",
        "社区居委会",
    ),
    Promised(
        2,
        "post",
        "工作日中午延时服务一小时，方便上班族办事",
        "延时服务天数",
        "无",
        "不少于200天",
        37,
        "changing",
        "办事群众",
        "便民服务中心意见簿",
    ),
    Promised(
        3,
        "practical",
        "结对帮助一名困难学生，每月辅导两次",
        "辅导次数",
        "0次",
        "18次",
        5,
        "published",
        "社区困难学生",
        "社区妇联",
    ),
    Promised(
        4,
        "practical",
        "修好北门台阶扶手",
        "扶手完好",
        "缺损",
        "修复",
        -50,
        "unfulfilled_cause",
        "老年居民",
        "物业服务中心",
    ),
    Promised(5, "common", "进一步加强理论学习", "", "", "", 37, "submitted"),
    Promised(
        6,
        "practical",
        "组织邻里节，让新老住户认识",
        "参加户数",
        "去年18户",
        "40户",
        -70,
        "closed",
        "小区居民",
        "业主委员会",
    ),
    Promised(
        7,
        "post",
        "把楼道灯报修时间缩短",
        "从报修到修好",
        "平均5天",
        "2天以内",
        37,
        "returned",
        "小区居民",
        "物业服务中心",
    ),
    Promised(
        8, "practical", "义务教老年人使用手机挂号", "教会人数", "0人", "30人", 37, "approved", "老年居民", "社区卫生站"
    ),
    Promised(
        None,
        "practical",
        "建成一处“阳光驿站”，供户外劳动者歇脚",
        "建成数量",
        "0处",
        "1处",
        37,
        "published",
        "户外劳动者",
        "街道党工委",
    ),
)
MINUTE = "%s支委会会议纪要第2号"
WAY = {
    "submitted": (),
    "returned": ("return",),
    "approved": ("approve",),
    "published": ("approve", "publish"),
    "changing": ("approve", "publish", "change"),
    "fulfilled": ("approve", "publish", "progress", "fulfilled"),
    "unfulfilled_cause": ("approve", "publish", "unfulfilled_cause"),
    "closed": ("approve", "publish", "progress", "fulfilled", "close"),
}


def fill(*, at: datetime, numbers: list[str]) -> None:
    """Let these members of the branch promise, through the same verbs as everybody; the first is the
    demonstration's member.
    """
    for name, rule in (("pledge_rule_fulfilled", RULE), ("pledge_rule_broken", BROKEN)):
        settings.decide(actor=SYSTEM, at=at, organisation=DISTRICT, name=name, value=rule)
    for one in PROMISED:
        number = numbers[one.by] if one.by is not None else None
        _live(at, one, _make(at, one, number))


def _make(at: datetime, one: Promised, number: str | None) -> int:
    then = at - timedelta(days=200)
    writer = named(MEMBER if one.by == 0 else KEEPER)
    return pledges.make(
        actor=writer,
        at=then,
        said=_said(one, clock.local(at).date() + timedelta(days=one.due)),
        member=number,
        organisation=None if number else BRANCH,
        submit=True,
    )


def _said(one: Promised, due_on: date) -> Said:
    return Said(
        kind=one.kind,
        text=one.text,
        due_on=due_on,
        indicator=one.indicator,
        baseline=one.baseline,
        target=one.target,
        beneficiary=one.beneficiary,
        witness=one.witness,
    )


def _live(at: datetime, one: Promised, number: int) -> None:
    # The branch's own is decided one level above.
    leader = SYSTEM if one.by is None else named(KEEPER)
    then = at - timedelta(days=190)
    day = clock.local(then).date()
    settled = at + timedelta(days=min(one.due, 0) - 2)
    for step in WAY[one.until]:
        if step == "approve":
            minute = MINUTE % f"{day.year}年{day.month}月{day.day}日"
            pledges.approve(actor=leader, at=then, pledge_ids=[number], minute=minute)
        elif step == "return":
            pledges.send_back(actor=leader, at=then, pledge_id=number, reason="请写明由谁负责、从哪天算起")
        elif step == "publish":
            pledges.publish(actor=leader, at=then + timedelta(days=3), pledge_ids=[number])
        elif step == "progress":
            pledges.progress(actor=named(KEEPER), at=settled, pledge_id=number, text="已按计划完成，有签到表和照片可查")
        elif step == "change":
            later = _said(one, clock.local(at).date() + timedelta(days=one.due + 30))
            reason = "窗口搬迁停办一个月，申请顺延"
            pledges.change(actor=named(KEEPER), at=at - timedelta(days=2), pledge_id=number, said=later, reason=reason)
        elif step == "close":
            _rate(settled, number)
            pledges.close(actor=leader, at=settled + timedelta(days=40), pledge_id=number)
        else:
            text = "走访核实" if step == "fulfilled" else "物业更换，扶手改由街道统一安装，已列入年底计划"
            pledges.settle(actor=leader, at=settled, pledge_id=number, outcome=step, text=text)


def _rate(at: datetime, number: int) -> None:
    keeper = named(KEEPER)
    pledges.rate(actor=keeper, at=at, pledge_id=number, grade=4)
    pledges.rate_on_paper(actor=keeper, at=at, pledge_id=number, counts={4: 21, 3: 6, 2: 1})
