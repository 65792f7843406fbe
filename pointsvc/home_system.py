"""The system administrators' first page: does everything run, does work pile up, is there a backup?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext, ngettext
from sqlalchemy import func, select

from pointsvc import checks, clock, wording
from pointsvc.audit import service as audit
from pointsvc.db import db
from pointsvc.firstpages import Action, Figure, Line, Part, first_page
from pointsvc.permissions import Actor, Role
from pointsvc.queues import Job, Lease

SHOWN = 8
# A night's backup is missed when the latest is older than this.
OLD_BACKUP_DAYS = 2
BACKED_UP = "service:back_up"

# Said with the day, so that the index of what is not done serves for it.
GIVEN_UP = (Job.done_at.is_(None), Job.status == "dead")


@first_page(Role.SYSTEM_ADMIN, place=60)
def running(who: Actor) -> Iterator[Figure | Part | Action]:
    """Figures of the queue and the backup, what runs, what was given up, what the doctor says."""
    now = clock.now()
    queued, oldest, dead, last_done = _queue(now)
    backup = audit.latest(action=BACKED_UP)
    yield Figure(gettext("Jobs that wait"), queued, _waited(oldest, now))
    yield Figure(gettext("Jobs given up"), dead, href="#given-up", now=bool(dead))
    yield Figure(
        gettext("Days since the last backup"),
        "—" if backup is None else (now - backup.at).days,
        href="#backup",
        now=backup is None or (now - backup.at).days >= OLD_BACKUP_DAYS,
    )
    yield _services(now, last_done)
    yield _given_up(_dead() if dead else ())
    yield _backup(backup)
    yield Action(gettext("Add an account"), url_for("accounts.new_account"))


def _queue(now: datetime) -> tuple[int, datetime | None, int, datetime | None]:
    """How many jobs are due, since when the oldest, how many were given up, and when the last one was done."""
    due = (Job.done_at.is_(None), Job.status != "dead", Job.next_at <= now)
    row = db.session.execute(
        select(
            select(func.count()).select_from(Job).where(*due).scalar_subquery(),
            select(Job.next_at).where(*due).order_by(Job.next_at).limit(1).scalar_subquery(),
            select(func.count()).select_from(Job).where(*GIVEN_UP).scalar_subquery(),
            select(Job.done_at).where(Job.done_at.is_not(None)).order_by(Job.id.desc()).limit(1).scalar_subquery(),
        )
    ).one()
    return row[0], row[1], row[2], row[3]


def _dead() -> Sequence[Job]:
    return db.session.scalars(select(Job).where(*GIVEN_UP).order_by(Job.id.desc()).limit(SHOWN)).all()


def _waited(oldest: datetime | None, now: datetime) -> str:
    if oldest is None:
        return ""
    minutes = int((now - oldest).total_seconds() // 60)
    return ngettext("the oldest for %(num)s minute", "the oldest for %(num)s minutes", minutes)


def _services(now: datetime, last_done: datetime | None) -> Part:
    lines = [_finding(finding) for finding in _findings()]
    lines.append(_scheduler(now))
    if last_done is not None:
        lines.append(Line(gettext("The workers finished their last job"), tail=wording.moment(last_done)))
    return Part(gettext("What runs"), lines, nothing=gettext("Nothing has been looked at"))


def _findings() -> Iterator[checks.Finding]:
    yield from checks.program()
    yield from checks.folder(current_app.config["POINTSVC"].data_dir)
    yield from checks.database()
    yield checks.doorbell()


def _finding(finding: checks.Finding) -> Line:
    return Line(finding.words.render(gettext), badge=_badge(finding.good))


def _scheduler(now: datetime) -> Line:
    lease = db.session.scalar(select(Lease).where(Lease.name == "scheduler"))
    if lease is not None and lease.expires_at > now:
        return Line(gettext("The scheduler runs"), badge=_badge(True))
    words = gettext("The scheduler does not run: periodic work is not asked for. Start it: pointsvc scheduler")
    return Line(words, badge=_badge(False))


def _badge(good: bool) -> tuple[str, str]:
    return (gettext("in order"), "good") if good else (gettext("to be mended"), "now")


def _given_up(dead: Sequence[Job]) -> Part:
    return Part(
        gettext("Jobs given up"),
        [
            Line(
                wording.job_words(job.topic),
                small=(job.error or "").splitlines()[0][:200] if job.error else "",
                tail=wording.moment(job.created_at),
            )
            for job in dead
        ],
        nothing=gettext("No job has been given up"),
        hint=gettext("What failed again and again stands here with its reason; nothing of it is lost."),
        anchor="given-up",
    )


def _backup(backup: Any) -> Part:
    lines = []
    if backup is not None:
        size = gettext("%(size)s MB", size=f"{backup.details.get('size', 0) / 1_000_000:.1f}")
        lines.append(
            Line(gettext("The whole service was written into one file"), small=size, tail=wording.moment(backup.at))
        )
    return Part(
        gettext("Backups"),
        lines,
        nothing=gettext("No backup has been written yet"),
        hint=gettext("On the server, each night: pointsvc backup FILE. The file belongs on another machine."),
        anchor="backup",
    )
