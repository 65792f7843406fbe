"""Pages of activities: the branch at a glance, the meetings, and the meeting screen."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext

from pointsvc import clock, errors, forms, wording
from pointsvc.activities import overview
from pointsvc.activities import service as activities
from pointsvc.activities.marking import RULES_OF
from pointsvc.activities.models import MARKS
from pointsvc.activities.schemas import MeetingIn
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.firstpages import FirstPage, first_page_of
from pointsvc.http import actor, at_cursor, one_page, requires
from pointsvc.people import reach
from pointsvc.people.door import words
from pointsvc.people.models import Organisation
from pointsvc.permissions import Actor, Permission, allowed
from pointsvc.schemes import document as documents
from pointsvc.schemes import periods
from pointsvc.schemes import service as schemes
from pointsvc.waiting import Waiting, waiting

bp = Blueprint("activities", __name__)

ON_A_PAGE = 50
MONTH_MOST = 200

Scores = Callable[[Collection[int]], dict[int, tuple[Decimal | None, str | None]]]
_scores: list[Scores] = []


def scores_of(scores: Scores) -> Scores:
    """Register who knows the present total and grade of these members, by member id."""
    _scores.append(scores)
    return scores


@bp.get("/branch")
@requires(Permission.MEETINGS_READ)
def branch() -> Any:
    who, today = actor(), clock.today()
    node = _node(who, request.args.get("organisation"))
    if node.kind != "branch" and "organisation" not in request.args:
        # Whoever answers for several branches begins with the whole of them.
        return redirect(url_for("home.home"))
    comrades = overview.members(node.id, today)
    for scores in _scores:
        known = scores([item.id for item in comrades])
        for item in comrades:
            item.total, item.grade = known.get(item.id, (None, None))
    held = activities.meetings(actor=who, organisation=node.code, since=today.replace(day=1), limit=MONTH_MOST)
    kinds = activities.kinds(organisation_id=node.id, on=today)
    return render_template(
        "activities/branch.html",
        organisation=node,
        today=today,
        may_record=allowed(who, Permission.MEETINGS_RECORD),
        waiting=[
            *(waiting(who) if node.id == who.organisation_id else ()),
            *(_unmarked(item) for item in held if item.counts.unmarked),
        ],
        meetings=[_row(item) for item in held],
        kinds_due=[kind for kind in kinds if kind not in {item.kind for item in held}],
        members=comrades,
        forgotten=overview.forgotten(comrades, today),
        forgotten_days=overview.FORGOTTEN_AFTER,
        period=periods.containing(today, "quarter", 1).name,
        figures={"members": len(comrades)},
        page=first_page_of(who) if node.id == who.organisation_id else FirstPage(),
    )


@bp.get("/meetings")
@requires(Permission.MEETINGS_READ)
def meetings() -> str:
    who, asked = actor(), request.args
    node = _node(who, asked.get("organisation"))
    query: dict[str, Any] = {name: asked.get(name, "") for name in ("kind", "since", "until")}
    rows = activities.meetings(
        actor=who,
        organisation=node.code,
        kind=query["kind"] or None,
        since=forms.day("since", query["since"]) if query["since"] else None,
        until=forms.day("until", query["until"]) if query["until"] else None,
        limit=ON_A_PAGE + 1,
        after=at_cursor(asked.get("after"), date, int),
    )
    shown, after = one_page(rows, ON_A_PAGE, "held_on", "id")
    following = after and url_for("activities.meetings", organisation=node.code, **query, after=after)
    return render_template(
        "activities/meetings.html",
        organisation=node,
        may_record=allowed(who, Permission.MEETINGS_RECORD),
        may_export=allowed(who, Permission.EXPORTS_READ),
        kinds=activities.kinds(organisation_id=node.id, on=clock.today()),
        query=query,
        meetings=[_row(item) for item in shown],
        pager={"next": following},
    )


@bp.route("/meetings/new", methods=["GET", "POST"])
@requires(Permission.MEETINGS_RECORD)
def new_meeting() -> Any:
    if request.method == "GET":
        return _opening(request.args.get("organisation"), {}, {})
    form = {name: request.form.get(name, "").strip() for name in ("organisation", "kind", "held_on", "title")}
    try:
        data = forms.load(MeetingIn(), {name: value for name, value in form.items() if value})
        with transaction():
            made = activities.open_meeting(actor=actor(), at=clock.now(), **data)
    except errors.Invalid as problem:
        return _opening(form["organisation"], form, words(problem)), 422
    return redirect(url_for("activities.meeting", meeting_id=made.id))


@bp.get("/meetings/<meeting_id>")
@requires(Permission.MEETINGS_READ)
def meeting(meeting_id: str) -> str:
    board = activities.board(actor=actor(), meeting_id=ref_id(meeting_id))
    gives = _gives(board.organisation_id, board.meeting.kind, board.meeting.held_on)
    return render_template("activities/meeting.html", gives=gives, **_screen(board, None))


@bp.post("/meetings/<meeting_id>/marks")
@requires(Permission.MEETINGS_RECORD)
def mark(meeting_id: str) -> Any:
    who = actor()
    before = activities.board(actor=who, meeting_id=ref_id(meeting_id))
    marks = _marks(before)
    with transaction():
        activities.mark(actor=who, at=clock.now(), meeting_id=before.meeting.id, marks=marks)
    target = request.headers.get("HX-Target")
    if target not in ("strip", "attendance"):
        return redirect(url_for("activities.meeting", meeting_id=meeting_id))
    after = activities.board(actor=who, meeting_id=before.meeting.id)
    part = "activities/_strip.html" if target == "strip" else "activities/_attendance.html"
    return render_template(part, **_screen(after, _undo(before, marks)))


# ---- inside


def _node(who: Actor, code: str | None) -> Organisation:
    if code:
        return reach.organisation(who, code)
    if who.organisation_id is None:
        raise errors.NotFound()
    return reach.organisation_by_id(who, who.organisation_id)


def _row(item: activities.Summary) -> dict[str, Any]:
    names = ("id", "kind", "title", "held_on")
    shown = {name: getattr(item, name) for name in names}
    return {**shown, "organisation": {"name": item.organisation_name}, **asdict(item.counts)}


def _unmarked(item: activities.Summary) -> Waiting:
    text = gettext("%(kind)s of %(day)s: %(n)s not marked yet")
    values = {"kind": item.title or item.kind, "day": wording.day(item.held_on), "n": item.counts.unmarked}
    return Waiting(text % values, url_for("activities.meeting", meeting_id=item.id))


def _opening(code: str | None, form: dict[str, str], wrong: dict[str, list[str]]) -> str:
    node, today = _node(actor(), code), clock.today()
    recent = activities.meetings(actor=actor(), organisation=node.code, limit=1)
    defaults = {"kind": recent[0].kind if recent else "", "held_on": today.isoformat(), "title": ""}
    return render_template(
        "activities/meeting.html",
        meeting=None,
        organisation=node,
        kinds=activities.kinds(organisation_id=node.id, on=_safe_day(form.get("held_on")) or today),
        form={**defaults, **{name: value for name, value in form.items() if value}},
        errors=wrong,
    )


def _safe_day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _screen(board: activities.Board, undo: dict[str, Any] | None) -> dict[str, Any]:
    held = board.meeting
    return {
        "meeting": held,
        "organisation": {"code": held.organisation, "name": held.organisation_name},
        "roll": board.roll,
        "counts": held.counts,
        "saved_at": board.saved_at,
        "undo": undo,
        "may_record": allowed(actor(), Permission.MEETINGS_RECORD),
    }


def _marks(board: activities.Board) -> dict[str, str | None]:
    """The form's marks that differ from what stands; with ``all`` those of everybody not marked yet."""
    standing = {seat.number: seat.mark for seat in board.roll}
    every = request.form.get("all")
    if every:
        return {number: every for number, value in standing.items() if value is None}
    given = {
        name.removeprefix("mark-"): value or None for name, value in request.form.items() if name.startswith("mark-")
    }
    return {number: value for number, value in given.items() if standing.get(number, "") != value}


