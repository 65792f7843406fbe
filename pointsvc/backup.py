"""The whole service in one file: a tar of a manifest, the database, and the secret key.

SQLite is copied by its online backup, PostgreSQL by ``pg_dump``: both show one instant while the
service goes on. What is done is done in the copy too, so nothing is sent or computed again after it
is brought back. Redis is not in it: it holds nothing that is not in the database.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import IO, Any

from alembic.runtime.migration import MigrationContext
from psycopg.conninfo import make_conninfo
from sqlalchemy import inspect, make_url, select
from sqlalchemy.exc import OperationalError

from pointsvc import clock, create_app
from pointsvc.config import Config
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Message, Problem
from pointsvc.people.models import Organisation, SignIn
from pointsvc.up import only_one, prepare

FORMAT = 1
MANIFEST, DATABASE, SECRET = "manifest.json", "database", "secret_key"
CHUNK = 1 << 20


class Unusable(Problem):
    """The file is no backup, or does not fit here."""

    code = "backup_unusable"
    title = N_("This backup cannot be used")


# ---- writing


def write(file: Path) -> int:
    """Write the backup, inside the application's context; its size in bytes. The file appears whole or not at all."""
    config = Config.from_env()
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".backup-") as folder:
        copy, whole = Path(folder) / DATABASE, Path(folder) / "whole"
        if config.sqlite:
            _copy_sqlite(_sqlite_path(config), copy)
        else:
            _pg("pg_dump", config, "--format=custom", "--no-owner", f"--file={copy}")
        manifest = {
            "format": FORMAT,
            "engine": _engine(config),
            "revision": MigrationContext.configure(db.session.connection()).get_current_revision(),
            "written_at": clock.now().isoformat(),
            "sha256": _digest(copy),
        }
        db.session.rollback()
        with tarfile.open(whole, "w:gz", compresslevel=3) as tar:
            _put(tar, MANIFEST, json.dumps(manifest, indent=1).encode())
            _put(tar, SECRET, config.secret_key.encode())
            tar.add(copy, DATABASE)
        os.replace(whole, file)
    return file.stat().st_size


def _engine(config: Config) -> str:
    return "sqlite" if config.sqlite else "postgresql"


def _sqlite_path(config: Config) -> Path:
    return Path(make_url(config.database_url).database or "")


def _copy_sqlite(source: Path, target: Path) -> None:
    with sqlite3.connect(source) as before, sqlite3.connect(target) as after:
        before.backup(after)
        after.execute("PRAGMA journal_mode=DELETE")
    before.close()
    after.close()


def _put(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o600
    tar.addfile(entry, io.BytesIO(content))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pg(program: str, config: Config, *words: str) -> None:
    """Run a tool of PostgreSQL on the database; the password goes by the environment, not the command line."""
    if shutil.which(program) is None:
        raise Unusable(Message(N_("%(program)s is needed for this; install the PostgreSQL client"), program=program))
    url = make_url(config.database_url)
    parts = url.translate_connect_args(username="user", database="dbname") | dict(url.query)
    password = str(parts.pop("password", "") or "")
    done = subprocess.run(
        [program, f"--dbname={make_conninfo(**parts)}", *words],
        env=os.environ | ({"PGPASSWORD": password} if password else {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Unusable(Message(N_("%(program)s failed: %(reason)s"), program=program, reason=done.stderr.strip()))


# ---- bringing back


def read(file: Path, *, force: bool) -> None:
    """Bring a backup back and its schema to this version.

    Raises Unusable for a file that is damaged or of another engine, Conflict while the service runs
    here or (without ``force``) when there is data already.
    """
    config = Config.from_env()
    config.data_dir.mkdir(parents=True, exist_ok=True)
    with only_one(config.data_dir), tempfile.TemporaryDirectory(dir=config.data_dir, prefix=".restore-") as folder:
        copy = Path(folder) / DATABASE
        secret = _unpack(file, copy, config)
        if not force and _holds_data(config):
            raise Conflict(N_("There is data here already; --force replaces it"), code="not_empty")
        if config.sqlite:
            _replace_sqlite(copy, _sqlite_path(config))
        else:
            _pg("pg_restore", config, "--clean", "--if-exists", "--no-owner", "--single-transaction", str(copy))
        if not os.environ.get("POINTSVC_SECRET_KEY", "").strip():
            kept = config.data_dir / SECRET
            kept.write_bytes(secret)
            kept.chmod(0o600)
    prepare(Config.from_env())


def _unpack(file: Path, copy: Path, config: Config) -> bytes:
    """Check the file and write its database to ``copy``; the secret key."""
    try:
        with tarfile.open(file, "r:gz") as tar:
            manifest: dict[str, Any] = json.loads(_member(tar, MANIFEST).read(CHUNK))
            if manifest["format"] != FORMAT or manifest["engine"] != _engine(config):
                raise Unusable(
                    Message(
                        N_("This backup is of %(engine)s, the service is set to %(here)s"),
                        engine=manifest["engine"],
                        here=_engine(config),
                    )
                )
            secret = _member(tar, SECRET).read(CHUNK)
            with copy.open("wb") as target:
                shutil.copyfileobj(_member(tar, DATABASE), target, CHUNK)
    except (tarfile.TarError, OSError, EOFError, KeyError, ValueError, TypeError) as error:
        raise Unusable(Message(N_("%(file)s is damaged or no backup of this service"), file=file.name)) from error
    if _digest(copy) != manifest["sha256"]:
        raise Unusable(Message(N_("%(file)s is damaged or no backup of this service"), file=file.name))
    return secret


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    found = tar.extractfile(name)
    if found is None:
        raise KeyError(name)
    return found


def _holds_data(config: Config) -> bool:
    if config.sqlite and not _sqlite_path(config).exists():
        return False
    app = create_app(config)
    with app.app_context():
        try:
            tables = set(inspect(db.engine).get_table_names())
            if not {"organisation", "sign_in"} <= tables:
                return bool(tables)
            return any(db.session.scalar(select(table.id).limit(1)) for table in (Organisation, SignIn))
        except OperationalError as error:
            raise Unusable(Message(N_("The database does not answer: %(reason)s"), reason=str(error.orig))) from error
        finally:
            db.session.remove()
            db.engine.dispose()


def _replace_sqlite(copy: Path, target: Path) -> None:
    with sqlite3.connect(copy) as connection:
        sound = connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
    connection.close()
    if not sound:
        raise Unusable(N_("The database in this backup is damaged"))
    # What the old one had not yet taken in from its journal must not reach the new one.
    for ending in ("-wal", "-shm"):
        target.with_name(target.name + ending).unlink(missing_ok=True)
    shutil.move(copy, target)
