"""Jobs of notices: into the inboxes, out to the world, opened on their day, reminded, and gathered for the morning."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import force_locale, gettext, ngettext

from pointsvc import clock, queues
from pointsvc.db import transaction
from pointsvc.notices import announcing, outgoing, outside, reminders
from pointsvc.notices import service as notices
from pointsvc.notices.schemas import said
from workers.base import Claim, handles

log = logging.getLogger(__name__)

# So many messages of one channel, then other jobs have their turn.
IN_A_ROW = 20


@handles(queues.NOTICE_DELIVER, together=True)
def deliver(claim: Claim) -> None:
    """Put one message into the inboxes of some sign-ins. The payload holds ``notices.send``'s words."""
    notices.send(at=clock.now(), **claim.payload)


@handles(queues.NOTICE_OPEN, together=True)
def open_announcement(claim: Claim) -> None:
    """Open an announcement at its time and tell those it is for."""
    announcing.tell(at=clock.now(), announcement_id=claim.payload["announcement"])


@handles(queues.NOTICE_REMIND, together=True)
def remind(claim: Claim) -> None:
    """Tell the reminders that were due when the scheduler asked for it."""
    reminders.tell_due(at=clock.now(), by=datetime.fromisoformat(claim.payload["by"]))


@handles(queues.NOTICE_DIGEST, together=True)
def gather(claim: Claim) -> None:
    """Write the morning's mails to those who want one a day."""
    outgoing.digest(at=clock.now(), period=claim.payload["period"])


@handles(queues.NOTICE_POST)
def post(claim: Claim) -> None:
    """Send what is due through one channel; each try is taken and reported in transactions of its own."""
    channel_id = claim.payload["channel"]
    with transaction():
        claim.hold(at=clock.now())
        way = outgoing.begin(channel_id=channel_id, at=clock.now())
    if way is not None:
        for _ in range(IN_A_ROW):
            if not _send_one(claim, way):
                break
    with transaction():
        outgoing.go_on(channel_id=channel_id, at=clock.now())
        claim.finish(at=clock.now())


def _send_one(claim: Claim, way: outgoing.Way) -> bool:
    """One try of one message; False when none is due, or the other side did not take it."""
    with transaction():
        claim.hold(at=clock.now())
        taken = outgoing.take(channel_id=way.channel_id, at=clock.now())
    if taken is None:
        return False
    why: str | None = None
    try:
        outside.send(way.kind, way.address, _in_language(taken.language, lambda: _letter(way, taken)))
    except outside.NotSent as refusal:
        why = str(refusal)
    except Exception as error:
        # A defect with one message must not keep the others of its channel.
        log.exception("message %s to the outside could not be sent", taken.id)
        why = type(error).__name__
    with transaction():
        if why is None:
            outgoing.sent(taken=taken, channel_id=way.channel_id, at=clock.now())
        else:
            outgoing.failed(taken=taken, channel_id=way.channel_id, at=clock.now(), why=why)
    return why is None


def _in_language(language: str, make: Callable[[], Any]) -> Any:
    name = language or current_app.config["POINTSVC"].language
    with force_locale("zh_Hans_CN" if name == "zh" else "en"):
        return make()


def _letter(way: outgoing.Way, taken: outgoing.Taken) -> outside.Letter:
    words = []
    for number, line in enumerate(taken.lines, start=1):
        sentence = said(line["message"], line["params"])
        words.append(f"{number}. {sentence}" if len(taken.lines) > 1 else sentence)
        if line["text"]:
            words.append(line["text"])
    title = ngettext(
        "%(organisation)s: a notice",
        "%(organisation)s: %(num)s notices",
        len(taken.lines),
        organisation=way.organisation,
    )
    body = "\n".join([*words, "", gettext("Please sign in to the service to see more. Do not reply to this message.")])
    return outside.Letter(title, body, taken.key, taken.recipient)
