"""JSON routes of boards: one for everybody, and those by which boards are kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
from flask import Response

from pointsvc import clock
from pointsvc.api import Blueprint, creates, ref_id
from pointsvc.boards import schemas
from pointsvc.boards import service as boards
from pointsvc.boards.models import BoardComment
from pointsvc.boards.public_pages import served
from pointsvc.db import transaction
from pointsvc.http import actor, id_at, one_page, public, requires
from pointsvc.permissions import Permission

bp = Blueprint("boards", __name__, description="Display boards: the public projection, and how they are kept")


@bp.route("/boards/<code>", endpoint="public_board")
@bp.route("/boards/<code>.json", endpoint="public_board_file")
@public
@bp.response(200, schemas.PublicBoardOut)
@bp.doc(security=[])
def public_board(code: str) -> Response:
    """What is public of a board, without signing in."""
    return served(code, "json", lambda found: orjson.dumps(found), "application/json")


@bp.route("/boards")
@requires(Permission.BOARDS_READ)
@bp.arguments(schemas.BoardsArgs, location="query")
@bp.response(200, schemas.DisplayBoardsOut)
def list_boards(args: dict[str, Any]) -> dict[str, Any]:
    """The boards of a node and below."""
    place = id_at(args["after"])
    rows = boards.boards(
        actor=actor(),
        organisation=args["organisation"],
        limit=args["limit"] + 1,
        after_id=place,
    )
    items, following = one_page(rows, args["limit"])
    return {"items": [_out(one) for one in items], "next": following}


@bp.route("/boards", methods=["POST"])
@requires(Permission.BOARDS_MANAGE)
@creates
@bp.arguments(schemas.DisplayBoardIn)
@bp.response(201, schemas.DisplayBoardOut)
def create(data: dict[str, Any]) -> Any:
    """Make a board, as a draft."""
    head = {name: data.pop(name) for name in ("organisation", "code", "kind")}
    made = boards.create(actor=actor(), at=clock.now(), content=data, **head)
    return _one(made.id)


@bp.route("/boards/<board_id>", methods=["PUT"])
@requires(Permission.BOARDS_MANAGE)
@bp.arguments(schemas.BoardContentIn)
@bp.response(200, schemas.DisplayBoardOut)
def change(data: dict[str, Any], board_id: str) -> Any:
    """Change what a board holds; what hangs stays until the change is published."""
    with transaction():
        boards.change(actor=actor(), at=clock.now(), board_id=ref_id(board_id), content=data)
    return _one(ref_id(board_id))


@bp.route("/boards/<board_id>/draft")
@requires(Permission.BOARDS_READ)
@bp.response(200, schemas.DisplayBoardOut)
def get_board(board_id: str) -> Any:
    """A board as its keepers see it."""
    return _one(ref_id(board_id))


# ---- what the public says


@bp.route("/boards/<board_id>/comments")
@requires(Permission.BOARDS_READ)
@bp.arguments(schemas.BoardCommentsArgs, location="query")
@bp.response(200, schemas.BoardCommentsOut)
def list_comments(args: dict[str, Any], board_id: str) -> dict[str, Any]:
    """What was said to a board, the latest first."""
    place = id_at(args["after"])
    rows = boards.comments(
        actor=actor(),
        board_id=ref_id(board_id),
        status=args["status"],
        limit=args["limit"] + 1,
        before_id=place,
    )
    items, following = one_page(rows, args["limit"])
    return {"items": items, "next": following}


@bp.route("/comments/<comment_id>/approve", methods=["POST"])
@requires(Permission.BOARDS_MANAGE)
@creates
@bp.arguments(schemas.CommentApproveIn)
@bp.response(200, schemas.BoardCommentOut)
def approve_comment(data: dict[str, Any], comment_id: str) -> BoardComment:
    """Let a comment onto the board, perhaps with an answer."""
    return boards.approve_comment(actor=actor(), at=clock.now(), comment_id=ref_id(comment_id), **data)


@bp.route("/comments/<comment_id>/refuse", methods=["POST"])
@requires(Permission.BOARDS_MANAGE)
@creates
@bp.response(200, schemas.BoardCommentOut)
def refuse_comment(comment_id: str) -> BoardComment:
    """Keep a comment off the board."""
    return boards.refuse_comment(actor=actor(), at=clock.now(), comment_id=ref_id(comment_id))


@bp.route("/comments/<comment_id>/answer", methods=["POST"])
@requires(Permission.BOARDS_MANAGE)
@creates
@bp.arguments(schemas.CommentAnswerIn)
@bp.response(200, schemas.BoardCommentOut)
def answer_comment(data: dict[str, Any], comment_id: str) -> BoardComment:
    """Answer an approved comment in public."""
    return boards.answer(actor=actor(), at=clock.now(), comment_id=ref_id(comment_id), **data)


# ---- inside


def _one(board_id: int) -> dict[str, Any]:
    return _out(boards.board(actor=actor(), board_id=board_id))


def _out(view: boards.BoardView) -> dict[str, Any]:
    named = boards.numbers_of(view.wanted) if view.wanted["people"] is not None else None
    names = ("id", "code", "kind", "status", "organisation", "hangs", "published_on", "expires_on", "waiting", "may")
    return {**view.wanted, "people": named, **{name: getattr(view, name) for name in names}}


def _acted(board_id: str, act: Callable[..., Any]) -> dict[str, Any]:
    act(actor=actor(), at=clock.now(), board_id=ref_id(board_id))
    return _one(ref_id(board_id))


for name, permission, act, does in (
    ("submit", Permission.BOARDS_MANAGE, boards.submit, "Hand a board over for its review."),
    ("approve", Permission.BOARDS_REVIEW, boards.approve,
     "Say that nothing on it is secret or private; not by whoever submitted it."),
    ("return", Permission.BOARDS_REVIEW, boards.give_back, "Send a board back to be changed."),
    ("publish", Permission.BOARDS_MANAGE, boards.publish, "Hang a reviewed board up."),
    ("renew", Permission.BOARDS_MANAGE, boards.renew, "Say that what hangs there is still right."),
    ("withdraw", Permission.BOARDS_MANAGE, boards.withdraw, "Take a board down at once."),
):  # fmt: skip
    bp.step(f"/boards/<board_id>/{name}", permission, does, partial(_acted, act=act), gives=schemas.DisplayBoardOut)
