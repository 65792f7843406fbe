"""What tests of the three lists do again and again."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import func, select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.errors import NotFound
from pointsvc.lists import reading
from pointsvc.lists import service as lists
from pointsvc.lists.models import Item
from pointsvc.notices.models import Notice
from pointsvc.people.models import SignIn
from tests import factories
from workers import base, run

API = "/api/v1"
SECRET = "a secret of this test"


def set_id(template: str = "exchange") -> int:
    """The id of the district's ready set that began as this one."""
    return reading.by_template(factories.organisation_id("QS"), template).id


def filed(
    by: str = "secretary", key: str = "needs", title: str = "楼道照明", template: str = "exchange", **more: Any
) -> int:
    """An item that this account files for its own organisation; its id."""
    options = {name: more.pop(name) for name in ("organisation", "contact", "links") if name in more}
    who = factories.actor(by)
    with transaction():
        return lists.file_item(
            actor=who, at=clock.now(), set_id=set_id(template), new=lists.NewItem(key, title, **more), **options
        ).id


def problem(by: str = "secretary", **more: Any) -> int:
    """A problem on the list of problems; its id."""
    return filed(by, "problems", more.pop("title", "活动记录不全"), more.pop("template", "problems"), **more)


def from_resident(once: str = "form-1", organisation: str = "QS0101", **more: Any) -> tuple[int, str]:
    """A need that a resident files on the public page; its id and its tracking code."""
    new = lists.NewItem("needs", more.pop("title", "家中老人需要上门理发"), **more)
    with transaction():
        made, code = lists.file_by_resident(
            at=clock.now(),
            organisation=organisation,
            new=new,
            contact=lists.Contact("周大娘", "13800001234"),
            once=once,
            secret=SECRET,
        )
    return made.id, code


def claim(item_id: int, by: str = "neighbour", **more: Any) -> int:
    """A claim by this account's organisation; its id."""
    who = factories.actor(by)
    with transaction():
        return lists.claim(actor=who, at=clock.now(), item_id=item_id, **more).id


def act(item_id: int, act: str, by: str = "secretary", **more: Any) -> Item:
    """Do this act as this account."""
    who = factories.actor(by)
    with transaction():
        return lists.act(actor=who, at=clock.now(), item_id=item_id, act=act, **more)


def done(item_id: int) -> None:
    """Lead an open need to where it is said to be done: claimed and done by the neighbour."""
    claim(item_id)
    for name, by in (("agree", "secretary"), ("start", "neighbour"), ("finish", "neighbour")):
        act(item_id, name, by)


def status(item_id: int) -> str:
    """The item's present status."""
    return str(db.session.scalar(select(Item.status).where(Item.id == item_id)))


def told(name: str) -> list[str]:
    """The messages in this account's inbox, as they are kept, the first first."""
    query = select(Notice.message).join(SignIn, SignIn.id == Notice.sign_in_id).where(SignIn.name == name)
    return list(db.session.scalars(query.order_by(Notice.id)))


def rows(table: Any) -> int:
    """How many rows this table has."""
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def work(app: Flask) -> None:
    """Do all jobs that are due, as a worker would."""
    assert "workers.lists" in run.HANDLERS
    while base.run_next(app):
        pass


def seen(name: str, item_id: int) -> lists.ItemView | None:
    try:
        return lists.item(actor=factories.actor(name), item_id=item_id)
    except NotFound:
        return None
