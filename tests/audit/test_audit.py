"""Who did what: noted by the verbs, read by auditors, changed by nobody."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from pointsvc import clock
from pointsvc.audit import service as audit
from pointsvc.db import db, transaction
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.factories import bearer

URL = "/api/v1/audit"


@pytest.fixture(autouse=True)
def _district(client: FlaskClient) -> None:
    factories.district()


def test_an_act_is_noted_with_its_object(client: FlaskClient) -> None:
    body = {"number": "N001", "name": "林小满", "organisation": "QS0101"}
    client.post("/api/v1/members", json=body, headers=bearer("secretary"))
    newest = client.get(URL, headers=bearer("auditor")).json["items"][0]
    assert (newest["by"], newest["action"], newest["object"]) == ("token", "member:create", "N001")
    assert newest["sign_in"] == str(factories.actor("secretary").sign_in_id)
    assert newest["details"] == {"organisation": "QS0101"}
    assert "林小满" not in str(newest)


def fail() -> None:
    audit.note(actor=SYSTEM, at=clock.now(), action="test:note")
    raise ZeroDivisionError


def test_what_is_refused_is_not_noted() -> None:
    before = len(audit.events(sign_in_ids=None, limit=1000))
    with pytest.raises(ZeroDivisionError), transaction():
        fail()
    assert len(audit.events(sign_in_ids=None, limit=1000)) == before


@pytest.mark.parametrize("name", ["admin", "overseer", "street", "secretary", "member"])
def test_only_auditors_and_operators_read_it(client: FlaskClient, name: str) -> None:
    assert client.get(URL, headers=bearer(name)).status_code == 403
    assert client.get(URL).status_code == 401


def test_an_auditor_of_a_street_reads_of_that_street(client: FlaskClient) -> None:
    factories.sign_in("listener", factories.Role.AUDITOR, "QS01")
    for name, number in (("secretary", "N001"), ("far", "N002")):
        branch = {"secretary": "QS0101", "far": "QS0201"}[name]
        body = {"number": number, "name": "林小满", "organisation": branch}
        assert client.post("/api/v1/members", json=body, headers=bearer(name)).status_code == 201
    assert acts(client, "listener") == ["N001"]
    assert acts(client, "auditor") == ["N002", "N001"]


def acts(client: FlaskClient, name: str) -> list[Any]:
    items = client.get(URL, headers=bearer(name)).json["items"]
    return [item["object"] for item in items if item["action"] == "member:create"]


def test_the_list_comes_in_pages(client: FlaskClient) -> None:
    actor = factories.actor("operator")
    with transaction():
        for number in range(5):
            audit.note(actor=actor, at=clock.now(), action="test:note", object_id=str(number))
    seen, after = [], None
    for _ in range(3):
        query = {"limit": 2, **({"after": after} if after else {})}
        answer = client.get(URL, query_string=query, headers=bearer("auditor")).json
        seen += [item["object"] for item in answer["items"]]
        after = answer["next"]
    assert (seen, after) == (["4", "3", "2", "1", "0"], None)


def test_a_wrong_place_is_refused(client: FlaskClient) -> None:
    for after in ("x", "WyJ4Il0", "WzE4NDQ2NzQ0MDczNzA5NTUxNjE1XQ"):
        assert client.get(URL, query_string={"after": after}, headers=bearer("auditor")).status_code == 422


@pytest.mark.parametrize("change", ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event"])
def test_the_database_itself_lets_nobody_change_it(change: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction():
        db.session.execute(text(change))