def _undo(before: activities.Board, marks: dict[str, str | None]) -> dict[str, Any] | None:
    if not marks:
        return None
    seats = {seat.number: seat for seat in before.roll}
    back = {number: (seats[number].mark if number in seats else None) or "" for number in marks}
    if len(marks) > 1:
        text = gettext("the marks of %(n)s people", n=len(marks))
    else:
        [(number, value)] = marks.items()
        text = f"{seats[number].name if number in seats else number} {_mark_words(value)}"
    return {"words": text, "marks": back}


def _mark_words(value: str | None) -> str:
    names: dict[str, str] = {
        "present": gettext("present"),
        "late": gettext("late"),
        "leave": gettext("on leave"),
        "absent": gettext("absent"),
    }
    return names.get(value or "") or str(gettext("not marked"))


def _gives(organisation_id: int, kind: str, held_on: date) -> list[dict[str, Any]]:
    sheet = schemes.sheets([organisation_id], held_on).get(organisation_id)
    document = sheet.document if sheet else {"rules": []}
    codes = document.get("activities", {}).get(kind, {})
    found = []
    for value in MARKS:
        rules = [documents.rule(document, codes[name]) for name in RULES_OF.get(value, ()) if name in codes]
        lines = [{"rule": rule["name"], "points": documents.worth(rule)} for rule in rules if rule]
        found.append({"mark": value, "lines": lines})
    return found
