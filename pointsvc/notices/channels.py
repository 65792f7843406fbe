"""Verbs of channels: an organisation's ways to the outside. What must not be seen goes in and never comes out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select, update

from pointsvc.audit import service as audit
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Invalid, NotFound
from pointsvc.notices import addresses, lifecycle, outgoing
from pointsvc.notices.models import Channel, Outgoing
from pointsvc.notices.topics import KINDS, MAIL, OF_THE_OFFICE, TOPICS
from pointsvc.people import reach
from pointsvc.people.models import Organisation
from pointsvc.permissions import Actor, Role

TEST = N_("This is a test: the way from the service to here is open.")
CLOSED = N_("The channel was closed")
MOST = 20


def kinds(actor: Actor) -> list[str]:
    """The kinds that the actor may add: a secretary adds the own groups' robots, no servers."""
    return [kind for kind in KINDS if kind not in OF_THE_OFFICE or actor.role != Role.SECRETARY]


def channels(*, actor: Actor) -> Sequence[Row[*tuple[Any, ...]]]:
    """The open channels within reach, with the organisation of each; never what must not be seen."""
    return db.session.execute(_within(actor).order_by(Organisation.code, Channel.id)).all()


def channel(*, actor: Actor, channel_id: int) -> Row[*tuple[Any, ...]]:
    """One open channel. Raises NotFound."""
    found = db.session.execute(_within(actor).where(Channel.id == channel_id)).first()
    if found is None:
        raise NotFound()
    return found


def _within(actor: Actor) -> Select[*tuple[Any, ...]]:
    shown = ("id", "kind", "name", "hint", "topics", "created_at", "sent_at", "failed_at", "error")
    return (
        select(
            *(getattr(Channel, name) for name in shown),
            Organisation.code.label("organisation"),
            Organisation.name.label("organisation_name"),
        )
        .join(Organisation, Organisation.id == Channel.organisation_id)
        .where(Channel.closed_at.is_(None), Channel.organisation_id.in_(reach.organisation_ids(actor)))
    )


def add(
    *,
    actor: Actor,
    at: datetime,
    organisation: str,
    kind: str,
    name: str,
    topics: Collection[str],
    given: Mapping[str, str],
) -> Channel:
    """Open a channel of this organisation for these topics. Raises NotFound, Invalid, Conflict 'too_many_channels'."""
    owner = reach.organisation(actor, organisation)
    if kind not in kinds(actor):
        raise Invalid({"kind": N_("This kind of channel is not offered to you")})
    if not topics or not set(topics) <= set(TOPICS):
        raise Invalid({"topics": N_("Choose at least one of the topics")})
    address, hint = addresses.parsed(kind, given)
    here = select(Channel.id).where(Channel.organisation_id == owner.id, Channel.closed_at.is_(None))
    if len(db.session.scalars(here).all()) >= MOST:
        raise Conflict(N_("This organisation has many channels already; close one first"), code="too_many_channels")
    made = Channel(
        organisation_id=owner.id,
        kind=kind,
        name=name,
        address=address,
        hint=hint,
        topics=sorted(set(topics)),
        created_at=at,
        created_by_id=actor.sign_in_id,
    )
    db.session.add(made)
    db.session.flush()
    audit.note(actor=actor, at=at, action="channel:add", object_id=str(made.id), organisation=owner.code, kind=kind)
    return made


def test(*, actor: Actor, at: datetime, channel_id: int, recipient: str | None) -> None:
    """Send a test message; what came of it stands at the channel. Raises NotFound, Invalid."""
    found = channel(actor=actor, channel_id=channel_id)
    if found.kind == MAIL and not addresses.MAILBOX.fullmatch(recipient or ""):
        raise Invalid({"recipient": N_("A mail address such as notice@example.cn is needed")})
    line = {"message": TEST, "params": {}, "text": ""}
    to = recipient if found.kind == MAIL else None
    outgoing.to_channel(at=at, channel_id=found.id, recipient=to, line=line, key=f"test:{found.id}:{at.isoformat()}")
    audit.note(actor=actor, at=at, action="channel:try", object_id=str(found.id))


def close(*, actor: Actor, at: datetime, channel_id: int) -> None:
    """Close a channel for good and forget its address; what still waited is given up. Raises NotFound."""
    found = channel(actor=actor, channel_id=channel_id)
    if found.kind not in kinds(actor):
        raise NotFound()
    db.session.execute(
        update(Channel)
        .where(Channel.id == found.id)
        .values(closed_at=at, address={})
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(Outgoing)
        .where(Outgoing.channel_id == found.id, Outgoing.status.in_((lifecycle.WAITING, lifecycle.DEAD)))
        .values(status=lifecycle.GIVEN_UP, settled_at=at, settled_by_id=actor.sign_in_id, reason=CLOSED)
        .execution_options(synchronize_session=False)
    )
    audit.note(actor=actor, at=at, action="channel:close", object_id=str(found.id))
