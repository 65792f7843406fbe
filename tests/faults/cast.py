"""Web servers, workers and schedulers as a cast of processes."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from pointsvc.config import Config
from tests.faults.processes import CLI, Process, free_port


class Cast:
    """All processes of one service on this database and Redis; whoever is killed is started again at once."""

    def __init__(self, config: Config, folder: Path) -> None:
        self.config, self.folder, self.count = config, folder, 0
        self.ports = [free_port(), free_port()]
        self.playing: dict[str, Process] = {}

    @property
    def environ(self) -> dict[str, str]:
        return {
            "POINTSVC_DATABASE_URL": self.config.database_url,
            "POINTSVC_REDIS_URL": str(self.config.redis_url),
            "POINTSVC_SECRET_KEY": self.config.secret_key,
            "POINTSVC_DATA_DIR": str(self.folder),
        }

    def start(self, *parts: str) -> None:
        """Start these parts: 'web 0', 'worker 1', 'scheduler 0'."""
        for part in parts:
            self._start(part)

    def _start(self, part: str) -> None:
        role, number = part.split()
        words = {
            "web": [*CLI, "web", "--port", str(self.ports[int(number)]), "--workers", "1"],
            "worker": [sys.executable, "-m", "tests.faults.worker"],
            "scheduler": [*CLI, "scheduler"],
        }[role]
        self.count += 1
        name = f"{role}{self.count}"
        self.playing[part] = Process(words, folder=self.folder, environ=self.environ, name=name)

    def kill(self, part: str) -> None:
        """Kill it with -9 and start it again."""
        self.playing[part].end(signal.SIGKILL)
        self.start(part)

    def looked_after(self) -> bool:
        """Whoever ended by itself (a worker without Redis) is started again, as a supervisor does."""
        for part, process in list(self.playing.items()):
            if process.process.poll() is not None:
                self.start(part)
        return True

    def end(self) -> None:
        """End all of them."""
        for process in self.playing.values():
            process.end(signal.SIGKILL)
