"""Tables and archives by command."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select

from pointsvc.audit.models import AuditEvent
from pointsvc.db import db
from tests.cli.conftest import Look, Run
from tests.cli.test_work import EXPECTED

KINDS = ("organisations", "members", "attendance", "entries")


@pytest.mark.usefixtures("district")
def test_what_is_exported_is_imported_again_unchanged(run: Run, look: Look, tmp_path: Path) -> None:
    for kind, ending in zip(KINDS, (".csv", ".xlsx", ".csv", ".xlsx"), strict=True):
        file = tmp_path / f"{kind}{ending}"
        written = run("export", kind, file, "--organisation", "YX")
        assert written.exit_code == 0, written.output
        rows = int(written.stdout.rpartition(": ")[2].split()[0])
        again = run("import", kind, file)
        assert again.stdout == f"{rows} rows: {rows} accepted, 0 refused, {rows} old; 0 entries\n", again.output
        assert file.stat().st_mode & 0o077 == 0
    with look():
        found = {event.action: event for event in db.session.scalars(select(AuditEvent))}
        assert found["export:entries"].details["rows"] == EXPECTED["counts"]["entries"]
        assert found["export:entries"].object_id == "YX"
    assert sorted(path.name for path in tmp_path.glob(".export-*")) == []


@pytest.mark.usefixtures("district")
def test_an_archive_is_written_here_and_now(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "all.zip"
    written = run("export", "archive", file, "--organisation", "YX")
    assert written.exit_code == 0, written.output
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        assert "entries.csv" in archive.namelist()
    period = run("export", "entries", tmp_path / "q.csv", "--organisation", "YX", "--period", "2026-07")
    assert period.exit_code == 0
    assert 0 < int(period.stdout.rpartition(": ")[2].split()[0]) < EXPECTED["counts"]["entries"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("entries", "a.pdf", "--organisation", "YX"), ".xlsx or .csv"),
        (("archive", "a.csv", "--organisation", "YX"), ".zip"),
        (("entries", "a.csv", "--organisation", "NOWHERE"), "NOWHERE"),
    ],
)
def test_what_cannot_be_written_is_told_and_leaves_nothing(
    run: Run, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    kind, name, *more = words
    refused = run("export", kind, tmp_path / name, *more)
    assert (refused.exit_code, told in refused.stderr) == (1, True), refused.output
    assert [path.name for path in tmp_path.iterdir() if path.name != "data"] == []
