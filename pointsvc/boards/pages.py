"""Pages by which boards are kept: the list, one with its review and its comments, the form, a preview."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.datastructures import MultiDict

from pointsvc import clock, errors, forms, wording
from pointsvc.api import ref_id
from pointsvc.boards import content as contents
from pointsvc.boards import lifecycle
from pointsvc.boards import service as boards
from pointsvc.boards.models import KINDS
from pointsvc.boards.public_pages import shown
from pointsvc.boards.schemas import BoardContentIn, DisplayBoardIn
from pointsvc.db import transaction
from pointsvc.evidence import service as evidence
from pointsvc.http import actor, requires
from pointsvc.people.door import words
from pointsvc.people.pages import choices
from pointsvc.permissions import Actor, Permission, allowed
from pointsvc.waiting import Waiting, waits

bp = Blueprint("boards", __name__)

MOST_SHOWN = 200
KEEPING = {
    lifecycle.SUBMIT: (boards.submit, errors.N_("The board waits for its review by somebody else.")),
    lifecycle.PUBLISH: (boards.publish, errors.N_("The board is public now.")),
    lifecycle.RENEW: (boards.renew, errors.N_("The board has been renewed.")),
    lifecycle.WITHDRAW: (boards.withdraw, errors.N_("The board has been taken down.")),
}
REVIEWING = {
    lifecycle.APPROVE: (boards.approve, errors.N_("Reviewed. The board can be published now.")),
    lifecycle.RETURN: (boards.give_back, errors.N_("The board goes back to be changed.")),
}


@bp.get("/boards", endpoint="boards")
@requires(Permission.BOARDS_READ)
def list_boards() -> str:
    who = actor()
    return render_template(
        "boards/boards.html",
        boards=boards.boards(actor=who, limit=MOST_SHOWN),
        today=clock.today(),
        may_make=allowed(who, Permission.BOARDS_MANAGE),
    )


@bp.route("/boards/new", methods=["GET", "POST"])
@requires(Permission.BOARDS_MANAGE)
def new() -> Any:
    """The form of a new board."""
    if request.method == "GET":
        return _form(None, _blank(), {})
    try:
        data = forms.load(DisplayBoardIn(), {**_head(), **_filled(request.form, request.form.get("organisation", ""))})
        head = {name: data.pop(name) for name in ("organisation", "code", "kind")}
        with transaction():
            made = boards.create(actor=actor(), at=clock.now(), content=data, **head)
    except errors.Invalid as problem:
        return _form(None, _typed(), words(problem)), 422
    return redirect(url_for("boards.board", board_id=made.id))


@bp.get("/boards/<board_id>")
@requires(Permission.BOARDS_READ)
def board(board_id: str) -> str:
    """One board: what it is, what stands against it, what may be done, what was said to it."""
    return _page(ref_id(board_id), {})


@bp.route("/boards/<board_id>/edit", methods=["GET", "POST"])
@requires(Permission.BOARDS_MANAGE)
def edit(board_id: str) -> Any:
    view = boards.board(actor=actor(), board_id=ref_id(board_id))
    if request.method == "GET":
        return _form(view, _kept(view), {})
    try:
        data = forms.load(BoardContentIn(), _filled(request.form, view.organisation))
        with transaction():
            boards.change(actor=actor(), at=clock.now(), board_id=view.id, content=data)
    except errors.Invalid as problem:
        return _form(view, _typed(), words(problem)), 422
    return redirect(url_for("boards.board", board_id=view.id))


@bp.post("/boards/<board_id>/keep")
@requires(Permission.BOARDS_MANAGE)
def keep(board_id: str) -> Any:
    """Submit, publish, renew or take down."""
    return _act(board_id, KEEPING)


@bp.post("/boards/<board_id>/review")
@requires(Permission.BOARDS_REVIEW)
def review(board_id: str) -> Any:
    """Approve it, or send it back."""
    return _act(board_id, REVIEWING)


@bp.post("/boards/<board_id>/portrait")
@requires(Permission.BOARDS_MANAGE)
def portrait(board_id: str) -> Any:
    """The group portrait, made anew from its pixels."""
    number = ref_id(board_id)
    try:
        piece = uploaded()
        with transaction():
            boards.picture_board(actor=actor(), at=clock.now(), board_id=number, piece=piece)
    except errors.Invalid as problem:
        return _page(number, words(problem)), 422
    flash(gettext("The photo has been added."), "good")
    return redirect(url_for("boards.board", board_id=board_id))


@bp.get("/boards/<board_id>/preview")
@requires(Permission.BOARDS_READ)
def preview(board_id: str) -> str:
    """The board as it would be public."""
    row = boards.row_of(actor=actor(), board_id=ref_id(board_id))
    found = boards.preview(board=row, at=clock.now()).public
    return render_template(
        "boards/public.html", **shown(found, lambda digest: url_for("boards.photo", board_id=board_id, digest=digest))
    )


@bp.get("/boards/<board_id>/photos/<digest>.jpg")
@requires(Permission.BOARDS_READ)
def photo(board_id: str, digest: str) -> Response:
    """A picture of the preview."""
    row = boards.row_of(actor=actor(), board_id=ref_id(board_id))
    if digest not in boards.preview(board=row, at=clock.now()).pictures():
        raise errors.NotFound()
    return Response(boards.picture(sha256=digest), mimetype="image/jpeg")


@bp.post("/boards/<board_id>/comments/<comment_id>")
@requires(Permission.BOARDS_MANAGE)
def decide(board_id: str, comment_id: str) -> Any:
    """Let a comment through, keep it off, or answer it."""
    who, at, number = actor(), clock.now(), ref_id(comment_id)
    text, decision = request.form.get("answer", "").strip()[:1000], request.form.get("decision")
    try:
        with transaction():
            if decision == "refuse":
                boards.refuse_comment(actor=who, at=at, comment_id=number)
            elif decision == "answer":
                boards.answer(actor=who, at=at, comment_id=number, answer=text)
            else:
                boards.approve_comment(actor=who, at=at, comment_id=number, answer=text)
    except errors.Invalid as problem:
        return _page(ref_id(board_id), words(problem)), 422
    return redirect(url_for("boards.board", board_id=board_id) + "#comments")


# ---- shared with the pages of members


def uploaded() -> evidence.Piece:
    """The photo of the form made anew. Slow, so before the transaction. Raises Invalid under ``file``."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise errors.Invalid({"file": errors.N_("Please choose a file")})
    return evidence.clean(file.filename, file.stream.read(evidence.MOST_BYTES + 1))


