"""The web server process: granian with the WSGI application."""

from __future__ import annotations

import multiprocessing
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from pointsvc import create_app
from pointsvc.config import Config
from pointsvc.process import end_with, log_to_stderr

_STDERR = {"class": "logging.StreamHandler", "formatter": "generic", "stream": "ext://sys.stderr"}


def application() -> Any:
    """The application in one of granian's workers, which ends with the process that made it."""
    parent = multiprocessing.parent_process()
    if parent and parent.pid:
        end_with(parent.pid)
    log_to_stderr()
    return create_app()


def serve(*, host: str, port: int, workers: int) -> None:
    """Serve until SIGTERM or SIGINT; requests that have begun are finished.

    One thread each: several share Python's lock and only cost. Raises SettingsError before it starts.
    """
    Config.from_env()
    server = Granian(
        "pointsvc.web:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=1,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        log_level=LogLevels.warning,
        log_dictconfig={"handlers": {"console": _STDERR, "access": _STDERR}},
    )
    server.serve(target_loader=application, wrap_loader=False)
