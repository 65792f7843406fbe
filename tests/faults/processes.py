"""Real processes of the service for the fault tests, and ways to find and wait for them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pointsvc.up import redis_program
from tests.servers import _LAUNCHER

CLI = [sys.executable, "-m", "pointsvc.cli"]
_never = threading.Event()


def eventually(condition: Callable[[], Any], *, seconds: float = 40.0) -> Any:
    """Wait until the condition holds and return what it said. Fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} seconds"
        _never.wait(0.05)
    return found


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """A command of the service; ends with the test process, however that ends."""

    def __init__(self, words: list[str], *, folder: Path, environ: dict[str, str], name: str) -> None:
        self.out, self.err = folder / f"{name}.out", folder / f"{name}.err"
        launcher = [sys.executable, "-c", _LAUNCHER, str(os.getuid()), str(os.getgid()), "9", str(os.getpid())]
        clean = {key: value for key, value in os.environ.items() if not key.startswith("POINTSVC_")}
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                [*launcher, *words],
                env=clean | environ,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        self.pid = self.process.pid

    def end(self, how: signal.Signals = signal.SIGTERM, *, seconds: float = 60.0) -> int:
        """Send a signal and wait; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(seconds)

    def ended(self, *, seconds: float = 40.0) -> int:
        """Wait for its own end; the exit status."""
        return self.process.wait(seconds)

    def log(self) -> str:
        """What it said on stderr."""
        return self.err.read_text(errors="replace")


Start = Callable[..., Process]


def processes_of(data_dir: Path) -> dict[int, list[str]]:
    """Every process whose environment or command line names this data folder: pid -> its command line.

    Redis writes its title over its environment, so it is known by the path of its socket.
    """
    found = {}
    mark = f"POINTSVC_DATA_DIR={data_dir}\0".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_text().split("\0")
                if mark in (entry / "environ").read_bytes() + b"\0" or f"{data_dir}/" in words[0]:
                    found[int(entry.name)] = words
            except OSError:
                continue
    return found


def parents_of(data_dir: Path, name: str) -> list[int]:
    """The pids of this kind of child ('web', 'worker', 'scheduler', 'redis') that the supervisor started."""
    program = Path(redis_program() or "").name
    several = {
        pid
        for pid, words in processes_of(data_dir).items()
        if (words[0].split(" ")[0].endswith(program) if name == "redis" else name in words)
    }
    return sorted(pid for pid in several if _parent(pid) not in several)


def _parent(pid: int) -> int:
    try:
        return int((Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