# ---- inside


def _act(board_id: str, acts: Mapping[str, Any]) -> Any:
    number = ref_id(board_id)
    act, told = acts.get(request.form.get("act", ""), (None, ""))
    if act is None:
        raise errors.NotFound()
    try:
        with transaction():
            act(actor=actor(), at=clock.now(), board_id=number)
    except errors.Invalid as problem:
        return _page(number, words(problem)), 422
    flash(gettext(told), "good")
    return redirect(url_for("boards.board", board_id=board_id))


def _page(board_id: int, wrong: Mapping[str, list[str]]) -> str:
    who, at = actor(), clock.now()
    view = boards.board(actor=who, board_id=board_id)
    found = boards.preview(board=boards.row_of(actor=who, board_id=board_id), at=at)
    pledges = found.pledges()
    said = boards.comments(actor=who, board_id=board_id, status=None, limit=MOST_SHOWN)
    return render_template(
        "boards/board.html",
        board=view,
        today=clock.today(),
        people=found.public["people"],
        pledges=len(pledges),
        phone=found.public["phone"],
        fields=found.public["fields"],
        address=url_for("board.page", code=view.code, _external=True),
        may_answer=allowed(who, Permission.BOARDS_MANAGE),
        comments=[{**vars(one), "pledge": pledges.get(one.pledge_id or 0, {}).get("text")} for one in said],
        errors=wrong,
    )


def _form(view: boards.BoardView | None, form: Mapping[str, Any], wrong: Mapping[str, list[str]]) -> str:
    return render_template(
        "boards/form.html",
        board=view,
        organisations=choices(actor()),
        kinds=KINDS,
        fields=contents.FIELDS,
        form=form,
        errors=wrong,
    )


def _blank() -> dict[str, Any]:
    return {
        "code": "",
        "kind": "board",
        "organisation": "",
        "people": "",
        **{k: v for k, v in contents.EMPTY.items() if k != "people"},
    }


def _kept(view: boards.BoardView) -> dict[str, Any]:
    named = boards.numbers_of(view.wanted)
    return {**view.wanted, "people": "\n".join(f"{one['name']} {one['words']}".strip() for one in named)}


def _typed() -> dict[str, Any]:
    """The form as it was sent, to be put right."""
    form = request.form
    given = {name: form.get(name, "") for name in ("code", "kind", "organisation", "title", "introduction", "people")}
    more = {"below": "below" in form, "comments": "comments" in form, "fields": form.getlist("fields")}
    return {**given, **more, "seconds": form.get("seconds", "15")}


def _head() -> dict[str, str]:
    return {name: request.form.get(name, "").strip() for name in ("organisation", "code", "kind")}


def _filled(form: MultiDict[str, str], organisation: str) -> dict[str, Any]:
    """The form as a JSON body would say it."""
    seconds = form.get("seconds", "15")
    named = form.get("people", "").strip()
    return {
        "title": form.get("title", "").strip(),
        "introduction": form.get("introduction", "").strip(),
        "below": "below" in form,
        "comments": "comments" in form,
        "fields": form.getlist("fields"),
        "seconds": int(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) < 4 else 0,
        "people": list(boards.named(actor=actor(), organisation=organisation, text=named)) if named else None,
    }


@waits
def _waiting(who: Actor) -> Iterator[Waiting]:
    here = url_for("boards.boards")
    if allowed(who, Permission.BOARDS_REVIEW) and (count := boards.to_review(actor=who)):
        yield Waiting(
            ngettext("%(num)s board waits for its review", "%(num)s boards wait for their review", count), here, "now"
        )
    if not allowed(who, Permission.BOARDS_MANAGE):
        return
    count, board_id = boards.comments_waiting(who)
    if count:
        text = ngettext(
            "%(num)s comment on a board waits to be read", "%(num)s comments on boards wait to be read", count
        )
        yield Waiting(text, url_for("boards.board", board_id=board_id) + "#comments", "now")
    count, first = boards.due(actor=who, at=clock.now())
    if count and first:
        text = ngettext("%(num)s board must be renewed", "%(num)s boards must be renewed", count)
        due = gettext("the first until %(day)s", day=wording.day(first))
        yield Waiting(f"{text} · {due}", here, "now" if first < clock.today() else "watch")
