"""Settings: read once from the environment, checked together, and frozen.

Every setting is an environment variable ``POINTSVC_<NAME>``. A missing or wrong one stops the start
with its name; all of them are collected first, so that one start shows every mistake.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

PREFIX = "POINTSVC_"
_MIB = 1024 * 1024


class SettingsError(Exception):
    """One or more settings are missing or wrong; ``problems`` holds a line for each, by name."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True)
class Config:
    """The service's settings. Build it with ``Config.from_env``."""

    data_dir: Path
    database_url: str
    redis_url: str | None
    secret_key: str
    timezone: str
    https: bool
    language: str
    title: str
    max_upload: int
    session_idle_minutes: int
    session_hours: int
    proxies: int

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Config:
        """Read all settings from ``environ`` (the process's own by default).

        Raises SettingsError naming every missing or wrong variable.
        """
        reader = _Reader(os.environ if environ is None else environ)
        data_dir = reader.take("DATA_DIR", lambda v: Path(v).expanduser().resolve(), Path("data").resolve())
        database_url = reader.take("DATABASE_URL", _database_url, f"sqlite:///{data_dir}/pointsvc.db")
        config = cls(
            data_dir=data_dir,
            database_url=database_url,
            redis_url=reader.take("REDIS_URL", _redis_url, None),
            secret_key=reader.take("SECRET_KEY", _secret_key, None) or _kept_secret(data_dir, database_url, reader),
            timezone=reader.take("TIMEZONE", lambda v: ZoneInfo(v).key, "Asia/Shanghai"),
            https=reader.take("HTTPS", _flag, False),
            language=reader.take("LANGUAGE", _language, "zh"),
            title=reader.take("TITLE", str.strip, ""),
            max_upload=reader.take("MAX_UPLOAD_MIB", _positive, 20) * _MIB,
            session_idle_minutes=reader.take("SESSION_IDLE_MINUTES", _positive, 60),
            session_hours=reader.take("SESSION_HOURS", _positive, 12),
            proxies=reader.take("PROXIES", int, 0),
        )
        reader.finish()
        return config

    @property
    def sqlite(self) -> bool:
        """Whether the database is the embedded one."""
        return self.database_url.startswith("sqlite")


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []

    def take(self, name: str, parse: Callable[[str], Any], default: Any) -> Any:
        raw = self.environ.get(PREFIX + name, "").strip()
        if not raw:
            return default
        try:
            return parse(raw)
        except (ValueError, KeyError, OSError) as error:
            self.problems.append(f"{PREFIX}{name}: {error}")
            return default

    def finish(self) -> None:
        if self.problems:
            raise SettingsError(self.problems)


def _database_url(value: str) -> str:
    if not value.startswith(("sqlite:///", "postgresql+psycopg://", "postgresql://")):
        raise ValueError("must start with sqlite:/// or postgresql+psycopg://")
    return value.replace("postgresql://", "postgresql+psycopg://", 1)


def _redis_url(value: str) -> str:
    if value != "none" and not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must start with redis://, rediss:// or unix://, or be 'none'")
    return value


def _secret_key(value: str) -> str:
    if len(value) < 32:
        raise ValueError("must have at least 32 characters")
    return value


def _flag(value: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if value.lower() not in words:
        raise ValueError("must be yes or no")
    return words[value.lower()]


def _language(value: str) -> str:
    if value not in ("zh", "en"):
        raise ValueError("must be zh or en")
    return value


def _positive(value: str) -> int:
    if not value.isdigit() or int(value) < 1:
        raise ValueError("must be a whole number above 0")
    return int(value)


def _kept_secret(data_dir: Path, database_url: str, reader: _Reader) -> str:
    """On one machine the secret is made once and kept beside the data; elsewhere it must be set."""
    if not database_url.startswith("sqlite"):
        reader.problems.append(f"{PREFIX}SECRET_KEY: is needed when the database is not SQLite")
        return ""
    path = data_dir / "secret_key"
    try:
        if not path.exists():
            data_dir.mkdir(parents=True, exist_ok=True)
            # O_EXCL: of two processes that start at once, one writes and the other reads.
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    except OSError as error:
        reader.problems.append(f"{PREFIX}DATA_DIR: cannot keep the secret key there ({error.strerror})")
        return ""
    return path.read_text().strip()
