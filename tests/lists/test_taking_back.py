"""An import of lists taken back: what nobody has acted on goes, the rest stays and is named with its reason."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.errors import Forbidden
from pointsvc.imports import service as imports
from pointsvc.imports.models import Import
from pointsvc.lists import service as lists
from pointsvc.lists.models import Item, ItemLog
from pointsvc.permissions import Role
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import bearer, browser
from tests.imports.sheets import xlsx
from tests.lists.scene import act, claim, filed
from tests.lists.test_workbooks import brought_in

API = "/api/v1"
ROWS = [["清单名称", "单位", "需求名称"], *(["需求清单", "QS0101", f"事项{n}"] for n in range(1, 5))]
REASON = "传错了文件"


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    factories.district()


def undo(found: Import, by: str = "secretary") -> Import:
    who = factories.actor(by)
    with transaction():
        return imports.undo(actor=who, at=clock.now(), import_id=found.id, reason=REASON)


def items() -> list[tuple[str, str]]:
    db.session.expire_all()
    return [(row.title, row.status) for row in db.session.scalars(db.select(Item).order_by(Item.id))]


def ids() -> list[int]:
    return list(db.session.scalars(db.select(Item.id).order_by(Item.id)))


def test_what_nobody_has_acted_on_is_withdrawn_with_the_reason(app: Flask) -> None:
    filed(title="另外登记的")
    found = brought_in(xlsx(ROWS), "secretary")
    assert undo(found).status == "undone"
    assert items() == [("另外登记的", "open"), *((f"事项{n}", "withdrawn") for n in range(1, 5))]
    lines = db.session.scalars(db.select(ItemLog).where(ItemLog.act == "withdraw")).all()
    assert {(line.old, line.new, line.note) for line in lines} == {("open", "withdrawn", REASON)}
    assert undo(found).undo_reason == REASON
    assert len(db.session.scalars(db.select(ItemLog).where(ItemLog.act == "withdraw")).all()) == 4


def test_what_somebody_has_acted_on_stays_and_is_named(client: FlaskClient) -> None:
    found = brought_in(xlsx(ROWS), "secretary")
    first, second, third, _ = ids()
    claim(first)
    link = filed(key="projects", title="照明改造", links=[second])
    act(third, "withdraw", note="已解决")
    headers = bearer("secretary")
    answer = client.get(f"{API}/imports/{found.id}", headers=headers).json
    assert [(row["title"], row["act"]) for row in answer["staying"]] == [("事项1", "claim"), ("事项2", "join")]
    sent = client.post(f"{API}/imports/{found.id}/undo", json={"reason": REASON}, headers=headers)
    assert (sent.status_code, sent.json["status"]) == (200, "undone")
    expected = [("事项1", "claimed"), ("事项2", "open"), ("事项3", "withdrawn"), ("事项4", "withdrawn")]
    assert items()[:4] == expected
    assert db.session.get_one(Item, link).status == "open"
    answer = client.get(f"{API}/imports/{found.id}", headers=headers).json
    assert [row["title"] for row in answer["staying"]] == ["事项1", "事项2"]


def test_begun_and_put_back_it_has_been_acted_on(app: Flask) -> None:
    found = brought_in(xlsx(ROWS), "secretary")
    claim(ids()[0])
    with transaction():
        lists.unclaim(actor=factories.actor("neighbour"), at=clock.now(), item_id=ids()[0], reason="人手不足")
    undo(found)
    assert items()[0] == ("事项1", "open")


def test_taken_back_the_same_file_may_come_again(app: Flask) -> None:
    numbered = [["清单名称", "序号", "单位", "需求名称"], *(["需求清单", n, "QS0101", f"事项{n}"] for n in (1, 2))]
    first = brought_in(xlsx(numbered), "secretary")
    claim(ids()[0])
    undo(first)
    again = brought_in(xlsx(numbered), "secretary")
    assert (again.unchanged, again.rejected) == (1, 0)
    assert items() == [("事项1", "claimed"), ("事项2", "withdrawn"), ("事项2", "open")]
    undo(again)
    assert items()[2] == ("事项2", "withdrawn")
    assert brought_in(xlsx(numbered), "secretary").unchanged == 1
    assert items()[3] == ("事项2", "open")


def test_a_confidential_ledger_is_taken_back_by_those_alone_who_work_on_it(app: Flask) -> None:
    factories.sign_in("clerk", Role.SECRETARY, "QS")
    content = xlsx([["清单组", "清单名称", "单位", "问题"], ["weak", "问题清单", "QS0101", "班子不团结"]])
    found = brought_in(content, "admin")
    with pytest.raises(Forbidden):
        undo(found, "clerk")
    assert items() == [("班子不团结", "open")]
    undo(found, "admin")
    assert items() == [("班子不团结", "withdrawn")]


def test_another_branchs_import_is_not_there(client: FlaskClient) -> None:
    found = brought_in(xlsx(ROWS), "secretary")
    for name, status in (("neighbour", 404), ("far", 404), ("auditor", 403), ("member", 403)):
        answer = client.post(f"{API}/imports/{found.id}/undo", json={"reason": REASON}, headers=bearer(name))
        assert answer.status_code == status
    assert {status for _, status in items()} == {"open"}


def test_the_page_says_what_would_stay_and_what_stayed(client: FlaskClient) -> None:
    found = brought_in(xlsx(ROWS), "secretary")
    token = browser(client, "secretary")
    address = f"/imports/{found.id}"
    assert "仍将保留的事项" not in client.get(address).text
    claim(ids()[0])
    page = client.get(address).text
    for words in ("仍将保留的事项", "事项1", "已认领"):
        assert words in page
    assert client.post(f"{address}/undo", data={"csrf_token": token, "reason": ""}).status_code == 422
    done: Any = client.post(f"{address}/undo", data={"csrf_token": token, "reason": REASON}, follow_redirects=True)
    assert "保留下来的事项" in done.text
