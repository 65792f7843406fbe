"""What reviews show on the first pages: what waits for whoever holds them, and for whoever votes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import url_for
from flask_babel import gettext

from pointsvc import clock, wording
from pointsvc.permissions import Actor, Permission, allowed
from pointsvc.reviews import lifecycle, listing, mine
from pointsvc.waiting import Waiting, waits


@waits
def waiting(actor: Actor) -> Iterator[Waiting]:
    """The own ballot and self-assessment, then the reviews that wait for their next step."""
    if actor.member_id is not None:
        for one in mine.running(actor=actor, at=clock.now()):
            yield from _own(one)
    if allowed(actor, Permission.REVIEWS_MANAGE):
        for row in listing.waiting(actor=actor, today=clock.today()):
            address = url_for("reviews.review", review_id=row.newest)
            if row.number > 1:
                address = url_for("reviews.reviews", year=row.year, status=row.status)
            yield Waiting(_step(row.status, row.year, row.number), address)


def _own(one: mine.Mine) -> Iterator[Waiting]:
    if one.vote and one.closes_on:
        text = gettext("Your ballot of the democratic review, until %(day)s", day=wording.day(one.closes_on))
        yield Waiting(text, url_for("reviews.ballot", review_id=one.id), "now")
    if one.may_assess and not one.assessed:
        yield Waiting(gettext("Your self-assessment"), url_for("reviews.assessment", review_id=one.id))


def _step(status: str, year: int, number: int) -> str:
    """What so many reviews in this state wait for."""
    steps = {
        "prepared": gettext("Review of %(year)s: open the ballot"),
        "open": gettext("Review of %(year)s: the ballot is open"),
        "counted": gettext("Review of %(year)s: the meeting decides"),
        "decided": gettext("Review of %(year)s: publicise the result"),
        "publicised": gettext("Review of %(year)s: the publicity is over, close it"),
    }
    words = steps[status] % {"year": year}
    return words if number == 1 else gettext("%(words)s (%(n)s branches)", words=words, n=number)


def missing(summary: listing.Summary, *, manages: bool) -> list[dict[str, Any]]:
    """What is there and what is wanting in a running review: words, how many of how many, and whether it is whole.

    The codes themselves are only for whoever ``manages`` the review.
    """
    if summary.status not in lifecycle.ALLOWED["assess"]:
        return []
    found = [
        _share(gettext("Self-assessments"), summary.assessed, summary.reviewed, "reviews.roster", summary),
        _share(gettext("Members who have voted"), summary.took_part, summary.voters, None, summary),
    ]
    if summary.codes:
        codes = "reviews.slips" if manages else None
        found.append(_share(gettext("Codes of the masses used"), summary.codes_used, summary.codes, codes, summary))
    return found


def _share(words: str, done: int, of: int, endpoint: str | None, summary: listing.Summary) -> dict[str, Any]:
    href = url_for(endpoint, review_id=summary.id) if endpoint else None
    return {"words": words, "done": done, "of": of, "whole": done >= of, "href": href}
