"""Pages of those who hold reviews: the list, one review with its steps, and its roster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from pointsvc import clock, errors, forms
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.people import listing as people
from pointsvc.people import reach
from pointsvc.people.door import words
from pointsvc.permissions import Permission, allowed
from pointsvc.reviews import changing, deciding, lifecycle, listing, results, roster
from pointsvc.reviews import service as reviews
from pointsvc.reviews.models import Review
from pointsvc.reviews.schemas import BallotOpenIn, ReviewIn
from pointsvc.reviews.sheet import bp
from pointsvc.reviews.shown import missing

__all__ = ["bp"]

ON_A_PAGE = 50
LONGEST_CHOICE = 1000
Words = Mapping[str, list[str]]


# ---- the list


@bp.get("/reviews", endpoint="reviews")
@requires(Permission.REVIEWS_READ)
def list_reviews() -> str:
    """The reviews within reach, their figures, and the form that prepares one."""
    return _list({}, {})


@bp.post("/reviews")
@requires(Permission.REVIEWS_MANAGE)
def prepare() -> Any:
    form = {name: request.form.get(name, "").strip() for name in ("organisation", "year", "held_on")}
    year: Any = int(form["year"]) if form["year"].isdecimal() else form["year"]
    try:
        data = forms.load(ReviewIn(), {**form, "year": year})
        with transaction():
            made = reviews.prepare(actor=actor(), at=clock.now(), **data)
    except errors.Invalid as problem:
        return _list(form, words(problem)), 422
    if len(made) == 1:
        return redirect(url_for("reviews.review", review_id=made[0]))
    flash(gettext("%(n)s reviews have been prepared.", n=len(made)), "good")
    return redirect(url_for("reviews.reviews", year=data["year"]))


def _list(form: Mapping[str, str], wrong: Words) -> str:
    who, today = actor(), clock.today()
    node = reach.own_node(who)
    year, status = _year(request.args.get("year"), today), request.args.get("status", "")
    place = id_at(request.args.get("after"))
    rows = listing.reviews(
        actor=who,
        year=year,
        status=status if status in lifecycle.STATUSES else None,
        limit=ON_A_PAGE + 1,
        before_id=place,
    )
    shown, after = one_page(rows, ON_A_PAGE)
    following = after and url_for("reviews.reviews", year=year, status=status, after=after)
    choices = [(row.code, row.name) for row in people.organisations(actor=who, limit=LONGEST_CHOICE)]
    return render_template(
        "reviews/reviews.html",
        organisation=node,
        year=year,
        years=[today.year, today.year - 1, today.year - 2],
        status=status,
        reviews=shown,
        figures=listing.figures(actor=who, organisation=node.code, year=year),
        may_manage=allowed(who, Permission.REVIEWS_MANAGE),
        organisations=choices,
        form={"organisation": node.code, "year": str(today.year), "held_on": today.isoformat(), **form},
        errors=wrong,
        pager={"next": following},
    )


def _year(text: str | None, today: date) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) == 4 else today.year


# ---- one review


@bp.get("/reviews/<review_id>")
@requires(Permission.REVIEWS_READ)
def review(review_id: str) -> str:
    return _review(changing.review(actor(), ref_id(review_id)), {}, {})


def _review(found: Review, form: Mapping[str, str], wrong: Words) -> str:
    today, result = clock.today(), results.result(found, clock.today())
    summary = listing.summary(found)
    closes_on = found.closes_on or max(found.held_on, today)
    manages = allowed(actor(), Permission.REVIEWS_MANAGE)
    return render_template(
        "reviews/review.html",
        review=summary,
        result=result,
        missing=missing(summary, manages=manages),
        possible=lifecycle.possible(found.status) if manages else frozenset(),
        counted=found.status in lifecycle.COUNTED,
        roster=roster.seats(found, today),
        events=listing.events(found),
        today=today,
        form={"held_on": found.held_on.isoformat(), "closes_on": closes_on.isoformat(), **form},
        errors=wrong,
    )


@bp.post("/reviews/<review_id>/open")
@requires(Permission.REVIEWS_MANAGE)
def open_ballot(review_id: str) -> Any:
    return _dated(review_id, reviews.open_ballot, ("closes_on", "held_on"), gettext("The ballot is open."))


@bp.post("/reviews/<review_id>/extend")
@requires(Permission.REVIEWS_MANAGE)
def extend(review_id: str) -> Any:
    return _dated(review_id, reviews.extend, ("closes_on",), gettext("The ballot has another last day."))


@bp.post("/reviews/<review_id>/close-ballot")
@requires(Permission.REVIEWS_MANAGE)
def close_ballot(review_id: str) -> Any:
    return _acted(review_id, reviews.close_ballot, gettext("The ballot is closed and counted."))


@bp.post("/reviews/<review_id>/publicise")
@requires(Permission.REVIEWS_MANAGE)
def publicise(review_id: str) -> Any:
    return _acted(review_id, deciding.publicise, gettext("The members can now read the result."))


@bp.post("/reviews/<review_id>/close")
@requires(Permission.REVIEWS_MANAGE)
def close(review_id: str) -> Any:
    return _acted(review_id, deciding.close, gettext("The review is closed."))


@bp.post("/reviews/<review_id>/reconsider")
@requires(Permission.REVIEWS_MANAGE)
def reconsider(review_id: str) -> Any:
    reason = request.form.get("reason", "")
    return _acted(review_id, deciding.reconsider, gettext("The meeting can decide anew."), reason=reason)


@bp.post("/reviews/<review_id>/withdraw")
@requires(Permission.REVIEWS_MANAGE)
def withdraw(review_id: str) -> Any:
    reason = request.form.get("reason", "")
    return _acted(review_id, reviews.withdraw, gettext("The review is withdrawn."), reason=reason)


def _dated(review_id: str, verb: Callable[..., Any], names: tuple[str, ...], done: str) -> Any:
    form = {name: request.form.get(name, "") for name in names}
    try:
        days = forms.load(BallotOpenIn(), form)
    except errors.Invalid as problem:
        return _review(changing.review(actor(), ref_id(review_id)), form, words(problem)), 422
    return _acted(review_id, verb, done, **{name: days[name] for name in names})


def _acted(review_id: str, verb: Callable[..., Any], done: str, **values: Any) -> Any:
    """Call the verb, then back to the review; with its messages where something was wrong."""
    try:
        with transaction():
            verb(actor=actor(), at=clock.now(), review_id=ref_id(review_id), **values)
    except errors.Invalid as problem:
        found = changing.review(actor(), ref_id(review_id))
        return _review(found, {name: str(value) for name, value in values.items()}, words(problem)), 422
    flash(done, "good")
    return redirect(url_for("reviews.review", review_id=review_id))


# ---- the roster


@bp.get("/reviews/<review_id>/roster", endpoint="roster")
@requires(Permission.REVIEWS_READ)
def roster_page(review_id: str) -> str:
    return _roster(changing.review(actor(), ref_id(review_id)), {}, {})


@bp.post("/reviews/<review_id>/roster")
@requires(Permission.REVIEWS_MANAGE)
def choose(review_id: str) -> Any:
    found = changing.review(actor(), ref_id(review_id))
    choices = {seat.number: _choice(found, seat) for seat in roster.seats(found, clock.today())}
    try:
        with transaction():
            roster.choose(actor=actor(), at=clock.now(), review_id=found.id, choices=choices)
    except errors.Invalid as problem:
        return _roster(found, choices, words(problem)), 422
    flash(gettext("The roster is kept."), "good")
    return redirect(url_for("reviews.review", review_id=review_id))


def _choice(found: Review, seat: roster.Seat) -> roster.Choice:
    """What the form says of this member; what it cannot say now stays as it is."""
    ticked = {name: f"{name}-{seat.number}" in request.form for name in ("reviewed", "votes", "on_paper")}
    if found.status not in lifecycle.ALLOWED["roster"]:
        return roster.Choice(seat.reviewed, seat.votes, ticked["on_paper"], seat.reason)
    if seat.bound:
        return roster.Choice(False, False, False, seat.reason)
    return roster.Choice(**ticked, reason=request.form.get(f"reason-{seat.number}", "").strip())


def _roster(found: Review, choices: Mapping[str, roster.Choice], wrong: Words) -> str:
    seats = roster.seats(found, clock.today())
    may = lifecycle.possible(found.status) if allowed(actor(), Permission.REVIEWS_MANAGE) else frozenset()
    return render_template(
        "reviews/roster.html",
        review=listing.summary(found),
        seats=[{"seat": seat, "choice": choices.get(seat.number, seat)} for seat in seats],
        may_choose="roster" in may,
        may_paper="on_paper" in may,
        may_assess="assess" in may,
        errors=wrong,
    )
