"""What a sample can say: the figures of published tables, and what must hold of any."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsvc.spotchecks import sampling


@pytest.mark.parametrize(
    ("size", "faulty", "n", "percent", "needed"),
    [
        (20, 2, 2, 19, 16),
        (40, 4, 4, 36, 21),
        (40, 8, 4, 61, 12),
        (100, 10, 10, 67, 25),
        (300, 30, 30, 96, 28),
        (300, 15, 30, 80, 54),
    ],
)
def test_the_chance_to_find_a_fault(size: int, faulty: int, n: int, percent: int, needed: int) -> None:
    assert round(sampling.chance(size, faulty, n) * 100) == percent
    assert sampling.needed(size, faulty) == needed


def test_a_planner_sees_three_shares() -> None:
    found = sampling.chances(40, 4)
    assert [(one.percent, one.faulty, round(one.chance * 100), one.needed) for one in found] == [
        (5, 2, 19, 31),
        (10, 4, 36, 21),
        (20, 8, 61, 12),
    ]


@given(st.integers(1, 200), st.data())
def test_needed_is_the_smallest_that_is_sure(size: int, data: st.DataObject) -> None:
    faulty = data.draw(st.integers(1, size))
    n = sampling.needed(size, faulty)
    assert sampling.chance(size, faulty, n) >= Fraction(95, 100)
    assert n == 1 or sampling.chance(size, faulty, n - 1) < Fraction(95, 100)


@pytest.mark.parametrize(("size", "percent", "n"), [(40, 10, 4), (41, 10, 5), (3, 10, 1), (1, 100, 1)])
def test_a_share_is_rounded_up(size: int, percent: int, n: int) -> None:
    assert sampling.share_of(size, percent) == n


@pytest.mark.parametrize(("size", "quarters", "n"), [(40, 8, 5), (41, 8, 6), (3, 4, 1)])
def test_what_covers_all_in_time(size: int, quarters: int, n: int) -> None:
    assert sampling.a_quarter(size, quarters) == n
