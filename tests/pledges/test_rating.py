"""Who rates a pledge on which side, and the counts of a vote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsvc.pledges.lifecycle import Standing
from pointsvc.pledges.rating import GRADES, SIDES, counts, sides


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (Standing(own=True), ()),
        (Standing(own=True, leads=True), ()),
        (Standing(leads=True), ("organisation",)),
        (Standing(leads=True, fellow=True), ("organisation",)),
        (Standing(fellow=True), ("member",)),
        (Standing(), ()),
    ],
)
def test_nobody_rates_the_own_and_each_on_one_side(standing: Standing, expected: tuple[str, ...]) -> None:
    assert sides(standing) == expected


def test_counts_show_every_grade_of_a_side_that_has_any() -> None:
    found = counts([("masses", 4, 12), ("masses", 2, 1), ("member", 3, 1), ("masses", 4, 1)])
    assert found == {"member": {4: 0, 3: 1, 2: 0, 1: 0}, "masses": {4: 13, 3: 0, 2: 1, 1: 0}}
    assert list(found) == ["member", "masses"]
    assert counts([]) == {}


@given(st.lists(st.tuples(st.sampled_from(SIDES), st.sampled_from(GRADES), st.integers(1, 1000))))
def test_no_vote_is_lost(rows: list[tuple[str, int, int]]) -> None:
    assert sum(sum(found.values()) for found in counts(rows).values()) == sum(count for _, _, count in rows)
