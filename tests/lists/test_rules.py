"""Ageing and matching: what is said of an item's days, and which offers fit a need and why."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsvc import codes
from pointsvc.lists import ageing, exchange, matching
from pointsvc.lists.matching import Card
from pointsvc.lists.models import STATUSES

TODAY = date(2026, 8, 15)


@pytest.mark.parametrize(
    ("status", "opened", "due", "tone", "words"),
    [
        ("open", 0, None, "plain", "on course"),
        ("open", 6, None, "plain", "on course"),
        ("open", 7, None, "watch", "waiting for 7 days"),
        ("open", 14, None, "now", "waiting for 14 days"),
        ("claimed", 14, None, "plain", "on course"),
        ("under_way", 3, 8, "plain", "on course"),
        ("under_way", 3, 7, "watch", "due in 7 days"),
        ("under_way", 3, 0, "watch", "due in 0 days"),
        ("under_way", 3, -1, "now", "overdue by 1 days"),
        ("open", 30, -2, "now", "overdue by 2 days"),
        ("closed", 30, -2, "good", "closed after a check"),
        ("publicised", 30, -2, "good", "confirmed"),
        ("withdrawn", 30, -2, "plain", "withdrawn"),
    ],
)
def test_an_item_says_how_it_stands(status: str, opened: int, due: int | None, tone: str, words: str) -> None:
    found = ageing.light(
        status=status,
        opened_on=TODAY - timedelta(days=opened),
        due_on=None if due is None else TODAY + timedelta(days=due),
        today=TODAY,
        unclaimed_days=7,
    )
    assert (found.tone, str(found.words)) == (tone, words)


@given(
    status=st.sampled_from(STATUSES),
    opened=st.integers(0, 400),
    due=st.none() | st.integers(-400, 400),
    limit=st.integers(1, 90),
)
def test_whatever_is_overdue_is_urgent_until_it_ends(status: str, opened: int, due: int | None, limit: int) -> None:
    found = ageing.light(
        status=status,
        opened_on=TODAY - timedelta(days=opened),
        due_on=None if due is None else TODAY + timedelta(days=due),
        today=TODAY,
        unclaimed_days=limit,
    )
    assert str(found.words)
    if status in (*exchange.ENDED, "closed"):
        assert found.tone in ("good", "plain")
    elif due is not None and due < 0:
        assert found.tone == "now"


NEED = Card(1, 10, 5, frozenset({"助老"}), frozenset({"理发"}), date(2026, 8, 1), date(2026, 8, 31))


def offer(number: int = 2, **more: object) -> Card:
    return Card(number, **{"organisation_id": 20, "above_id": 6, **more})  # type: ignore[arg-type] # for short


@pytest.mark.parametrize(
    ("other", "points", "why"),
    [
        (offer(tags=frozenset({"助老"})), 3, "both are about 助老"),
        (offer(skills=frozenset({"理发"})), 4, "it takes 理发"),
        (offer(tags=frozenset({"助老"}), above_id=5), 4, "both are about 助老, under the same organisation"),
        (offer(tags=frozenset({"助老"}), organisation_id=10), 6, "both are about 助老, in the same place"),
        (
            offer(tags=frozenset({"助老"}), skills=frozenset({"理发"}), starts_on=date(2026, 8, 31)),
            9,
            "it takes 理发, both are about 助老, on days that both have",
        ),
    ],
)
def test_a_match_says_why(other: Card, points: int, why: str) -> None:
    found = matching.fit(NEED, other)
    assert found is not None
    assert (found.points, str(found.why)) == (points, why)


@pytest.mark.parametrize(
    "other",
    [
        offer(),
        offer(tags=frozenset({"环境"}), organisation_id=10, above_id=5),
        offer(tags=frozenset({"助老"}), starts_on=date(2026, 9, 1)),
        offer(tags=frozenset({"助老"}), ends_on=date(2026, 7, 31)),
    ],
)
def test_place_alone_is_no_reason_and_nobody_is_matched_who_never_meets(other: Card) -> None:
    assert matching.fit(NEED, other) is None


WORDS = st.frozensets(st.sampled_from(["助老", "环境", "法律", "医疗"]), max_size=3)
CARDS = st.builds(
    Card,
    id=st.integers(2, 99),
    organisation_id=st.integers(1, 3),
    above_id=st.none() | st.integers(1, 2),
    tags=WORDS,
    skills=WORDS,
    starts_on=st.none() | st.dates(date(2026, 1, 1), date(2026, 6, 30)),
    ends_on=st.none() | st.dates(date(2026, 7, 1), date(2026, 12, 31)),
)


@given(one=CARDS, others=st.lists(CARDS, max_size=8, unique_by=lambda card: card.id))
def test_the_best_come_first_each_with_a_reason_and_it_is_mutual(one: Card, others: list[Card]) -> None:
    found = matching.matches(one, others, most=3)
    assert len(found) <= 3
    assert [match.points for match in found] == sorted((match.points for match in found), reverse=True)
    for other in others:
        there, back = matching.fit(one, other), matching.fit(other, one)
        assert (there is None) == (back is None)
        if there and back:
            assert there.points == back.points
            assert one.tags & other.tags or one.skills & other.skills


def test_a_code_is_told_again_and_read_however_it_was_typed() -> None:
    code = codes.code_of("secret", "list-item|7")
    assert code == codes.code_of("secret", "list-item|7") != codes.code_of("secret", "list-item|8")
    assert len(code) == codes.PLACES
    assert set(code) <= set(codes.ALPHABET)
    assert codes.hashed(codes.printed(code).lower()) == codes.hashed(code)
