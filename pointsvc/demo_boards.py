"""The demonstration's boards: a branch's display board and the district's honour roll, with drawn faces only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from io import BytesIO

from PIL import Image, ImageDraw

from pointsvc import clock
from pointsvc.boards import service as boards
from pointsvc.demo_accounts import first
from pointsvc.evidence.cleaning import clean
from pointsvc.permissions import SYSTEM, Actor, Role

PROFILES = (
    ("党支部书记", "主持支部全面工作，落实“三会一课”，抓好党员队伍建设"),
    ("组织委员", "发展党员、党员教育管理、组织关系接转和党费收缴"),
    ("宣传委员", "理论学习、主题党日策划和支部宣传阵地建设"),
    ("纪检委员", "日常监督、廉洁教育和群众来信来访办理"),
    ("青年委员", "联系青年，组织志愿服务和技能培训"),
    ("网格党小组长", "走访网格居民，收集诉求，协调邻里矛盾"),
    ("环境卫生岗", "责任路段巡查保洁，劝导文明养犬和垃圾分类"),
    ("助老帮困岗", "结对高龄独居老人，代办就医、购药和缴费"),
    ("治安巡防岗", "夜间巡逻、消防隐患排查和防诈骗宣传"),
)
HONOURS = ("2026年度优秀共产党员", "2026年度优秀共产党员", "2026年度优秀党务工作者", "防汛救灾先进个人")
SAID = (
    ("东门路灯修好了，晚上下楼不怕了，谢谢。", "谢谢反馈。路灯已纳入每月巡查，再有不亮请拨打监督电话。"),
    ("希望把充电桩的事也列进承诺。", ""),
)
# Grounds and clothes of the drawn faces: quiet colours that tell one from the other.
COLOURS = (("#d9cfc0", "#7b5d4a"), ("#ccd6d0", "#4d6657"), ("#d5cfdb", "#5b4d70"), ("#d9d2b8", "#6d5f2e"))


def fill(*, at: datetime, branch: str, district: str, numbers: Sequence[str]) -> None:
    """Profiles, consents, two published boards, and two comments, of which one waits."""
    secretary, office = first(Role.SECRETARY) or SYSTEM, first(Role.DISTRICT_ADMIN) or SYSTEM
    for place, (number, (post, duties)) in enumerate(zip(numbers, PROFILES, strict=False), 1):
        boards.describe(actor=secretary, at=at, member=number, post=post, duties=duties, place=place)
        boards.give_consent(
            actor=secretary, at=at, member=number, kinds=["display", "photo"] if place < 9 else ["display"], how="paper"
        )
        if place < 9:
            boards.picture_member(actor=secretary, at=at, member=number, piece=clean("drawn.png", _face(place)))
    _hang(
        at,
        secretary,
        office,
        organisation=branch,
        code="linjiang-dongqiao",
        kind="board",
        content={
            "title": "党员公开承诺公示栏",
            "introduction": "亮身份 · 作承诺 · 当先锋 · 树形象",
            "fields": ["photo"],
        },
    )
    honoured = [{"member": number, "words": words} for number, words in zip(numbers[1:], HONOURS, strict=False)]
    # Nobody above the district's office is there to review its own board.
    _hang(
        at,
        office,
        SYSTEM,
        organisation=district,
        code="guangrongbang",
        kind="honour",
        content={"title": "清源区党员光荣榜", "people": honoured, "fields": ["photo", "branch"]},
    )
    for text, answer in SAID:
        made = boards.say(at=at, code="linjiang-dongqiao", text=text)
        if answer:
            boards.approve_comment(actor=secretary, at=at, comment_id=made.id, answer=answer)
    _issue(at, secretary, numbers)


def _hang(at: datetime, keeper: Actor, reviewer: Actor, **made: object) -> None:
    board = boards.create(actor=keeper, at=at, **made)  # type: ignore[arg-type] # the arguments of create
    boards.submit(actor=keeper, at=at, board_id=board.id)
    boards.approve(actor=reviewer, at=at, board_id=board.id)
    boards.publish(actor=keeper, at=at, board_id=board.id)


def _issue(at: datetime, secretary: Actor, numbers: Sequence[str]) -> None:
    """Badges handed over at the first of July or, in the first half of a year, at its beginning; some plates."""
    today = clock.local(at).date()
    day = date(today.year, 7, 1) if today >= date(today.year, 7, 1) else today - timedelta(days=1)
    boards.issue(actor=secretary, at=at, kind="badge", members=numbers[:9], issued_on=day, signed=True)
    for place, number in enumerate(numbers[:3], 1):
        boards.issue(
            actor=secretary,
            at=at,
            kind="plate",
            members=[number],
            issued_on=day,
            household=f"东桥里{place}号楼",
            signed=True,
        )


def _face(place: int) -> bytes:
    """A head and shoulders in two colours: nobody's face."""
    ground, cloth = COLOURS[place % len(COLOURS)]
    picture = Image.new("RGB", (480, 600), ground)
    pen = ImageDraw.Draw(picture)
    pen.ellipse((60, 400, 420, 800), fill=cloth)
    pen.ellipse((140, 130, 340, 390), fill="#e8c9a8")
    pen.pieslice((130, 110, 350, 350), 180, 360, fill="#3c332b")
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
