"""Statements that are prepared once: the same answers for one value, for several and for none; few for each request."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import bindparam, select

from pointsvc.people.models import Member
from pointsvc.prepared import Among, Prepared, Several
from pointsvc.process import without_collecting
from tests.conftest import FrozenClock
from tests.counting import counted
from tests.factories import bearer
from tests.schemes.sheets import ruled_district

API = "/api/v1"
ENTRY = {"member": "M001", "rule": "volunteer", "occurred_on": "2026-07-05"}


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    ruled_district()


@Several
def _names(dialect: str, among: Among) -> Any:
    return select(Member.number, Member.name).where(among(Member.number)).order_by(Member.number)


@Prepared
def _joined(dialect: str) -> Any:
    return select(Member.number, Member.created_at).where(Member.number == bindparam("number"))


@pytest.mark.parametrize("numbers", [[], ["M001"], ["M004", "M001"], ["M001", "nobody"], ["nobody"]])
def test_a_list_of_any_length_finds_the_same(numbers: list[str]) -> None:
    assert [row.number for row in _names.rows(numbers)] == sorted({"M001", "M004"} & set(numbers))


def test_a_row_has_names_and_values_of_python() -> None:
    row = _joined.first(number="M001")
    assert row.number == "M001"
    assert row.created_at.tzinfo is not None
    assert _joined.first(number="nobody") is None


def test_a_request_takes_few_statements(client: FlaskClient) -> None:
    headers = bearer("secretary")

    def post(key: str) -> Any:
        return client.post(f"{API}/entries", json=ENTRY, headers={**headers, "Idempotency-Key": key})

    def get(path: str) -> Any:
        return client.get(f"{API}{path}", headers=headers)

    for ask, most in (
        (lambda n: post(f"key {n}"), 10),
        (lambda n: get("/members/M001/score"), 8),
        (lambda n: get("/members/M001/entries"), 4),
        (lambda n: get("/standings"), 4),
    ):
        assert ask(1).status_code in (200, 201)
        with counted() as statements:
            ask(2)
        asked = [text for text in statements if not text.startswith("BEGIN")]
        assert len(asked) <= most, asked


def test_garbage_is_collected_again_afterwards() -> None:
    assert gc.isenabled()
    with without_collecting():
        assert not gc.isenabled()
    assert gc.isenabled()
