"""How the two engines are set up: PostgreSQL for readers and writers, SQLite for several processes."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from typing import Any

import orjson
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine


class LockingConnection(sqlite3.Connection):
    """A SQLite connection whose writers queue on a file lock.

    SQLite's own busy handler sleeps and polls, so a busy writer starves the others; the kernel's
    lock is fair enough and is freed when its holder is killed.
    """

    lock_fd: int | None = None

    def take_write_lock(self, path: str) -> None:
        """Wait for the write lock of the database at ``path``."""
        self.lock_fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self.lock_fd, fcntl.LOCK_EX)

    def _free(self) -> None:
        if self.lock_fd is not None:
            os.close(self.lock_fd)
            self.lock_fd = None

    def commit(self) -> None:
        """Commit, then let the next writer in."""
        try:
            super().commit()
        finally:
            if not self.in_transaction:
                self._free()

    def rollback(self) -> None:
        """Roll back, then let the next writer in."""
        try:
            super().rollback()
        finally:
            self._free()

    def close(self) -> None:
        """Close, and let the next writer in."""
        try:
            super().close()
        finally:
            self._free()


def engine_options(url: str) -> dict[str, Any]:
    """The engine's options for this database address."""
    if url.startswith("sqlite"):
        return {"connect_args": {"factory": LockingConnection, "timeout": 10}}
    # A frozen process must not keep its row locks for ever. What is slow (files, photos) is done before
    # a transaction: the longest that 100,000 rows let one wait for the next statement is under a second.
    # Compiling a reckoning would take longer than running it (jit).
    limits = "-c timezone=UTC -c lock_timeout=5s -c idle_in_transaction_session_timeout=15s -c jit=off"
    return {
        "json_deserializer": orjson.loads,
        "connect_args": {"options": limits, "connect_timeout": 5},
        "pool_size": 4,
        "max_overflow": 4,
        "pool_recycle": 1800,
    }


def prepare_engine(engine: Engine) -> None:
    """Tell readers from writers when a connection begins, and set SQLite up for several processes.

    On PostgreSQL each statement of a reader stands alone: at this isolation it would see its own
    snapshot anyway, and a page is spared two round trips. Whoever writes without ``transaction()``
    (or ``WRITES``) cannot roll back.
    """
    if engine.dialect.name != "sqlite":

        @event.listens_for(engine, "begin")
        def on_postgresql_begin(connection: Connection) -> None:
            raw: Any = connection.connection.dbapi_connection
            raw.autocommit = not connection.get_execution_options().get("writes")

        return
    lock_path = f"{engine.url.database}.lock"

    @event.listens_for(engine, "connect")
    def on_connect(connection: sqlite3.Connection, record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        if not connection.get_execution_options().get("writes"):
            connection.exec_driver_sql("BEGIN")
            return
        raw: Any = connection.connection.dbapi_connection
        raw.take_write_lock(lock_path)
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            raw._free()
            raise
