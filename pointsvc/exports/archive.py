"""The archive: all data of a node as plain files that any program can read, in one zip. See readme.py."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any, cast

from sqlalchemy import select

from pointsvc import clock
from pointsvc.db import db
from pointsvc.exports import attendance, columns, entries, people, pledges
from pointsvc.exports.pieces import Pause
from pointsvc.exports.readme import README
from pointsvc.people import reach
from pointsvc.people.models import Organisation, OrganisationReach
from pointsvc.schemes.models import Scheme
from pointsvc.spreadsheets import Column, Row, Table, write_csv
from pointsvc.tallies.models import Tally
from pointsvc.tallies.sheet import results_table

FORMAT = 1
MANIFEST = "manifest.json"


class _Digested(io.RawIOBase):
    """Writes through to another file and reckons the digest on the way."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.sha256 = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self.sha256.update(content)
        self.size += len(content)
        return self.file.write(content)


@dataclass
class Archive:
    """A zip on its way: what has been put in, for the manifest."""

    zip: zipfile.ZipFile
    made_at: datetime
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    @contextmanager
    def member(self, name: str) -> Iterator[IO[bytes]]:
        """A file of the archive, open for writing."""
        info = zipfile.ZipInfo(name, clock.local(self.made_at).timetuple()[:6])
        info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
        with self.zip.open(info, "w", force_zip64=True) as raw:
            digested = _Digested(raw)
            yield cast(IO[bytes], digested)
        self.files[name] = {"sha256": digested.sha256.hexdigest(), "bytes": digested.size}

    def text(self, name: str, content: str) -> None:
        """A text in UTF-8."""
        with self.member(name) as file:
            file.write(content.encode())

    def table(self, name: str, headings: tuple[Column, ...], rows: Iterator[Row]) -> None:
        """A table as a text file of values."""
        self.sheet(name, Table(name, headings, rows))

    def sheet(self, name: str, table: Table) -> None:
        """The same for a table that is one already."""
        with self.member(name) as file:
            written = write_csv(file, table)
        self.files[name]["rows"] = written


def write(path: Path, *, organisation_id: int, at: datetime, pause: Pause) -> dict[str, int]:
    """Write the archive of this node and below; the rows by file.

    ``pause`` is called between pieces of work, outside of any reading: the caller may write then.
    """
    owner = db.session.get_one(Organisation, organisation_id)
    code, name = owner.code, owner.name
    through = entries.newest_id()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
        archive = Archive(packed, at)
        archive.text("README.txt", README)
        _people(archive, organisation_id, pause)
        _schemes(archive, organisation_id, pause)
        asked = entries.Asked(organisation_id, through_id=through)
        archive.table("entries.csv", columns.ENTRIES, entries.rows(asked, pause))
        archive.table("attendance.csv", columns.ATTENDANCE, attendance.rows(organisation_id, pause=pause))
        pause()
        archive.table("pledges.csv", columns.PLEDGES, pledges.rows(organisation_id))
        _tallies(archive, organisation_id, pause)
        told = {
            "format": FORMAT,
            "organisation": {"code": code, "name": name},
            "made_at": clock.local(at).isoformat(timespec="seconds"),
            "through_entry": str(through),
            "files": dict(sorted(archive.files.items())),
        }
        archive.text(MANIFEST, json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    return {file: about["rows"] for file, about in archive.files.items() if "rows" in about}


def _people(archive: Archive, organisation_id: int, pause: Pause) -> None:
    archive.table("organisations.csv", columns.ORGANISATIONS, people.organisations(organisation_id))
    archive.table("members.csv", columns.MEMBERS, people.members(organisation_id, everybody=True, pause=pause))
    parts: tuple[tuple[str, tuple[Column, ...], Callable[[int, Pause], Iterator[Row]]], ...] = (
        ("memberships.csv", columns.MEMBERSHIPS, people.memberships),
        ("categories.csv", columns.CATEGORIES, people.categories),
        ("previous_totals.csv", columns.CARRIED, people.previous_totals),
    )
    for name, headings, rows in parts:
        archive.table(name, headings, rows(organisation_id, pause))


def _schemes(archive: Archive, organisation_id: int, pause: Pause) -> None:
    """Every published version that ever held here: the node's own, those below it, and those from above."""
    pause()
    above = select(OrganisationReach.above_id).where(OrganisationReach.below_id == organisation_id)
    rows = db.session.execute(
        select(Organisation.code, Scheme.version, Scheme.name, Scheme.starts_on, Scheme.digest, Scheme.document)
        .join(Organisation, Organisation.id == Scheme.organisation_id)
        .where(Scheme.status == "published")
        .where(Scheme.organisation_id.in_(above) | Scheme.organisation_id.in_(reach.ids_below(organisation_id)))
        .order_by(Scheme.starts_on, Organisation.code, Scheme.version)
    ).all()
    for row in rows:
        name = f"schemes/{row.starts_on.isoformat()}-{row.code}-v{row.version}.json"
        archive.text(name, json.dumps(row.document, ensure_ascii=False, indent=1) + "\n")
        archive.files[name] |= {
            "organisation": row.code,
            "from": row.starts_on.isoformat(),
            "check": row.digest[: entries.CHECK],
        }


def _tallies(archive: Archive, organisation_id: int, pause: Pause) -> None:
    rows = db.session.execute(
        select(Tally, Organisation)
        .join(Organisation, Organisation.id == Tally.organisation_id)
        .where(Tally.version > 0, Tally.organisation_id.in_(reach.ids_below(organisation_id)))
        .order_by(Organisation.code, Tally.period)
    ).all()
    for tally, owner in rows:
        pause()
        name = f"tallies/{owner.code}-{tally.period}-v{tally.version}.csv"
        archive.sheet(name, results_table(tally, owner))
        cutoff = clock.local(tally.cutoff_at).isoformat() if tally.cutoff_at else None
        archive.files[name] |= {"status": tally.status, "cutoff": cutoff}
