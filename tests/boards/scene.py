"""What tests of boards do again and again: a district whose first branch has a board with three people."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

from flask.testing import FlaskClient
from PIL import Image

from pointsvc import clock
from pointsvc.boards import service as boards
from pointsvc.db import db, transaction
from pointsvc.evidence.cleaning import clean
from pointsvc.people import settings
from pointsvc.permissions import SYSTEM
from pointsvc.pledges.lifecycle import OUTCOMES
from pointsvc.pledges.models import Pledge
from tests import factories
from tests.factories import bearer
from tests.remembered import remembered

API = "/api/v1"
PHONE = "0000-6001234"
CONTENT = {"title": "第一支部党员公示栏", "introduction": "亮身份、作承诺、当先锋"}
PEOPLE = (
    ("M001", "支部书记", "主持支部全面工作"),
    ("M002", "组织委员", "负责党员发展和教育管理"),
    ("M003", "老党员", "义务巡逻、邻里调解"),
)


@remembered
def district() -> None:
    """The made-up district, whose supervision phone is known."""
    factories.district()
    decide("QS", "supervision_phone", PHONE)


def decide(organisation: str, name: str, value: Any) -> None:
    """A setting of an organisation."""
    with transaction():
        settings.decide(actor=SYSTEM, at=clock.now(), organisation=organisation, name=name, value=value)


def consent(number: str, *kinds: str) -> None:
    """A member's consents, on paper."""
    with transaction():
        boards.give_consent(actor=SYSTEM, at=clock.now(), member=number, kinds=list(kinds or ("display",)), how="paper")


def refuse(number: str, *kinds: str) -> None:
    """The member withdraws them."""
    with transaction():
        boards.withdraw_consent(actor=SYSTEM, at=clock.now(), member=number, kinds=list(kinds or ("display",)))


def profiles(*, consenting: bool = True) -> None:
    """Post and duties of three members."""
    with transaction():
        for place, (number, post, duties) in enumerate(PEOPLE, 1):
            boards.describe(actor=SYSTEM, at=clock.now(), member=number, post=post, duties=duties, place=place)
    for number, *_ in PEOPLE if consenting else ():
        consent(number)


def drawn(colour: str = "#888", secret: str = "") -> bytes:
    """A picture as a telephone would send it, with words beside the pixels."""
    picture, buffer = Image.new("RGB", (640, 800), colour), BytesIO()
    about = picture.getexif()
    about[0x010E] = secret
    picture.save(buffer, "JPEG", exif=about, comment=secret.encode())
    return buffer.getvalue()


def photo(number: str, secret: str = "") -> None:
    """A photo of this member."""
    piece = clean("photo.jpg", drawn(secret=secret))
    with transaction():
        boards.picture_member(actor=SYSTEM, at=clock.now(), member=number, piece=piece)


def portrait(board_id: int, secret: str = "") -> None:
    """A group portrait of this board."""
    piece = clean("all.jpg", drawn(secret=secret))
    with transaction():
        boards.picture_board(actor=SYSTEM, at=clock.now(), board_id=board_id, piece=piece)


def said(code: str = "first", text: str = "路灯修好了，谢谢", **about: Any) -> int:
    """What somebody says to this board; the comment's id."""
    with transaction():
        return boards.say(at=clock.now(), code=code, text=text, **about).id


def let_through(comment_id: int, answer: str = "") -> None:
    """The secretary lets it onto the board."""
    who = factories.actor("secretary")
    with transaction():
        boards.approve_comment(actor=who, at=clock.now(), comment_id=comment_id, answer=answer)


def pledge(
    number: str | None = "M001", text: str = "每月走访两户困难群众", status: str = "published", **more: Any
) -> int:
    """A pledge of this member, or of the branch itself; its id."""
    values = {
        "organisation_id": factories.organisation_id("QS0101"),
        "member_id": factories.member_id(number) if number else None,
        "kind": "post",
        "horizon": "yearly",
        "text": text,
        "indicator": "走访户数",
        "baseline": "每月0户",
        "target": "每月2户",
        "due_on": date(2026, 12, 31),
        "status": status,
        "created_at": clock.now(),
        **more,
    }
    if status in (*OUTCOMES, "closed"):
        values = {"settled_on": date(2026, 8, 1), "outcome": "fulfilled" if status == "closed" else status} | values
    with transaction():
        row = Pledge(**values)
        db.session.add(row)
        db.session.flush()
        return row.id


def board(
    code: str = "first", organisation: str = "QS0101", kind: str = "board", by: str = "secretary", **content: Any
) -> int:
    """A draft of a board; its id."""
    with transaction():
        return boards.create(
            actor=factories.actor(by),
            at=clock.now(),
            organisation=organisation,
            code=code,
            kind=kind,
            content={**CONTENT, **content},
        ).id


def hung(code: str = "first", by: str = "secretary", **more: Any) -> int:
    """A board that is published, as two people do it; its id."""
    number = board(code, by=by, **more)
    republish(number, by)
    return number


def republish(number: int, by: str = "secretary") -> None:
    """The secretary submits, the district looks it over, the secretary publishes."""
    steps = ((boards.submit, by), (boards.approve, "admin"), (boards.publish, by))
    for act, name in steps:
        who = factories.actor(name)
        with transaction():
            act(actor=who, at=clock.now(), board_id=number)


def post(client: FlaskClient, path: str, body: Any, name: str, **headers: str) -> Any:
    return client.post(API + path, json=body, headers={**bearer(name), **headers})


def put(client: FlaskClient, path: str, body: Any, name: str) -> Any:
    return client.put(API + path, json=body, headers=bearer(name))


def get(client: FlaskClient, path: str, name: str = "secretary") -> Any:
    return client.get(API + path, headers=bearer(name))


def public(client: FlaskClient, code: str = "first") -> dict[str, Any]:
    """What anybody reads of this board as JSON."""
    found: dict[str, Any] = client.get(f"{API}/boards/{code}").json
    return found
