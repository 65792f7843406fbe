"""What several tests of notices need: channels, wishes, and workers that work off everything now."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from pointsvc import clock, quiet
from pointsvc.db import db, transaction
from pointsvc.notices import channels, wishes
from pointsvc.notices import service as notices
from pointsvc.notices.models import Outgoing
from pointsvc.notices.topics import GATEWAY, MAIL, TOPICS
from pointsvc.people import settings
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.notices.receivers import MailServer, Post
from workers import run, schedule

TOLD = "The tally of %(period)s is ready"


def awake() -> None:
    """No quiet hours in the district: for tests with the real clock, which may be run at night."""
    with transaction():
        settings.decide(actor=SYSTEM, at=clock.now(), organisation="QS", name="quiet_hours", value=quiet.NONE)


def gateway(post: Post, organisation: str = "QS0101", topics: tuple[str, ...] = tuple(TOPICS)) -> int:
    """A channel of this organisation to the test's web server."""
    given = {"url": f"{post.url}/in"}
    with transaction():
        return channels.add(
            actor=factories.actor("admin"),
            at=clock.now(),
            organisation=organisation,
            kind=GATEWAY,
            name="短信平台",
            topics=topics,
            given=given,
        ).id


def mail_server_of(server: MailServer, organisation: str = "QS", topics: tuple[str, ...] = tuple(TOPICS)) -> int:
    """A mail server of this organisation: the test's."""
    given = {"host": "127.0.0.1", "port": str(server.port), "security": "none", "sender": "notice@example.cn"}
    with transaction():
        return channels.add(
            actor=factories.actor("admin"),
            at=clock.now(),
            organisation=organisation,
            kind=MAIL,
            name="区委邮箱",
            topics=topics,
            given=given,
        ).id


def wish(name: str, **more: Any) -> None:
    """Let this account wish for mail."""
    given: dict[str, Any] = {"mail": f"{name}@example.org", "topics": list(TOPICS), "quiet": None, "digest": False}
    with transaction():
        wishes.keep(actor=factories.actor(name), at=clock.now(), **(given | more))


def send(*names: str, period: str = "2026-Q3", **more: Any) -> None:
    """Tell these accounts something."""
    ids = [factories.actor(name).sign_in_id or 0 for name in names]
    with transaction():
        notices.send(
            at=clock.now(),
            sign_in_ids=ids,
            message=TOLD,
            params={"period": period},
            link=None,
            dedupe_prefix=f"tally:{period}",
            **more,
        )


def work() -> None:
    """Let the scheduler look for what has a date, and the workers do all that is due."""
    schedule.ask_for_dated()
    run.drain()


def letters() -> list[Outgoing]:
    """All messages to the outside, as they are now."""
    db.session.rollback()
    query = select(Outgoing).order_by(Outgoing.id).execution_options(populate_existing=True)
    return list(db.session.scalars(query))
