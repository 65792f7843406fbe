"""Pages of one member's score, and what of it stands on the pages of people."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, render_template, request, url_for

from pointsvc import clock, errors
from pointsvc.activities.pages import scores_of
from pointsvc.declarations.choosing import Open, still_open
from pointsvc.firstpages import FirstPage, first_page_of
from pointsvc.http import actor, requires
from pointsvc.people import reach
from pointsvc.people.models import Member
from pointsvc.people.pages import on_member_page, totals_of
from pointsvc.permissions import Actor, Permission, Role, allowed
from pointsvc.pledges.shown import promised
from pointsvc.reviews.advice import points_from
from pointsvc.schemes import periods
from pointsvc.tallies import service as tallies
from pointsvc.tallies.shown import proofs_shown, score_shown, year_drawn
from pointsvc.tallies.standing import of_year, scores, standing_of
from pointsvc.waiting import waiting
from pointsvc.wording import period_words

bp = Blueprint("tallies", __name__)


@bp.get("/score")
@requires(Permission.SCORE_READ)
def score() -> str:
    """The reader's own score, or with ``number`` that of a member within reach."""
    who = actor()
    number = request.args.get("number")
    member = reach.member(who, number) if number else _own(who)
    found = tallies.score(actor=who, at=clock.now(), member=member.number, period=request.args.get("period") or None)
    branch = tallies.branch_of(found)
    return render_template(
        "tallies/score.html",
        member={"number": member.number, "name": member.name, "branch": branch.name},
        own=member.id == who.member_id,
        period=found.period.name,
        periods=_switch(found, number),
        as_of=found.counted_through,
        scheme={"id": found.scheme.scheme_id, "name": found.document["name"]},
        score=score_shown(found),
        year=year_drawn(found),
        proofs=proofs_shown(found),
        may_record=allowed(who, Permission.LEDGER_RECORD),
        may_declare=member.id == who.member_id and allowed(who, Permission.DECLARATIONS_DECLARE),
        waiting=waiting(who) if who.role == Role.MEMBER else [],
        page=first_page_of(who) if who.role == Role.MEMBER else FirstPage(),
        may_object=allowed(who, Permission.DISPUTES_RAISE),
        promised=promised(who, member, clock.today()),
    )


def _own(who: Actor) -> Member:
    if who.member_id is None:
        raise errors.NotFound(errors.N_("This account has no member record of its own"))
    return reach.member_by_id(who, who.member_id)


@still_open
def _open(who: Actor, number: str) -> Open | None:
    """What each rule could still bring this member, for the form that declares."""
    try:
        found = tallies.score(actor=who, at=clock.now(), member=number)
    except (errors.Conflict, errors.NotFound):
        return None
    return None if found.total is None else {one.rule: (one.points, one.words) for one in found.missing}


def _switch(found: tallies.Score, number: str | None) -> list[dict[str, Any]]:
    """This quarter and the ones before it in the cycle, the newest first."""
    names = [name for name, _ in quarters(clock.today(), 4)]
    if found.period.name not in names:
        names.append(found.period.name)
    return [
        {
            "href": url_for("tallies.score", number=number, period=name),
            "words": period_words(name),
            "current": name == found.period.name,
        }
        for name in names
    ]


def quarters(today: date, count: int) -> list[tuple[str, date]]:
    """The running quarter and those before it, the newest first."""
    found = []
    day = today
    for _ in range(count):
        quarter = periods.containing(day, "quarter", 1)
        found.append((quarter.name, quarter.starts_on))
        day = quarter.starts_on - timedelta(days=1)
    return found


# ---- on the pages of people


@totals_of
def _totals(member_ids: Collection[int]) -> dict[int, Decimal]:
    return {number: total for number, (total, _) in scores(member_ids).items() if total is not None}


scores_of(scores)
points_from(of_year)


@on_member_page
def _standing(who: Actor, member: Member) -> dict[str, Any]:
    if not allowed(who, Permission.SCORE_READ):
        return {}
    found = standing_of(member.id)
    period = periods.containing(clock.today(), "quarter", 1).name
    return {"standing": {"total": found.total, "grade": found.grade, "period": period} if found else None}
