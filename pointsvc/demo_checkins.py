"""Members of the demonstration who serve in its communities: posts, hours, a quarter's cards, and what is nearby."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from pointsvc import clock
from pointsvc.checkins import cards, circle, posts, records, service
from pointsvc.people import settings
from pointsvc.permissions import SYSTEM

HOST, OTHER = "QY0190", "QY0290"
# name, kind, places, when, skills, what is done
POSTS = (
    ("水电义务维修岗", "帮困助老", 3, "每周六上午", "水电维修", "上门检修独居老人家中的水电线路"),
    ("楼道安全巡查岗", "治安巡逻", 6, "每周三晚上", "", "巡查楼道堆物、电动车飞线充电"),
    ("四点半课堂辅导岗", "文体活动", 4, "工作日 16:30—18:00", "小学课业辅导", "陪伴放学后的孩子做作业、读绘本"),
    ("法律咨询岗", "法律服务", 2, "每月第一个周日", "法律职业资格", "解答邻里、物业、继承方面的问题"),
    ("政策宣讲岗", "政策宣传", 5, "随社区活动安排", "", "讲解医保、养老和反诈政策"),
)
DEEDS = ("检修三户老人水电", "清理楼道杂物并登记隐患", "辅导孩子完成作业", "解答居民遗产继承咨询", "入户讲解医保缴费")
SKILLS = ("水电维修", "", "小学数学", "法律", "主持")
# name, kind, place, hours of opening, telephone, minutes
NEARBY = (
    ("河湾社区党群服务中心", "政务服务", "河湾路 8 号", "周一至周日 8:30—18:00", "0000-2660101", 1),
    ("河湾社区卫生服务站", "医疗卫生", "河湾路 21 号", "周一至周六 8:00—17:30", "0000-2660120", 4),
    ("河湾老年食堂", "养老助餐", "东桥巷 3 号", "每天 10:30—13:00、16:30—18:00", "0000-2660133", 5),
    ("阳光托育点", "托育教育", "杏园小区 2 栋底层", "工作日 7:30—18:30", "0000-2660147", 7),
    ("便民维修铺", "便民维修", "临江菜市场北门", "每天 8:00—19:00", "", 9),
    ("临江菜市场", "购物买菜", "临江路 60 号", "每天 5:30—19:00", "0000-2660158", 10),
    ("街道综合文化站", "文化体育", "长堤路 15 号", "周二至周日 9:00—20:30", "0000-2660166", 14),
)


def fill(*, at: datetime, numbers: list[str]) -> None:
    """Let these members serve through the same verbs as everybody; the first is the demonstration's member."""
    today = clock.local(at).date()
    since = date(today.year, (today.month - 1) // 3 * 3 + 1, 1) - timedelta(days=60)
    settings.decide(actor=SYSTEM, at=at, organisation="QY", name="service_rule", value="volunteer")
    opened = [
        posts.open_post(
            actor=SYSTEM,
            at=at,
            community=HOST,
            name=name,
            kind=kind,
            places=places,
            times=times,
            skills=skills,
            duty=duty,
        ).id
        for name, kind, places, times, skills, duty in POSTS
    ]
    for n, number in enumerate(numbers[:9]):
        _serve(at, today, since, n, number, opened)
    for number in numbers[9:11]:
        service.request(actor=SYSTEM, at=at, community=HOST, member=number, skills="急救")
    service.request(actor=SYSTEM, at=at, community=OTHER, member=numbers[1])
    cards.make(at=at, before=date(today.year, (today.month - 1) // 3 * 3 + 1, 1))
    for name, kind, place, opening, phone, minutes in NEARBY:
        circle.add(
            actor=SYSTEM, at=at, community=HOST, name=name, kind=kind, place=place, opening=opening, phone=phone,
            minutes=minutes,
        )  # fmt: skip


def _serve(at: datetime, today: date, since: date, n: int, number: str, opened: list[int]) -> None:
    """Checked in since then, with a post; hours of each month confirmed, those of the last days waiting."""
    made = service.request(
        actor=SYSTEM, at=at, community=HOST, member=number, requested_on=since, skills=SKILLS[n % len(SKILLS)]
    )
    then = at - (today - since) + timedelta(days=1)
    service.accept(actor=SYSTEM, at=then, check_in_id=made.id)
    post = opened[n % len(opened)]
    posts.claim(actor=SYSTEM, at=then, post_id=post, member=number)
    days = [since + timedelta(days=3 + n), since + timedelta(days=33 + n), today - timedelta(days=2)]
    said = [
        records.propose(
            actor=SYSTEM,
            at=at,
            post_id=post,
            member=number,
            served_on=day,
            hours=Decimal(2) + Decimal(n % 3) / 2,
            deed=DEEDS[n % len(DEEDS)],
        ).id
        for day in days
    ]
    records.confirm(actor=SYSTEM, at=at, record_ids=said[:2])
    if n % 2:
        quarter = f"{since.year}-Q{(since.month - 1) // 3 + 1}"
        cards.say(actor=SYSTEM, at=at, check_in_id=made.id, quarter=quarter, text="按时到岗，热心负责，居民反映好")
