"""The printed letter with which a member leaves a branch, and the way to it from the member's page."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, render_template, url_for

from pointsvc import clock, errors
from pointsvc.http import actor, requires
from pointsvc.people import listing
from pointsvc.people.models import Member
from pointsvc.people.pages import on_member_page
from pointsvc.permissions import Actor, Permission, allowed
from pointsvc.tallies import letter as letters

bp = Blueprint("letters", __name__)


@bp.get("/members/<number>/letters/<day>")
@requires(Permission.SCORE_READ)
def letter(number: str, day: str) -> str:
    try:
        on = date.fromisoformat(day)
    except ValueError as error:
        raise errors.NotFound() from error
    found = letters.letter(actor=actor(), number=number, on=on)
    return render_template("tallies/letter.html", letter=found, today=clock.today())


@on_member_page
def ways_to_letters(who: Actor, member: Member) -> dict[str, Any]:
    """The address of the letter of each membership that has ended, by its first day."""
    if not allowed(who, Permission.SCORE_READ):
        return {"letters": {}}
    spans = listing.branches_of(actor=who, number=member.number)
    return {
        "letters": {
            span.starts_on.isoformat(): url_for("letters.letter", number=member.number, day=span.ends_on)
            for span in spans
            if span.ends_on is not None
        }
    }
