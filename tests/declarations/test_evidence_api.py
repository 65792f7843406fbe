"""Photos and papers of declarations over the routes."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from tests.conftest import FrozenClock
from tests.declarations.work import act, declared, district
from tests.evidence import files
from tests.factories import bearer


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    district()


def get(client: FlaskClient, who: str, address: str = "") -> Any:
    return client.get(f"/api/v1/declarations{address}", headers=bearer(who))


def upload(
    client: FlaskClient, made: Any, content: bytes, name: str = "合影.jpg", who: str = "member", **more: str
) -> Any:
    return client.post(
        f"/api/v1/declarations/{made}/evidence",
        data={"file": (BytesIO(content), name)},
        headers={**bearer(who), **more},
    )


def test_a_photo_is_kept_made_anew_and_given_out_to_whom_it_concerns(client: FlaskClient) -> None:
    made = declared()
    answer = upload(client, made, files.photo())
    assert answer.status_code == 201
    (piece,) = answer.json["evidence"]
    assert (piece["filename"], piece["media_type"]) == ("合影.jpg", "image/jpeg")
    got = get(client, "secretary", f"/{made}/evidence/{piece['id']}")
    assert got.status_code == 200
    assert Image.open(BytesIO(got.data)).size == (60, 40)
    assert b"SECRET" not in got.data
    assert (got.mimetype, got.headers["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert got.headers["Cache-Control"] == "private, no-store"
    assert got.headers["Content-Disposition"].startswith("inline; filename=")
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert "ETag" not in got.headers
    for who in ("auditor", "overseer", "street", "member"):
        assert get(client, who, f"/{made}/evidence/{piece['id']}").status_code == 200
    for who in ("neighbour", "far"):
        assert get(client, who, f"/{made}/evidence/{piece['id']}").status_code == 404
    other = declared("secretary", member="M003")
    assert get(client, "secretary", f"/{other}/evidence/{piece['id']}").status_code == 404
    assert get(client, "member", f"/{other}/evidence/{piece['id']}").status_code == 404


def test_a_paper_is_given_out_to_be_saved(client: FlaskClient) -> None:
    made = declared()
    (piece,) = upload(client, made, files.pdf(armed=True), "证明.pdf").json["evidence"]
    got = get(client, "secretary", f"/{made}/evidence/{piece['id']}")
    assert (got.mimetype, got.data[:5]) == ("application/pdf", b"%PDF-")
    assert got.headers["Content-Disposition"].startswith("attachment; filename=")
    assert b"SECRET" not in got.data


def test_who_adds_evidence_and_until_when(client: FlaskClient) -> None:
    made = declared()
    for who, code in (("deputy", 403), ("auditor", 403), ("neighbour", 404)):
        assert upload(client, made, files.photo(), who=who).status_code == code
    act("return", "secretary", made)
    assert upload(client, made, files.photo()).status_code == 201
    act("resend", "member", made)
    act("approve", "secretary", made)
    answer = upload(client, made, files.photo("blue"))
    assert (answer.status_code, answer.json["code"]) == (409, "wrong_status")


@pytest.mark.parametrize("number", ["0", "999999", "x"])
def test_to_a_missing_one_nothing_is_added(client: FlaskClient, number: str) -> None:
    assert upload(client, number, files.photo(), who="admin").status_code == 404


def test_bad_evidence_is_refused_by_name(client: FlaskClient) -> None:
    made = declared()
    answer = upload(client, made, b"<script>", "photo.jpg")
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["file"])
    assert "photo.jpg" in answer.json["detail"]
    nothing = client.post(f"/api/v1/declarations/{made}/evidence", data={}, headers=bearer("member"))
    assert (nothing.status_code, list(nothing.json["errors"])) == (422, ["file"])


def test_the_same_upload_twice_is_kept_once(client: FlaskClient) -> None:
    made = declared()
    first = upload(client, made, files.photo(), **{"Idempotency-Key": "p1"})
    again = upload(client, made, files.photo(), **{"Idempotency-Key": "p1"})
    assert (again.status_code, again.json, again.headers["Idempotency-Replayed"]) == (201, first.json, "true")
    assert len(upload(client, made, files.photo()).json["evidence"]) == 1
    other = upload(client, made, files.photo("blue"), **{"Idempotency-Key": "p1"})
    assert other.json["code"] == "idempotency_key_reused"
