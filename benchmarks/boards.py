"""Job 4: a public board, given from its copy, beside bare Flask routes: one that says hello, one with a query."""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks import floors, serving, wsgi
from benchmarks.district import District
from benchmarks.measuring import Contestant, compare, here
from benchmarks.table import Row, by_rate
from pointsvc import clock
from pointsvc.boards import service as boards
from pointsvc.db import db, transaction
from pointsvc.people import settings
from pointsvc.permissions import SYSTEM

PEOPLE = 24
ROUNDS = 5
BRANCH, CODE = "B0", "bench"
GOAL = ">= 0.85 of one query; >= 0.9 of hello"
OURS = {"page": f"/b/{CODE}", "JSON": f"/api/v1/boards/{CODE}"}
BARE = {"hello": "/hello", "one query": f"/one/{BRANCH}"}


def rows(district: District) -> list[Row]:
    """The board as a page and as JSON, in process and behind granian."""
    ours = district.app()
    with ours.app_context():
        _hang(district)
    bare = floors.application()
    inside: dict[str, Contestant] = {}
    for application, addresses in ((ours, OURS), (bare, BARE)):
        for name, path in addresses.items():
            inside[name] = here(wsgi.asker(application, "GET", path))
    found = _compared(district, inside, "in process")
    with ours.app_context():
        db.engine.dispose()
    with ExitStack() as stack:
        found += _compared(district, _served(district, stack), "granian, 4 conn.")
    return found


def _served(district: District, stack: ExitStack) -> dict[str, Contestant]:
    served: dict[str, Contestant] = {}
    for start, addresses in ((serving.product, OURS), (serving.floor, BARE)):
        server = start(district.environ)
        stack.callback(server.end)
        for name, path in addresses.items():
            served[name] = _asking(server, path)
    return served


def _asking(server: serving.WebServer, path: str) -> Contestant:
    return serving.closed_loop(server, 4, lambda: serving.request("GET", path))


def _compared(district: District, contestants: dict[str, Contestant], where: str) -> list[Row]:
    # Longer than the second for which a copy holds: each round pays for its own looks at the database.
    found = compare(contestants, rounds=ROUNDS, calls=20 * district.scale.calls)
    return [
        by_rate(f"4 public board as {kind}, {where}", found[kind], floor, found[floor], GOAL)
        for kind in OURS
        for floor in BARE
    ]


def _hang(district: District) -> None:
    """A board of a branch with so many people, once."""
    at = clock.now()
    if any(one.code == CODE for one in boards.boards(actor=SYSTEM)):
        return
    with transaction():
        settings.decide(actor=SYSTEM, at=at, organisation="D", name="supervision_phone", value="0000-2000000")
        people = boards.profiles(actor=SYSTEM, at=at, organisation=BRANCH, limit=PEOPLE)
        for one in people:
            boards.describe(actor=SYSTEM, at=at, member=one.number, post="Post", duties="Duties " * 10)
            boards.give_consent(actor=SYSTEM, at=at, member=one.number, kinds=["display"], how="paper")
        made = boards.create(
            actor=SYSTEM, at=at, organisation=BRANCH, code=CODE, kind="board", content={"title": "Bench"}
        )
        for act in (boards.submit, boards.approve, boards.publish):
            act(actor=SYSTEM, at=at, board_id=made.id)
