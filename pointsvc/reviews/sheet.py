"""Pages that go to paper and come back from it: slips with codes, counts, assessments, the decision, the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from markupsafe import Markup

from pointsvc import clock, codes, errors, forms
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, requires
from pointsvc.people.door import words
from pointsvc.permissions import Permission
from pointsvc.reviews import (
    advice,
    assessing,
    changing,
    counting,
    deciding,
    lifecycle,
    listing,
    one_time,
    paper,
    results,
)
from pointsvc.reviews.api import secret
from pointsvc.reviews.ballots_schemas import BallotCodesIn, PaperCountsIn
from pointsvc.reviews.door import bp
from pointsvc.reviews.models import Review
from pointsvc.reviews.schemas import ReviewDecideIn, part_name
from pointsvc.scanning import scan

__all__ = ["bp"]

Words = Mapping[str, list[str]]


# ---- slips with codes


@bp.get("/reviews/<review_id>/codes")
@requires(Permission.REVIEWS_MANAGE)
def slips(review_id: str) -> str:
    return _slips(review_id, {})


@bp.post("/reviews/<review_id>/codes")
@requires(Permission.REVIEWS_MANAGE)
def make_slips(review_id: str) -> Any:
    try:
        data = forms.load(BallotCodesIn(), {"number": _number(request.form.get("number", ""))})
        with transaction():
            one_time.make(actor=actor(), at=clock.now(), review_id=ref_id(review_id), secret=secret(), **data)
    except errors.Invalid as problem:
        return _slips(review_id, words(problem)), 422
    return redirect(url_for("reviews.slips", review_id=review_id))


def _slips(review_id: str, wrong: Words) -> str:
    review = changing.review(actor(), ref_id(review_id))
    found = one_time.unused(actor=actor(), review_id=review.id, secret=secret())
    return render_template(
        "reviews/codes.html",
        review=listing.summary(review),
        may_make=review.status in lifecycle.ALLOWED["codes"],
        door=url_for("reviews.code", _external=True),
        slips=[{"code": codes.printed(code), "picture": _picture(code)} for code in found],
        errors=wrong,
    )


def _picture(code: str) -> Markup:
    """The address behind the code, drawn to be scanned."""
    return scan(url_for("reviews.vote", code=code, _external=True), look="qr", border=2)


# ---- counts of paper ballots


@bp.get("/reviews/<review_id>/counts/<part>")
@requires(Permission.REVIEWS_MANAGE)
def counts(review_id: str, part: str) -> str:
    review = _review(review_id, part)
    ballots, lines = paper.entered(review, part)
    names = ("given_out", "returned", "valid", "counter", "second_counter")
    form = {name: str(getattr(ballots, name)) for name in names} if ballots else {}
    form |= {f"{choice}-{number}": str(n) for number, line in lines.items() for choice, n in line.items()}
    return _counts(review, part, form, {})


@bp.post("/reviews/<review_id>/counts/<part>")
@requires(Permission.REVIEWS_MANAGE)
def enter_counts(review_id: str, part: str) -> Any:
    review = _review(review_id, part)
    form = {name: value.strip() for name, value in request.form.items()}
    try:
        data = forms.load(PaperCountsIn(), _counts_body(review, part, form))
        given = paper.Ballots(data["given_out"], data["returned"], data["valid"], *data["counters"])
        values = {"part": part, "ballots": given, "members": data["members"]}
        with transaction():
            paper.enter(actor=actor(), at=clock.now(), review_id=review.id, **values)
    except errors.Invalid as problem:
        return _counts(review, part, form, words(problem)), 422
    flash(gettext("The counts are kept; the sums agree."), "good")
    return redirect(url_for("reviews.review", review_id=review_id))


def _review(review_id: str, part: str) -> Review:
    if part not in counting.PARTS:
        raise errors.NotFound()
    return changing.review(actor(), ref_id(review_id))


def _counts_body(review: Review, part: str, form: Mapping[str, str]) -> dict[str, Any]:
    """The form as the JSON route takes it; an empty count is none at all."""
    members = {
        line.seat.number: {c: _number(form.get(f"{c}-{line.seat.number}") or "0") for c in counting.CHOICES}
        for line in results.result(review, clock.today()).lines
    }
    head = {name: _number(form.get(name, "")) for name in ("given_out", "returned", "valid")}
    counters = [form.get("counter", ""), form.get("second_counter", "")]
    return {**head, "part": part, "counters": counters, "members": members}


def _counts(review: Review, part: str, form: Mapping[str, str], wrong: Words) -> str:
    return render_template(
        "reviews/counts.html",
        review=listing.summary(review),
        part=part,
        lines=[line.seat for line in results.result(review, clock.today()).lines],
        form=form,
        errors=wrong,
    )


# ---- a self-assessment from paper


@bp.get("/reviews/<review_id>/members/<number>/self")
@requires(Permission.REVIEWS_MANAGE)
def paper_assessment(review_id: str, number: str) -> str:
    return _assessment(review_id, number, None, {})


@bp.post("/reviews/<review_id>/members/<number>/self")
@requires(Permission.REVIEWS_MANAGE)
def assess_from_paper(review_id: str, number: str) -> Any:
    form = {name: request.form.get(name, "") for name in ("grade", "text")}
    try:
        with transaction():
            assessing.assess_from_paper(
                actor=actor(), at=clock.now(), review_id=ref_id(review_id), member=number, **form
            )
    except errors.Invalid as problem:
        return _assessment(review_id, number, form, words(problem)), 422
    flash(gettext("The self-assessment is kept."), "good")
    return redirect(url_for("reviews.roster", review_id=review_id))


def _assessment(review_id: str, number: str, form: Mapping[str, str] | None, wrong: Words) -> str:
    review = changing.review(actor(), ref_id(review_id))
    found = [line.seat for line in results.result(review, clock.today()).lines if line.seat.number == number]
    if not found:
        raise errors.NotFound()
    kept = {"grade": found[0].self_grade or "", "text": found[0].self_text}
    return render_template(
        "reviews/self.html",
        member=found[0],
        address=url_for("reviews.assess_from_paper", review_id=review_id, number=number),
        back=url_for("reviews.roster", review_id=review_id),
        form=form or kept,
        errors=wrong,
    )


# ---- the decision and the result


@bp.get("/reviews/<review_id>/decide")
@requires(Permission.REVIEWS_MANAGE)
def decision(review_id: str) -> str:
    review = changing.review(actor(), ref_id(review_id))
    return _decision(review, {"decided_on": clock.today().isoformat()}, {})


@bp.post("/reviews/<review_id>/decide")
@requires(Permission.REVIEWS_MANAGE)
def decide(review_id: str) -> Any:
    review = changing.review(actor(), ref_id(review_id))
    form = {name: value.strip() for name, value in request.form.items()}
    try:
        data = forms.load(ReviewDecideIn(), _decide_body(review, form))
        data["grades"] = {number: deciding.Grade(**given) for number, given in data["grades"].items()}
        with transaction():
            deciding.decide(actor=actor(), at=clock.now(), review_id=review.id, **data)
    except errors.Invalid as problem:
        return _decision(review, form, words(problem)), 422
    flash(gettext("The decision is kept."), "good")
    return redirect(url_for("reviews.review", review_id=review_id))


def _decide_body(review: Review, form: Mapping[str, str]) -> dict[str, Any]:
    numbers = [line.seat.number for line in results.result(review, clock.today()).lines]
    grades = {n: {"grade": form.get(f"grade-{n}", ""), "note": form.get(f"note-{n}", "")} for n in numbers}
    return {**{name: form.get(name, "") for name in ("body", "minute", "decided_on")}, "grades": grades}


def _decision(review: Review, form: Mapping[str, str], wrong: Words) -> str:
    return render_template(
        "reviews/decide.html",
        review=listing.summary(review),
        result=results.result(review, clock.today()),
        part_name=part_name,
        may_decide=lifecycle.after("decide", review.status) is not None,
        form=form,
        errors=wrong,
    )


@bp.get("/reviews/<review_id>/results", endpoint="results")
@requires(Permission.REVIEWS_READ)
def results_page(review_id: str) -> str:
    """The table of the result, to be read and printed."""
    review = changing.review(actor(), ref_id(review_id))
    return render_template(
        "reviews/results.html",
        review=listing.summary(review),
        result=results.result(review, clock.today()),
        counted=review.status in lifecycle.COUNTED,
        part_name=part_name,
        suggestions=advice.SUGGESTIONS,
        printed_on=clock.today(),
    )


# ---- inside


def _number(text: str) -> Any:
    """A whole number as it was typed; anything else as it is, for the schema to refuse."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text
