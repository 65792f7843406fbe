"""What is hashed, word for word: whoever writes another checker goes by this."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from pointsvc.seals import texts

SEAL = SimpleNamespace(
    n=2,
    previous="c2" * 32,
    organisation="QS",
    period="2026-Q3",
    version=1,
    schemes=["a1" * 32],
    cutoff_at=datetime(2026, 10, 8, 1, 0, tzinfo=UTC),
    entries_size=3,
    entries_root="b1" * 32,
    results_size=5,
    results_root="b2" * 32,
    sealed_at=datetime(2026, 10, 20, 1, 0, 0, 250, tzinfo=UTC),
)
ENTRY = SimpleNamespace(
    id=17,
    member="M001",
    branch="QS0101",
    rule="hours",
    scheme="a1" * 32,
    points=600,
    quantity=500,
    tier=None,
    matter="防汛",
    note=None,
    occurred_on=date(2026, 7, 2),
    recorded_at=datetime(2026, 7, 3, 1, 0, tzinfo=UTC),
    recorded_by_id=4,
    source="single",
    reverses_id=None,
)
SALT = bytes(range(16))


def test_a_seal() -> None:
    assert texts.of_seal(SEAL).decode() == (
        '{"cutoff":"2026-10-08T01:00:00.000000Z",'
        f'"entries":{{"root":"{"b1" * 32}","size":3}},"kind":"seal","n":2,"organisation":"QS","period":"2026-Q3",'
        f'"previous":"{"c2" * 32}","results":{{"root":"{"b2" * 32}","size":5}},"schemes":["{"a1" * 32}"],'
        '"sealed_at":"2026-10-20T01:00:00.000250Z","v":1,"version":1}'
    )
    assert texts.chain(SEAL) == "32d157c27ca7b215125173c7fa5855824f000555d608bb24e964db6b5358663c"


def test_an_entry() -> None:
    words = texts.hidden(ENTRY, SALT[::-1])
    assert words is not None
    assert texts.of_entry(ENTRY, 6, SALT, words).decode() == (
        '{"branch":"QS0101","entry":"17","kind":"entry","member":"M001","occurred_on":"2026-07-02","points":"6.00",'
        '"position":6,"quantity":"5.00","recorded_at":"2026-07-03T01:00:00.000000Z","recorded_by":"4",'
        f'"reverses":null,"rule":"hours","salt":"000102030405060708090a0b0c0d0e0f","scheme":"{"a1" * 32}",'
        f'"source":"single","tier":null,"v":1,"words":"{words[16:].hex()}"}}'
    )
    assert words.hex() == "0f0e0d0c0b0a09080706050403020100" + texts.words_hash(ENTRY, SALT[::-1]).hex()


@pytest.mark.parametrize(
    "change", [{"matter": "抢险"}, {"matter": None}, {"note": ""}, {"matter": None, "note": "防汛"}]
)
def test_words_that_are_not_the_same_are_found_out(change: dict[str, Any]) -> None:
    words = texts.hidden(ENTRY, SALT)
    assert texts.same_words(ENTRY, words)
    assert not texts.same_words(SimpleNamespace(**vars(ENTRY) | change), words)
    silent = SimpleNamespace(matter=None, note=None)
    assert texts.hidden(silent, SALT) is None
    assert texts.same_words(silent, None)
    assert not texts.same_words(ENTRY, None)
