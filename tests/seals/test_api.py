"""Proofs and receipts of entries over HTTP, each walked like a checklist."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pointsvc import create_app
from pointsvc.config import Config
from pointsvc.db import db
from pointsvc.seals import codes, verify
from tests import factories
from tests.conftest import SECRET, FrozenClock
from tests.factories import bearer
from tests.tallies import sheets, work

API = "/api/v1"


@pytest.fixture
def entry(client: FlaskClient, frozen_clock: FrozenClock) -> int:
    """An entry of M001, not sealed yet."""
    sheets.ruled_district()
    return sheets.record("M001", "talk", "2026-07-02", note="家里老人住院", matter="防汛")


def get(client: FlaskClient, path: str, name: str = "member") -> Any:
    return client.get(API + path, headers=bearer(name))


# ---- GET /entries/{id}/proof


def test_the_proof_of_a_sealed_entry_holds(client: FlaskClient, entry: int, tmp_path: Any) -> None:
    work.sealed("QS", "2026-Q3")
    answer = get(client, f"/entries/{entry}/proof")
    assert answer.status_code == 200
    assert (answer.json["kind"], answer.json["index"], answer.json["size"]) == ("entry", 0, 1)
    assert answer.json["words"] == f"积分记录 {entry} 是第 1 号封存所含 1 条记录中的第 1 条"
    assert "家里老人住院" not in answer.text
    assert "欧阳凯敏" not in answer.text
    (tmp_path / "proof.json").write_bytes(answer.data)
    assert verify.main([str(tmp_path / "proof.json"), answer.json["seal"]["chain"]]) == 0


def test_before_the_seal_there_is_none(client: FlaskClient, entry: int) -> None:
    answer = get(client, f"/entries/{entry}/proof")
    assert (answer.status_code, answer.json["code"]) == (409, "not_sealed")


@pytest.mark.parametrize("what", ["proof", "receipt"])
def test_whose_entry_one_may_ask_about(client: FlaskClient, entry: int, what: str) -> None:
    other = sheets.record("M002", "talk", "2026-07-02")
    work.sealed("QS", "2026-Q3")
    answers = {name: get(client, f"/entries/{entry}/{what}", name).status_code for name, *_ in factories.SIGN_INS}
    assert answers == {
        "admin": 200,
        "overseer": 200,
        "auditor": 200,
        "operator": 403,
        "street": 200,
        "secretary": 200,
        "member": 200,
        "neighbour": 404,
        "far": 404,
    }
    assert get(client, f"/entries/{other}/{what}").status_code == 404
    for missing in ("999", "x", "0", "9" * 30):
        assert get(client, f"/entries/{missing}/{what}").status_code == 404


# ---- GET /entries/{id}/receipt


def test_a_receipt_says_what_became_of_the_entry(client: FlaskClient, entry: int) -> None:
    answer = get(client, f"/entries/{entry}/receipt")
    code = answer.json["code"]
    assert re.fullmatch(r"([0-9A-Z]{5}-){2}[0-9A-Z]{5}", code)
    assert answer.json == {
        "entry": str(entry),
        "code": code,
        "url": f"http://localhost/receipts/{code}",
        "rule": "讲党课",
        "points": "8.00",
        "occurred_on": "2026-07-02",
        "recorded_at": "2026-08-15T10:00:00.000+08:00",
        "status": "recorded",
        "fingerprint": None,
        "seal": None,
    }
    work.sealed("QS", "2026-Q3")
    sheets.reverse(entry)
    later = get(client, f"/entries/{entry}/receipt").json
    assert later["code"] == code
    assert (later["status"], later["seal"]["n"]) == ("reversed", 1)
    assert re.fullmatch("[0-9a-f]{64}", later["fingerprint"])


def test_the_code_rests_on_the_secret_key_alone(client: FlaskClient, entry: int) -> None:
    code = get(client, f"/entries/{entry}/receipt").json["code"]
    assert codes.entry_id(codes.key_of(SECRET), code) == entry


def test_proofs_are_read_without_a_transaction_too(live_app: Flask, live_settings: Config) -> None:
    """As in production, where each statement of a reader stands alone."""
    with live_app.app_context():
        sheets.ruled_district()
        entry = sheets.record("M001", "talk", "2026-07-02")
        tally = work.sealed("QS", "2026-Q3")
        headers = bearer("member")
        db.session.remove()
    other = create_app(live_settings)
    client = other.test_client()
    for path in (f"/entries/{entry}/proof", f"/entries/{entry}/receipt", f"/tallies/{tally.id}/proof?member=M001"):
        assert client.get(API + path, headers=headers).status_code == 200
    with other.app_context():
        db.engine.dispose()
