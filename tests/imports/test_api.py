"""POST and GET /imports and what can be done with one: works, wrong role, other branch, bad body, missing, repeated."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import factories
from tests.factories import bearer
from tests.imports.test_service import HEADER, carry_out, csv, district, entries

__all__ = ["district"]

URL = "/api/v1/imports"
GOOD = csv(HEADER, ["M001", "欧阳凯敏", "2026-03-05", "志愿服务", 2, "", "", ""])


def form(content: bytes = GOOD, kind: str = "entries", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "file": (BytesIO(content), "申报.csv"), **more}


def upload(client: FlaskClient, name: str = "secretary", headers: dict[str, str] | None = None, **more: Any) -> Any:
    return client.post(URL, data=form(**more), headers={**bearer(name), **(headers or {})})


def test_an_upload_is_accepted_and_can_be_polled(district: Flask, client: FlaskClient) -> None:
    answer = upload(client)
    assert (answer.status_code, answer.json["status"]) == (202, "queued")
    carry_out(int(answer.json["id"]))
    shown = client.get(answer.headers["Location"], headers=bearer("secretary")).json
    counts = {name: shown[name] for name in ("status", "rows", "accepted", "rejected", "entries", "errors")}
    assert counts == {"status": "done", "rows": 1, "accepted": 1, "rejected": 0, "entries": 1, "errors": []}


def test_errors_name_sheet_row_column_in_the_callers_language(district: Flask, client: FlaskClient) -> None:
    content = csv(HEADER, ["M001", "", "2026-02-30", "志愿服务", 2, "", "", ""])
    answer = upload(client, content=content)
    carry_out(int(answer.json["id"]))
    (error,) = client.get(answer.headers["Location"], headers=bearer("secretary")).json["errors"]
    assert (error["row"], error["column"]) == (2, "日期")
    assert "2026-02-30" in error["message"]


def test_a_dry_run_is_then_taken_in(district: Flask, client: FlaskClient) -> None:
    answer = upload(client, dry_run="true")
    carry_out(int(answer.json["id"]))
    assert entries() == 0
    address = answer.headers["Location"]
    assert client.get(address, headers=bearer("secretary")).json["status"] == "checked"
    assert client.post(f"{address}/commit", headers=bearer("secretary")).status_code == 202
    carry_out(int(answer.json["id"]))
    assert entries() == 1


def test_an_import_is_undone_once(district: Flask, client: FlaskClient) -> None:
    answer = upload(client)
    carry_out(int(answer.json["id"]))
    for _ in range(2):
        undone = client.post(f"{answer.headers['Location']}/undo", json={"reason": "登错"}, headers=bearer("secretary"))
        assert (undone.status_code, undone.json["status"]) == (200, "undone")
    assert entries() == 2


def test_the_rejected_rows_are_a_workbook(district: Flask, client: FlaskClient) -> None:
    answer = upload(client, content=csv(HEADER, ["M001", "", "2026-02-30", "志愿服务", 2, "", "", ""]))
    carry_out(int(answer.json["id"]))
    book = client.get(f"{answer.headers['Location']}/rejected", headers=bearer("secretary"))
    assert (book.status_code, book.data[:2]) == (200, b"PK")


def test_doubtful_columns_are_asked_and_answered(district: Flask, client: FlaskClient) -> None:
    content = csv(["党员编号", "姓名", "日期", "积分细则", "服务数量时长"], ["M001", "", "2026-03-05", "志愿服务", 2])
    answer = upload(client, content=content)
    carry_out(int(answer.json["id"]))
    address = answer.headers["Location"]
    (question,) = client.get(address, headers=bearer("secretary")).json["questions"]
    assert question["samples"] == ["2"]
    bad = client.post(f"{address}/columns", json={"columns": {}}, headers=bearer("secretary"))
    assert (bad.status_code, list(bad.json["errors"])) == (422, ["服务数量时长"])
    said = {"columns": {"服务数量时长": "quantity"}}
    assert client.post(f"{address}/columns", json=said, headers=bearer("secretary")).status_code == 202
    carry_out(int(answer.json["id"]))
    assert entries() == 1


@pytest.mark.parametrize("name", ["overseer", "auditor", "operator", "member"])
def test_other_roles_may_not_import(district: Flask, client: FlaskClient, name: str) -> None:
    assert upload(client, name).status_code == 403


def test_a_secretary_may_not_import_the_tree(district: Flask, client: FlaskClient) -> None:
    assert upload(client, kind="organisations").status_code == 403


def test_a_strangers_import_is_not_found(district: Flask, client: FlaskClient) -> None:
    address = upload(client).headers["Location"]
    for call in (
        client.get(address, headers=bearer("neighbour")),
        client.get(f"{address}/rejected", headers=bearer("neighbour")),
        client.post(f"{address}/undo", json={"reason": "x"}, headers=bearer("neighbour")),
        client.post(f"{address}/commit", headers=bearer("neighbour")),
        client.post(f"{address}/columns", json={"columns": {}}, headers=bearer("neighbour")),
    ):
        assert call.status_code == 404
    assert client.get(URL, headers=bearer("neighbour")).json["items"] == []


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"kind": "novels"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"content": b""}, "file"),
        ({"unknown": "1"}, "unknown"),
        ({"from": "yesterday"}, "from"),
    ],
)
def test_a_bad_form_names_the_field(
    district: Flask, client: FlaskClient, fields: dict[str, Any], at_fault: str
) -> None:
    answer = upload(client, "admin", **fields)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [at_fault])


def test_a_form_without_a_file_is_refused(district: Flask, client: FlaskClient) -> None:
    answer = client.post(URL, data={"kind": "entries"}, headers=bearer("secretary"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["file"])


def test_what_is_not_there_is_not_found(district: Flask, client: FlaskClient) -> None:
    for name in ("0", "999999", "x", "9" * 40):
        assert client.get(f"{URL}/{name}", headers=bearer("admin")).status_code == 404


def test_an_upload_sent_twice_with_one_key_is_one(district: Flask, client: FlaskClient) -> None:
    sent = {**bearer("secretary"), "Idempotency-Key": "k1"}
    first = client.post(URL, data=form(), headers=sent)
    second = client.post(URL, data=form(), headers=sent)
    assert (second.status_code, second.json) == (first.status_code, first.json)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.headers["Location"] == first.headers["Location"]
    other = client.post(URL, data=form(content=b"other"), headers=sent)
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")


def test_the_list_goes_page_by_page(district: Flask, client: FlaskClient) -> None:
    ids = [upload(client).json["id"] for _ in range(3)]
    first = client.get(f"{URL}?limit=2", headers=bearer("street")).json
    rest = client.get(f"{URL}?limit=2&after={first['next']}", headers=bearer("street")).json
    assert [item["id"] for item in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next"] is None
    assert factories.BY_ROLE
