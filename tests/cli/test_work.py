"""Imports, tallies, verification, backup and restoration by command."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from pointsvc import clock, queues
from pointsvc.db import db, transaction
from pointsvc.ledger.models import Entry
from pointsvc.people.models import Member, Organisation
from pointsvc.pledges.models import Pledge
from pointsvc.queues import Job
from pointsvc.tallies.models import Standing, TallyResult
from tests.cli.conftest import DISTRICT, Look, Run
from tests.conftest import Databases
from workers import run as workers

EXPECTED = json.loads((DISTRICT / "expected-2026-Q3.json").read_text(encoding="utf-8"))


def finish_jobs(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    with look() as app:
        monkeypatch.setattr(workers, "application", lambda: app)
        workers.drain()


@pytest.mark.usefixtures("district")
def test_the_offices_files_give_the_expected_figures(run: Run, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = EXPECTED["counts"]
    again = run("import", "entries", DISTRICT / "2026年三季度积分申报.csv")
    rows = counts["declared_rows"]
    assert again.stdout == f"{rows} rows: {rows} accepted, 0 refused, {rows} old; 0 entries\n"
    with look():
        assert db.session.scalar(select(func.count(Entry.id))) == counts["entries"]
        assert db.session.scalar(select(func.count(Member.id))) == counts["members"]
    tallied = run("tally", "--organisation", "YX", "--period", "2026-Q3")
    assert tallied.exit_code == 0, tallied.output
    grades = dict(line.split("\t") for line in tallied.stdout.splitlines())
    assert sum(map(int, grades.values())) == counts["members"]
    finish_jobs(look, monkeypatch)
    agreed = run("verify")
    assert (agreed.exit_code, agreed.stdout) == (0, "Everything agrees.\n"), agreed.output
    _faults_are_found(run, look)


def _faults_are_found(run: Run, look: Look) -> None:
    with look(), transaction():
        member_id = db.session.scalar(select(func.min(Member.id)))
        number = db.session.scalar(select(Member.number).where(Member.id == member_id))
        db.session.execute(update(Standing).where(Standing.member_id == member_id).values(total=Decimal("999.00")))
        db.session.execute(update(TallyResult).where(TallyResult.member_id == member_id).values(raw=Decimal("999.00")))
        job = queues.enqueue(topic=queues.CLEAN_UP, payload={}, at=clock.now())
        job.status, job.error = "dead", "no reason"
        waiting = queues.enqueue(topic=queues.CLEAN_UP, payload={}, at=datetime(2026, 10, 1, tzinfo=UTC))
        db.session.flush()
        dead_id, waiting_id = job.id, waiting.id
    found = run("verify")
    assert found.exit_code == 1
    assert found.stdout.splitlines() == [
        f"The kept total of member {number} is not what the entries give",
        f"Tally 1 (2026-Q3): the result of member {number} is not what the entries give",
        f"Job {dead_id} (clean_up) was given up: no reason",
        f"Job {waiting_id} (clean_up) has been waiting since 2026-10-01T00:00:00+00:00; do the workers run?",
    ]
    assert found.stderr == "4 faults found\n"


def test_a_refused_row_is_told_with_its_place_and_ends_with_1(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_text("党员编号,日期,规则编码,积分\nNOBODY,2026-07-05,volunteer,2\n", encoding="utf-8")
    done = run("import", "entries", file, "--dry-run")
    assert done.exit_code == 1, done.output
    assert "1 refused" in done.stdout
    assert "row 2" in done.stdout
    assert done.stdout.endswith("Nothing was written: this was only a look through.\n")


def test_a_file_that_is_none_is_told(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "picture.xlsx"
    file.write_bytes(b"\x89PNG\r\n" + bytes(500))
    done = run("import", "members", file)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr
    assert "Traceback" not in done.output


def test_a_tally_of_what_is_unknown_is_refused(run: Run) -> None:
    done = run("tally", "--organisation", "NOWHERE", "--period", "2026-Q3")
    assert (done.exit_code, "NOWHERE" in done.stderr) == (1, True)


# ---- backup


@pytest.fixture
def backup(run: Run, look: Look, tmp_path: Path) -> Path:
    """A backup of a service with organisations, one job done and one waiting."""
    assert run("import", "organisations", DISTRICT / "组织架构.xlsx").exit_code == 0
    with look(), transaction():
        queues.enqueue(topic=queues.CLEAN_UP, payload={}, at=clock.now())
    file = tmp_path / "backups" / "whole.tgz"
    written = run("backup", file)
    assert written.exit_code == 0, written.output
    assert file.stat().st_mode & 0o077 == 0
    assert [path.name for path in file.parent.iterdir()] == ["whole.tgz"]
    return file


def test_a_backup_comes_back_elsewhere_and_what_was_done_stays_done(
    run: Run, look: Look, backup: Path, databases: Databases, tmp_path: Path
) -> None:
    url, remove = databases.new()
    try:
        elsewhere = {"POINTSVC_DATABASE_URL": url, "POINTSVC_DATA_DIR": str(tmp_path / "elsewhere")}
        restored = run("restore", backup, **elsewhere)
        assert restored.exit_code == 0, restored.output
        with look(**elsewhere):
            assert db.session.scalar(select(func.count(Organisation.id))) == EXPECTED["counts"]["organisations"]
            assert sorted(db.session.scalars(select(Job.status))) == ["done", "queued"]
        refused = run("restore", backup, **elsewhere)
        assert (refused.exit_code, "--force" in refused.stderr) == (1, True)
        assert run("restore", backup, "--force", **elsewhere).exit_code == 0
        assert run("verify", **elsewhere).exit_code == 0
    finally:
        remove()


def test_the_kept_secret_comes_back(run: Run, tmp_path: Path) -> None:
    here = {"POINTSVC_DATA_DIR": str(tmp_path / "a"), "POINTSVC_DATABASE_URL": "", "POINTSVC_SECRET_KEY": ""}
    assert run("import", "organisations", DISTRICT / "组织架构.xlsx", **here).exit_code == 0
    assert run("backup", tmp_path / "file", **here).exit_code == 0
    there = here | {"POINTSVC_DATA_DIR": str(tmp_path / "b")}
    assert run("restore", tmp_path / "file", **there).exit_code == 0
    secret = tmp_path / "b" / "secret_key"
    assert secret.read_text() == (tmp_path / "a" / "secret_key").read_text()
    assert secret.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("damage", ["cut", "turned", "text", "other"])
def test_a_damaged_backup_is_refused_and_nothing_is_touched(
    run: Run, look: Look, backup: Path, tmp_path: Path, damage: str
) -> None:
    whole = backup.read_bytes()
    unpacked = bytearray(gzip.decompress(whole))
    unpacked[len(unpacked) // 2] ^= 255
    content = {
        "cut": whole[: len(whole) // 2],
        "turned": gzip.compress(bytes(unpacked)),
        "text": b"no backup",
        "other": gzip.compress(b"no backup"),
    }[damage]
    bad = tmp_path / "bad.tgz"
    bad.write_bytes(content)
    refused = run("restore", bad, "--force")
    assert (refused.exit_code, "damaged" in refused.stderr) == (1, True), refused.output
    with look():
        assert db.session.scalar(select(func.count(Organisation.id))) == EXPECTED["counts"]["organisations"]


def test_a_backup_of_the_other_engine_is_refused(run: Run, backup: Path, tmp_path: Path, engine_name: str) -> None:
    if engine_name == "sqlite":
        pytest.skip("a PostgreSQL backup is tried on SQLite")
    here = {"POINTSVC_DATABASE_URL": "", "POINTSVC_DATA_DIR": str(tmp_path / "other")}
    refused = run("restore", backup, **here)
    assert (refused.exit_code, "postgresql" in refused.stderr) == (1, True)


def test_a_missing_tool_is_named(run: Run, tmp_path: Path, engine_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if engine_name == "sqlite":
        pytest.skip("SQLite needs no tool")
    monkeypatch.setenv("PATH", str(tmp_path))
    refused = run("backup", tmp_path / "file")
    assert (refused.exit_code, "pg_dump" in refused.stderr) == (1, True)
    assert not (tmp_path / "file").exists()


def test_the_offices_ledger_of_pledges_comes_in_by_command(run: Run, look: Look, tmp_path: Path) -> None:
    (tmp_path / "组织.csv").write_text("组织代码,组织名称,组织类别\nQS,青石区委,区委\n", "utf-8-sig")
    (tmp_path / "党员.csv").write_text("党员编号,姓名,所在党支部\nM1,程不易,QS\n", "utf-8-sig")
    file = tmp_path / "2026年承诺台账.csv"
    file.write_text("姓名,承诺事项,完成时限\n程不易,修好路灯,2026年11月\n王不在,修路,年底\n", "utf-8-sig")
    assert run("import", "organisations", tmp_path / "组织.csv").exit_code == 0
    assert run("import", "members", tmp_path / "党员.csv").exit_code == 0
    assert run("import", "pledges", file, "--dry-run").exit_code == 1
    done = run("import", "pledges", file)
    assert done.exit_code == 1
    assert done.stdout.startswith("2 rows: 1 accepted, 1 refused, 0 old; 0 entries")
    assert "row 3 姓名:" in done.stdout
    with look():
        assert [str(row.due_on) for row in db.session.scalars(select(Pledge))] == ["2026-11-30"]
