"""The code of a receipt: back to the entry, silent about it, closed to guessers, and forgiving to those who type."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsvc.seals import codes

KEY = codes.key_of("a secret that is long enough for the test")
IDS = st.integers(1, 2**35 - 1)


@given(IDS)
def test_it_leads_back_to_the_entry(number: int) -> None:
    code = codes.code(KEY, number)
    assert len(code) == 17
    assert codes.entry_id(KEY, code) == number


@given(IDS)
def test_however_it_is_typed(number: int) -> None:
    code = codes.code(KEY, number)
    for typed in (code.lower(), code.replace("-", ""), code.replace("-", " "), f" {code} "):
        assert codes.entry_id(KEY, typed) == number
    assert codes.entry_id(KEY, code.replace("0", "O").replace("1", "l")) == number


@given(IDS, st.data())
def test_one_wrong_letter_is_a_typing_error(number: int, data: st.DataObject) -> None:
    letters = list(codes.code(KEY, number).replace("-", ""))
    place = data.draw(st.integers(0, 14))
    letters[place] = data.draw(st.sampled_from([one for one in codes.LETTERS if one != letters[place]]))
    with pytest.raises(codes.Mistyped):
        codes.entry_id(KEY, "".join(letters))


@given(IDS, st.integers(0, 14), st.integers(0, 14))
def test_two_letters_in_each_others_place_are_a_typing_error(number: int, one: int, other: int) -> None:
    letters = list(codes.code(KEY, number).replace("-", ""))
    if letters[one] == letters[other]:
        return
    letters[one], letters[other] = letters[other], letters[one]
    with pytest.raises(codes.Mistyped):
        codes.entry_id(KEY, "".join(letters))


@pytest.mark.parametrize("typed", ["", "ABC", "U" * 15, "0" * 16, "零" * 15, "7Q2KD-M04XV-9HT3", "\x00" * 15])
def test_what_cannot_be_a_code_is_a_typing_error(typed: str) -> None:
    with pytest.raises(codes.Mistyped):
        codes.entry_id(KEY, typed)


def test_neighbours_have_nothing_in_common() -> None:
    made = [codes.code(KEY, number).replace("-", "") for number in range(1, 2001)]
    assert len({code[:7] for code in made}) == len({code[7:14] for code in made}) == 2000
    alike = sum(a == b for one, other in pairwise(made) for a, b in zip(one, other, strict=True))
    # By chance one letter in 32 agrees.
    assert 0.8 < alike / (15 * 1999 / 32) < 1.2


def test_a_guesser_with_the_right_check_letter_still_finds_nothing() -> None:
    rng = random.Random(5)
    for _ in range(20_000):
        letters = "".join(rng.choice(codes.LETTERS) for _ in range(14))
        whole = letters + codes.LETTERS[codes._check(letters + "0")]
        assert codes.entry_id(KEY, whole) is None


def test_another_key_opens_nothing() -> None:
    other = codes.key_of("another secret that is long enough as well")
    assert [codes.entry_id(other, codes.code(KEY, number)) for number in range(1, 200)] == [None] * 199
