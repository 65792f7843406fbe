"""Names as they are kept, and their initials."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsvc.people.names import LONGEST_INITIALS, initials, normal_name


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("张　三", "张三"),
        (" 林 小 满 ", "林小满"),
        ("阿里木•江", "阿里木·江"),
        ("阿里木 · 江", "阿里木·江"),
        ("Ｌｉ　Ｗｅｉ", "Li Wei"),
        ("Li  Wei", "Li Wei"),
        ("𠮷田", "𠮷田"),
        ("", ""),
    ],
)
def test_a_name_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert normal_name(typed) == kept


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("欧阳凯敏", "oykm"),
        ("曾晓岚", "zxl"),
        ("单文博", "swb"),
        ("单于明", "cym"),
        ("尉迟恭", "ycg"),
        ("林小满", "lxm"),
        ("吕布", "lb"),
        ("阿里木·江", "alm" + "j"),
        ("Li Wei", "lw"),
        ("程A", "ca"),
        ("", ""),
        ("·", ""),
    ],
)
def test_initials_are_those_of_the_spoken_name(name: str, letters: str) -> None:
    assert initials(name) == letters


@given(st.text(max_size=100))
def test_any_text_has_a_form_and_initials(text: str) -> None:
    once = normal_name(text)
    assert normal_name(once) == once
    letters = initials(once)
    assert len(letters) <= LONGEST_INITIALS
    assert all("a" <= letter <= "z" for letter in letters)
