"""Contestants side by side: interleaved in rounds within one run, so that both see the same machine."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

TICKS = os.sysconf("SC_CLK_TCK")


# The database server works for all contestants, so its CPU is counted with theirs.
watched: set[int] = set()


@dataclass(frozen=True)
class Sample:
    """One round of one contestant: wall seconds of the whole and of each call, and seconds of CPU."""

    seconds: float
    each: list[float]
    cpu: float


Contestant = Callable[[int], Sample]


@dataclass
class Measured:
    """All rounds of one contestant."""

    rates: list[float] = field(default_factory=list)
    each: list[float] = field(default_factory=list)
    cpus: list[float] = field(default_factory=list)

    def add(self, sample: Sample) -> None:
        """Take one round in."""
        self.rates.append(len(sample.each) / sample.seconds)
        self.each += sample.each
        self.cpus.append(sample.cpu / len(sample.each))

    @property
    def rate(self) -> float:
        """Calls a second, the median of the rounds."""
        return median(self.rates)

    @property
    def seconds(self) -> float:
        """Seconds of one call, the median of all."""
        return median(self.each)

    @property
    def cpu(self) -> float:
        """Seconds of CPU for one call, with the database server's, the median of the rounds."""
        return median(self.cpus)

    def percentile(self, share: float) -> float:
        """The call that this share of all calls was not slower than, in seconds."""
        ordered = sorted(self.each)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def compare(contestants: Mapping[str, Contestant], *, rounds: int, calls: int) -> dict[str, Measured]:
    """Each contestant makes so many calls in each round; the first of a round changes each time.

    Calls of which there are several a round are warmed up before, uncounted.
    """
    found = {name: Measured() for name in contestants}
    names = list(contestants)
    for name in names if calls > 1 else ():
        contestants[name](calls // 10 + 1)
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            found[name].add(contestants[name](calls))
    return found


def here(call: Callable[[], object]) -> Contestant:
    """A contestant that makes its calls in this process."""

    def contestant(calls: int) -> Sample:
        each = []
        gc.collect()
        meter, start = Meter(), time.perf_counter()
        for _ in range(calls):
            began = time.perf_counter()
            call()
            each.append(time.perf_counter() - began)
        seconds = time.perf_counter() - start
        return Sample(seconds, each, meter.used())

    return contestant


class Meter:
    """Counts seconds of CPU from now on: of this process, of those watched and of ``more``, children and all."""

    def __init__(self, *more: int, own: bool = True) -> None:
        self.roots, self.own = {*watched, *more}, own
        self.others = _of_trees(self.roots)
        # Last, and first below: looking through all processes is itself work.
        self.mine = time.process_time()

    def used(self) -> float:
        """The seconds since then."""
        mine = time.process_time() - self.mine if self.own else 0.0
        return mine + _of_trees(self.roots) - self.others


def _of_trees(roots: set[int]) -> float:
    parents, ticks = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, fields = int(path.parent.name), path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[pid] = int(fields[1])
        # With the children that have ended and been waited for.
        ticks[pid] = sum(map(int, fields[11:15]))
    mine, size = set(roots), 0
    while len(mine) != size:
        size = len(mine)
        mine |= {pid for pid, parent in parents.items() if parent in mine}
    return sum(ticks.get(pid, 0) for pid in mine) / TICKS
