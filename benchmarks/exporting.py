"""Job 9: an export of entries to a workbook, beside a bare fetch plus the same writer. Each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import psycopg
from rustpy_xlsxwriter import write_worksheet

from benchmarks.district import District
from benchmarks.importing import _peak, _told
from benchmarks.measuring import Contestant, Meter, Sample, compare
from benchmarks.table import Row, by_seconds
from pointsvc.db import db
from pointsvc.exports import columns, entries
from pointsvc.people.models import Organisation
from pointsvc.spreadsheets import Table, write_xlsx

WANTED = 100_000
FETCH = (
    "SELECT e.id, m.number, m.name, o.code, o.name, e.occurred_on, r.code, e.quantity, e.tier, e.points, e.matter, "
    "e.note, e.recorded_at, s.name, e.source, e.reverses_id, l.id, c.digest FROM entry e "
    "JOIN member m ON m.id = e.member_id JOIN organisation o ON o.id = e.branch_id JOIN rule r ON r.id = e.rule_id "
    "JOIN scheme c ON c.id = e.scheme_id LEFT JOIN sign_in s ON s.id = e.recorded_by_id "
    "LEFT JOIN entry l ON l.reverses_id = e.id WHERE e.occurred_on BETWEEN %s AND %s ORDER BY e.id"
)


def rows(district: District) -> list[Row]:
    """The table's rows of the export: as many rows as in the goal, or all that there are."""
    memory: dict[str, list[float]] = {}
    taken: dict[str, int] = {}
    contestants = {who: _contestant(district, who, memory, taken) for who in ("ours", "floor")}
    measured = compare(contestants, rounds=district.scale.long_rounds, calls=1)
    job = f"9 export {taken['ours']:,} rows, xlsx"
    more = f"{max(memory['ours']):.0f} MiB ({max(memory['floor']):.0f})"
    return [by_seconds(job, measured["ours"], "fetch + Rust writer", measured["floor"], "<= 1.5; flat", more=more)]


def _days(district: District) -> tuple[date, date]:
    """So many days from the cycle's first on as have about as many entries as are wanted."""
    first = district.cycle[0]
    days = (district.today - first).days
    return first, first + timedelta(days=days * min(WANTED, district.scale.entries) // district.scale.entries)


def _contestant(district: District, who: str, memory: dict[str, list[float]], taken: dict[str, int]) -> Contestant:
    def contestant(calls: int) -> Sample:
        meter = Meter(own=False)
        first, last = _days(district)
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.exporting", who, first.isoformat(), last.isoformat()],
            env=os.environ | district.environ, check=True, capture_output=True, text=True,
        )  # fmt: skip
        server = meter.used()
        told = json.loads(done.stdout.splitlines()[-1])
        if taken.setdefault("ours", told["rows"]) != told["rows"]:
            raise RuntimeError(f"{who} wrote {told['rows']} rows: {done.stdout}")
        memory.setdefault(who, []).append(told["mebibytes"])
        return Sample(told["seconds"], [told["seconds"]], told["cpu"] + server)

    return contestant


# ---- in the process of its own


def main() -> None:
    """``python -m benchmarks.exporting ours|floor FIRST LAST``: prints seconds, CPU, MiB more, and rows written."""
    who, first, last = sys.argv[1], *map(date.fromisoformat, sys.argv[2:4])
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        print(json.dumps((_ours if who == "ours" else _floor)(file.name, first, last)))


def _ours(path: str, first: date, last: date) -> dict[str, Any]:
    from pointsvc import create_app

    app = create_app()
    with app.app_context():
        node = db.session.query(Organisation.id).filter(Organisation.code == "D").scalar()
        before = _peak(), time.process_time(), time.perf_counter()
        asked = entries.Asked(node, since=first, until=last, through_id=entries.newest_id())
        (written,) = write_xlsx(path, [Table("entries", columns.ENTRIES, entries.rows(asked))])
        return {**_told(before), "rows": written}


def _floor(path: str, first: date, last: date) -> dict[str, Any]:
    with psycopg.connect(os.environ["BENCH_CONNINFO"]) as connection:
        before = _peak(), time.process_time(), time.perf_counter()
        counted = [0]
        write_worksheet(_fetched(connection, first, last, counted), path, "entries", float_format="0.00")
        return {**_told(before), "rows": counted[0]}


def _fetched(connection: Any, first: date, last: date, counted: list[int]) -> Iterator[dict[str, Any]]:
    keys = [column.heading for column in columns.ENTRIES]
    with connection.cursor("rows") as cursor:
        cursor.itersize = entries.AT_ONCE
        cursor.execute(FETCH, [first, last])
        for row in cursor:
            counted[0] += 1
            values = list(row)
            values[0], values[7], values[9], values[12] = str(row[0]), row[7] / 100, row[9] / 100, str(row[12])
            values[15] = values[16] = None
            yield dict(zip(keys, values, strict=True))


if __name__ == "__main__":
    main()
