"""Pages of deciding: what waits for review and publication, several at once; and every step with one pledge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext

from pointsvc import clock, errors, forms
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, requires
from pointsvc.people import reach
from pointsvc.people.door import words
from pointsvc.permissions import Permission
from pointsvc.pledges import rating_in, settling
from pointsvc.pledges import service as pledges
from pointsvc.pledges.rating import GRADES, sides
from pointsvc.pledges.reading import View
from pointsvc.pledges.shown import shown

bp = Blueprint("pledges", __name__)

WAITING = ("submitted", "changing")
MOST = 100


@bp.get("/pledges/review")
@requires(Permission.PLEDGES_REVIEW)
def review() -> str:
    """What waits to be decided and what waits to be published."""
    return _review({}, [])


@bp.post("/pledges/approve")
@requires(Permission.PLEDGES_REVIEW)
def approve() -> Any:
    ids, minute = _ticked(), request.form.get("minute", "").strip()
    try:
        with transaction():
            pledges.approve(actor=actor(), at=clock.now(), pledge_ids=ids, minute=_fits("minute", minute, 200))
    except (errors.Invalid, errors.Forbidden, errors.Conflict) as problem:
        return _review(_refused(problem, ids), ids, minute), 422
    flash(ngettext("%(num)s pledge has been approved.", "%(num)s pledges have been approved.", len(ids)), "good")
    return redirect((request.form.get("back") == "one" and _address(ids[0])) or url_for("pledges.review"))


@bp.post("/pledges/publish")
@requires(Permission.PLEDGES_REVIEW)
def publish() -> Any:
    ids = _ticked()
    try:
        with transaction():
            pledges.publish(actor=actor(), at=clock.now(), pledge_ids=ids)
    except (errors.Invalid, errors.Forbidden, errors.Conflict) as problem:
        return _review(_refused(problem, ids), ids), 422
    flash(ngettext("%(num)s pledge has been published.", "%(num)s pledges have been published.", len(ids)), "good")
    return redirect((request.form.get("back") == "one" and _address(ids[0])) or url_for("pledges.review"))


@bp.get("/pledges/<pledge_id>", endpoint="pledge")
@requires(Permission.PLEDGES_READ)
def one(pledge_id: str) -> str:
    return page(ref_id(pledge_id), "", {})


@bp.post("/pledges/<pledge_id>/return")
@requires(Permission.PLEDGES_REVIEW)
def send_back(pledge_id: str) -> Any:
    reason = request.form.get("reason", "").strip()
    done = gettext("The pledge has been returned. The member reads your reason.")
    return step(pledge_id, "return", done, lambda number: pledges.send_back(
        actor=actor(), at=clock.now(), pledge_id=number, reason=_fits("reason", reason, 500)
    ))  # fmt: skip


@bp.post("/pledges/<pledge_id>/submit")
@requires(Permission.PLEDGES_MAKE)
def submit(pledge_id: str) -> Any:
    done = gettext("Handed in. The meeting of the branch decides on it.")
    return step(pledge_id, "submit", done, lambda number: pledges.submit(
        actor=actor(), at=clock.now(), pledge_id=number
    ))  # fmt: skip


@bp.post("/pledges/<pledge_id>/progress")
@requires(Permission.PLEDGES_MAKE)
def progress(pledge_id: str) -> Any:
    text = request.form.get("text", "").strip()
    return step(pledge_id, "progress", gettext("The note has been added."), lambda number: pledges.progress(
        actor=actor(), at=clock.now(), pledge_id=number, text=_fits("text", text, 500)
    ))  # fmt: skip


@bp.post("/pledges/<pledge_id>/settle")
@requires(Permission.PLEDGES_REVIEW)
def settle(pledge_id: str) -> Any:
    form = {name: request.form.get(name, "").strip() for name in ("outcome", "text", "on", "points")}
    return step(pledge_id, "settle", gettext("The pledge has been settled."), lambda number: pledges.settle(
        actor=actor(),
        at=clock.now(),
        pledge_id=number,
        outcome=form["outcome"],
        text=form["text"] and _fits("text", form["text"], 500),
        on=forms.day("on", form["on"]) if form["on"] else None,
        points=_points(form["points"]),
    ))  # fmt: skip


@bp.post("/pledges/<pledge_id>/unsettle")
@requires(Permission.PLEDGES_REVIEW)
def unsettle(pledge_id: str) -> Any:
    reason = request.form.get("reason", "").strip()
    done = gettext("The settlement has been taken back, and its points with it.")
    return step(pledge_id, "unsettle", done, lambda number: pledges.unsettle(
        actor=actor(), at=clock.now(), pledge_id=number, reason=_fits("reason", reason, 500)
    ))  # fmt: skip


@bp.post("/pledges/<pledge_id>/rate")
@requires(Permission.PLEDGES_READ)
def rate(pledge_id: str) -> Any:
    grade = request.form.get("grade", "")
    return step(pledge_id, "rate", gettext("Your grade has been kept."), lambda number: pledges.rate(
        actor=actor(), at=clock.now(), pledge_id=number, grade=int(grade) if grade.isascii() and grade.isdigit() else 0
    ))  # fmt: skip


@bp.post("/pledges/<pledge_id>/votes")
@requires(Permission.PLEDGES_REVIEW)
def votes(pledge_id: str) -> Any:
    typed = {grade: request.form.get(f"count-{grade}", "").strip() or "0" for grade in GRADES}
    counts = {grade: int(text) if text.isascii() and text.isdigit() and len(text) < 7 else -1
              for grade, text in typed.items()}  # fmt: skip
    return step(pledge_id, "votes", gettext("The votes have been kept."), lambda number: pledges.rate_on_paper(
        actor=actor(), at=clock.now(), pledge_id=number, counts=counts
    ))  # fmt: skip


@bp.post("/pledges/<pledge_id>/close")
@requires(Permission.PLEDGES_REVIEW)
def close(pledge_id: str) -> Any:
    return step(pledge_id, "close", gettext("The pledge is closed."), lambda number: pledges.close(
        actor=actor(), at=clock.now(), pledge_id=number
    ))  # fmt: skip


@bp.post("/pledges/<pledge_id>/withdraw")
@requires(Permission.PLEDGES_MAKE)
def withdraw(pledge_id: str) -> Any:
    reason = request.form.get("reason", "").strip()
    return step(pledge_id, "withdraw", gettext("The pledge has been withdrawn."), lambda number: pledges.withdraw(
        actor=actor(), at=clock.now(), pledge_id=number, reason=_fits("reason", reason, 500) if reason else None
    ))  # fmt: skip


def step(pledge_id: str, name: str, done: str, take: Callable[[int], object]) -> Any:
    """Take a step with one pledge and show it again, with what was wrong beside the field that it is about."""
    number = ref_id(pledge_id)
    try:
        with transaction():
            take(number)
    except errors.Invalid as problem:
        return page(number, name, words(problem)), 422
    flash(done, "good")
    return redirect(_address(number))


def page(number: int, name: str, wrong: Mapping[str, list[str]]) -> str:
    """One pledge. ``name`` is the step whose form was refused, ``wrong`` what was wrong in it."""
    who, today = actor(), clock.today()
    view = pledges.pledge(actor=who, pledge_id=number, today=today)
    standing = pledges.standings(who, [view], today)[number]
    return render_template(
        "pledges/pledge.html",
        pledge=shown(who, [view], today)[0],
        steps=pledges.steps(number, standing),
        ratings=pledges.ratings([number]).get(number, {}),
        may_rate=bool(sides(standing)),
        own_grade=rating_in.own_grade(actor=who, pledge_id=number),
        entries=settling.entries(number),
        rules=_rules(view, today) if standing.leads and not standing.own else {},
        form=request.form if wrong else {},
        today=today.isoformat(),
        errors={f"{name}-{field}": texts for field, texts in wrong.items()},
    )


# ---- inside


def _rules(view: View, today: date) -> dict[str, Any]:
    """By outcome what would be posted; nothing for an organisation's own pledge."""
    return {} if view.member_id is None else settling.offered(view.organisation_id, today)


