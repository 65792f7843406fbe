"""The sketch of the circle: honest about minutes, and no mobile number on a public page."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsvc.checkins import nearby

FAR = st.lists(st.integers(1, 15), max_size=60)


@given(FAR)
def test_each_point_stands_as_far_out_as_its_minutes(minutes: list[int]) -> None:
    for far, dot in zip(minutes, nearby.sketch(minutes), strict=True):
        out = math.hypot(dot.x - nearby.MIDDLE, dot.y - nearby.MIDDLE)
        assert math.isclose(out, nearby.radius(far), abs_tol=0.2)
        assert 0 < dot.x < nearby.SIZE
        assert 0 < dot.y < nearby.SIZE


@given(FAR)
def test_the_numbers_are_those_of_the_list(minutes: list[int]) -> None:
    assert [dot.number for dot in nearby.sketch(minutes)] == list(range(1, len(minutes) + 1))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("13800001234", True),
        ("联系人 138-0000-1234", True),
        ("138 0000 1234 王老师", True),
        ("0000-2345678", False),
        ("8:00—18:00", False),
        ("12345", False),
        ("010138000012345", False),
        ("", False),
    ],
)
def test_a_mobile_number_is_seen(text: str, found: bool) -> None:
    assert nearby.holds_mobile(text) is found
