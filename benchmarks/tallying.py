"""Job 6: a tally of the whole district, written and indexed, beside SQL by hand for the same rule sheet."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import psycopg

from benchmarks.district import District, inside
from benchmarks.measuring import Contestant, Meter, Sample, compare
from benchmarks.table import Row, by_seconds
from pointsvc import clock, queues
from pointsvc.db import db, transaction
from pointsvc.permissions import SYSTEM
from pointsvc.tallies import service as tallies

# As one would write it at first: join the rule, group, clip, group again, rank.
NATURAL = """
WITH quarter AS (
    SELECT e.member_id, b.rule_id, b.grp, b.group_cap, b.year_cap, b.quarter_cap, sum(e.points) AS points
    FROM entry e JOIN bench_rule b ON b.rule_id = e.rule_id
    WHERE e.occurred_on BETWEEN %(first)s AND %(last)s
    GROUP BY e.member_id, b.rule_id, b.grp, b.group_cap, b.year_cap, b.quarter_cap, extract(quarter FROM e.occurred_on)
), year AS (
    SELECT member_id, grp, group_cap, least(sum(least(points, quarter_cap)), year_cap) AS points
    FROM quarter GROUP BY member_id, rule_id, grp, group_cap, year_cap
), grp AS (
    SELECT member_id, grp, least(sum(points), group_cap) AS points FROM year GROUP BY member_id, grp, group_cap
), total AS (
    SELECT s.member_id, s.organisation_id AS branch_id,
        greatest(0, least(10000, 2000 + coalesce(sum(points), 0))) AS total
    FROM membership s LEFT JOIN grp ON grp.member_id = s.member_id GROUP BY s.member_id, s.organisation_id
)
INSERT INTO bench_result SELECT member_id, branch_id, total, rank() OVER (PARTITION BY branch_id ORDER BY total DESC)
FROM total
"""
# As one writes it after measuring: group by member and rule out of the index first, in whole numbers.
BEST = """
WITH quarter AS (
    SELECT member_id, rule_id, extract(quarter FROM occurred_on)::int AS quarter, sum(points)::int AS points
    FROM entry
    WHERE member_id BETWEEN %(low)s AND %(high)s AND occurred_on BETWEEN %(first)s AND %(last)s
    GROUP BY member_id, rule_id, extract(quarter FROM occurred_on)::int
), year AS (
    SELECT q.member_id, b.grp, least(sum(least(q.points, b.quarter_cap))::int, b.year_cap) AS points
    FROM quarter q JOIN bench_rule b ON b.rule_id = q.rule_id GROUP BY q.member_id, q.rule_id, b.grp, b.year_cap
), grp AS (
    SELECT y.member_id, least(sum(y.points)::int, g.cap) AS points
    FROM year y JOIN (SELECT DISTINCT grp, group_cap AS cap FROM bench_rule) g ON g.grp = y.grp
    GROUP BY y.member_id, y.grp, g.cap
), total AS (
    SELECT member_id, greatest(0, least(10000, 2000 + sum(points)::int)) AS total FROM grp GROUP BY member_id
)
INSERT INTO bench_result
SELECT s.member_id, s.organisation_id, coalesce(t.total, 2000), 0
FROM membership s LEFT JOIN total t ON t.member_id = s.member_id WHERE s.member_id BETWEEN %(low)s AND %(high)s
"""
TABLE = """
DROP TABLE IF EXISTS bench_result;
CREATE TABLE bench_result (member_id bigint PRIMARY KEY, branch_id bigint, total bigint, place int);
CREATE INDEX ON bench_result (branch_id, total, member_id)
"""


def rows(district: District) -> list[Row]:
    """The table's rows of the tally, with the totals of all ways held against each other."""
    totals: dict[str, int] = {}
    contestants = {
        "ours": _once(lambda: _ours(district), totals, "ours"),
        "natural SQL": _once(lambda: _natural(district), totals, "natural SQL"),
        "best SQL, 1 connection": _once(lambda: _best(district, 1), totals, "best SQL, 1 connection"),
        "best SQL, 2 connections": _once(lambda: _best(district, 2), totals, "best SQL, 2 connections"),
    }
    with inside(district):
        found = compare(contestants, rounds=district.scale.long_rounds, calls=1)
    if len(set(totals.values())) != 1:
        raise RuntimeError(f"the ways of reckoning do not agree: {totals}")
    job = f"6 tally, {district.scale.members:,} members, {district.scale.entries:,} entries"
    goals = {"natural SQL": "<= 0.3", "best SQL, 1 connection": "", "best SQL, 2 connections": "<= 1.15"}
    return [by_seconds(job, found["ours"], name, found[name], goal) for name, goal in goals.items()]


def _once(way: Callable[[], int], totals: dict[str, int], name: str) -> Contestant:
    def contestant(calls: int) -> Sample:
        meter, start = Meter(), time.perf_counter()
        totals[name] = way()
        seconds = time.perf_counter() - start
        return Sample(seconds, [seconds], meter.used())

    return contestant


def _ours(district: District) -> int:
    with transaction():
        tally = tallies.request(actor=SYSTEM, at=clock.now(), organisation="D", period=district.period)
    with transaction():
        job = queues.claim(at=clock.now(), only=tally.job_id)
        assert job is not None
        job_id, token = job.id, job.token
    tallies.compute(tally_id=tally.id, job_id=job_id, token=token)
    query = "SELECT sum(total) FROM tally_result r JOIN tally t ON t.id = r.tally_id AND t.version = r.version"
    return int(db.session.execute(db.text(query)).scalar_one())


def _natural(district: District) -> int:
    with psycopg.connect(district.conninfo) as connection:
        connection.execute(TABLE)
        first, last = district.cycle
        connection.execute(NATURAL, {"first": first, "last": last})
        connection.commit()
        return _total(connection)


def _best(district: District, connections: int) -> int:
    with psycopg.connect(district.conninfo) as connection:
        connection.execute(TABLE)
        connection.commit()
        low, high = connection.execute("SELECT min(id), max(id) FROM member").fetchone()
        step = (high - low) // connections + 1
        parts = [(low + n * step, low + (n + 1) * step - 1) for n in range(connections)]
        threads = [threading.Thread(target=_part, args=(district, *part)) for part in parts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return _total(connection)


def _part(district: District, low: int, high: int) -> None:
    first, last = district.cycle
    with psycopg.connect(district.conninfo) as connection:
        connection.execute(BEST, {"first": first, "last": last, "low": low, "high": high})


def _total(connection: psycopg.Connection) -> int:
    return int(connection.execute("SELECT sum(total) FROM bench_result").fetchone()[0])
