"""Jobs 1 to 4: what a request costs, in this process and through the web server."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import orjson
import psycopg
from flask import Flask

from benchmarks import floors, serving, wsgi
from benchmarks.district import District
from benchmarks.measuring import Contestant, compare, here
from benchmarks.table import Row, by_rate
from pointsvc.db import db

CONNECTIONS = (1, 4, 16)
BATCH = 50


@dataclass(frozen=True)
class Call:
    """One kind of request: which application answers it, and what is asked each time."""

    ours: bool
    method: str
    ask: Callable[[int], tuple[str, bytes]]
    keyed: bool = False


class Calls:
    """The requests of the jobs, for members and days of this district."""

    def __init__(self, district: District) -> None:
        self.district = district
        with psycopg.connect(district.conninfo) as connection:
            found = connection.execute(
                "SELECT m.id, s.organisation_id, (SELECT id FROM rule WHERE code = 'study0'), (SELECT id FROM scheme) "
                "FROM member m JOIN membership s ON s.member_id = m.id ORDER BY m.id LIMIT 2000"
            )
            self.places = found.fetchall()
        day = district.today.isoformat()
        self.by_name = {
            "ours": Call(True, "POST", lambda n: ("/api/v1/entries", self._entry(n, day)), keyed=True),
            "hello": Call(False, "GET", lambda n: ("/hello", b"")),
            "lean psycopg": Call(False, "POST", lambda n: ("/lean", self._bare(n, day, "member", "branch"))),
            "lean ORM": Call(False, "POST", lambda n: ("/orm", self._bare_ids(n, day))),
            "batch": Call(True, "POST", lambda n: ("/api/v1/entries/batch", self._batch(n, day)), keyed=True),
            "batch by hand": Call(False, "POST", lambda n: ("/batch", self._bare_batch(n, day))),
            "score": Call(True, "GET", lambda n: (f"/api/v1/members/{self._number(n)}/score", b"")),
            "score by hand": Call(False, "GET", lambda n: (f"/score/{self._number(n)}", b"")),
            "history": Call(True, "GET", lambda n: (f"/api/v1/members/{self._number(n)}/entries?limit=20", b"")),
            "history by hand": Call(False, "GET", lambda n: (f"/history/{self._number(n)}", b"")),
            "history by ORM": Call(False, "GET", lambda n: (f"/orm-history/{self._number(n)}", b"")),
            "standings": Call(True, "GET", lambda n: ("/api/v1/standings?organisation=D&limit=50", b"")),
            "standings by hand": Call(False, "GET", lambda n: ("/standings/D", b"")),
            "street": Call(True, "GET", lambda n: ("/api/v1/standings?organisation=S1&limit=50", b"")),
            "street by hand": Call(False, "GET", lambda n: ("/standings/S1", b"")),
        }

    def _number(self, n: int) -> str:
        # A step that reaches all members, so that no page of the table stays hotter than the others.
        return self.district.number(n * 7919)

    def _entry(self, n: int, day: str) -> bytes:
        return orjson.dumps({"member": self._number(n), "rule": "study0", "occurred_on": day})

    def _batch(self, n: int, day: str) -> bytes:
        members = [self.district.number(n * BATCH + k) for k in range(BATCH)]
        return orjson.dumps({"members": members, "rule": "study0", "occurred_on": day})

    def _bare(self, n: int, day: str, member: str, branch: str) -> bytes:
        place = self.places[n % len(self.places)]
        return orjson.dumps({member: place[0], branch: place[1], "rule": place[2], "scheme": place[3], "day": day})

    def _bare_ids(self, n: int, day: str) -> bytes:
        names = ("member_id", "branch_id", "rule_id", "scheme_id")
        values = dict(zip(names, self.places[n % len(self.places)], strict=True))
        return orjson.dumps({**values, "occurred_on": day})

    def _bare_batch(self, n: int, day: str) -> bytes:
        place = self.places[n % len(self.places)]
        members = [self.places[(n * BATCH + k) % len(self.places)][0] for k in range(BATCH)]
        return orjson.dumps({"members": members, "branch": place[1], "rule": place[2], "scheme": place[3], "day": day})


_serial = itertools.count(1)
# Keys are kept for ever, and a district may be measured more than once.
_RUN = secrets.token_hex(4)


class InProcess:
    """Contestants that call the applications directly."""

    def __init__(self, calls: Calls, ours: Flask, bare: Flask) -> None:
        self.calls, self.ours, self.bare = calls, ours, bare

    def __call__(self, *names: str) -> Contestant:
        """The requests of these names, one after the other, as one call."""
        asks = [self._asker(self.calls.by_name[name]) for name in names]

        def all_of_them() -> None:
            n = next(_serial)
            for ask in asks:
                ask(n)

        return here(all_of_them)

    def _asker(self, call: Call) -> Callable[[int], None]:
        headers = {"authorization": f"Bearer {self.calls.district.token}"} if call.ours else {}
        ask = wsgi.asker(self.ours if call.ours else self.bare, call.method, "", **headers)

        def one(n: int) -> None:
            path, body = call.ask(n)
            more = {"idempotency_key": f"{_RUN}-{next(_serial)}"} if call.keyed else {}
            ask(body, path, **more)

        return one


class Served:
    """Contestants behind web servers."""

    def __init__(self, calls: Calls, stack: ExitStack) -> None:
        self.calls = calls
        self.ours = serving.product(calls.district.environ)
        stack.callback(self.ours.end)
        self.bare = serving.floor(calls.district.environ)
        stack.callback(self.bare.end)

    def __call__(self, name: str, connections: int) -> Contestant:
        """The requests of this name over so many connections."""
        call = self.calls.by_name[name]

        def make() -> bytes:
            n = next(_serial)
            path, body = call.ask(n)
            headers = {"authorization": f"Bearer {self.calls.district.token}"} if call.ours else {}
            if call.keyed:
                headers["idempotency_key"] = f"{_RUN}-{next(_serial)}"
            return serving.request(call.method, path, body, **headers)

        return serving.closed_loop(self.ours if call.ours else self.bare, connections, make)


def _insert(district: District, calls: Calls, stack: ExitStack) -> Contestant:
    connection = stack.enter_context(psycopg.connect(district.conninfo))

    def one() -> None:
        connection.execute(floors.INSERT, orjson.loads(calls.by_name["lean psycopg"].ask(next(_serial))[1]))
        connection.commit()

    return here(one)


def rows(district: District) -> list[Row]:
    """The table's rows of all requests."""
    found: list[Row] = []
    calls = Calls(district)
    with ExitStack() as stack:
        ours = district.app()
        bare = floors.application()
        inside = InProcess(calls, ours, bare)
        found += _recorded_here(district, calls, inside, stack)
        found += _batch_here(district, inside)
        found += _read_here(district, inside)
        with ours.app_context():
            db.engine.dispose()
    with ExitStack() as stack:
        served = Served(calls, stack)
        for connections in CONNECTIONS:
            found += _through_servers(district, served, connections)
    return found


