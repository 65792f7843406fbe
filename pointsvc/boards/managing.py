"""Making boards and taking them through their states. What is published was looked at by two people."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from pointsvc import clock
from pointsvc.audit import service as audit
from pointsvc.boards import content as contents
from pointsvc.boards import lifecycle, projection
from pointsvc.boards.masking import written
from pointsvc.boards.models import Board, BoardLog
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Invalid, Message, NotFound
from pointsvc.people import reach, settings
from pointsvc.people.private import numbers_in
from pointsvc.permissions import Actor

_PRIVATE = N_("This holds an identity or mobile number: %(number)s. It must not be made public")


def create(*, actor: Actor, at: datetime, organisation: str, code: str, kind: str, content: Mapping[str, Any]) -> Board:
    """Make a board of an organisation, as a draft. Raises NotFound, Invalid by field."""
    node = reach.organisation(actor, organisation)
    made = Board(
        code=code,
        organisation_id=node.id,
        kind=kind,
        status="draft",
        wanted=_checked(actor, content),
        created_at=at,
        created_by_id=actor.sign_in_id,
    )
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError as error:
        raise Invalid({"code": N_("Another board has this address already")}) from error
    _changed(made, actor, at, "create", None)
    return made


def change(*, actor: Actor, at: datetime, board_id: int, content: Mapping[str, Any]) -> Board:
    """Change what the board holds; what hangs on the wall stays as it is until this is published.

    Raises NotFound, Conflict 'wrong_state', Invalid by field.
    """
    board = _held(actor, board_id)
    old = board.status
    board.status = lifecycle.after(old, lifecycle.CHANGE)
    board.wanted = _checked(actor, content)
    _changed(board, actor, at, lifecycle.CHANGE, old)
    return board


def submit(*, actor: Actor, at: datetime, board_id: int) -> Board:
    """Hand the board over for its review. Raises NotFound, Conflict 'wrong_state', Invalid for what is not fit."""
    board = _held(actor, board_id)
    after = lifecycle.after(board.status, lifecycle.SUBMIT)
    _check_fit(board, at)
    board.submitted_by_id, board.approved_by_id = actor.sign_in_id, None
    return _moved(board, actor, at, lifecycle.SUBMIT, after)


def approve(*, actor: Actor, at: datetime, board_id: int) -> Board:
    """Say that nothing on the board is secret or private.

    Raises NotFound, Forbidden 'own_board', Conflict 'wrong_state', Invalid for what is not fit.
    """
    board = _reviewed(actor, board_id)
    after = lifecycle.after(board.status, lifecycle.APPROVE)
    _check_fit(board, at)
    board.approved_by_id = actor.sign_in_id
    return _moved(board, actor, at, lifecycle.APPROVE, after)


def give_back(*, actor: Actor, at: datetime, board_id: int) -> Board:
    """Send the board back to be changed. Raises NotFound, Forbidden 'own_board', Conflict 'wrong_state'."""
    board = _reviewed(actor, board_id)
    return _moved(board, actor, at, lifecycle.RETURN, lifecycle.after(board.status, lifecycle.RETURN))


def publish(*, actor: Actor, at: datetime, board_id: int) -> Board:
    """Hang the reviewed board up, until it must be renewed.

    Raises NotFound, Conflict 'wrong_state', Invalid for what is not fit.
    """
    board = _held(actor, board_id)
    after = lifecycle.after(board.status, lifecycle.PUBLISH)
    _check_fit(board, at)
    board.shown, board.published_on = board.wanted, clock.local(at).date()
    _prolong(board, at)
    return _moved(board, actor, at, lifecycle.PUBLISH, after)


def renew(*, actor: Actor, at: datetime, board_id: int) -> Board:
    """Say that what hangs there is still right. Raises as ``publish``."""
    board = _held(actor, board_id)
    after = lifecycle.after(board.status, lifecycle.RENEW)
    _check_fit(board, at)
    _prolong(board, at)
    return _moved(board, actor, at, lifecycle.RENEW, after)


def withdraw(*, actor: Actor, at: datetime, board_id: int) -> Board:
    """Take the board down at once. Raises NotFound, Conflict 'wrong_state' when nothing hangs."""
    board = _held(actor, board_id)
    after = lifecycle.after(board.status, lifecycle.WITHDRAW)
    if board.published_on is None:
        raise Conflict(N_("This board does not hang anywhere"), code="wrong_state")
    board.shown, board.published_on, board.expires_on = {}, None, None
    return _moved(board, actor, at, lifecycle.WITHDRAW, after)


def unfit(*, board: Board, at: datetime) -> dict[str, list[Message]]:
    """What stands against making the board public, by field: a private number, no telephone of the office."""
    found: dict[str, list[Message]] = {}
    would = projection.preview(board=board, at=at).plain
    if not would["phone"]:
        found["phone"] = [Message(N_("The organisation's supervision phone is missing, or it is somebody's mobile"))]
    # What the public wrote was let through one by one, and is masked like all else.
    for field, text in written({**would, "answers": []}):
        found.setdefault(field, []).extend(Message(_PRIVATE, number=number) for number in numbers_in(text))
    return {field: messages for field, messages in found.items() if messages}


# ---- inside


def _checked(actor: Actor, content: Mapping[str, Any]) -> dict[str, Any]:
    """The content as it is kept: members by id. Raises Invalid under ``people``."""
    made = contents.whole(content)
    if made["people"] is not None:
        made["people"] = list(_named(actor, made["people"]))
    return made


def _named(actor: Actor, people: Collection[Mapping[str, str]]) -> Iterator[dict[str, Any]]:
    found = reach.members(actor, [one["member"] for one in people])
    unknown = [one["member"] for one in people if one["member"] not in found]
    if unknown:
        text = N_("There is no member %(number)s within your reach")
        raise Invalid({"people": [Message(text, number=number) for number in unknown]})
    for one in people:
        yield {"id": found[one["member"]].id, "words": one.get("words", "")}


def _held(actor: Actor, board_id: int) -> Board:
    """The board, locked. Raises NotFound."""
    query = select(Board).where(Board.id == board_id, Board.organisation_id.in_(reach.organisation_ids(actor)))
    found = db.session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return found


def _reviewed(actor: Actor, board_id: int) -> Board:
    board = _held(actor, board_id)
    lifecycle.check_reviewer(actor, submitted_by_id=board.submitted_by_id)
    return board


def _check_fit(board: Board, at: datetime) -> None:
    wrong = unfit(board=board, at=at)
    if wrong:
        raise Invalid(wrong, code="not_fit")


def _prolong(board: Board, at: datetime) -> None:
    days = settings.value(board.organisation_id, "board_days")
    board.expires_on = clock.local(at).date() + timedelta(days=days)


def _moved(board: Board, actor: Actor, at: datetime, act: str, after: str) -> Board:
    old, board.status = board.status, after
    _changed(board, actor, at, act, old)
    return board


def _changed(board: Board, actor: Actor, at: datetime, act: str, old: str | None) -> None:
    """Write down what was done to the board, by whom and from which state."""
    db.session.flush()
    values = {"old": old, "new": board.status, "actor": actor.kind, "sign_in_id": actor.sign_in_id, "at": at}
    db.session.add(BoardLog(board_id=board.id, act=act, **values))
    db.session.flush()
    audit.note(actor=actor, at=at, action=f"board:{act}", object_id=board.code, before=old)
