"""Pledges that come in a file: added all together, known again when they come twice, taken back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert, or_, select

from pointsvc.db import among, db
from pointsvc.permissions import Actor
from pointsvc.pledges.models import Pledge, PledgeStep
from pointsvc.pledges.saying import NAMES, Said
from pointsvc.pledges.taking import write_down

# Whose it is, what it says (spaces apart) and until when: what makes it the same pledge.
Identity = tuple[int | None, int | None, str, date]


@dataclass(frozen=True, slots=True)
class NewPledge:
    """A pledge of a file: of a member, or of the organisation itself."""

    organisation_id: int
    member_id: int | None
    said: Said

    @property
    def identity(self) -> Identity:
        """What makes it the same as one that is there."""
        return identity(self.organisation_id, self.member_id, self.said.text, self.said.due_on)


def identity(organisation_id: int, member_id: int | None, text: str, due_on: date) -> Identity:
    """What makes two pledges one: a member's stays the same through a transfer."""
    return None if member_id else organisation_id, member_id, " ".join(text.split()), due_on


def known(rows: Collection[NewPledge]) -> set[Identity]:
    """What is there already of the same organisations and members; what was withdrawn may come again."""
    own = Pledge.member_id.is_(None) & among(Pledge.organisation_id, {row.organisation_id for row in rows})
    theirs = among(Pledge.member_id, {row.member_id for row in rows if row.member_id is not None})
    found = db.session.execute(
        select(Pledge.organisation_id, Pledge.member_id, Pledge.text, Pledge.due_on).where(
            or_(own, theirs), Pledge.status != "withdrawn"
        )
    )
    return {identity(*row) for row in found}


def add(*, actor: Actor, at: datetime, rows: Sequence[NewPledge], import_id: int) -> None:
    """Add these pledges as handed in; the meeting decides on them. Their texts have been checked."""
    if not rows:
        return
    told = {"status": "submitted", "import_id": import_id, "created_at": at, "created_by_id": actor.sign_in_id}
    values = [
        {
            **{name: getattr(row.said, name) for name in NAMES},
            **told,
            "organisation_id": row.organisation_id,
            "member_id": row.member_id,
            "told": 0,
        }
        for row in rows
    ]
    ids = sorted(db.session.scalars(insert(Pledge).returning(Pledge.id), values))
    first = {"step": "make", "new": "submitted", "at": at, "by_id": actor.sign_in_id}
    db.session.execute(insert(PledgeStep), [{"pledge_id": pledge_id, **first} for pledge_id in ids])


def take_back(*, actor: Actor, at: datetime, import_id: int, reason: str) -> int:
    """Withdraw the pledges of this file that nobody has decided on since; how many."""
    rows = db.session.scalars(
        select(Pledge)
        .where(Pledge.import_id == import_id, Pledge.status == "submitted")
        .order_by(Pledge.id)
        .with_for_update()
    ).all()
    if rows:
        write_down("withdraw", actor, at, [(row, "withdrawn") for row in rows], text=reason)
    return len(rows)
