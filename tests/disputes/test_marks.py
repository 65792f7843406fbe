"""Where an objection shows while it waits; for a tally it is ground to compute again, and bars the sealing."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.errors import Conflict
from pointsvc.permissions import SYSTEM
from pointsvc.tallies import service as tallies
from pointsvc.tallies.models import Tally
from tests import factories
from tests.conftest import FrozenClock
from tests.counting import counted
from tests.disputes.scene import get, post, raised, record
from tests.tallies import sheets
from tests.tallies import work as tally_work


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    sheets.ruled_district()


def again(period: str = "2026-Q3") -> str:
    """Ask for the district's tally once more; how that goes."""
    try:
        with transaction():
            return tallies.request(actor=SYSTEM, at=clock.now(), organisation="QS", period=period).status
    except Conflict as refusal:
        return refusal.code


def marks(client: FlaskClient, found: Tally) -> dict[str, set[str]]:
    """Who is marked as disputed: in the results, and on the list."""
    results = get(client, f"/tallies/{found.id}/results").json["items"]
    listed = get(client, f"/tallies/{found.id}/list", "secretary").json["items"]
    return {
        "results": {item["member"] for item in results if item["disputed"]},
        "list": {item["member"] for item in listed if item["disputed"]},
    }


def disputed(client: FlaskClient, entry: int) -> dict[str, Any]:
    """Whether the entry is marked: alone, in the member's history, in the score."""
    history = get(client, "/members/M001/entries").json["items"]
    lines = get(client, "/members/M001/score?period=2026-Q3").json["lines"]
    return {
        "entry": get(client, f"/entries/{entry}").json["disputed"],
        "history": next(item["disputed"] for item in history if item["id"] == str(entry)),
        "score": next(line["disputed"] for line in lines if line["entry"] == str(entry)),
    }


