"""Sealing a tally and proving a result, over HTTP and on the pages."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc import clock, queues
from pointsvc.db import db, transaction
from pointsvc.permissions import PERMISSION_MAP, SYSTEM, Permission
from pointsvc.seals import verify
from pointsvc.seals.models import Seal
from pointsvc.tallies import fingerprint, sealing
from pointsvc.tallies.models import Tally
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import BY_ROLE, bearer
from tests.tallies import sheets, work

API = "/api/v1"


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    sheets.ruled_district()


def get(client: FlaskClient, path: str, name: str = "admin") -> Any:
    return client.get(API + path, headers=bearer(name))


def post(client: FlaskClient, path: str, name: str = "admin") -> Any:
    return client.post(API + path, headers=bearer(name))


def planted(organisation: str = "QS", period: str = "2026-Q3") -> Tally:
    """A publicised tally with its tree."""
    found = work.over(organisation, period)
    with transaction():
        fingerprint.plant(actor=SYSTEM, at=clock.now(), tally=found, version=found.version)
    return found


# ---- POST /tallies/{id}/seal


def test_it_is_sealed_and_says_so(client: FlaskClient) -> None:
    found = work.over("QS", "2026-Q3")
    answer = post(client, f"/tallies/{found.id}/seal")
    (one,) = db.session.scalars(select(Seal))
    assert answer.status_code == 200
    assert answer.json["status"] == "sealed"
    assert answer.json["seal"] == {
        "n": 1,
        "chain": one.chain,
        "entries_root": one.entries_root,
        "entries_size": 0,
        "results_root": one.results_root,
        "results_size": 5,
        "sealed_at": "2026-08-15T10:00:00.000+08:00",
    }
    assert get(client, f"/tallies/{found.id}").json["seal"] == answer.json["seal"]
    assert get(client, "/tallies").json["items"][0]["seal"] == answer.json["seal"]
    assert one.sealed_by_id == factories.actor("admin").sign_in_id


def test_sealing_it_again_changes_nothing(client: FlaskClient) -> None:
    found = work.over("QS", "2026-Q3")
    first = post(client, f"/tallies/{found.id}/seal")
    again = post(client, f"/tallies/{found.id}/seal")
    assert (again.status_code, again.json) == (200, first.json)


def test_a_large_one_is_polled(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "AT_ONCE", 2)
    found = work.over("QS", "2026-Q3")
    answer = post(client, f"/tallies/{found.id}/seal")
    assert (answer.status_code, answer.json["status"], answer.json["seal"]) == (202, "publicised", None)
    assert answer.headers["Location"] == f"{API}/tallies/{found.id}"
    db.session.refresh(found)
    sealing.seal_in_parts(tally_id=found.id, by_id=None, job_id=found.job_id or 0, token=work.claim(found))
    assert get(client, f"/tallies/{found.id}").json["status"] == "sealed"


def test_before_its_time_it_is_refused(client: FlaskClient) -> None:
    found = work.tally("QS", "2026-Q3")
    answer = post(client, f"/tallies/{found.id}/seal")
    assert (answer.status_code, answer.json["code"]) == (409, "not_publicised")
    work.publicise_until(found, date(2026, 8, 15))
    answer = post(client, f"/tallies/{found.id}/seal")
    assert (answer.status_code, answer.json["code"]) == (409, "publicity_runs")


@pytest.mark.parametrize("role", list(BY_ROLE))
def test_who_may_seal(client: FlaskClient, role: Any) -> None:
    found = work.over("QS0101", "2026-Q3")
    answer = post(client, f"/tallies/{found.id}/seal", BY_ROLE[role])
    assert answer.status_code == (200 if role in PERMISSION_MAP[Permission.TALLIES_SEAL] else 403)


def test_a_strangers_tally_is_not_found(client: FlaskClient) -> None:
    found = work.over("QS", "2026-Q3")
    assert post(client, f"/tallies/{found.id}/seal", "secretary").status_code == 404
    assert post(client, "/tallies/999999999/seal").status_code == 404
    assert post(client, "/tallies/x/seal").status_code == 404


def test_a_sealed_tally_is_not_computed_again(client: FlaskClient) -> None:
    work.sealed("QS", "2026-Q3")
    answer = client.post(f"{API}/tallies", json={"organisation": "QS", "period": "2026-Q3"}, headers=bearer("admin"))
    assert (answer.status_code, answer.json["code"]) == (409, "sealed")


# ---- GET /tallies/{id}/proof


def test_the_proof_of_a_result_holds_from_publicity_on(client: FlaskClient, tmp_path: Any) -> None:
    found = planted()
    before = get(client, f"/tallies/{found.id}/proof?member=M001", "member")
    assert before.status_code == 200
    assert (before.json["kind"], before.json["index"], before.json["size"]) == ("result", 0, 5)
    assert before.json["seal"] is None
    assert before.json["words"] == "党员 M001 的2026年第3季度汇总结果，是公示名单 5 人中的第 1 项"
    post(client, f"/tallies/{found.id}/seal")
    after = get(client, f"/tallies/{found.id}/proof?member=M001", "member")
    assert after.json["root"] == before.json["root"]
    assert after.json["words"].endswith("名单已由第 1 号封存")
    for answer in (before, after):
        (tmp_path / "proof.json").write_bytes(answer.data)
        assert verify.main([str(tmp_path / "proof.json"), before.json["root"]]) == 0


def test_it_is_of_the_list_that_was_publicised_last(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    found = planted()
    first = get(client, f"/tallies/{found.id}/proof?member=M001").json["root"]
    frozen_clock.advance(minutes=1)
    sheets.record("M001", "talk", "2026-07-03")
    work.tally("QS", "2026-Q3")
    assert get(client, f"/tallies/{found.id}/proof?member=M001").json["root"] == first
    work.publicise_until(found, date(2026, 8, 14))
    with transaction():
        second, _ = fingerprint.plant(actor=SYSTEM, at=clock.now(), tally=found, version=2)
    assert get(client, f"/tallies/{found.id}/proof?member=M001").json["root"] == second


def test_before_publicity_there_is_none(client: FlaskClient) -> None:
    found = work.tally("QS", "2026-Q3")
    answer = get(client, f"/tallies/{found.id}/proof?member=M001")
    assert (answer.status_code, answer.json["code"]) == (409, "not_publicised")


def test_whose_proof_one_may_have(client: FlaskClient) -> None:
    found = planted()
    answers = {
        name: get(client, f"/tallies/{found.id}/proof?member=M001", name).status_code for name, *_ in factories.SIGN_INS
    }
    # The branch and the member reach the member, so they may, though the tally is the district's.
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
    assert get(client, f"/tallies/{found.id}/proof?member=M002", "member").status_code == 404


def test_who_is_not_on_the_list_has_no_proof(client: FlaskClient) -> None:
    found = planted("QS0101")
    assert get(client, f"/tallies/{found.id}/proof?member=M004").status_code == 404
    assert get(client, "/tallies/999999999/proof?member=M001").status_code == 404
    answer = get(client, f"/tallies/{found.id}/proof")
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["member"])


# ---- pages


def test_the_button_stands_there_when_its_time_has_come(client: FlaskClient) -> None:
    found = planted()
    token = factories.browser(client, "admin")
    page = client.get(f"/tallies/{found.id}").text
    assert f'action="/tallies/{found.id}/seal"' in page
    assert "异议期已满" in page
    assert "可以封存了" in client.get("/").text
    answer = client.post(f"/tallies/{found.id}/seal", data={"csrf_token": token})
    assert answer.location == f"/tallies/{found.id}#seal"
    page = client.get(f"/tallies/{found.id}").text
    assert "第 1 号封存" in page
    assert f'action="/tallies/{found.id}/seal"' not in page
    assert "可以封存了" not in client.get("/").text


def test_nobody_else_sees_the_button(client: FlaskClient) -> None:
    found = planted()
    for name in ("overseer", "auditor"):
        factories.browser(client, name)
        page = client.get(f"/tallies/{found.id}").text
        assert "名单指纹" in page
        assert f'action="/tallies/{found.id}/seal"' not in page
        assert "可以封存了" not in client.get("/").text
        client.delete_cookie("pointsvc")


def test_a_refusal_is_said_on_the_page(client: FlaskClient) -> None:
    found = work.over("QS", "2026-Q3", date(2026, 8, 15))
    token = factories.browser(client, "admin")
    answer = client.post(f"/tallies/{found.id}/seal", data={"csrf_token": token})
    assert answer.status_code == 409
    assert "公示至" in answer.text


def test_a_worker_that_seals_shows_its_progress_and_its_end(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "AT_ONCE", 2)
    found = work.over("QS", "2026-Q3")
    token = factories.browser(client, "admin")
    client.post(f"/tallies/{found.id}/seal", data={"csrf_token": token})
    assert "<progress" in client.get(f"/tallies/{found.id}").text
    db.session.refresh(found)
    work.claim(found)
    with transaction():
        queues.put_back(job_id=found.job_id or 0, token=1, at=clock.now(), error="断电", final=True)
    page = client.get(f"/tallies/{found.id}").text
    assert "封存未能完成" in page
    assert "断电" in page
    assert get(client, f"/tallies/{found.id}").json["error"] == "断电"
    assert f'action="/tallies/{found.id}/seal"' in page


def test_the_member_finds_the_proof_beside_the_score(client: FlaskClient) -> None:
    found = planted()
    factories.browser(client, "member")
    page = client.get("/score?period=2026-Q3").text
    address = f"/tallies/{found.id}/proof.json?member=M001"
    assert address in page
    assert "已公示，尚未封存" in page
    answer = client.get(address)
    assert answer.headers["Content-Disposition"] == f"attachment; filename=proof-tally-{found.id}-M001.json"
    assert client.get(f"/tallies/{found.id}/proof.json?member=M002").status_code == 404
    assert address not in client.get("/score?period=2026-Q2").text
