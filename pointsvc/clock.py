"""The only place that asks the machine what time it is.

Instants are timezone-aware UTC; days are calendar days of the service's own timezone
(``POINTSVC_TIMEZONE``, Asia/Shanghai), because a meeting at 23:30 belongs to that evening.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

_zone = ZoneInfo("Asia/Shanghai")
_source: Callable[[], datetime] | None = None


def use_timezone(name: str) -> None:
    """Set the timezone in which days begin and end."""
    global _zone
    _zone = ZoneInfo(name)


def now() -> datetime:
    """The present instant, in UTC."""
    return _source() if _source else datetime.now(UTC)


def today() -> date:
    """The present calendar day in the service's timezone."""
    return now().astimezone(_zone).date()


def local(instant: datetime) -> datetime:
    """The same instant on the service's wall clock."""
    return instant.astimezone(_zone)


def at_wall(local: datetime) -> datetime:
    """The instant at which the service's wall clock shows this."""
    return local.replace(tzinfo=_zone).astimezone(UTC)


def begins(day: date) -> datetime:
    """The instant at which this day begins on the service's wall clock."""
    return at_wall(datetime.combine(day, time()))


@contextmanager
def set_to(source: datetime | Callable[[], datetime]) -> Iterator[None]:
    """For tests: let ``now()`` answer with this instant, or with what this function says."""
    global _source
    before = _source
    _source = source if callable(source) else lambda: source
    try:
        yield
    finally:
        _source = before
