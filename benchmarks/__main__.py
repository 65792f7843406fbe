"""``make bench``: measure the jobs and print the table. Options are environment variables, see README.md."""

from __future__ import annotations

import os
import sys
import time

from benchmarks import asking, boards, drawing, exporting, importing, tallying
from benchmarks.district import SCALES, empty_and_full
from benchmarks.table import as_json, printed

JOBS = ("requests", "imports", "tally", "exports", "draw", "boards")


def main() -> None:
    """Build the district, run the jobs, print the table; JSON instead with BENCH_JSON=1."""
    scale = SCALES[os.environ.get("BENCH_SCALE", "small")]
    chosen = os.environ.get("BENCH_JOBS", ",".join(JOBS)).split(",")
    start = time.monotonic()
    rows = []
    with empty_and_full(scale) as (empty, full):
        _say(start, f"{scale.members:,} members and {scale.entries:,} entries are in place")
        os.environ.update(full.environ)
        # The tally first: the requests add entries.
        for name, run, district in (
            ("tally", tallying.rows, full),
            ("exports", exporting.rows, full),
            ("draw", drawing.rows, full),
            ("boards", boards.rows, full),
            ("requests", asking.rows, full),
            ("imports", importing.rows, empty),
        ):
            if name in chosen:
                rows += run(district)
                _say(start, f"measured: {name}")
    rows.sort(key=lambda row: row.job.strip()[0])
    print(as_json(rows) if os.environ.get("BENCH_JSON") else printed(rows))


def _say(start: float, words: str) -> None:
    print(f"{time.monotonic() - start:6.1f} s  {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
