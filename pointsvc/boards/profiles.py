"""What boards say of members besides their names: post, duties, photo; and a board's group portrait."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import undefer

from pointsvc import clock
from pointsvc.audit import service as audit
from pointsvc.boards import consents
from pointsvc.boards.models import Board, BoardPicture, BoardProfile
from pointsvc.db import db
from pointsvc.errors import N_, Forbidden, Invalid, Message, NotFound
from pointsvc.evidence.cleaning import JPEG, Piece
from pointsvc.people import lives, reach
from pointsvc.people.models import Member, Membership, Organisation
from pointsvc.people.private import numbers_in
from pointsvc.permissions import Actor

NOT_PUBLIC = N_("This holds an identity or mobile number: %(number)s. It must not be made public")


@dataclass(frozen=True)
class ProfileView:
    """A member as a board would show it, with what it has consented to."""

    number: str
    name: str
    branch: str
    post: str
    duties: str
    place: int
    photo: str | None
    consents: frozenset[str]
    member_id: int


def describe(*, actor: Actor, at: datetime, member: str, post: str, duties: str, place: int = 100) -> BoardProfile:
    """Write down a member's post and duties. Raises NotFound, Forbidden 'not_yours', Invalid by field."""
    person = _answered_for(actor, member)
    for field, text in (("post", post), ("duties", duties)):
        if found := numbers_in(text):
            raise Invalid({field: Message(NOT_PUBLIC, number=found[0])})
    row = db.session.get(BoardProfile, person.id, with_for_update=True)
    if row is None:
        row = BoardProfile(member_id=person.id)
        db.session.add(row)
    row.post, row.duties, row.place = post, duties, place
    row.updated_at, row.updated_by_id = at, actor.sign_in_id
    db.session.flush()
    audit.note(actor=actor, at=at, action="profile:describe", object_id=person.number)
    return row


def picture_member(*, actor: Actor, at: datetime, member: str, piece: Piece) -> BoardPicture:
    """Keep a member's photo, made anew by ``evidence.clean``. Raises NotFound, Forbidden, Invalid under ``file``."""
    person = _answered_for(actor, member)
    found = db.session.scalar(select(BoardPicture).where(BoardPicture.member_id == person.id))
    return _keep(actor, at, found or BoardPicture(member_id=person.id), piece, person.number)


def picture_board(*, actor: Actor, at: datetime, board_id: int, piece: Piece) -> BoardPicture:
    """Keep a board's group portrait. Raises NotFound, Invalid under ``file``."""
    reached = Board.organisation_id.in_(reach.organisation_ids(actor))
    board = db.session.scalar(select(Board).where(Board.id == board_id, reached).with_for_update())
    if board is None:
        raise NotFound()
    found = db.session.scalar(select(BoardPicture).where(BoardPicture.board_id == board.id))
    return _keep(actor, at, found or BoardPicture(board_id=board.id), piece, board.code)


def picture(*, sha256: str) -> bytes:
    """The bytes of the picture with this fingerprint. The caller has checked that it may be seen. Raises NotFound."""
    query = select(BoardPicture).where(BoardPicture.sha256 == sha256).options(undefer(BoardPicture.content)).limit(1)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound()
    return found.content


def of_member(*, actor: Actor, at: datetime, member: str) -> ProfileView:
    """One member as boards would show it. Raises NotFound."""
    person = reach.member(actor, member)
    row = db.session.execute(_views(clock.local(at).date()).where(Member.id == person.id)).first()
    if row is None:
        raise NotFound()
    return _view(row, consents.standing(member_ids=[person.id]))


def listing(
    *, actor: Actor, at: datetime, organisation: str | None, limit: int, after: tuple[str, str] | None = None
) -> Sequence[ProfileView]:
    """The present members of a node and below with what boards would say of them, by branch and number.

    ``after``: the branch's code and the number of the last one that was told. Raises NotFound.
    """
    today = clock.local(at).date()
    node = reach.node(actor, organisation, today)
    query = _views(today).where(Membership.organisation_id.in_(reach.ids_below(node.id)))
    if after is not None:
        branch, number = after
        later = and_(Organisation.code == branch, Member.number > number)
        query = query.where((Organisation.code > branch) | later)
    rows = db.session.execute(query.order_by(Organisation.code, Member.number).limit(limit)).all()
    known = consents.standing(member_ids=[row.id for row in rows])
    return [_view(row, known) for row in rows]


# ---- inside


def _views(today: Any) -> Any:
    runs = reach.on_day(Membership, today)
    return (
        select(
            Member.id,
            Member.number,
            Member.name,
            Organisation.code.label("branch"),
            BoardProfile.post,
            BoardProfile.duties,
            BoardProfile.place,
            BoardPicture.sha256.label("photo"),
        )
        .join(Membership, and_(Membership.member_id == Member.id, runs))
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .outerjoin(BoardProfile, BoardProfile.member_id == Member.id)
        .outerjoin(BoardPicture, BoardPicture.member_id == Member.id)
    )


def _view(row: Any, known: Mapping[int, Mapping[str, Any]]) -> ProfileView:
    return ProfileView(
        number=row.number,
        name=row.name,
        branch=row.branch,
        post=row.post or "",
        duties=row.duties or "",
        place=100 if row.place is None else row.place,
        photo=row.photo,
        consents=frozenset(known.get(row.id, {})),
        member_id=row.id,
    )


def _answered_for(actor: Actor, number: str) -> Member:
    person = reach.member(actor, number)
    if not lives.answers_for(actor=actor, member=person):
        raise Forbidden(N_("The member now belongs to an organisation outside your reach"), code="not_yours")
    return person


def _keep(actor: Actor, at: datetime, row: BoardPicture, piece: Piece, owner: str) -> BoardPicture:
    if piece.media_type != JPEG or piece.preview is None:
        raise Invalid({"file": N_("A photo is needed: JPEG, PNG or WebP")})
    # The small one is as large as a board shows it; the other would tell faces at the far end of a room.
    row.content = piece.content if row.board_id else piece.preview
    row.sha256 = hashlib.sha256(row.content).hexdigest()
    row.at, row.uploaded_by_id = at, actor.sign_in_id
    db.session.add(row)
    db.session.flush()
    audit.note(actor=actor, at=at, action="picture:keep", object_id=owner, digest=row.sha256)
    return row
