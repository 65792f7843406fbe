"""The rules of boards without a database: states, reviewers, masks and numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsvc.boards import content, lifecycle
from pointsvc.boards.masking import is_private, masked
from pointsvc.boards.models import STATUSES
from pointsvc.errors import Conflict, Forbidden
from pointsvc.people.private import numbers_in
from pointsvc.permissions import SYSTEM, Actor

#              change       submit       return   approve     publish      renew        withdraw
TABLE = {
    "draft":     ("draft", "submitted", None,    None,       None,        None,        "withdrawn"),
    "submitted": (None,    None,        "draft", "approved", None,        None,        "withdrawn"),
    "approved":  ("draft", None,        None,    None,       "published", None,        "withdrawn"),
    "published": ("draft", None,        None,    None,       None,        "published", "withdrawn"),
    "withdrawn": ("draft", "submitted", None,    None,       None,        None,        None),
}  # fmt: skip


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(("place", "act"), list(enumerate(lifecycle.ACTS)))
def test_each_act_leads_where_the_table_says(status: str, place: int, act: str) -> None:
    wanted = TABLE[status][place]
    if wanted is None:
        with pytest.raises(Conflict) as refused:
            lifecycle.after(status, act)
        assert refused.value.code == "wrong_state"
    else:
        assert lifecycle.after(status, act) == wanted


def test_only_what_hangs_is_taken_down() -> None:
    assert lifecycle.may("draft", lifecycle.WITHDRAW, hangs=True)
    assert not lifecycle.may("draft", lifecycle.WITHDRAW, hangs=False)
    assert lifecycle.may("draft", lifecycle.SUBMIT, hangs=False)


def test_whoever_submits_does_not_review() -> None:
    actor = Actor(kind="person", name="书记", sign_in_id=7)
    with pytest.raises(Forbidden) as refused:
        lifecycle.check_reviewer(actor, submitted_by_id=7)
    assert refused.value.code == "own_board"
    lifecycle.check_reviewer(actor, submitted_by_id=8)
    lifecycle.check_reviewer(SYSTEM, submitted_by_id=None)


def test_what_is_left_out_is_as_little_as_can_be() -> None:
    made = content.whole({"title": "公示栏", "fields": ["years", "photo"]})
    assert made["fields"] == ["photo", "years"]
    assert (made["people"], made["introduction"], made["comments"]) == (None, "", True)


NUMBERS = {
    "13812341234": "138****1234",
    "138 1234 1234": "138****1234",
    "138-1234-1234": "138****1234",
    "+8613812341234": "138****1234",
    "１３８１２３４１２３４": "１３８****１２３４",
    "110101199001011237": "11*************237",
    "11010119900101123X": "11*************23X",
    "110101 19900101 123x": "11*************23x",
}


@pytest.mark.parametrize(("number", "shown"), NUMBERS.items())
def test_private_numbers_are_found_and_keep_their_ends_only(number: str, shown: str) -> None:
    assert masked(f"联系电话{number}找老王。") == f"联系电话{shown}找老王。"
    assert is_private(number)


@pytest.mark.parametrize("text", ["0000-2345678", "12371", "2026年7月5日", "投资1200000000元", "12345678901234567890"])
def test_other_numbers_stay(text: str) -> None:
    assert numbers_in(text) == []
    assert masked(text) == text
    assert not is_private(text)


@given(
    st.text(st.characters(categories=["Lo", "Po", "Zs"]), max_size=20),
    st.text(st.characters(categories=["Lo", "Po", "Zs"]), max_size=20),
    st.from_regex(r"1[3-9][0-9]{9}|[1-9][0-9]{5}(19|20)[0-9]{2}0[1-9]2[0-9][0-9]{3}[0-9X]", fullmatch=True),
)
def test_no_number_survives_among_other_words(before: str, after: str, number: str) -> None:
    shown = masked(before + number + after)
    assert number not in shown
    assert numbers_in(shown) == []
