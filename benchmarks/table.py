"""What was measured, as rows of a plain table or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.measuring import Measured

HEADINGS = ("job", "ours", "floor", "ratio", "p50", "p99", "goal")


@dataclass(frozen=True)
class Row:
    """One job against one floor. ``ratio`` is ours by the floor's, of rates or of seconds as ``goal`` says."""

    job: str
    ours: str
    floor: str
    ratio: float
    cpu_ratio: float
    p50: str
    p99: str
    goal: str
    figures: dict[str, Any]

    def cells(self) -> tuple[str, ...]:
        """The row as it is printed."""
        return (
            self.job,
            self.ours,
            self.floor,
            f"{self.ratio:.2f} (cpu {self.cpu_ratio:.2f})",
            self.p50,
            self.p99,
            self.goal,
        )


def by_rate(job: str, ours: Measured, name: str, floor: Measured, goal: str = "") -> Row:
    """A row of calls a second: a ratio of 1 is as fast as the floor, less is slower."""
    return Row(
        job,
        f"{ours.rate:,.0f}/s, {_ms(ours.cpu)} cpu",
        f"{name}: {floor.rate:,.0f}/s, {_ms(floor.cpu)} cpu",
        ours.rate / floor.rate,
        floor.cpu / ours.cpu if ours.cpu else 0.0,
        f"{_ms(ours.percentile(0.5))} ({_ms(floor.percentile(0.5))})",
        f"{_ms(ours.percentile(0.99))} ({_ms(floor.percentile(0.99))})",
        goal,
        {"floor_name": name, "ours": _figures(ours), "floor": _figures(floor)},
    )


def by_seconds(job: str, ours: Measured, name: str, floor: Measured, goal: str = "", **more: Any) -> Row:
    """A row of seconds: a ratio of 1 is as fast as the floor, more is slower."""
    told = "".join(f", {key} {value}" for key, value in more.items())
    return Row(
        job,
        f"{ours.seconds:.2f} s, {ours.cpu:.2f} s cpu{told}",
        f"{name}: {floor.seconds:.2f} s, {floor.cpu:.2f} s cpu",
        ours.seconds / floor.seconds,
        ours.cpu / floor.cpu if floor.cpu else 0.0,
        "",
        "",
        goal,
        {"floor_name": name, "ours": _figures(ours), "floor": _figures(floor), **more},
    )


def printed(rows: Sequence[Row]) -> str:
    """The table as text."""
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(HEADINGS))]
    told = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    told.insert(1, "-|-".join("-" * width for width in widths))
    return "\n".join(told)


def as_json(rows: Sequence[Row]) -> str:
    """The table with all figures, for programs; seconds and calls a second."""
    return json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1)


def _figures(found: Measured) -> dict[str, float]:
    return {
        "per_second": found.rate,
        "seconds": found.seconds,
        "cpu_seconds": found.cpu,
        "p50": found.percentile(0.5),
        "p99": found.percentile(0.99),
        "calls": len(found.each),
    }


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms"
