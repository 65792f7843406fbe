"""Words that several nouns' pages share, in the reader's language."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_babel import format_date, format_datetime, gettext, ngettext

from pointsvc import clock, queues
from pointsvc.errors import N_


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


def day(value: date) -> str:
    """A day as people write it."""
    return str(format_date(value, gettext("d MMM y")))


def moment(instant: datetime) -> str:
    """An instant as the clock of the place showed it."""
    return str(format_datetime(instant, gettext("d MMM y, HH:mm")))


def day_words(text: str) -> str:
    """A day that a document holds as 2026-07-05, as people write it; any other text as it is."""
    try:
        return day(date.fromisoformat(text))
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


# What each kind of work is called; a test holds that none is missing.
JOB_WORDS = {
    queues.TALLY_COMPUTE: N_("reckon a tally"),
    queues.TALLY_SEAL: N_("seal a tally"),
    queues.TALLIES_ASK: N_("ask for the tallies of a period"),
    queues.STANDINGS_SETTLE: N_("bring totals up to date"),
    queues.IMPORT_RUN: N_("look through or take in a file"),
    queues.EXPORT_MAKE: N_("write an archive"),
    queues.REHEARSE: N_("rehearse a rule sheet"),
    queues.NOTICE_DELIVER: N_("deliver notices"),
    queues.RECONCILE: N_("hold totals against entries"),
    queues.CLEAN_UP: N_("clear away what has expired"),
    queues.DECLARATIONS_TELL: N_("tell of declarations"),
    queues.DECLARATIONS_REMIND: N_("remind of declarations"),
    queues.PUBLICITY_TELL: N_("tell of a publicised list"),
    queues.DISPUTES_REMIND: N_("remind of objections"),
    queues.REVIEWS_REMIND: N_("remind of reviews"),
    queues.EXEMPTIONS_END: N_("end exemptions"),
    queues.RECEIPTS_TURN: N_("look after attendance elsewhere"),
    queues.PLEDGES_TELL: N_("tell of pledges"),
    queues.PLEDGES_REMIND: N_("remind of pledges"),
    queues.PLEDGES_CLOSE: N_("close the pledges of a year"),
    queues.LISTS_REMIND: N_("remind of items on the lists"),
    queues.SERVICE_TELL: N_("tell of service in communities"),
    queues.SERVICE_REMIND: N_("remind of service to be confirmed"),
    queues.SERVICE_CARDS: N_("make the quarter's service cards"),
    queues.SPOTCHECKS_LAPSE: N_("void draws that were never told"),
    queues.NOTICE_POST: N_("send to the outside"),
    queues.NOTICE_OPEN: N_("open an announcement"),
    queues.NOTICE_REMIND: N_("send reminders"),
    queues.NOTICE_DIGEST: N_("send the morning's messages"),
}


def job_words(topic: str) -> str:
    """What this kind of work is called; the code itself of one that is no longer known."""
    return gettext(JOB_WORDS[topic]) if topic in JOB_WORDS else topic
