"""What clients asked for and were told, and whether the service's own record agrees with it afterwards.

After Jepsen: each operation ends as ``ok`` (the service said yes), ``fail`` (it said no) or ``info``
(nobody knows). Then every ``ok`` must be in the record once, no ``fail``, and an ``info`` at most once.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from pointsvc import clock, verifying
from pointsvc.db import db
from pointsvc.ledger.models import Entry
from pointsvc.notices.models import Announcement, Notice, Outgoing
from pointsvc.queues import Job

OK, FAIL, INFO = "ok", "fail", "info"
DAY = "2026-07-05"
PATIENCE = 20.0
_never = threading.Event()


@dataclass
class Operation:
    """One thing that a client asked for, with the key under which it asked, and asked again."""

    kind: str
    key: str
    outcome: str
    tries: int
    seconds: float
    status: int


@dataclass
class History:
    """All operations of all clients."""

    operations: list[Operation] = field(default_factory=list)

    def keys(self, kind: str, outcome: str) -> set[str]:
        """The keys of these operations."""
        return {one.key for one in self.operations if (one.kind, one.outcome) == (kind, outcome)}

    def count(self, outcome: str) -> int:
        """How many ended so."""
        return sum(one.outcome == outcome for one in self.operations)

    def figures(self) -> str:
        """The history in one line."""
        times = sorted(one.seconds for one in self.operations) or [0.0]
        retried = sum(one.tries > 1 for one in self.operations)
        counts = ", ".join(f"{name} {self.count(name)}" for name in (OK, FAIL, INFO))
        return (
            f"operations: {counts}; retried {retried}; slowest {times[-1]:.2f} s, median {times[len(times) // 2]:.3f} s"
        )


class Client(threading.Thread):
    """Asks one thing after the other until told to stop; each until there is an answer, under one key."""

    def __init__(
        self,
        name: str,
        history: History,
        ports: Sequence[int],
        headers: dict[str, str],
        seed: int,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.history, self.ports, self.headers = history, ports, headers
        self.rng = random.Random(seed)
        self.enough = threading.Event()
        self.start()

    def run(self) -> None:
        number = 0
        while not self.enough.is_set():
            number += 1
            key = f"{self.name}-{number}"
            kind = self.rng.choice(("entries", "entries", "announcements"))
            self.history.operations.append(self.ask(kind, key))
            if self.rng.random() < 0.1:
                # A client that did not hear the answer: the same again must do nothing.
                self.ask(kind, key)

    def ask(self, kind: str, key: str) -> Operation:
        """One operation, tried until it is answered or patience ends."""
        began, tries, status = time.monotonic(), 0, 0
        headers = {**self.headers, "Idempotency-Key": key}
        while time.monotonic() - began < PATIENCE:
            tries += 1
            status = send(self.rng.choice(self.ports), kind, body_of(kind, key), headers)
            if 200 <= status < 300 or 400 <= status < 500:
                break
            _never.wait(0.05)
        outcome = OK if 200 <= status < 300 else FAIL if 400 <= status < 500 else INFO
        return Operation(kind, key, outcome, tries, time.monotonic() - began, status)


def body_of(kind: str, key: str) -> dict[str, Any]:
    """What is asked for; the key stands in it, so that it can be found in the record."""
    if kind == "entries":
        return {"member": "M001", "rule": "volunteer", "occurred_on": DAY, "quantity": "1", "matter": key}
    return {"organisation": "QS01", "audience": "everybody", "title": key, "body": "请查收。"}


def send(port: int, kind: str, body: dict[str, Any], headers: dict[str, str]) -> int:
    """POST it; the status, or 0 when there was no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("POST", f"/api/v1/{kind}", json.dumps(body), {**headers, "Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


# ---- afterwards


def idle() -> bool:
    """Whether no job is left and no message waits to go out."""
    return not left()


def left() -> list[str]:
    """What is still to be done."""
    db.session.rollback()
    jobs = select(Job.topic, Job.status, Job.attempts, Job.error).where(Job.done_at.is_(None))
    waiting = select(Outgoing.id, Outgoing.attempts, Outgoing.error).where(Outgoing.status == "waiting")
    return [str(row) for row in (*db.session.execute(jobs), *db.session.execute(waiting))]


def check(history: History, *, readers: int) -> None:
    """The record agrees with the history: nothing lost, nothing twice, every sum right, everybody told once."""
    db.session.rollback()
    db.session.expire_all()
    _once(history, "entries", list(db.session.scalars(select(Entry.matter))))
    titles = list(db.session.scalars(select(Announcement.title)))
    _once(history, "announcements", titles)
    told = Counter(db.session.scalars(select(Notice.announcement_id).where(Notice.announcement_id.is_not(None))))
    print(f"announcements {len(titles)}, notices {sum(told.values())}")
    assert len(told) == len(titles), "an announcement was told to nobody"
    assert set(told.values()) <= {readers}, Counter(told.values())
    pairs = db.session.execute(select(Notice.announcement_id, Notice.sign_in_id)).all()
    assert len(set(pairs)) == len(pairs), "a notice came twice"
    assert [str(fault) for fault in verifying.faults(at=clock.now())] == []


def _once(history: History, kind: str, found: Collection[str | None]) -> None:
    counted = Counter(found)
    lost = history.keys(kind, OK) - set(counted)
    twice = {key for key, times in counted.items() if times > 1}
    refused = history.keys(kind, FAIL) & set(counted)
    print(f"{kind}: recorded {len(found)}, lost {len(lost)}, twice {len(twice)}, refused and yet there {len(refused)}")
    assert (lost, twice, refused) == (set(), set(), set())


def check_outside(keys: Sequence[str], *, at_least: int, share: float) -> None:
    """Every message went out, and the few that did so twice had the same key."""
    counted = Counter(keys)
    doubles = len(keys) - len(counted)
    print(f"outside: sent {len(keys)}, different {len(counted)}, doubles {doubles}, expected {at_least}")
    assert len(counted) == at_least
    assert doubles <= max(2, share * len(keys))


def until(condition: Callable[[], bool], *, seconds: float, tell: Callable[[], object] = str) -> float:
    """Wait until it holds; how long that took. Fails after so many seconds, with what ``tell`` says."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"not within {seconds} seconds: {tell()}"
        _never.wait(0.05)
    return time.monotonic() - began
