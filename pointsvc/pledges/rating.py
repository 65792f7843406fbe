"""Rating a settled pledge (评诺): the sides, the four grades, and who rates on which side. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from pointsvc.pledges.lifecycle import Standing

SIDES = ("member", "masses", "organisation")
# 好, 较好, 一般, 差.
LOWEST, HIGHEST = 1, 4
GRADES = tuple(range(HIGHEST, LOWEST - 1, -1))


def sides(standing: Standing) -> tuple[str, ...]:
    """The sides on which somebody who stands so rates by an account: never the own.

    The masses have no accounts: a leader types in the counts of their paper vote.
    """
    if standing.own:
        return ()
    return ("organisation",) if standing.leads else ("member",) if standing.fellow else ()


def counts(rows: Iterable[tuple[str, int, int]]) -> dict[str, dict[int, int]]:
    """From (side, grade, how many) to the counts of every grade by side, those without any left out."""
    found: dict[str, dict[int, int]] = {}
    for side, grade, count in rows:
        found.setdefault(side, dict.fromkeys(GRADES, 0))[grade] += count
    return {side: found[side] for side in SIDES if side in found}
