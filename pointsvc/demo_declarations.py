"""What members of the demonstration's first branch have declared: some approved, some waiting, one returned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

from pointsvc import clock
from pointsvc.declarations import service as declarations
from pointsvc.declarations import sheetcode, sheets
from pointsvc.demo_accounts import named
from pointsvc.evidence import service as evidence
from pointsvc.people import service as people
from pointsvc.permissions import SYSTEM, Actor, Role

KEEPER, MEMBER = "书记", "党员"


@dataclass(frozen=True)
class Told:
    """One declaration of the demonstration, so many days ago. ``by``: which of the branch's members."""

    by: int
    rule: str
    days: int
    note: str
    more: dict[str, Any]
    photo: bool = False


TOLD = (
    Told(0, "volunteer", 19, "参加社区环境整治", {"quantity": Decimal(3)}),
    Told(0, "award", 12, "区级防汛先进个人", {"tier": "district", "matter": "防汛值守"}),
    Told(0, "gooddeed", 2, "帮独居老人修好水龙头", {}, photo=True),
    Told(1, "volunteer", 3, "小区防火巡查", {"quantity": Decimal(2)}),
    Told(2, "advice", 4, "建议社区增设晾衣架，已采纳", {"points": Decimal("1.5")}),
    Told(3, "gooddeed", 2, "和同事一起为独居老人检修水电", {}, photo=True),
)
# On paper, typed in by the secretary.
LINES = ((4, "volunteer", 6, "义务为邻居理发", Decimal(2)), (5, "gooddeed", 5, "调解楼道纠纷", None))


def fill(*, at: datetime, numbers: list[str]) -> None:
    """Let these members of the branch declare, through the same verbs as everybody.

    The first of them is the demonstration's member; the others get accounts without a password.
    """
    keeper = named(KEEPER)
    actors = [named(MEMBER), *(_account(at, number) for number in numbers[1:4])]
    picture = [evidence.clean("现场照片.jpg", _picture())]
    made = [_declare(at, actors[one.by], numbers[one.by], one, picture) for one in TOLD]
    declarations.approve(actor=keeper, at=at - timedelta(days=18), declaration_ids=made[:1])
    reason = "请在说明中写上表彰文件的文号"
    declarations.send_back(actor=keeper, at=at - timedelta(days=10), declaration_id=made[1], reason=reason)
    _type_in(at, keeper, numbers)


def _declare(at: datetime, who: Actor, number: str, one: Told, picture: list[evidence.Piece]) -> int:
    then = at - timedelta(days=one.days)
    deed = declarations.Deed(number, one.rule, clock.local(then).date(), note=one.note, **one.more)
    made = declarations.declare(actor=who, at=then, deed=deed)
    if one.photo:
        declarations.attach(actor=who, at=then, declaration_id=made, pieces=picture)
    return made


def _type_in(at: datetime, keeper: Actor, numbers: list[str]) -> None:
    (sheet,) = sheets.print_sheets(actor=keeper, at=at - timedelta(days=30), organisation="QY0101", copies=1)
    deeds = [
        declarations.Deed(
            numbers[by], rule, clock.local(at - timedelta(days=days)).date(), quantity,
            note=note, sheet=sheetcode.code(sheet.id), line=line,
        )
        for line, (by, rule, days, note, quantity) in enumerate(LINES, 1)
    ]  # fmt: skip
    declarations.declare_several(actor=keeper, at=at - timedelta(days=1), deeds=deeds)


def _account(at: datetime, number: str) -> Actor:
    people.add_sign_in(actor=SYSTEM, at=at, name=number, role=Role.MEMBER, organisation="QY0101", member=number)
    return named(number)


def _picture() -> bytes:
    """A drawn courtyard in place of a photo."""
    image = Image.new("RGB", (800, 600), "#b9d3e6")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 380, 800, 600), fill="#8a9a6b")
    draw.rectangle((120, 180, 520, 400), fill="#d8c3a0")
    draw.polygon(((90, 190), (320, 70), (550, 190)), fill="#9c4a3c")
    draw.rectangle((270, 270, 360, 400), fill="#6d4c3d")
    draw.ellipse((600, 220, 760, 400), fill="#5d7f4e")
    draw.rectangle((672, 380, 690, 470), fill="#6d4c3d")
    buffer = BytesIO()
    image.save(buffer, "JPEG")
    return buffer.getvalue()
