"""The ceiling on excellent: by example, and of any share and number."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pointsvc.people.settings import KNOWN
from pointsvc.reviews import advice
from pointsvc.reviews.counting import GRADES

# The machine may be busy with other things.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("share", "reviewed", "most"),
    [("1/3", 28, 9), ("1/3", 30, 10), ("1/3", 3, 1), ("1/3", 2, 0), ("3/10", 10, 3), ("1/2", 7, 3), ("none", 28, None)],
)
def test_the_ceiling_is_rounded_down(share: str, reviewed: int, most: int | None) -> None:
    assert advice.ceiling(share, reviewed) == most


@UNTIMED
@given(st.sampled_from([share for share in KNOWN["review_ceiling"].choices if share != "none"]), st.integers(0, 10_000))
def test_one_more_would_be_above_the_share(share: str, reviewed: int) -> None:
    most = advice.ceiling(share, reviewed)
    assert most is not None
    assert most <= Fraction(share) * reviewed < most + 1


def test_every_share_that_can_be_chosen_is_one() -> None:
    assert KNOWN["review_ceiling"].default == "1/3"
    for share in KNOWN["review_ceiling"].choices:
        assert share == advice.NO_CEILING or 0 < Fraction(share) < 1


def test_only_low_grades_are_followed_by_a_suggestion() -> None:
    assert set(advice.SUGGESTIONS) == {"basic", "unqualified"} < set(GRADES)
