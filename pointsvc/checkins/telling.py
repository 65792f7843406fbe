"""What people are told: how a check-in and hours were decided, and that a community is slow to confirm."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, update

from pointsvc import clock, workdays
from pointsvc.checkins import lifecycle
from pointsvc.checkins.models import Card, CheckIn, Record
from pointsvc.db import among, db
from pointsvc.errors import N_
from pointsvc.notices import service as notices
from pointsvc.people import leaders, settings
from pointsvc.people import listing as people
from pointsvc.people.models import Organisation, SignIn
from pointsvc.permissions import PERMISSION_MAP, Permission

CHECKIN_TOLD = {
    lifecycle.ACCEPTED: N_("%(community)s has accepted your check-in"),
    lifecycle.REFUSED: N_("%(community)s has not accepted your check-in: %(reason)s"),
    lifecycle.ENDED: N_("Your check-in with %(community)s has ended"),
}
RECORDS_TOLD = {
    lifecycle.CONFIRMED: N_("%(community)s has confirmed your service: %(hours)s hours"),
    lifecycle.REFUSED: N_("%(community)s has not confirmed your service (%(hours)s hours): %(reason)s"),
    lifecycle.REVOKED: N_("%(community)s has taken a confirmation of your service back (%(hours)s hours): %(reason)s"),
}
SLOW = N_("%(community)s: %(n)s records of service have waited to be confirmed for more than %(days)s working days")
CARDS = N_("%(organisation)s: %(n)s service cards of %(card_period)s have come back and wait to be acknowledged")
MINE = "/my-service"

_LEADING = sorted(PERMISSION_MAP[Permission.CHECKINS_DECIDE])

# ``told`` of a record.
COMMUNITY, ABOVE = 1, 2


def checkin(*, at: datetime, row: CheckIn) -> None:
    """Have the member told what became of the check-in, by a job."""
    if row.status not in CHECKIN_TOLD:
        return
    name = db.session.scalar(select(Organisation.name).where(Organisation.id == row.community_id))
    notices.send_soon(
        at=at,
        sign_in_ids=people.accounts_of([row.member_id]),
        message=CHECKIN_TOLD[row.status],
        params={"community": name, "reason": row.reason or ""},
        link=MINE,
        dedupe_prefix=f"checkin:{row.id}:{row.status}",
    )


def records(*, at: datetime, record_ids: Collection[int], status: str) -> None:
    """Tell each member once, with each community, how the hours were decided."""
    rows = db.session.execute(
        select(
            Record.member_id,
            Organisation.name,
            func.sum(Record.hours).label("hours"),
            func.min(Record.id).label("first"),
            func.max(Record.reason).label("reason"),
        )
        .join(Organisation, Organisation.id == Record.community_id)
        .where(among(Record.id, record_ids))
        .group_by(Record.member_id, Record.community_id, Organisation.name)
        .order_by(Record.member_id)
    ).all()
    accounts = _accounts({row.member_id for row in rows})
    for row in rows:
        notices.send(
            at=at,
            sign_in_ids=accounts.get(row.member_id, []),
            message=RECORDS_TOLD[status],
            params={"community": row.name, "hours": f"{row.hours:.2f}", "reason": row.reason or ""},
            link=MINE,
            dedupe_prefix=f"service:{row.first}:{status}",
        )


def remind(*, at: datetime, period: str) -> None:
    """Tell, once for each record, who leads the community that it waits too long to be confirmed, and
    after twice the time who leads one level above. Called again, or late, it tells what is due and
    was not told.
    """
    groups: dict[tuple[int, int, int], list[int]] = {}
    late = _late(clock.local(at).date())
    for item in late:
        for rung in range(item.told + 1, item.level + 1):
            groups.setdefault((item.community_id, rung, item.days * rung), []).append(item.id)
    leads = _leads({item.community_id for item in late})
    for (community_id, rung, days), ids in groups.items():
        lead = leads[community_id]
        if len(lead.rungs) >= rung:
            notices.send(
                at=at,
                sign_in_ids=lead.rungs[rung - 1],
                message=SLOW,
                params={"community": lead.name, "n": len(ids), "days": days},
                link=f"/community?community={lead.code}",
                dedupe_prefix=f"service-slow:{period}:{rung}:{min(ids)}",
            )
    for level in (COMMUNITY, ABOVE):
        _mark([item.id for item in late if item.level == level], level)


def cards(*, at: datetime, quarter: str) -> None:
    """Tell who leads the home units how many cards of the quarter have come back to them."""
    rows = db.session.execute(
        select(Card.home_id, func.count().label("n"))
        .where(Card.quarter == quarter, Card.acknowledged_at.is_(None))
        .group_by(Card.home_id)
        .order_by(Card.home_id)
    ).all()
    leads = _leads({row.home_id for row in rows})
    for row in rows:
        lead = leads[row.home_id]
        notices.send(
            at=at,
            sign_in_ids=lead.rungs[0] if lead.rungs else (),
            message=CARDS,
            params={"organisation": lead.name, "n": row.n, "card_period": quarter},
            link=f"/service-cards?quarter={quarter}",
            dedupe_prefix=f"service-cards:{quarter}:{row.home_id}",
        )


# ---- inside


@dataclass(frozen=True, slots=True)
class _Late:
    """A record that has waited too long, and how far up that is to be told now."""

    id: int
    community_id: int
    told: int
    level: int
    days: int


@dataclass(frozen=True, slots=True)
class _Lead:
    """An organisation, and who leads it: sign-ins node by node, from itself upwards."""

    code: str
    name: str
    rungs: list[list[int]] = field(default_factory=list)


def _late(today: date) -> list[_Late]:
    rows = db.session.execute(
        select(Record.id, Record.community_id, Record.proposed_at, Record.told)
        .where(Record.status == lifecycle.PROPOSED, Record.told < ABOVE)
        .order_by(Record.id)
        # Whoever confirms one right now makes the reminder needless.
        .with_for_update(skip_locked=True)
    ).all()
    allowed = settings.by_organisation({row.community_id for row in rows}, "review_days")
    said = {row.id: clock.local(row.proposed_at).date() for row in rows}
    waited = {day: workdays.between(day, today) for day in set(said.values())}
    found = []
    for row in rows:
        days = allowed[row.community_id]
        level = sum(waited[said[row.id]] > days * rung for rung in (COMMUNITY, ABOVE))
        found.append(_Late(row.id, row.community_id, row.told, level, days))
    return [item for item in found if item.level > item.told]


def _leads(organisation_ids: Collection[int]) -> dict[int, _Lead]:
    named = db.session.execute(
        select(Organisation.id, Organisation.code, Organisation.name).where(among(Organisation.id, organisation_ids))
    )
    found = {row.id: _Lead(row.code, row.name) for row in named}
    for organisation_id, rungs in leaders.levels(organisation_ids, _LEADING).items():
        found[organisation_id].rungs.extend(rungs)
    return found


def _mark(record_ids: Collection[int], level: int) -> None:
    if record_ids:
        statement = update(Record).where(among(Record.id, record_ids)).values(told=level)
        db.session.execute(statement.execution_options(synchronize_session=False))


def _accounts(member_ids: Collection[int]) -> dict[int, list[int]]:
    """The accounts of these members, by member."""
    query = select(SignIn.member_id, SignIn.id).where(among(SignIn.member_id, member_ids), SignIn.disabled_at.is_(None))
    found: dict[int, list[int]] = {}
    rows: Any = db.session.execute(query.order_by(SignIn.id))
    for member_id, sign_in_id in rows:
        found.setdefault(member_id, []).append(sign_in_id)
    return found
