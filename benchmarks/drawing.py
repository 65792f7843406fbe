"""Job 10: 200 of 100,000 units drawn, with two inspectors each, beside nothing but the hashes and a sort."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from itertools import count

from benchmarks.district import District, inside
from benchmarks.measuring import Contestant, Meter, Sample, compare
from benchmarks.table import Row, by_seconds
from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.permissions import SYSTEM
from pointsvc.spotchecks import framing, planning
from pointsvc.spotchecks import service as spotchecks

UNITS = 100_000
DRAWN = 200
INSPECTORS = 30
DIGITS = "20237331128159211123"
CODES = [f"U{n:06}" for n in range(UNITS)]
_numbers = count(1)


def rows(district: District) -> list[Row]:
    """The table's row of the draw; the plan and its frozen list are made outside of the time."""
    contestants = {"ours": _timed(_frozen, _draw), "floor": _timed(lambda: 0, _hashes)}
    with inside(district):
        found = compare(contestants, rounds=district.scale.rounds, calls=1)
    job = f"10 draw {DRAWN} of {UNITS:,} units"
    return [by_seconds(job, found["ours"], "hashes and a sort", found["floor"], "well under 1 s")]


def _timed(prepare: Callable[[], int], act: Callable[[int], object]) -> Contestant:
    def contestant(calls: int) -> Sample:
        number = prepare()
        meter, start = Meter(), time.perf_counter()
        act(number)
        seconds = time.perf_counter() - start
        return Sample(seconds, [seconds], meter.used())

    return contestant


def _frozen() -> int:
    at = clock.now()
    with transaction():
        made = planning.plan(
            actor=SYSTEM,
            at=at,
            plan=f"BENCH-{next(_numbers)}",
            organisation="D",
            title="for measuring",
            due_on=clock.today() + timedelta(days=30),
        )
        part = framing.Part("all", "other", n=DRAWN, units=[(code, None) for code in CODES])
        framing.put_part(actor=SYSTEM, at=at, spot_check_id=made.id, part=part)
        people = [planning.NewInspector(f"I{n}", f"I{n}", "body") for n in range(INSPECTORS)]
        planning.put_inspectors(actor=SYSTEM, at=at, spot_check_id=made.id, inspectors=people)
        spotchecks.freeze(actor=SYSTEM, at=at, spot_check_id=made.id)
        return made.id


def _draw(number: int) -> None:
    with transaction():
        spotchecks.draw(actor=SYSTEM, at=clock.now(), spot_check_id=number, digits=DIGITS)


def _hashes(number: int) -> list[str]:
    return sorted(sha256(f"ticket|v1|{DIGITS}|all|{code}".encode()).hexdigest() for code in CODES)[:DRAWN]