def _measure(district: District, contestants: Mapping[str, Contestant], share: float = 1.0) -> dict:
    scale = district.scale
    return compare(contestants, rounds=scale.rounds, calls=max(20, int(scale.calls * share)))


def _recorded_here(district: District, calls: Calls, inside: InProcess, stack: ExitStack) -> list[Row]:
    contestants = {name: inside(name) for name in ("ours", "hello", "lean psycopg", "lean ORM")}
    contestants["INSERT"] = _insert(district, calls, stack)
    found = _measure(district, contestants)
    goals = {"lean ORM": ">= 0.85; p99 <= 1.5x"}
    job = "1 record one entry, in process"
    return [by_rate(job, found["ours"], name, found[name], goals.get(name, "")) for name in found if name != "ours"]


def _batch_here(district: District, inside: InProcess) -> list[Row]:
    found = _measure(district, {name: inside(name) for name in ("batch", "batch by hand", "ours")}, 0.25)
    job = f"2 record {BATCH} at once, in process"
    times = found["batch"].rate * BATCH / found["ours"].rate
    return [
        by_rate(job, found["batch"], "by hand", found["batch by hand"], ">= 0.75"),
        by_rate(
            f"  the same: {times:.1f} times the entries of",
            found["batch"],
            "one at a time",
            found["ours"],
            ">= 10 times",
        ),
    ]


def _read_here(district: District, inside: InProcess) -> list[Row]:
    singles = ("score", "score by hand", "history", "history by hand", "history by ORM")
    contestants = {name: inside(name) for name in singles}
    contestants |= {"both": inside("score", "history"), "both by hand": inside("score by hand", "history by hand")}
    found = _measure(district, contestants, 0.5)
    rows = [
        by_rate("3 live score, in process", found["score"], "by hand", found["score by hand"], ">= 0.8"),
        by_rate("3 last 20 entries, in process", found["history"], "by hand", found["history by hand"], ""),
        by_rate("3 last 20 entries, in process", found["history"], "by ORM", found["history by ORM"], ">= 1.0"),
        by_rate("3 score and last 20 entries", found["both"], "by hand", found["both by hand"], ""),
    ]
    pages = ("standings", "standings by hand", "street", "street by hand")
    contestants = {name: inside(name) for name in pages}
    contestants |= {"after": inside("ours", "standings"), "after by hand": inside("lean psycopg", "standings by hand")}
    found = _measure(district, contestants, 0.1)
    goal = ">= 0.8; <= 50 ms"
    return [
        *rows,
        by_rate("4 standings of the district", found["standings"], "by hand", found["standings by hand"], goal),
        by_rate("4 standings of one street", found["street"], "by hand", found["street by hand"], goal),
        by_rate("4 a write, then the district's standings", found["after"], "by hand", found["after by hand"], ""),
    ]


def _through_servers(district: District, served: Served, connections: int) -> list[Row]:
    names = ("ours", "hello", "lean psycopg", "lean ORM", "score", "score by hand")
    found = _measure(district, {name: served(name, connections) for name in names}, 1.0 if connections == 1 else 2.0)
    goals = {"lean ORM": ">= 0.85; p99 <= 1.5x"}
    job = f"1 record one entry, granian, {connections} conn."
    rows = [by_rate(job, found["ours"], name, found[name], goals.get(name, "")) for name in names[1:4]]
    return [
        *rows,
        by_rate(f"3 live score, granian, {connections} conn.", found["score"], "by hand", found["score by hand"], ""),
    ]
