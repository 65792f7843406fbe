"""Child processes that are to be there: started, watched, started again when they die, ended in order.

The children end with this process, even when it is killed: the kernel sees to it. What they were
doing is in the database, so whatever dies may simply be started again.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from pointsvc.process import end_with

log = logging.getLogger(__name__)

# A child that lived so long has not failed to start.
SETTLED_SECONDS = 20.0
LONGEST_DELAY = 15.0


@dataclass
class Child:
    """A process that is to be there. ``patience``: seconds to end by itself after SIGTERM."""

    name: str
    command: list[str]
    patience: float
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    due: float = 0.0

    def start(self, environ: dict[str, str]) -> None:
        """Start it in a session of its own: Ctrl-C is for the supervisor alone."""
        parent = os.getpid()
        self.process = subprocess.Popen(
            self.command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            start_new_session=True,
            # Safe: this process has one thread.
            preexec_fn=lambda: end_with(parent),
        )
        self.started = time.monotonic()
        log.info("%s started (process %s)", self.name, self.process.pid)

    def alive(self) -> bool:
        """Whether it runs now."""
        return self.process is not None and self.process.poll() is None

    def gone(self) -> bool:
        """Whether it has ended since it was last looked at; if so, when it is due again."""
        if self.process is None or self.alive():
            return False
        lived = time.monotonic() - self.started
        self.failures = 1 if lived > SETTLED_SECONDS else self.failures + 1
        self.due = time.monotonic() + min(0.25 * 2**self.failures, LONGEST_DELAY)
        log.warning("%s ended with %s after %.1f seconds", self.name, self.process.returncode, lived)
        self.process = None
        return True

    def tell(self, number: signal.Signals) -> None:
        """Send a signal, if it runs; SIGKILL goes to its whole group."""
        if self.process is None or not self.alive():
            return
        if number == signal.SIGKILL:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)


@dataclass
class Supervisor:
    """Starts, watches, restarts and ends the children."""

    children: list[Child]
    environ: dict[str, str]
    signals: int = 0
    wake: tuple[socket.socket, socket.socket] = field(default_factory=socket.socketpair)

    def listen(self) -> None:
        """Take SIGTERM, SIGINT and SIGHUP as the wish to end, and wake up when a child ends."""
        for end in self.wake:
            end.setblocking(False)
        signal.set_wakeup_fd(self.wake[1].fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._count)

    def _count(self, number: int, frame: Any) -> None:
        self.signals += 1

    def pause(self, seconds: float) -> None:
        """Sleep until a signal comes, at most so long."""
        if select.select([self.wake[0]], [], [], max(seconds, 0))[0]:
            self.wake[0].recv(4096)

    def look(self) -> float:
        """Start what is due; seconds until something will be due again."""
        now = time.monotonic()
        for child in self.children:
            child.gone()
            if child.process is None and child.due <= now:
                child.start(self.environ)
        waiting = [child.due - now for child in self.children if child.process is None]
        return min([60.0, *waiting])

    def watch(self) -> None:
        """Keep all children alive until a signal comes."""
        while not self.signals:
            self.pause(self.look())

    def end(self) -> None:
        """End the children in their order, each kind with its patience; a second signal ends it."""
        order = list(dict.fromkeys(child.name for child in self.children))
        for name in order:
            several = [child for child in self.children if child.name == name]
            for child in several:
                child.tell(signal.SIGTERM)
            deadline = time.monotonic() + max(child.patience for child in several)
            while any(child.alive() for child in several):
                if time.monotonic() > deadline or self.signals > 1:
                    log.warning("%s does not end; it is killed", name)
                    for child in several:
                        child.tell(signal.SIGKILL)
                self.pause(min(0.5, max(deadline - time.monotonic(), 0.05)))
            log.info("%s ended", name)
