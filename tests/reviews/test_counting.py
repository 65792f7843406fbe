"""Ballots as sums, the checks of typed counts, small groups: by example, and of any numbers."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pointsvc.reviews import counting
from pointsvc.reviews.counting import CHOICES, PARTS

# The machine may be busy with other things.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

BALLOT = st.dictionaries(st.integers(1, 8), st.sampled_from(CHOICES), min_size=1)
LINE = st.fixed_dictionaries({choice: st.integers(0, 9) for choice in CHOICES})


def test_a_ballot_is_added_to_the_sums_and_to_nothing_else() -> None:
    box = counting.empty([7, 3])
    assert box == {"3": [0, 0, 0, 0, 0], "7": [0, 0, 0, 0, 0]}
    first = counting.added(box, {7: "excellent", 3: "abstain"})
    assert first == {"3": [0, 0, 0, 0, 1], "7": [1, 0, 0, 0, 0]}
    # Who is voting is not on the own ballot: that line stays.
    assert counting.added(first, {3: "basic"}) == {"3": [0, 0, 1, 0, 1], "7": [1, 0, 0, 0, 0]}
    assert box == counting.empty([3, 7])


@UNTIMED
@given(st.lists(BALLOT))
def test_the_box_holds_how_often_each_choice_was_made(ballots: list[dict[int, str]]) -> None:
    box = counting.empty(range(1, 9))
    for ballot in ballots:
        box = counting.added(box, ballot)
    counted = Counter((member, choice) for ballot in ballots for member, choice in ballot.items())
    assert {(int(key), choice): n for key, line in box.items() for choice, n in zip(CHOICES, line, strict=True)} == {
        (member, choice): counted[member, choice] for member in range(1, 9) for choice in CHOICES
    }


@UNTIMED
@given(st.lists(BALLOT), st.randoms())
def test_the_box_does_not_know_in_which_order_they_came(ballots: list[dict[int, str]], random: object) -> None:
    shuffled = list(ballots)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis' own Random
    boxes = []
    for order in (ballots, shuffled):
        box = counting.empty(range(1, 9))
        for ballot in order:
            box = counting.added(box, ballot)
        boxes.append(box)
    assert boxes[0] == boxes[1]


@UNTIMED
@given(st.lists(LINE))
def test_parts_together_are_their_sums(lines: list[dict[str, int]]) -> None:
    assert counting.together(lines) == {choice: sum(line[choice] for line in lines) for choice in CHOICES}


@pytest.mark.parametrize(
    ("peers", "masses", "shown"),
    [
        (5, 5, (("peers",), ("masses",))),
        (12, 0, (("peers",),)),
        (12, 4, (("peers", "masses"),)),
        (4, 12, (("peers", "masses"),)),
        (3, 1, (("peers", "masses"),)),
        (4, 0, (("peers",),)),
        (0, 0, ()),
    ],
)
def test_a_part_of_few_ballots_hides_in_the_whole(peers: int, masses: int, shown: tuple[tuple[str, ...], ...]) -> None:
    assert counting.parts_shown({"peers": peers, "masses": masses}, 5) == shown


@UNTIMED
@given(st.dictionaries(st.sampled_from(PARTS), st.integers(0, 30)), st.integers(2, 50))
def test_no_small_part_is_shown_beside_another(ballots: dict[str, int], smallest: int) -> None:
    shown = counting.parts_shown(ballots, smallest)
    assert sorted(part for parts in shown for part in parts) == sorted(part for part in ballots if ballots[part])
    if len(shown) > 1:
        assert all(ballots[part] >= smallest for parts in shown for part in parts)


def faults(
    given_out: int = 9, returned: int = 9, valid: int = 8, most: int | None = 9, **lines: dict[str, int]
) -> set[str]:
    return set(counting.paper_faults(given_out=given_out, returned=returned, valid=valid, most=most, lines=lines))


def test_counts_from_paper_must_agree() -> None:
    assert faults(M001={"excellent": 5, "abstain": 3}, M002={"qualified": 8}) == set()
    assert faults(M001={"excellent": 5, "abstain": 4}, M002={"qualified": 7}) == {"members.M001", "members.M002"}
    assert faults(returned=10) == {"returned"}
    assert faults(valid=10) == {"valid"}
    assert faults(given_out=10) == {"given_out"}
    assert faults(given_out=10, most=None) == set()


@UNTIMED
@given(st.lists(st.lists(st.sampled_from(CHOICES), min_size=3, max_size=3), max_size=12), st.integers(0, 4), st.data())
def test_whatever_was_really_counted_is_taken_and_one_slip_is_found(
    ballots: list[list[str]], spoilt: int, data: st.DataObject
) -> None:
    valid = len(ballots)
    lines = {f"M{place}": {**Counter(ballot[place] for ballot in ballots)} for place in range(3)}
    whole = {"given_out": valid + spoilt, "returned": valid + spoilt, "valid": valid, "most": valid + spoilt}
    assert counting.paper_faults(**whole, lines=lines) == {}
    number, choice = data.draw(st.sampled_from(sorted(lines))), data.draw(st.sampled_from(CHOICES))
    slip = {**lines, number: {**lines[number], choice: lines[number].get(choice, 0) + data.draw(st.integers(1, 5))}}
    assert set(counting.paper_faults(**whole, lines=slip)) == {f"members.{number}"}
