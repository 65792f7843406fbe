"""Messages to the outside: who gets one and when, taking one for a try, and what came of it.

A try is taken in a transaction of its own that already says when the next one comes, should nobody
report back; the sending itself happens outside of any transaction (workers/notices.py). So a message
goes out at least once, each time under the same key.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import undefer

from pointsvc import clock, queues, quiet
from pointsvc.db import among, db, on_postgresql
from pointsvc.errors import N_
from pointsvc.notices import lifecycle
from pointsvc.notices.models import Channel, Notice, NoticeWish, Outgoing
from pointsvc.notices.topics import MAIL, ROBOTS
from pointsvc.people import reach, settings
from pointsvc.people.models import Organisation, OrganisationReach, SignIn

log = logging.getLogger(__name__)

# After a failure the whole channel rests: most failures are the other side's, not the message's.
REST = timedelta(minutes=1)
# A job that was asked for and has not come for so long is not waited for.
OVERDUE = timedelta(minutes=10)
UNREPORTED = N_("The last try ended without a report")


# ---- who gets one


def to_persons(*, at: datetime, new: Mapping[int, int], topic: str, line: Mapping[str, Any]) -> None:
    """Let these new notices (sign-in: notice) go out to whoever wishes this topic, at once or with the digest."""
    wishes = [row for row in _wishes(new) if topic in row.topics]
    later = [new[row.id] for row in wishes if row.digest]
    if later:
        db.session.execute(
            update(Notice)
            .where(among(Notice.id, later))
            .values(collect=True)
            .execution_options(synchronize_session=False)
        )
    now = [row for row in wishes if not row.digest]
    write(at=at, letters=[Draft(row, f"notice:{new[row.id]}", [dict(line)]) for row in now], topic=topic)


def _wishes(sign_in_ids: Collection[int]) -> Collection[Any]:
    return db.session.execute(
        select(
            SignIn.id,
            SignIn.language,
            SignIn.organisation_id,
            NoticeWish.mail,
            NoticeWish.topics,
            NoticeWish.quiet,
            NoticeWish.digest,
        )
        .join(NoticeWish, NoticeWish.sign_in_id == SignIn.id)
        .where(among(SignIn.id, sign_in_ids), NoticeWish.mail.is_not(None), SignIn.disabled_at.is_(None))
        .order_by(SignIn.id)
    ).all()


@dataclass(frozen=True)
class Draft:
    """A mail to be written: to whom (a row of wishes), its key, and the notices that it tells."""

    to: Any
    key: str
    lines: list[dict[str, Any]]


def write(*, at: datetime, letters: Collection[Draft], topic: str | None) -> None:
    """Write these mails, each through the nearest mail server above its reader that takes the topic."""
    places = {letter.to.organisation_id for letter in letters}
    servers = _servers(places, topic)
    hours = settings.by_organisation(places, "quiet_hours") if places else {}
    rows = [
        {
            "channel_id": servers[letter.to.organisation_id],
            "sign_in_id": letter.to.id,
            "dedupe": letter.key,
            "recipient": letter.to.mail,
            "language": letter.to.language,
            "lines": letter.lines,
            "next_at": _when(at, letter.to.quiet or hours[letter.to.organisation_id]),
        }
        for letter in letters
        if letter.to.organisation_id in servers
    ]
    _add(at, rows)


def _servers(organisation_ids: Collection[int], topic: str | None) -> dict[int, int]:
    rows = db.session.execute(
        select(OrganisationReach.below_id, Channel.id, Channel.topics)
        .join(Channel, Channel.organisation_id == OrganisationReach.above_id)
        .where(among(OrganisationReach.below_id, organisation_ids), Channel.kind == MAIL, Channel.closed_at.is_(None))
        .order_by(OrganisationReach.depth, Channel.id)
    )
    found: dict[int, int] = {}
    for row in rows:
        if topic is None or topic in row.topics:
            found.setdefault(row.below_id, row.id)
    return found


def to_groups(
    *, at: datetime, organisation_id: int, below: bool, topic: str, line: Mapping[str, Any], key: str
) -> None:
    """Tell it in the groups of this organisation (and of those below) whose robots take the topic.

    Only what everybody in the group may know: a group is not a person's mailbox.
    """
    places = reach.ids_below(organisation_id) if below else [organisation_id]
    rows = db.session.execute(
        select(Channel.id, Channel.organisation_id, Channel.topics)
        .where(Channel.organisation_id.in_(places), Channel.kind.in_(ROBOTS), Channel.closed_at.is_(None))
        .order_by(Channel.id)
    ).all()
    asked = [row for row in rows if topic in row.topics]
    hours = settings.by_organisation({row.organisation_id for row in asked}, "quiet_hours") if asked else {}
    _add(
        at,
        [
            {
                "channel_id": row.id,
                "dedupe": f"{key}:{row.id}",
                "language": "",
                "lines": [dict(line)],
                "next_at": _when(at, hours[row.organisation_id]),
            }
            for row in asked
        ],
    )


def to_channel(*, at: datetime, channel_id: int, recipient: str | None, line: Mapping[str, Any], key: str) -> None:
    """Send one message through this channel now, whatever the hour: somebody waits for it."""
    row = {"channel_id": channel_id, "recipient": recipient, "dedupe": key, "language": "", "lines": [dict(line)]}
    _add(at, [{**row, "next_at": at}])


def _when(at: datetime, hours: str) -> datetime:
    return quiet.may_write_at(clock.local(at), hours)


def _add(at: datetime, rows: Collection[Mapping[str, Any]]) -> None:
    if not rows:
        return
    dialect: Any = postgresql if on_postgresql() else sqlite
    more = {"status": lifecycle.WAITING, "attempts": 0, "created_at": at}
    adding = dialect.insert(Outgoing).on_conflict_do_nothing(index_elements=["dedupe"])
    new = db.session.execute(
        adding.returning(Outgoing.channel_id, Outgoing.next_at), [{**row, **more} for row in rows]
    ).all()
    first: dict[int, datetime] = {}
    for row in new:
        first[row.channel_id] = min(row.next_at, first.get(row.channel_id, row.next_at))
    wake(at=at, first=first)


def wake(*, at: datetime, first: Mapping[int, datetime]) -> None:
    """Have each of these channels emptied at its instant, unless a job comes before it anyway."""
    channels = db.session.scalars(
        select(Channel)
        .where(among(Channel.id, first))
        .order_by(Channel.id)
        # Whoever empties one right now has begun before this, and will not see what is written here.
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for channel in channels:
        due = max(first[channel.id], channel.away_until or at)
        if channel.wake_at is not None and at - OVERDUE < channel.wake_at <= due:
            continue
        channel.wake_at = due
        queues.enqueue(topic=queues.NOTICE_POST, payload={"channel": channel.id}, at=at, due=due)


# ---- one try


@dataclass(frozen=True)
class Way:
    """An open channel, ready to send: with what must not be seen, so it is never shown nor logged."""

    channel_id: int
    kind: str
    address: Mapping[str, Any]
    organisation: str

    def __repr__(self) -> str:
        return f"Way({self.channel_id})"


@dataclass(frozen=True)
class Taken:
    """A message that was taken for one try."""

    id: int
    key: str
    recipient: str | None
    language: str
    lines: list[dict[str, Any]]
    attempts: int


def _key(row: Outgoing) -> str:
    """What the other side knows the message by, at every try; another service's ids may be the same."""
    return hashlib.sha256(f"{row.id} {row.dedupe} {row.created_at.isoformat()}".encode()).hexdigest()[:32]


