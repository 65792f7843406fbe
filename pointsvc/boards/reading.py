"""Boards as those read them who keep them: the list, one with what may be done to it, what waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, select

from pointsvc import clock
from pointsvc.boards import lifecycle
from pointsvc.boards.models import Board, BoardComment
from pointsvc.db import among, db
from pointsvc.errors import N_, Invalid, Message, NotFound
from pointsvc.people import reach
from pointsvc.people.models import Member, Membership, Organisation
from pointsvc.permissions import Actor, Permission, allowed

_WHO = N_("There is nobody, or more than one, called %(name)s here; give the number")
# How long before its last day a board is told of as due.
SOON = timedelta(days=7)


@dataclass(frozen=True)
class BoardView:
    """A board with its node's names; ``waiting`` comments; ``may``: the acts open to the reader."""

    id: int
    code: str
    kind: str
    status: str
    organisation: str
    organisation_name: str
    wanted: Mapping[str, Any]
    hangs: bool
    published_on: date | None
    expires_on: date | None
    waiting: int
    may: Sequence[str]


def boards(
    *, actor: Actor, organisation: str | None = None, limit: int | None = None, after_id: int | None = None
) -> list[BoardView]:
    """The boards of the actor's node, or of this one, and below. Raises NotFound."""
    ids = reach.organisation_ids(actor)
    if organisation is not None:
        ids = reach.ids_below(reach.organisation(actor, organisation).id)
    query = _views().where(Board.organisation_id.in_(ids)).order_by(Board.id).limit(limit)
    if after_id is not None:
        query = query.where(Board.id > after_id)
    return [_view(actor, row) for row in db.session.execute(query)]


def board(*, actor: Actor, board_id: int) -> BoardView:
    """One board. Raises NotFound."""
    reached = Board.organisation_id.in_(reach.organisation_ids(actor))
    row = db.session.execute(_views().where(Board.id == board_id, reached)).first()
    if row is None:
        raise NotFound()
    return _view(actor, row)


def numbers_of(content: Mapping[str, Any]) -> list[dict[str, str]]:
    """The people that a board names, by number instead of id."""
    named = content["people"] or []
    query = select(Member.id, Member.number, Member.name).where(among(Member.id, [one["id"] for one in named]))
    found = {row.id: row for row in db.session.execute(query)}
    return [{"member": found[one["id"]].number, "name": found[one["id"]].name, "words": one["words"]} for one in named]


def named(*, actor: Actor, organisation: str, text: str) -> Iterator[dict[str, str]]:
    """The people in a text of one line each, a name or number and then words of its own, as a board takes them.

    Raises NotFound, Invalid under ``people`` for a name that nobody of the node has, or several.
    """
    node = reach.organisation(actor, organisation)
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    query = (
        select(Member.number, Member.name)
        .join(Membership, and_(Membership.member_id == Member.id, Membership.ends_on.is_(None)))
        .where(Membership.organisation_id.in_(reach.ids_below(node.id)))
        .where(among(Member.name, [line[0] for line in lines]) | among(Member.number, [line[0] for line in lines]))
    )
    found: dict[str, set[str]] = {}
    for row in db.session.execute(query):
        found.setdefault(row.name, set()).add(row.number)
        found.setdefault(row.number, set()).add(row.number)
    wrong = [Message(_WHO, name=line[0]) for line in lines if len(found.get(line[0], ())) != 1]
    if wrong:
        raise Invalid({"people": wrong})
    for line in lines:
        yield {"member": next(iter(found[line[0]])), "words": line[1].strip() if len(line) > 1 else ""}


def row_of(*, actor: Actor, board_id: int) -> Board:
    """The board's row, for a preview. Raises NotFound."""
    reached = Board.organisation_id.in_(reach.organisation_ids(actor))
    found = db.session.scalar(select(Board).where(Board.id == board_id, reached))
    if found is None:
        raise NotFound()
    return found


def due(*, actor: Actor, at: datetime) -> tuple[int, date | None]:
    """How many boards within reach must be renewed soon, and the first day."""
    until = clock.local(at).date() + SOON
    query = select(func.count(), func.min(Board.expires_on)).where(
        Board.published_on.is_not(None),
        Board.expires_on <= until,
        Board.organisation_id.in_(reach.organisation_ids(actor)),
    )
    count, first = db.session.execute(query).one()
    return count, first


def to_review(*, actor: Actor) -> int:
    """How many boards within reach wait for a review that the actor may do."""
    query = select(Board.submitted_by_id).where(
        Board.status == "submitted", Board.organisation_id.in_(reach.organisation_ids(actor))
    )
    return sum(1 for submitted in db.session.scalars(query) if submitted is None or submitted != actor.sign_in_id)


# ---- inside


def _views() -> Any:
    waits = and_(BoardComment.board_id == Board.id, BoardComment.status == "waiting")
    waiting = select(func.count(BoardComment.id)).where(waits).scalar_subquery()
    return (
        select(Board, Organisation.code, Organisation.name, waiting.label("waiting"))
        .join(Organisation, Organisation.id == Board.organisation_id)
        .execution_options(populate_existing=True)
    )


def _view(actor: Actor, row: Any) -> BoardView:
    one = row.Board
    hangs = one.published_on is not None
    return BoardView(
        id=one.id,
        code=one.code,
        kind=one.kind,
        status=one.status,
        organisation=row.code,
        organisation_name=row.name,
        wanted=one.wanted,
        hangs=hangs,
        published_on=one.published_on,
        expires_on=one.expires_on,
        waiting=row.waiting,
        may=_may(actor, one, hangs),
    )


def _may(actor: Actor, one: Board, hangs: bool) -> Sequence[str]:
    reviews = one.submitted_by_id is None or one.submitted_by_id != actor.sign_in_id
    need = dict.fromkeys(lifecycle.REVIEWS, Permission.BOARDS_REVIEW)
    return [
        act
        for act in lifecycle.ACTS
        if lifecycle.may(one.status, act, hangs=hangs)
        and allowed(actor, need.get(act, Permission.BOARDS_MANAGE))
        and (act not in lifecycle.REVIEWS or reviews)
    ]