def _review(wrong: dict[str, list[str]], ticked: Sequence[int], minute: str = "") -> str:
    who, today = actor(), clock.today()
    node = reach.own_node(who)
    waiting = pledges.pledges(actor=who, asked=pledges.Asked(statuses=WAITING, share=True, limit=MOST), today=today)
    approved = pledges.pledges(
        actor=who, asked=pledges.Asked(statuses=("approved",), organisation=node.code, limit=MOST), today=today
    )
    return render_template(
        "pledges/review.html",
        organisation=node,
        waiting=shown(who, waiting, today),
        approved=shown(who, approved, today),
        ticked=ticked,
        minute=minute,
        errors=wrong,
    )


def _ticked() -> list[int]:
    return [ref_id(text) for text in request.form.getlist("pledge")]


def _refused(problem: errors.Problem, ids: Sequence[int]) -> dict[str, list[str]]:
    """Why nothing was done, by the id of what each sentence is about."""
    if not isinstance(problem, errors.Invalid):
        detail = problem.detail or errors.Message(problem.title)
        return {f"pledge-{ids[0]}": [detail.render(gettext)]}
    found = {}
    for name, messages in words(problem).items():
        n = name.removeprefix("pledges.")
        found[f"pledge-{ids[int(n)]}" if n.isdigit() else "minute" if name == "minute" else "several"] = messages
    return found


def _fits(name: str, text: str, longest: int) -> str:
    if not 1 <= len(text) <= longest:
        message = errors.Message(errors.N_("Between %(min)s and %(max)s characters"), min=1, max=longest)
        raise errors.Invalid({name: message})
    return text


def _points(text: str) -> Decimal | None:
    try:
        found = Decimal(text) if len(text) < 12 else Decimal("NaN")
    except ArithmeticError:
        found = Decimal("NaN")
    if not text:
        return None
    if not found.is_finite() or found != round(found, 2):
        raise errors.Invalid({"points": errors.N_('A number with at most two decimals is needed, such as "12.50"')})
    return found


def _address(number: int) -> str:
    return url_for("pledges.pledge", pledge_id=number)
