"""Words that several nouns' pages share, in the reader's language."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import format_date, gettext, ngettext

from pointsvc import clock, queues


def period_words(code: str) -> str:
    """A period's code as an office says it: 2026-Q3 is 2026年第三季度."""
    year, _, part = code.partition("-")
    if not part:
        return gettext("the year %(year)s", year=year)
    if part[0] == "Q":
        return gettext("quarter %(part)s of %(year)s", year=year, part=part[1:])
    if part[0] == "H":
        words = gettext("first half of %(year)s", year=year), gettext("second half of %(year)s", year=year)
        return words[part != "H1"]
    return gettext("month %(part)s of %(year)s", year=year, part=int(part))


def day_words(text: str) -> str:
    """A day that a document holds as 2026-07-05, as people write it; any other text as it is."""
    try:
        return str(format_date(date.fromisoformat(text), gettext("d MMM y")))
    except ValueError:
        return text


def job_shown(job: queues.Job | None) -> dict[str, Any] | None:
    """How far a job is, as the pages' progress bar takes it; None without a job."""
    if job is None:
        return None
    return {
        "doing": gettext(job.doing) if job.doing else "",
        "done": job.progress,
        "total": job.size or None,
        "left": _left(job),
    }


def _left(job: queues.Job) -> str:
    """About how long it will still take; nothing before that can be said."""
    if not job.progress or not job.size or job.started_at is None:
        return ""
    spent = (clock.now() - job.started_at).total_seconds()
    minutes = round(spent * (job.size - job.progress) / job.progress / 60)
    if not minutes:
        return gettext("less than a minute left")
    return ngettext("about %(num)s minute left", "about %(num)s minutes left", minutes)
