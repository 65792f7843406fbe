"""The console command ``pointsvc``. Each command calls one verb; here is only what a terminal needs."""

from __future__ import annotations

import os
import secrets
import sys
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import click

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.errors import N_, Message, Problem
from pointsvc.permissions import SYSTEM, Role
from pointsvc.process import log_to_stderr
from pointsvc.terminal import gettext as _
from pointsvc.terminal import plainly, say, see_through, service, warn


class Commands(click.Group):
    """A group whose commands tell expected trouble in words."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was named."""
        with plainly():
            return super().invoke(ctx)


@click.group(cls=Commands, help=_("Points of Party members: the service and its tools."))
def main() -> None:
    """The command line of the service."""
    # Whatever is written (database, key, backup) is for this account alone.
    os.umask(0o077)


# ---- processes


@main.command(help=_("Start everything on this machine; prints one line when it serves."))
@click.option("--port", default=8000, type=click.IntRange(1, 65535), show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--data-dir", type=click.Path(file_okay=False, path_type=Path), help=_("Where all data is kept."))
@click.option("--workers", default=2, type=click.IntRange(1, 64), show_default=True, help=_("How many job workers."))
@click.option("--demo", is_flag=True, help=_("Load the demonstration district first, unless it is there."))
def up(port: int, host: str, data_dir: Path | None, workers: int, demo: bool) -> None:
    """Everything on one machine."""
    from pointsvc.up import up as run

    log_to_stderr()
    if data_dir:
        os.environ["POINTSVC_DATA_DIR"] = str(data_dir)
    run(host=host, port=port, workers=workers, demo=demo)


@main.command(help=_("The web server alone."))
@click.option("--host", default="127.0.0.1", show_default=True, envvar="POINTSVC_HOST")
@click.option("--port", default=8000, type=click.IntRange(1, 65535), show_default=True, envvar="POINTSVC_PORT")
@click.option("--workers", default=2, type=click.IntRange(1, 64), show_default=True, envvar="POINTSVC_WEB_WORKERS")
def web(host: str, port: int, workers: int) -> None:
    """The web server."""
    from pointsvc.web import serve

    log_to_stderr()
    serve(host=host, port=port, workers=workers)


@main.command(help=_("One job worker."))
@click.option("--poll", is_flag=True, help=_("Look into the job table each second, without Redis."))
def worker(poll: bool) -> None:
    """A worker."""
    log_to_stderr()
    import_module("workers.run").main(poll=poll)


@main.command(help=_("The scheduler: periodic work, and jobs whose signal was lost."))
def scheduler() -> None:
    """The scheduler."""
    log_to_stderr()
    import_module("workers.schedule").main()


# ---- setting up


@main.command(help=_("Bring the database to the newest schema."))
def migrate() -> None:
    """Run the missing migrations."""
    from pointsvc.config import Config
    from pointsvc.up import prepare

    prepare(Config.from_env())
    say(N_("The database has the newest schema."))


@main.command(help=_("Load a made-up district to look around in."))
def demo() -> None:
    """Load the demonstration district."""
    from pointsvc.demo import load

    with service():
        for line in load():
            click.echo(line)


@main.group(help=_("Accounts."))
def user() -> None:
    """Accounts."""


@user.command("add", help=_("Add an account."))
@click.argument("name")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--organisation", required=True, metavar="CODE", help=_("The top of what the account reaches."))
@click.option("--member", metavar="NUMBER", help=_("The member whose own account it is."))
@click.option("--password-stdin", is_flag=True, help=_("Read the password from the first line of the input."))
def add_user(name: str, role: str, organisation: str, member: str | None, password_stdin: bool) -> None:
    """Add an account."""
    from pointsvc.people import service as people

    password, generated = _password(password_stdin)
    with service(), transaction():
        people.add_sign_in(
            actor=SYSTEM,
            at=clock.now(),
            name=name,
            role=role,
            organisation=organisation,
            member=member,
            password=password,
            must_change=generated,
        )
    say(N_("Account %(name)s added."), name=name)
    if generated:
        say(N_("Its first password, to be changed at the first sign-in: %(password)s"), password=password)


def _password(from_stdin: bool) -> tuple[str, bool]:
    """The password, and whether it was made up here."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n"), False
    if sys.stdin.isatty():
        again = _("The same password again")
        return click.prompt(_("Password"), hide_input=True, confirmation_prompt=again, err=True), False
    return secrets.token_urlsafe(12), True


@main.command(help=_("Print a new bearer token of an account."))
@click.argument("name")
def token(name: str) -> None:
    """A new token."""
    from pointsvc.people import service as people

    with service(), transaction():
        found = people.new_token(actor=SYSTEM, at=clock.now(), name=name)
    click.echo(found)


# ---- work


@main.command("import", help=_("Take in a workbook or text file; ends with 1 when a row was refused."))
@click.argument("kind", type=click.Choice(["organisations", "members", "scheme", "attendance", "entries", "lists"]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help=_("Only look it through."))
@click.option("--organisation", metavar="CODE", help=_("For a scheme: whose it is."))
@click.option(
    "--from", "starts_on", metavar="DAY", type=click.DateTime(["%Y-%m-%d"]), help=_("For a scheme: from when.")
)
@click.option("--column", "columns", multiple=True, metavar="HEADING=FIELD", help=_("What a doubtful column holds."))
def import_file(
    kind: str,
    file: Path,
    dry_run: bool,
    organisation: str | None,
    starts_on: datetime | None,
    columns: tuple[str, ...],
) -> None:
    """Take in a file."""
    from pointsvc.importing import import_from_file

    with service() as app:
        complete = import_from_file(
            app,
            kind=kind,
            file=file,
            dry_run=dry_run,
            organisation=organisation,
            starts_on=starts_on.date() if starts_on else None,
            columns=dict(column.partition("=")[::2] for column in columns),
        )
    sys.exit(0 if complete else 1)


@main.command("export", help=_("Write a table (.xlsx, .csv) or everything as an archive (.zip) into a file."))
@click.argument("kind", type=click.Choice(["entries", "members", "organisations", "attendance", "archive"]))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--organisation", required=True, metavar="CODE", help=_("With everything below it."))
@click.option("--period", metavar="PERIOD", help=_("Such as 2026-07, 2026-Q3, 2026-H2 or 2026."))
@click.option("--encoding", type=click.Choice(["utf-8", "gb18030"]), default="utf-8", show_default=True)
def export_file(kind: str, file: Path, organisation: str, period: str | None, encoding: str) -> None:
    """Write a file."""
    from pointsvc.exporting import export_to_file

    with service() as app:
        rows = export_to_file(app, kind=kind, file=file, organisation=organisation, period=period, encoding=encoding)
    say(N_("%(file)s written: %(rows)s rows"), file=file.name, rows=rows)


@main.command(help=_("Compute a tally here and now."))
@click.option("--organisation", required=True, metavar="CODE")
@click.option("--period", required=True, metavar="PERIOD", help=_("Such as 2026-07, 2026-Q3, 2026-H2 or 2026."))
def tally(organisation: str, period: str) -> None:
    """Compute a tally in the foreground."""
    from pointsvc.tallies import service as tallies

    with service() as app:
        with transaction():
            found = tallies.request(actor=SYSTEM, at=clock.now(), organisation=organisation, period=period)
        # One that was just asked for has a job.
        job = see_through(app, cast(int, found.job_id))
        if job.status == "dead":
            raise Problem(Message(job.error or ""))
        for grade, number in tallies.counts(tally_id=found.id):
            click.echo(f"{grade or '-'}\t{number}")


# ---- looking after it


@main.command(help=_("Prove entries, totals, tallies and jobs against each other; ends with 1 at any fault."))
def verify() -> None:
    """Recount everything."""
    from pointsvc.verifying import faults

    with service():
        found = 0
        for fault in faults(at=clock.now()):
            click.echo(fault.render(_))
            found += 1
    if found:
        warn(N_("%(number)s faults found"), number=found)
        sys.exit(1)
    say(N_("Everything agrees."))


@main.command(help=_("Look at the installation and say what to mend; ends with 1 when something is to be mended."))
def doctor() -> None:
    """Check the installation."""
    from pointsvc.doctor import examine

    sound = True
    for finding in examine():
        click.echo(("✓ " if finding.good else "✗ ") + finding.words.render(_))
        sound = sound and finding.good
    sys.exit(0 if sound else 1)


@main.command(help=_("Write the whole service into one file, while it runs."))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Back up."""
    from pointsvc.backup import write

    with service():
        size = write(file)
    say(
        N_("%(file)s written, %(size)s bytes. It holds the secret key: keep it as you keep the data."),
        file=file.name,
        size=size,
    )


@main.command(help=_("Bring a backup back, into a place that holds nothing yet."))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help=_("Replace what is there."))
def restore(file: Path, force: bool) -> None:
    """Restore."""
    from pointsvc.backup import read

    read(file, force=force)
    say(N_("The service has been brought back; start it when you are ready."))


if __name__ == "__main__":
    main()
