"""An office's own workbooks, by API and by command, on both engines: every member's figures to the last cent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from pointsvc import queues
from pointsvc.db import db
from pointsvc.ledger.models import Entry
from pointsvc.people.models import Member, MemberCategory, Organisation
from pointsvc.permissions import Role
from pointsvc.tallies.models import Tally, TallyResult
from tests import factories
from tests.conftest import SECRET
from workers import base, run

DATA = Path(__file__).parents[1] / "data" / "district"
FILES = (
    ("organisations", "组织架构.xlsx"),
    ("members", "党员花名册.xlsx"),
    ("scheme", "scheme.json"),
    ("attendance", "2026年三季度签到表.xlsx"),
    ("entries", "2026年三季度积分申报.csv"),
)
EXPECTED: dict[str, Any] = json.loads((DATA / "expected-2026-Q3.json").read_text("utf-8"))


def carry_out_all(app: Flask) -> None:
    """Do the due jobs, as a worker does."""
    assert run.HANDLERS
    while base.run_next(app):
        pass


def counts() -> dict[str, Any]:
    """What the service now holds, under the names of the expected counts."""

    def number_of(query: Any) -> int:
        return db.session.scalar(query) or 0

    categories = db.session.execute(select(MemberCategory.category, func.count()).group_by(MemberCategory.category))
    return {
        "organisations": number_of(select(func.count()).select_from(Organisation)),
        "branches": number_of(select(func.count()).where(Organisation.kind == "branch")),
        "members": number_of(select(func.count()).select_from(Member)),
        "entries": number_of(select(func.count()).select_from(Entry)),
        "declared_rows": number_of(select(func.count()).where(Entry.source == "import")),
        "by_category": {row[0]: row[1] for row in categories},
    }


def money(value: Any) -> str | None:
    return None if value is None else f"{value:.2f}"


def kept_results() -> dict[str, Any]:
    """The results of the one tally, as the expected file tells them."""
    rows = db.session.execute(
        select(TallyResult, Member.number)
        .join(Member, Member.id == TallyResult.member_id)
        .join(Tally, (Tally.id == TallyResult.tally_id) & (Tally.version == TallyResult.version))
    )
    return {
        number: {
            "raw": money(row.raw),
            "total": money(row.total),
            "grade": row.grade,
            "veto": row.veto,
            "groups": {code: f"{value / 100:.2f}" for code, value in row.groups.items()},
        }
        for row, number in rows
    }


@pytest.mark.slow
def test_by_api_no_row_is_refused_and_every_figure_is_right(app: Flask, client: FlaskClient) -> None:
    factories.organisation("YX", "云溪区委", "district")
    factories.sign_in("office", Role.DISTRICT_ADMIN, "YX")
    headers = factories.bearer("office")
    for kind, name in FILES:
        form = {"kind": kind, "file": ((DATA / name).open("rb"), name)}
        place = client.post("/api/v1/imports", data=form, headers=headers).headers["Location"]
        carry_out_all(app)
        done = client.get(place, headers=headers).json
        assert (done["status"], done["rejected"], done["errors"]) == ("done", 0, []), name
    assert counts() == EXPECTED["counts"]

    asked = {"organisation": "YX", "period": EXPECTED["period"]}
    answer = client.post("/api/v1/tallies", json=asked, headers=headers)
    assert (answer.status_code, answer.json["status"]) == (202, "queued")
    carry_out_all(app)
    address = f"/api/v1/tallies/{answer.json['id']}"
    assert client.get(address, headers=headers).json["status"] == "computed"
    assert read_all(client, f"{address}/results", headers) == EXPECTED["totals"]
    grades = Counter(item["grade"] for item in EXPECTED["totals"].values())
    assert grades[None] == 99


def read_all(client: FlaskClient, address: str, headers: dict[str, str]) -> dict[str, Any]:
    """All results by member number, page after page."""
    found: dict[str, Any] = {}
    after = ""
    while True:
        page = client.get(f"{address}?limit=200{after}", headers=headers).json
        for item in page["items"]:
            found[item["member"]] = {name: item[name] for name in ("raw", "total", "grade", "veto", "groups")}
        if page["next"] is None:
            return found
        after = f"&after={page['next']}"


@pytest.mark.slow
def test_by_command_no_row_is_refused_and_every_figure_is_right(
    live_database: str, live_app: Flask, tmp_path: Path
) -> None:
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("POINTSVC_")},
        "POINTSVC_DATABASE_URL": live_database,
        "POINTSVC_DATA_DIR": str(tmp_path),
        "POINTSVC_SECRET_KEY": SECRET,
        "POINTSVC_REDIS_URL": "none",
    }

    def pointsvc(*words: str) -> None:
        command = [Path(sys.executable).with_name("pointsvc"), *words]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    for kind, name in FILES:
        pointsvc("import", kind, str(DATA / name))
    pointsvc("tally", "--organisation", "YX", "--period", EXPECTED["period"])
    with live_app.app_context():
        assert counts() == EXPECTED["counts"]
        assert kept_results() == EXPECTED["totals"]
    pointsvc("verify")
    # The same files again add nothing.
    for kind, name in FILES[3:]:
        pointsvc("import", kind, str(DATA / name))
    with live_app.app_context():
        assert counts() == EXPECTED["counts"]
        assert not db.session.scalar(select(queues.Job.id).where(queues.Job.status == "dead"))
