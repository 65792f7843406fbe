"""What is said to the meeting as advice: the ceiling, official wording for low grades, points. It decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection
from decimal import Decimal
from fractions import Fraction

from pointsvc.errors import N_

NO_CEILING = "none"

# Never an act of the service: a change of standing needs a resolution and the approval from above.
SUGGESTIONS = {
    "basic": N_(
        "For the meeting: the secretary or a committee member talks with the member, names what falls short, and helps "
        "to set down how it will be made good."
    ),
    "unqualified": N_(
        "For the meeting: under the regulations on the education and management of members the branch may propose "
        "correction within a time limit or another measure; the general meeting resolves, the superior organisation "
        "approves. Neither points nor ballots change anybody's standing by themselves."
    ),
}

Points = Callable[[int, int, Collection[int]], dict[int, tuple[Decimal | None, str | None]]]
_points: list[Points] = []


def points_from(points: Points) -> Points:
    """Register who knows members' totals and grades of a year: (organisation id, year, member ids)."""
    _points.append(points)
    return points


def points_of(
    organisation_id: int, year: int, member_ids: Collection[int]
) -> dict[int, tuple[Decimal | None, str | None]]:
    """The total and grade of these members in the year's points, by member id; without any they are left out."""
    found: dict[int, tuple[Decimal | None, str | None]] = {}
    for points in _points:
        found.update(points(organisation_id, year, member_ids))
    return found


def ceiling(share: str, reviewed: int) -> int | None:
    """How many of so many reviewed members may be excellent by this share, rounded down; None: no ceiling."""
    return None if share == NO_CEILING else int(Fraction(share) * reviewed)
