"""The due day of a pledge: brought to mind twice before it, told after it, and then one level up. Each once.

What has been told stands in the pledge itself (``told``), so a second run tells nothing, and after
days without service only what still helps is told: nobody is reminded of a day that has passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, insert, select, update

from pointsvc import clock, workdays
from pointsvc.db import among, db
from pointsvc.errors import N_
from pointsvc.notices import service as notices
from pointsvc.people import settings
from pointsvc.people.models import Member, Organisation
from pointsvc.permissions import SYSTEM
from pointsvc.pledges.leaders import levels, promisers
from pointsvc.pledges.lifecycle import OUTCOMES, OVERDUE, UNDER_WAY
from pointsvc.pledges.models import Pledge, PledgeStep
from pointsvc.pledges.taking import write_down
from pointsvc.pledges.telling import short

# ``told``: how far it is.
FIRST, LAST, LATE, ABOVE = 1, 2, 3, 4
# The furthest ahead that anybody may ask to be reminded: no setting is larger.
HORIZON = timedelta(days=60)

COMES = N_("Your pledge “%(pledge)s” is due on %(due_on)s")
PASSED = N_("Your pledge “%(pledge)s” was due on %(due_on)s; please say how it stands")
PASSED_FOR = N_("The pledge of %(by)s “%(pledge)s” was due on %(due_on)s; please settle it")
STILL_OPEN = N_("%(organisation)s: the pledge of %(by)s was due on %(due_on)s and is not settled; please see to it")


@dataclass(frozen=True, slots=True)
class Days:
    """What holds where a pledge was made: days before, and working days after its day."""

    first: int
    last: int
    late: int

    def level(self, due_on: date, today: date) -> int:
        """How far the telling of a pledge that is due on this day is to be, today."""
        if due_on < today:
            return ABOVE if workdays.between(due_on, today) > self.late else LATE
        left = (due_on - today).days
        return LAST if left <= self.last else FIRST if left <= self.first else 0


@dataclass(frozen=True, slots=True)
class Due:
    """A pledge of which something is to be told: whose it is, and how far the telling is to be."""

    pledge: Pledge
    by: str
    organisation: str
    level: int

    @property
    def words(self) -> dict[str, str]:
        """What fills the places of the sentences."""
        due_on = self.pledge.due_on.isoformat()
        return {"pledge": short(self.pledge.text), "by": self.by, "organisation": self.organisation, "due_on": due_on}

    def newly(self, level: int) -> bool:
        """Whether this is reached now and was not before."""
        return self.pledge.told < level <= self.level


def remind(*, at: datetime) -> int:
    """Tell what is due to be told today and was not; of how many pledges."""
    today = clock.local(at).date()
    due = _due(today)
    ids = [item.pledge.id for item in due]
    theirs, leading = promisers(ids), levels(ids)
    for item in due:
        _tell(at, item, theirs.get(item.pledge.id, []), leading.get(item.pledge.id, []))
    _mark(due, at)
    return len(due)


def close_years(*, at: datetime) -> int:
    """Close the settled pledges whose year is over and whose days for ratings have passed; how many."""
    today = clock.local(at).date()
    rows = db.session.scalars(
        select(Pledge)
        .where(Pledge.status.in_(OUTCOMES), Pledge.due_on < date(today.year, 1, 1))
        .order_by(Pledge.id)
        .with_for_update(skip_locked=True)
    ).all()
    days = settings.by_organisation({row.organisation_id for row in rows}, "pledge_rating_days")
    over = [
        row
        for row in rows
        if row.settled_on is not None and row.settled_on + timedelta(days=days[row.organisation_id]) < today
    ]
    if over:
        write_down("close", SYSTEM, at, [(row, "closed") for row in over])
    return len(over)


# ---- inside


def _due(today: date) -> list[Due]:
    by = func.coalesce(Member.name, Organisation.name)
    rows = db.session.execute(
        select(Pledge, by, Organisation.name)
        .join(Organisation, Organisation.id == Pledge.organisation_id)
        .outerjoin(Member, Member.id == Pledge.member_id)
        .where(Pledge.status.in_(UNDER_WAY), Pledge.due_on <= today + HORIZON, Pledge.told < ABOVE)
        .order_by(Pledge.id)
        # Whoever settles one right now makes the reminder needless.
        .with_for_update(of=Pledge, skip_locked=True)
    ).all()
    days = _days({row[0].organisation_id for row in rows})
    found = [Due(row[0], row[1], row[2], days[row[0].organisation_id].level(row[0].due_on, today)) for row in rows]
    return [item for item in found if item.level > item.pledge.told]


def _days(organisation_ids: set[int]) -> dict[int, Days]:
    names = ("pledge_remind_first", "pledge_remind_last", "pledge_overdue_days")
    found = [settings.by_organisation(organisation_ids, name) for name in names]
    return {one: Days(*(values[one] for values in found)) for one in organisation_ids}


def _tell(at: datetime, due: Due, theirs: Sequence[int], ladder: Sequence[Sequence[int]]) -> None:
    if due.level in (FIRST, LAST):
        _send(at, due, due.level, theirs, COMES)
    if due.newly(LATE):
        _send(at, due, LATE, theirs, PASSED)
        _send(at, due, LATE, ladder[0] if ladder else [], PASSED_FOR)
    if due.newly(ABOVE) and len(ladder) > 1:
        _send(at, due, ABOVE, ladder[1], STILL_OPEN)


def _send(at: datetime, due: Due, level: int, sign_in_ids: Sequence[int], message: str) -> None:
    notices.send(
        at=at,
        sign_in_ids=sign_in_ids,
        message=message,
        params=due.words,
        link=f"/pledges/{due.pledge.id}",
        # A change that is approved may give it another day, of which everything is told anew.
        dedupe_prefix=f"pledge:{due.pledge.id}:{due.pledge.due_on.isoformat()}:{level}",
    )


def _mark(found: Sequence[Due], at: datetime) -> None:
    """Write down how far the telling is, and into the log of those newly overdue that they are."""
    late = [item.pledge for item in found if item.newly(LATE)]
    for level in (FIRST, LAST, LATE, ABOVE):
        ids = [item.pledge.id for item in found if item.level == level]
        if ids:
            db.session.execute(
                update(Pledge)
                .where(among(Pledge.id, ids))
                .values(told=level)
                .execution_options(synchronize_session=False)
            )
    if late:
        said = {"step": OVERDUE, "at": at, "by_id": None}
        values = [{"pledge_id": row.id, "old": row.status, "new": row.status, **said} for row in late]
        db.session.execute(insert(PledgeStep), values)
