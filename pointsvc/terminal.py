"""How the command line talks: in the service's language, without a traceback for what is expected."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from alembic.runtime.migration import MigrationContext
from babel.support import NullTranslations, Translations
from flask import Flask
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import inspect, select
from sqlalchemy.exc import OperationalError

from pointsvc import create_app
from pointsvc.config import Config, SettingsError
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Invalid, Message, Problem
from pointsvc.migrating import migrate, newest
from pointsvc.queues import Job


@cache
def _catalogue() -> NullTranslations:
    if os.environ.get("POINTSVC_LANGUAGE", "").strip() == "en":
        return NullTranslations()
    return Translations.load(Path(__file__).with_name("translations"), ["zh"])


def gettext(text: str) -> str:
    """A msgid in the service's language, also where there is no application yet."""
    return str(_catalogue().gettext(text)) if text else ""


def say(text: str, **params: Any) -> None:
    """A sentence on stdout."""
    click.echo(Message(text, **params).render(gettext))


def warn(text: str, **params: Any) -> None:
    """A sentence on stderr."""
    click.echo(Message(text, **params).render(gettext), err=True)


@contextmanager
def plainly() -> Iterator[None]:
    """Turn expected trouble into its words on stderr and an exit status: 1, or 2 for the settings."""
    try:
        yield
    except SettingsError as error:
        warn(N_("These settings are not right:"))
        click.echo("\n".join(error.problems), err=True)
        sys.exit(2)
    except Problem as problem:
        for line in problem_lines(problem):
            click.echo(line, err=True)
        sys.exit(1)
    except OperationalError as error:
        warn(N_("The database does not answer: %(reason)s"), reason=str(error.orig).strip())
        sys.exit(1)


def problem_lines(problem: Problem) -> list[str]:
    """The problem in words; for wrong input a line for each field."""
    if isinstance(problem, Invalid):
        return [f"{path}: {text.render(gettext)}" for path, texts in problem.errors.items() for text in texts]
    return [(problem.detail or Message(problem.title)).render(gettext)]


@contextmanager
def service(*, migrated: bool = True) -> Iterator[Flask]:
    """The application, inside its context, with its database ready.

    A new SQLite database is made ready here, so that any command may be the first one. Raises
    Conflict when the schema is older than this version, or newer.
    """
    config = Config.from_env()
    config.data_dir.mkdir(parents=True, exist_ok=True)
    app = create_app(config)
    with app.app_context():
        try:
            if migrated:
                _ensure_schema(config)
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def _ensure_schema(config: Config) -> None:
    with db.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
        empty = present is None and not inspect(connection).get_table_names()
    if empty and config.sqlite:
        migrate()
    elif present != newest():
        raise Conflict(N_("The database does not have this version's schema; run: pointsvc migrate"))


# ---- long work


def see_through(app: Flask, job_id: int) -> Job:
    """Run this job here, or watch it where a worker has taken it, with a bar on a terminal; its row at the end.

    Raises what made the job fail here.
    """
    failed: list[Exception] = []
    seen = threading.Event()
    runner = threading.Thread(target=_run, args=(app, job_id, seen, failed), daemon=True)
    runner.start()
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=None)
        while not (job := _look(job_id)).done_at and job.status != "dead" and not failed:
            bar.update(task, description=gettext(job.doing), completed=job.progress, total=job.size or None)
            runner.join(0.1)
    seen.set()
    runner.join()
    if failed:
        raise failed[0]
    return _look(job_id)


def _run(app: Flask, job_id: int, seen: threading.Event, failed: list[Exception]) -> None:
    # The workers know the service, not the other way round; only the command line starts them.
    import_module("workers.run")
    base = import_module("workers.base")
    try:
        while not seen.is_set():
            if not base.run_next(app, only=job_id):
                seen.wait(0.5)
    except Exception as error:
        failed.append(error)


def _look(job_id: int) -> Job:
    db.session.rollback()
    return db.session.scalars(select(Job).where(Job.id == job_id).execution_options(populate_existing=True)).one()
