"""The branch at a glance: its members, and who has been forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, case, extract, func, select

from pointsvc.activities.models import Attendance, Meeting
from pointsvc.db import db
from pointsvc.ledger.models import Entry
from pointsvc.people import reach
from pointsvc.people.models import Member, MemberCategory, Membership

FORGOTTEN_AFTER = 90
MOST_MEMBERS = 500


@dataclass(slots=True)
class Comrade:
    """A member as the branch page shows it; total and grade come from whoever reckons them."""

    id: int
    number: str
    name: str
    category: str
    last_on: date | None
    total: Decimal | None = None
    grade: str | None = None


def members(organisation_id: int, today: date) -> list[Comrade]:
    """The members of today at this node and below, by name, with the day of their latest entry."""
    last_on = (
        select(func.max(Entry.occurred_on))
        .where(Entry.member_id == Member.id, Entry.reverses_id.is_(None))
        .correlate(Member)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Member.id, Member.number, Member.name, func.coalesce(MemberCategory.category, ""), last_on)
        .join(Membership, and_(Membership.member_id == Member.id, Membership.ends_on.is_(None)))
        .outerjoin(MemberCategory, and_(MemberCategory.member_id == Member.id, MemberCategory.ends_on.is_(None)))
        .where(Membership.organisation_id.in_(reach.ids_below(organisation_id)))
        .where(Membership.starts_on <= today)
        .order_by(Member.initials, Member.number)
        .limit(MOST_MEMBERS)
    )
    return [Comrade(*row) for row in rows]


def forgotten(comrades: list[Comrade], today: date) -> list[dict[str, Any]]:
    """Those without an entry for longer than ``FORGOTTEN_AFTER`` days, the longest first."""
    found: list[dict[str, Any]] = [
        {
            "number": item.number,
            "name": item.name,
            "last_on": item.last_on,
            "days": (today - item.last_on).days if item.last_on else None,
        }
        for item in comrades
        if item.last_on is None or (today - item.last_on).days > FORGOTTEN_AFTER
    ]
    return sorted(found, key=lambda item: str(item["last_on"] or ""))


def participation(organisation_id: int, since: date, until: date) -> list[tuple[int, int, int, int]]:
    """Year, month, how many marks were made and how many of them say that somebody came, by month."""
    year, month = extract("year", Meeting.held_on), extract("month", Meeting.held_on)
    came = func.count(case((Attendance.mark.in_(("present", "late")), 1)))
    rows = db.session.execute(
        select(year, month, func.count(Attendance.mark), came)
        .join(Attendance, Attendance.meeting_id == Meeting.id)
        .where(Meeting.organisation_id.in_(reach.ids_below(organisation_id)))
        .where(Meeting.held_on >= since, Meeting.held_on <= until, Attendance.mark.is_not(None))
        .group_by(year, month)
        .order_by(year, month)
    )
    return [(int(row[0]), int(row[1]), row[2], row[3]) for row in rows]
