"""Quiet hours: from when until when nobody is written to outside of the service. No clock, no database."""

from __future__ import annotations

from datetime import datetime, time, timedelta

NONE = "none"
HOURS = (NONE, "20:00-08:00", "21:00-07:00", "21:30-07:30", "22:00-07:00", "22:00-08:00", "12:00-14:00")


def may_write_at(local: datetime, hours: str) -> datetime:
    """The first instant from ``local`` (on the service's wall clock) on that is not quiet."""
    if hours == NONE:
        return local
    begins, ends = (time.fromisoformat(part) for part in hours.split("-"))
    now = local.time()
    over_midnight = ends <= begins
    quiet = (now >= begins or now < ends) if over_midnight else begins <= now < ends
    if not quiet:
        return local
    day = local.date() + timedelta(days=over_midnight and now >= begins)
    return datetime.combine(day, ends, local.tzinfo)