def begin(*, channel_id: int, at: datetime) -> Way | None:
    """Begin to empty this channel; None when it is closed or rests."""
    row = db.session.execute(
        select(Channel, Organisation.name)
        .join(Organisation, Organisation.id == Channel.organisation_id)
        .where(Channel.id == channel_id)
        .options(undefer(Channel.address))
        .with_for_update(of=Channel)
        .execution_options(populate_existing=True)
    ).one()
    channel = row.Channel
    channel.wake_at = None
    if channel.closed_at is not None or (channel.away_until is not None and channel.away_until > at):
        return None
    return Way(channel.id, channel.kind, dict(channel.address), row.name)


def take(*, channel_id: int, at: datetime) -> Taken | None:
    """Take the oldest message that is due for one try; the next try is set already. None when none is due."""
    row = db.session.scalar(
        select(Outgoing)
        .where(Outgoing.channel_id == channel_id, Outgoing.status == lifecycle.WAITING, Outgoing.next_at <= at)
        .order_by(Outgoing.next_at, Outgoing.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        return None
    if row.attempts >= lifecycle.TRIES:
        # Its last try took the worker with it.
        row.status, row.error = lifecycle.after(row.status, "exhaust"), row.error or UNREPORTED
        return take(channel_id=channel_id, at=at)
    row.attempts += 1
    row.next_at = at + lifecycle.delay(row.attempts)
    return Taken(row.id, _key(row), row.recipient, row.language, list(row.lines), row.attempts)


def _locked(channel_id: int) -> Channel:
    # Always the channel before its messages: whoever closes it locks in this order too.
    return db.session.get_one(Channel, channel_id, with_for_update=True, populate_existing=True)


def sent(*, taken: Taken, channel_id: int, at: datetime) -> None:
    """The other side has it. Whoever says so is believed, also after another try was begun."""
    channel = _locked(channel_id)
    row = db.session.get_one(Outgoing, taken.id, with_for_update=True, populate_existing=True)
    channel.sent_at, channel.error = at, None
    if row.status == lifecycle.WAITING:
        row.status, row.sent_at, row.error = lifecycle.after(row.status, "send"), at, None


def failed(*, taken: Taken, channel_id: int, at: datetime, why: str) -> None:
    """This try came to nothing: the channel rests, and after the last try a person must look at the message."""
    channel = _locked(channel_id)
    row = db.session.get_one(Outgoing, taken.id, with_for_update=True, populate_existing=True)
    channel.failed_at, channel.error, channel.away_until = at, why[:500], at + REST
    if row.status != lifecycle.WAITING or row.attempts != taken.attempts:
        return
    row.error = why[:500]
    if row.attempts >= lifecycle.TRIES:
        row.status = lifecycle.after(row.status, "exhaust")
        log.error("message %s to the outside was tried %s times and is given to a person", row.id, row.attempts)


def go_on(*, channel_id: int, at: datetime) -> None:
    """When messages of this channel wait, have it emptied when the first of them is due."""
    first = db.session.scalar(
        select(func.min(Outgoing.next_at)).where(
            Outgoing.channel_id == channel_id, Outgoing.status == lifecycle.WAITING
        )
    )
    if first is not None:
        wake(at=at, first={channel_id: max(first, at)})


# ---- the digest


def digest(*, at: datetime, period: str) -> int:
    """Write one mail to each person whose notices were collected and are still unread; how many mails."""
    # One statement: what is collected while it runs waits for the next morning, and is not lost.
    rows = db.session.execute(
        update(Notice)
        .where(Notice.collect)
        .values(collect=False)
        .returning(Notice.id, Notice.sign_in_id, Notice.message, Notice.params, Notice.read_at)
        .execution_options(synchronize_session=False)
    ).all()
    told: dict[int, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: row.id):
        if row.read_at is None:
            told.setdefault(row.sign_in_id, []).append({"message": row.message, "params": row.params, "text": ""})
    wishes: Iterable[Any] = _wishes(told) if told else ()
    letters = [Draft(row, f"digest:{row.id}:{period}", told[row.id]) for row in wishes]
    write(at=at, letters=letters, topic=None)
    return len(letters)
