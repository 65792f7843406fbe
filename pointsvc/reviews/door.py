"""Pages of those who vote: a member's own reviews and ballot, and the ballot behind a one-time code.

A ballot is filled in, looked over and sent in three pages without scripts. Between them it travels in
the pages themselves and is kept nowhere.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from pointsvc import brake, clock, codes, errors
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, public, requires
from pointsvc.people.door import words
from pointsvc.permissions import Permission
from pointsvc.reviews import assessing, ballots, counting, mine
from pointsvc.reviews.schemas import part_name

bp = Blueprint("reviews", __name__)


@bp.get("/reviews/mine", endpoint="mine")
@requires(Permission.REVIEWS_VOTE)
def own_reviews() -> str:
    """The reader's own reviews: what waits, and what was decided."""
    return render_template("reviews/mine.html", reviews=mine.mine(actor=actor(), at=clock.now()), part_name=part_name)


@bp.get("/reviews/<review_id>/ballot")
@requires(Permission.REVIEWS_VOTE)
def ballot(review_id: str) -> str:
    return _paper(_own_paper(review_id), url_for("reviews.cast", review_id=review_id))


@bp.post("/reviews/<review_id>/ballot")
@requires(Permission.REVIEWS_VOTE)
def cast(review_id: str) -> Any:
    here = url_for("reviews.ballot", review_id=review_id)
    paper = _own_paper(review_id)
    if paper.hindrance:
        return redirect(here)
    if request.form.get("step") != "send":
        return _paper(paper, here)
    try:
        with transaction():
            ballots.cast(actor=actor(), at=clock.now(), review_id=paper.review_id, grades=_whole(paper))
    except errors.Conflict:
        # Sent twice, or the ballot has ended meanwhile: the page says which.
        return redirect(here)
    flash(gettext("Your ballot is in the box. Only sums are kept, not what you chose."), "good")
    return redirect(url_for("reviews.mine"))


@bp.get("/reviews/<review_id>/self")
@requires(Permission.REVIEWS_VOTE)
def assessment(review_id: str) -> str:
    line = assessing.own_assessment(actor=actor(), review_id=ref_id(review_id))
    return _assessment(review_id, {"grade": line.self_grade or "", "text": line.self_text}, {})


@bp.post("/reviews/<review_id>/self")
@requires(Permission.REVIEWS_VOTE)
def assess(review_id: str) -> Any:
    form = {name: request.form.get(name, "") for name in ("grade", "text")}
    try:
        with transaction():
            assessing.assess(actor=actor(), at=clock.now(), review_id=ref_id(review_id), **form)
    except errors.Invalid as problem:
        return _assessment(review_id, form, words(problem)), 422
    flash(gettext("Your self-assessment is kept."), "good")
    return redirect(url_for("reviews.mine"))


# ---- by a one-time code, without signing in


@bp.get("/vote")
@public
def code() -> Any:
    """Where a code is typed in that cannot be scanned."""
    typed = codes.plain(request.args.get("code", ""))
    if typed:
        return redirect(url_for("reviews.vote", code=typed))
    return render_template("reviews/vote.html", paper=None, typed="", error=None)


@bp.get("/vote/<code>")
@public
def vote(code: str) -> Any:
    paper = _by_code(code)
    if paper is None:
        return _unknown(code)
    if paper.hindrance:
        return render_template("reviews/vote.html", paper=paper, typed="", error=None)
    return _paper(paper, url_for("reviews.cast_by_code", code=code))


@bp.post("/vote/<code>")
@public
def cast_by_code(code: str) -> Any:
    here = url_for("reviews.vote", code=code)
    paper = _by_code(code)
    if paper is None:
        return _unknown(code)
    if paper.hindrance:
        return redirect(here)
    if request.form.get("step") != "send":
        return _paper(paper, here)
    try:
        with transaction():
            ballots.cast_by_code(at=clock.now(), code=code, grades=_whole(paper))
    except errors.Conflict:
        return redirect(here)
    return redirect(here)


# ---- inside


def _own_paper(review_id: str) -> ballots.Paper:
    return ballots.own_paper(actor=actor(), at=clock.now(), review_id=ref_id(review_id))


def _by_code(code: str) -> ballots.Paper | None:
    """The paper behind the code; a wrong one is counted. Raises TooMany after many wrong ones."""
    at, address = clock.now(), request.remote_addr or ""
    brake.check(at=at, purpose=brake.VOTE, address=address)
    found = ballots.masses_paper(at=at, code=code)
    if found is None:
        with transaction():
            brake.note(at=at, purpose=brake.VOTE, address=address)
    return found


def _unknown(code: str) -> Any:
    text = gettext("This code is not known. Please compare it with the slip once more.")
    return render_template("reviews/vote.html", paper=None, typed=code[:20], error=text), 404


def _choices(paper: ballots.Paper) -> dict[str, str]:
    """What the form holds for each comrade on the paper; nothing where nothing valid was chosen."""
    chosen = {one.number: request.form.get(f"grade-{one.number}", "") for one in paper.comrades}
    return {number: choice for number, choice in chosen.items() if choice in counting.CHOICES}


def _whole(paper: ballots.Paper) -> dict[str, str]:
    """The ballot that was looked over: whoever was left without a choice is abstained on, as that page said."""
    chosen = _choices(paper)
    return {one.number: chosen.get(one.number, counting.ABSTAIN) for one in paper.comrades}


def _paper(paper: ballots.Paper, address: str) -> str:
    """The paper to fill in, or, once it was filled in, to look over."""
    return render_template(
        "reviews/ballot.html",
        paper=paper,
        address=address,
        choices=_choices(paper),
        checking=request.method == "POST" and request.form.get("step") == "check",
        hindrance=gettext(ballots.HINDRANCES[paper.hindrance]) if paper.hindrance else None,
    )


def _assessment(review_id: str, form: dict[str, str], wrong: dict[str, list[str]]) -> str:
    address = url_for("reviews.assess", review_id=review_id)
    back = url_for("reviews.mine")
    return render_template("reviews/self.html", member=None, address=address, back=back, form=form, errors=wrong)
