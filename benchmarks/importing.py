"""Job 5: an import of declared points, beside a bare parse plus COPY. Each runs in a process of its own."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg
import xlsxwriter
from python_calamine import CalamineWorkbook

from benchmarks.district import District
from benchmarks.measuring import Contestant, Meter, Sample, compare
from benchmarks.table import Row, by_seconds
from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.imports import service as imports
from pointsvc.permissions import SYSTEM

HEADINGS = ("党员编号", "姓名", "发生日期", "积分项目", "数量", "事由", "备注", "经办人")
COLUMNS = (
    "member_id, branch_id, rule_id, scheme_id, points, quantity, matter, note, "
    "occurred_on, recorded_at, source, natural_key"
)


def rows(district: District) -> list[Row]:
    """The table's rows of the imports, into copies of this district."""
    found = []
    files = write_files(district)
    for kind, goal in (("xlsx", "<= 1.4; <= 200 MiB"), ("csv", "<= 1.5; <= 200 MiB")):
        memory: dict[str, list[float]] = {}
        contestants = {who: _contestant(district, who, files[kind], memory) for who in ("ours", "floor")}
        measured = compare(contestants, rounds=district.scale.long_rounds, calls=1)
        job = f"5 import {district.scale.import_rows:,} rows, {kind}"
        more = f"{max(memory['ours']):.0f} MiB ({max(memory['floor']):.0f})"
        found.append(by_seconds(job, measured["ours"], "parse + COPY", measured["floor"], goal, more=more))
    return found


def write_files(district: District) -> dict[str, Path]:
    """The same rows as a workbook and as a text file."""
    book, plain = district.folder / "entries.xlsx", district.folder / "entries.csv"
    content = list(_declared(district))
    with xlsxwriter.Workbook(book, {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        for n, row in enumerate([HEADINGS, *content]):
            sheet.write_row(n, 0, row)
    with plain.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([HEADINGS, *content])
    return {"xlsx": book, "csv": plain}


def _declared(district: District) -> Iterator[tuple[str, ...]]:
    rng = random.Random(7)
    first = district.cycle[0]
    days = (district.today - first).days
    for n in range(district.scale.import_rows):
        # Each member comes again only after all the others, as in a file that branches have put together.
        place = n % district.scale.members
        day = first + timedelta(days=rng.randint(0, days))
        rule = f"{('study', 'life', 'serve', 'honour')[n % 4]}{n % 5}"
        name = f"Name {(place + 1) % 5000}"
        yield district.number(place), name, day.isoformat(), rule, "1", f"事项{n % 97}", f"第{n}条", "张三"


def _contestant(district: District, who: str, file: Path, memory: dict[str, list[float]]) -> Contestant:
    def contestant(calls: int) -> Sample:
        with district.copy("importing") as copy:
            environ = os.environ | copy.environ
            meter = Meter(own=False)
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.importing", who, str(file)],
                env=environ, check=True, capture_output=True, text=True,
            )  # fmt: skip
            server = meter.used()
        told = json.loads(done.stdout.splitlines()[-1])
        if told["rows"] != district.scale.import_rows:
            raise RuntimeError(f"{who} took {told['rows']} rows of {district.scale.import_rows}: {done.stdout}")
        memory.setdefault(who, []).append(told["mebibytes"])
        return Sample(told["seconds"], [told["seconds"]], told["cpu"] + server)

    return contestant


# ---- in the process of its own


def main() -> None:
    """``python -m benchmarks.importing ours|floor FILE``: prints seconds, CPU, MiB more, and rows taken."""
    who, file = sys.argv[1], Path(sys.argv[2])
    print(json.dumps(_ours(file) if who == "ours" else _floor(file)))


def _ours(file: Path) -> dict[str, Any]:
    from pointsvc import create_app

    import_module("workers.run")
    run_next = import_module("workers.base").run_next
    app = create_app()
    with app.app_context():
        db.session.connection()
        db.session.rollback()
        before = _peak(), time.process_time(), time.perf_counter()
        with transaction():
            row = imports.upload(
                actor=SYSTEM, at=clock.now(), kind="entries", filename=file.name, content=file.read_bytes()
            )
        run_next(app, only=row.job_id)
        told = _told(before)
        db.session.expire_all()
        row = imports.find(actor=SYSTEM, import_id=row.id)
        return {**told, "rows": row.entries, "status": row.status}


def _floor(file: Path) -> dict[str, Any]:
    with psycopg.connect(os.environ["BENCH_CONNINFO"]) as connection:
        before = _peak(), time.process_time(), time.perf_counter()
        members = {
            row[0]: row[1:]
            for row in connection.execute(
                "SELECT m.number, m.id, s.organisation_id FROM member m JOIN membership s ON s.member_id = m.id"
            )
        }
        rules = dict(connection.execute("SELECT code, id FROM rule").fetchall())
        scheme = connection.execute("SELECT id FROM scheme").fetchone()[0]
        now, taken = clock.now(), 0
        with connection.cursor() as cursor, cursor.copy(f"COPY entry ({COLUMNS}) FROM STDIN") as copy:
            for n, row in enumerate(_parsed(file)):
                member, branch = members[row[0]]
                key = hashlib.sha256("\x1f".join(row).encode()).hexdigest()[:40] + f":{n}"
                day = date.fromisoformat(row[2])
                copy.write_row(
                    (member, branch, rules[row[3]], scheme, 100, 100, row[5], row[6], day, now, "import", key)
                )
                taken += 1
        connection.commit()
        return {**_told(before), "rows": taken}


def _parsed(file: Path) -> Iterator[Any]:
    if file.suffix == ".xlsx":
        yield from CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()[1:]
        return
    with file.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(text)
        next(reader)
        yield from reader


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _told(before: tuple[int, float, float]) -> dict[str, float]:
    peak, cpu, start = before
    return {
        "seconds": time.perf_counter() - start,
        "cpu": time.process_time() - cpu,
        "mebibytes": (_peak() - peak) / 1024,
    }


if __name__ == "__main__":
    main()
