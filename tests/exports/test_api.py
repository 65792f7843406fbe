"""The routes of exports, walked like a checklist."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from pointsvc import clock
from pointsvc.audit.models import AuditEvent
from pointsvc.db import db, transaction
from pointsvc.exports.models import Export
from pointsvc.ledger import service as ledger
from pointsvc.permissions import PERMISSION_MAP, SYSTEM, Permission, Role
from tests import factories
from tests.conftest import FrozenClock
from tests.counting import counted
from tests.factories import bearer
from tests.schemes.sheets import ruled_district

TABLES = ("entries", "members", "organisations", "attendance")
READERS = PERMISSION_MAP[Permission.EXPORTS_READ]


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    ruled_district()
    for member in ("M001", "M004"):
        with transaction():
            ledger.record(
                actor=SYSTEM,
                at=clock.now(),
                member=member,
                rule="volunteer",
                occurred_on=date(2026, 7, 5),
                quantity=Decimal("1.5"),
                note="=HYPERLINK(1)",
            )


def get(client: FlaskClient, address: str, who: str = "secretary") -> Any:
    return client.get(f"/api/v1/exports{address}", headers=bearer(who), buffered=True)


def noted(action: str) -> list[AuditEvent]:
    return list(db.session.scalars(select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id)))


@pytest.mark.parametrize("table", TABLES)
def test_each_table_is_a_workbook_of_the_own_branch_and_is_noted(client: FlaskClient, table: str) -> None:
    answer = get(client, f"/{table}?period=2026-Q3")
    assert answer.status_code == 200
    assert answer.mimetype.endswith("spreadsheetml.sheet")
    disposition = unquote(answer.headers["Content-Disposition"])
    assert "松岭街道第一党支部-2026-Q3.xlsx" in disposition
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert not {"QS0102", "M004"} & {cell for row in rows for cell in row}
    (event,) = noted(f"export:{table}")
    assert event.object_id == "QS0101"
    assert event.details == {"rows": len(rows) - 1, "format": "xlsx", "period": "2026-Q3"}
    assert event.sign_in_id is not None


def test_a_text_file_in_either_encoding_and_never_a_formula(client: FlaskClient) -> None:
    for encoding, codec in (("utf-8", "utf-8-sig"), ("gb18030", "gb18030")):
        answer = get(client, f"/entries?format=csv&encoding={encoding}&organisation=QS0101")
        assert answer.headers["Content-Type"] == f"text/csv; charset={encoding}"
        header, row = answer.data.decode(codec).splitlines()
        assert header.startswith("记录编号,党员编号,")
        assert ",'=HYPERLINK(1)," in row
    assert get(client, "/entries?format=csv").data.startswith(b"\xef\xbb\xbf")


def test_a_members_entries_alone(client: FlaskClient) -> None:
    answer = get(client, "/entries?member=M002&format=csv")
    assert len(answer.data.splitlines()) == 1
    assert [event.object_id for event in noted("export:entries")] == ["M002"]


@pytest.mark.parametrize("table", TABLES)
def test_roles_and_other_branches(client: FlaskClient, table: str) -> None:
    for role, name in factories.BY_ROLE.items():
        assert get(client, f"/{table}", name).status_code == (200 if role in READERS else 403), role
    assert get(client, f"/{table}?organisation=QS0102").status_code == 404
    assert get(client, f"/{table}?organisation=QS0102", "street").status_code == 200
    assert get(client, f"/{table}?organisation=NOWHERE").status_code == 404


def test_a_strangers_member_is_not_found(client: FlaskClient) -> None:
    assert get(client, "/entries?member=M004").status_code == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [("format=pdf", "format"), ("encoding=latin1", "encoding"), ("period=2026-Q5", "period")],
)
def test_what_is_asked_wrongly_is_told(client: FlaskClient, query: str, field: str) -> None:
    answer = get(client, f"/entries?{query}")
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_the_number_of_statements_does_not_grow_with_the_rows(client: FlaskClient) -> None:
    headers = bearer("admin")

    def statements() -> int:
        with counted() as found:
            assert client.get("/api/v1/exports/entries", headers=headers, buffered=True).status_code == 200
        return len(found)

    before = statements()
    for _ in range(5):
        with transaction():
            ledger.record_batch(
                actor=SYSTEM,
                at=clock.now(),
                members=["M001", "M002", "M005"],
                rule="meeting",
                occurred_on=date(2026, 7, 6),
            )
    assert statements() == before


# ---- archives


def post(client: FlaskClient, body: Any, who: str = "secretary", **headers: str) -> Any:
    return client.post("/api/v1/exports", json=body, headers={**bearer(who), **headers})


def test_an_archive_is_asked_for_once_and_shown(client: FlaskClient) -> None:
    answer = post(client, {"organisation": "QS0101"})
    assert (answer.status_code, answer.json["status"], answer.json["organisation"]) == (202, "queued", "QS0101")
    assert answer.json["id"] == answer.headers["Location"].rpartition("/")[2]
    shown = client.get(answer.headers["Location"], headers=bearer("secretary")).json
    assert (shown["status"], shown["progress"], shown["rows"]) == ("queued", {"done": 0, "total": 0}, {})
    assert post(client, {}).json["id"] == answer.json["id"]
    assert [event.details for event in noted("export:request")] == [{"organisation": "QS0101"}]
    content = get(client, f"/{shown['id']}/content")
    assert (content.status_code, content.json["code"]) == (409, "not_ready")


def test_the_same_key_gets_the_first_answer(client: FlaskClient) -> None:
    first = post(client, {"organisation": "QS0101"}, **{"Idempotency-Key": "once"})
    again = post(client, {"organisation": "QS0101"}, **{"Idempotency-Key": "once"})
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == first.json
    other = post(client, {}, **{"Idempotency-Key": "once"})
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")


def test_archives_roles_strangers_and_nonsense(client: FlaskClient) -> None:
    made = post(client, {}).json["id"]
    for role, name in factories.BY_ROLE.items():
        expected = 202 if role in READERS else 403
        assert post(client, {}, name).status_code == expected, role
    assert post(client, {"organisation": "QS0102"}).status_code == 404
    assert post(client, {"organisation": 5}).status_code == 422
    assert post(client, {"colour": "red"}).status_code == 422
    for name, status in (("neighbour", 404), ("street", 200), ("auditor", 200), ("member", 403)):
        assert get(client, f"/{made}", name).status_code == status
        assert get(client, f"/{made}/content", name).status_code == (409 if status == 200 else status)
    for nonsense in ("x", "99999999", "0"):
        assert get(client, f"/{nonsense}").status_code == 404
        assert get(client, f"/{nonsense}/content").status_code == 404


def test_the_list_has_what_is_within_reach_page_by_page(client: FlaskClient) -> None:
    for name in ("admin", "street", "secretary", "neighbour"):
        assert post(client, {}, name).status_code == 202
    assert [item["organisation"] for item in get(client, "", "secretary").json["items"]] == ["QS0101"]
    first = get(client, "?limit=2", "admin").json
    second = get(client, f"?limit=2&after={first['next']}", "admin").json
    assert [item["organisation"] for item in first["items"] + second["items"]] == ["QS0102", "QS0101", "QS01", "QS"]
    assert second["next"] is None
    assert db.session.scalar(select(Export.created_by_id).limit(1)) is not None
    assert Role.MEMBER not in READERS
