"""For ``pointsvc verify``: boxes and counts hold as many ballots as there are voters and used codes."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from pointsvc.db import db
from pointsvc.errors import N_, Message
from pointsvc.reviews import results
from pointsvc.reviews.models import Review, ReviewBox, ReviewCount, ReviewTurnout


def faults() -> Iterator[Message]:
    """A sentence for each part of a review whose sums do not fit its turnout."""
    ids = list(db.session.scalars(select(Review.id).where(Review.status.not_in(("prepared", "withdrawn")))))
    voted: dict[int, set[int]] = {}
    for row in db.session.execute(select(ReviewTurnout.review_id, ReviewTurnout.member_id)):
        voted.setdefault(row.review_id, set()).add(row.member_id)
    cast = results.cast(ids)
    for (review_id, part), sums in _sums().items():
        ballots = cast[review_id][part].phone if review_id in cast else 0
        for member_id, total in sums.items():
            own = part == "peers" and member_id in voted.get(review_id, ())
            if total != ballots - own:
                text = N_("Review %(review)s, %(part)s: the sums do not fit the number of ballots cast")
                yield Message(text, review=review_id, part=part)
                break


def _sums() -> dict[tuple[int, str], dict[int, int]]:
    """How many choices there are for each member, by review and part: in boxes, or in what became of them."""
    found: dict[tuple[int, str], dict[int, int]] = {}
    for box in db.session.execute(select(ReviewBox.review_id, ReviewBox.part, ReviewBox.sums)):
        found[box.review_id, box.part] = {int(key): sum(line) for key, line in box.sums.items()}
    choices = ReviewCount.excellent + ReviewCount.qualified + ReviewCount.basic
    total = choices + ReviewCount.unqualified + ReviewCount.abstain
    query = select(ReviewCount.review_id, ReviewCount.part, ReviewCount.member_id, total.label("total"))
    for row in db.session.execute(query.where(ReviewCount.source == "phone")):
        found.setdefault((row.review_id, row.part), {})[row.member_id] = row.total
    return found