def test_a_disputed_entry_is_marked_until_its_reply(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    entry, other = record(by="street"), record(rule="note", by="street")
    frozen_clock.advance(seconds=1)
    found = tally_work.publicised("QS", "2026-Q3")
    nowhere = {"entry": False, "history": False, "score": False}
    assert disputed(client, entry) == nowhere
    number = raised(entry_id=entry)
    assert disputed(client, entry) == {"entry": True, "history": True, "score": True}
    assert disputed(client, other) == nowhere
    assert marks(client, found) == {"results": {"M001"}, "list": {"M001"}}
    # It counts as before.
    assert get(client, "/members/M001/score").json["total"] == "53.00"
    post(client, f"/disputes/{number}/dismiss", {"reply": "查无此事"}, "secretary")
    assert disputed(client, entry) == nowhere
    assert marks(client, found) == {"results": set(), "list": set()}


def test_a_disputed_result_is_marked_in_its_tally_alone(client: FlaskClient) -> None:
    found, other = tally_work.publicised("QS", "2026-Q3"), tally_work.publicised("QS", "2026-Q2")
    raised("secretary", tally_id=found.id, member="M002", how="paper")
    assert marks(client, found) == {"results": {"M002"}, "list": {"M002"}}
    assert marks(client, other) == {"results": set(), "list": set()}


def test_an_entry_outside_the_window_marks_no_result_and_bars_nothing(
    client: FlaskClient, frozen_clock: FrozenClock
) -> None:
    raised(entry_id=record(day="2026-07-01"))
    before = tally_work.publicised("QS", "2026-Q2", 1)
    assert marks(client, before)["results"] == set()
    frozen_clock.advance(days=4)
    assert tallies.may_be_sealed(before, clock.now()) is None


def test_pages_mark_it_with_a_word(app: Flask, client: FlaskClient) -> None:
    entry = record()
    found = tally_work.publicised("QS", "2026-Q3")
    raised(entry_id=entry)
    factories.browser(client, "secretary")
    for path in ("/score?number=M001", "/members/M001", f"/tallies/{found.id}/list"):
        page = client.get(path).text
        assert 'disputed"' in page, path
        assert "有异议" in page, path
    other = app.test_client()
    factories.browser(other, "admin")
    page = other.get(f"/tallies/{found.id}").text
    assert 'class="disputed"' in page
    assert "1 件待答复" in page


# ---- what it means for a tally


def test_open_it_bars_the_sealing_and_upheld_it_asks_for_a_new_version(
    client: FlaskClient, frozen_clock: FrozenClock
) -> None:
    entry = record()
    frozen_clock.advance(seconds=1)
    found = tally_work.publicised("QS", "2026-Q3", 1)
    number = raised(entry_id=entry)
    frozen_clock.advance(days=4)
    assert "1 objections" in str(tallies.may_be_sealed(found, clock.now()))
    assert again() == "publicised"
    post(client, f"/disputes/{number}/uphold", {"reply": "确有误", "reverse": True}, "secretary")
    assert "compute and publicise" in str(tallies.may_be_sealed(found, clock.now()))
    frozen_clock.advance(seconds=1)
    assert again() == "queued"
    tally_work.compute(found)
    tally_work.publicise(found, 1)
    changes = get(client, f"/tallies/{found.id}/changes").json["items"]
    assert [(item["member"], item["before_total"], item["after_total"]) for item in changes] == [
        ("M001", "52.00", "60.00")
    ]
    frozen_clock.advance(days=4)
    assert tallies.may_be_sealed(found, clock.now()) is None
    assert again() == "publicised"


def test_upheld_without_an_entry_it_allows_a_new_version_and_bars_nothing(
    client: FlaskClient, frozen_clock: FrozenClock
) -> None:
    found = tally_work.publicised("QS", "2026-Q3", 1)
    number = raised(tally_id=found.id)
    frozen_clock.advance(days=4)
    assert "1 objections" in str(tallies.may_be_sealed(found, clock.now()))
    body = {"reply": "类别登记有误，已改为正式党员，请重新汇总"}
    post(client, f"/disputes/{number}/uphold", body, "secretary")
    assert tallies.may_be_sealed(found, clock.now()) is None
    assert again() == "queued"


def test_dismissed_or_withdrawn_it_changes_nothing(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    entries = record(by="street"), record(by="street", day="2026-07-02")
    frozen_clock.advance(seconds=1)
    found = tally_work.publicised("QS", "2026-Q3", 1)
    first, second = (raised(entry_id=entry) for entry in entries)
    post(client, f"/disputes/{first}/dismiss", {"reply": "查无此事"}, "secretary")
    post(client, f"/disputes/{second}/withdraw", {}, "member")
    frozen_clock.advance(days=4)
    assert tallies.may_be_sealed(found, clock.now()) is None
    assert again() == "publicised"


def test_an_objection_that_was_upheld_before_the_cutoff_is_in_the_result(
    client: FlaskClient, frozen_clock: FrozenClock
) -> None:
    number = raised(entry_id=record())
    post(client, f"/disputes/{number}/uphold", {"reply": "确有误", "reverse": True}, "secretary")
    frozen_clock.advance(seconds=1)
    found = tally_work.publicised("QS", "2026-Q3", 1)
    frozen_clock.advance(days=4)
    assert tallies.may_be_sealed(found, clock.now()) is None
    assert again() == "publicised"


def test_while_the_next_version_waits_everything_can_still_be_read(
    app: Flask, client: FlaskClient, frozen_clock: FrozenClock
) -> None:
    entry = record()
    frozen_clock.advance(seconds=1)
    found = tally_work.publicised("QS", "2026-Q3")
    frozen_clock.advance(seconds=1)
    sheets.reverse(entry)
    raised("secretary", tally_id=found.id, member="M002", how="phone")
    assert again() == "queued"
    assert marks(client, found)["results"] == {"M002"}
    admin = app.test_client()
    factories.browser(admin, "admin")
    for path in (f"/tallies/{found.id}", f"/tallies/{found.id}/list", "/publicity", "/tallies"):
        assert admin.get(path).status_code == 200, path


def test_marking_a_page_of_entries_asks_once(client: FlaskClient) -> None:
    headers = factories.bearer("admin")
    for day in range(1, 4):
        record(day=f"2026-07-0{day}")
    with counted() as few:
        client.get("/api/v1/members/M001/entries?limit=1", headers=headers)
    with counted() as many:
        client.get("/api/v1/members/M001/entries?limit=3", headers=headers)
    assert len(few) == len(many)
