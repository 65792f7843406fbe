"""Merges that nobody may do, or that lead nowhere."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from pointsvc.db import db
from pointsvc.errors import Conflict
from pointsvc.people.models import MemberMerge
from pointsvc.permissions import Role
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import bearer
from tests.ledger.merges import API, BODY, live, merge, record, undo
from tests.schemes.sheets import published


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    factories.district()
    published()


@pytest.mark.parametrize("name", ["street", "secretary", "overseer", "auditor", "operator", "member"])
def test_other_roles_merge_nothing(client: FlaskClient, name: str) -> None:
    found = merge()
    headers = bearer(name)
    assert client.post(f"{API}/merges", json=BODY, headers=headers).status_code == 403
    assert client.post(f"{API}/merges/{found.id}/undo", headers=headers).status_code == 403
    for address in ("merges", "merges/suggestions"):
        assert client.get(f"{API}/{address}", headers=headers).status_code == 403


@pytest.mark.parametrize("field", ["keep", "duplicate"])
def test_a_stranger_is_not_found(client: FlaskClient, field: str) -> None:
    factories.sign_in("lord", Role.DISTRICT_ADMIN, "QS01")
    for number in ("M005", "M404"):
        answer = client.post(f"{API}/merges", json={**BODY, field: number}, headers=bearer("lord"))
        assert answer.status_code == 404
    found = merge("M005", "M002")
    assert client.post(f"{API}/merges/{found.id}/undo", headers=bearer("lord")).status_code == 404
    assert client.post(f"{API}/merges/x/undo", headers=bearer("lord")).status_code == 404
    assert client.get(f"{API}/merges", headers=bearer("lord")).json["items"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"duplicate": "M001"}, "duplicate"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"keep": ""}, "keep"),
        ({"more": 1}, "more"),
    ],
)
def test_a_wrong_field_is_named(client: FlaskClient, change: dict[str, Any], field: str) -> None:
    answer = client.post(f"{API}/merges", json={**BODY, **change}, headers=bearer("admin"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert db.session.scalar(select(func.count()).select_from(MemberMerge)) == 0


@pytest.mark.parametrize(
    ("keep", "duplicate", "code"),
    [
        ("M002", "M004", "merged_already"),
        ("M004", "M002", "merged_already"),
        ("M002", "M001", "has_merged"),
    ],
)
def test_one_step_leads_to_the_kept_record(keep: str, duplicate: str, code: str) -> None:
    merge()
    with pytest.raises(Conflict) as refused:
        merge(keep, duplicate)
    assert refused.value.code == code


def test_a_third_record_goes_into_the_same_one() -> None:
    record("M004")
    record("M005")
    first, second = merge(), merge("M001", "M005")
    assert len(live("M001")) == 2
    undo(first.id)
    assert (len(live("M001")), len(live("M004"))) == (1, 1)
    undo(second.id)
    assert (len(live("M001")), len(live("M005"))) == (0, 1)
