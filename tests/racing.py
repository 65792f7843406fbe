"""Several at the same moment, with real commits."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

from flask import Flask

from pointsvc.db import transaction
from pointsvc.errors import Problem


def at_once(app: Flask, *works: Callable[[], Any]) -> list[Any]:
    """What each of these answers, or the code of what it raises, in threads that start together."""
    start = Barrier(len(works))

    def one(work: Callable[[], Any]) -> Any:
        with app.app_context():
            start.wait(30)
            try:
                with transaction():
                    return work()
            except Problem as problem:
                return problem.code

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(one, works))


def outcomes(app: Flask, *works: Callable[[], Any]) -> list[str]:
    """As ``at_once``, with 'done' for whatever is answered."""

    def done(work: Callable[[], Any]) -> str:
        work()
        return "done"

    return at_once(app, *(partial(done, work) for work in works))
