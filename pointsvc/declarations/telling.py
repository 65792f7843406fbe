"""What people are told: how their declaration was decided, and that reviewing takes long."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, or_, select, update

from pointsvc import clock, workdays
from pointsvc.db import among, db
from pointsvc.declarations import reviewers
from pointsvc.declarations.models import Declaration, DeclarationChange
from pointsvc.declarations.reviewers import ABOVE, BRANCH
from pointsvc.errors import N_
from pointsvc.notices import service as notices
from pointsvc.people import settings
from pointsvc.people.models import Organisation, SignIn
from pointsvc.schemes import document as documents
from pointsvc.schemes import service as schemes
from pointsvc.schemes.models import Scheme

APPROVED = N_("Your declaration “%(rule)s” of %(day)s has been approved: %(points)s points")
RETURNED = N_("The declaration “%(rule)s” of %(day)s has been returned: %(reason)s")
SLOW = N_("%(organisation)s: %(n)s declarations have waited for their review for more than %(days)s working days")


def tell(*, at: datetime, change_ids: Collection[int]) -> None:
    """Tell the members how their declarations were decided; a returned one also whoever typed it in."""
    query = (
        select(DeclarationChange.id, DeclarationChange.new, DeclarationChange.reason, Declaration, Scheme.digest)
        .join(Declaration, Declaration.id == DeclarationChange.declaration_id)
        .join(Scheme, Scheme.id == Declaration.scheme_id)
        .where(among(DeclarationChange.id, change_ids))
        .order_by(DeclarationChange.id)
    )
    readers = _readers(change_ids)
    for change_id, new, reason, row, digest in db.session.execute(query):
        rule = documents.rule(schemes.document_of(row.scheme_id, digest), row.rule)
        notices.send(
            at=at,
            sign_in_ids=readers.get(change_id, ()),
            message=APPROVED if new == "approved" else RETURNED,
            params={
                "rule": rule["name"] if rule else row.rule,
                "day": row.occurred_on.isoformat(),
                "points": f"{row.points:.2f}",
                "reason": reason or "",
            },
            link=f"/declarations/{row.id}",
            dedupe_prefix=f"declaration:{row.id}:{change_id}",
            topic="result",
        )


def _readers(change_ids: Collection[int]) -> dict[int, list[int]]:
    returned_to = and_(DeclarationChange.new == "returned", SignIn.id == Declaration.declared_by_id)
    rows = db.session.execute(
        select(DeclarationChange.id, SignIn.id.label("sign_in_id"))
        .join(Declaration, Declaration.id == DeclarationChange.declaration_id)
        .join(SignIn, or_(SignIn.member_id == Declaration.member_id, returned_to))
        .where(among(DeclarationChange.id, change_ids), SignIn.disabled_at.is_(None))
    )
    found: dict[int, list[int]] = {}
    for row in rows:
        found.setdefault(row.id, []).append(row.sign_in_id)
    return found


# ---- slow reviewing


@dataclass(frozen=True, slots=True)
class Late:
    """A declaration that has waited too long, and how far up that is to be told now."""

    id: int
    branch_id: int
    told: int
    level: int
    days: int

    @property
    def levels(self) -> range:
        """The levels that have not been told yet."""
        return range(self.told + 1, self.level + 1)


def remind(*, at: datetime, period: str) -> None:
    """Tell, once for each declaration, who leads the branch that it waits too long, and after twice the
    time who leads one level above. Called again, or late after days of downtime, it tells what is due
    and was not told.
    """
    late = _late(clock.local(at).date())
    ladders = reviewers.ladder([item.id for item in late])
    groups: dict[tuple[int, int, int, tuple[int, ...]], list[int]] = {}
    for item in late:
        rungs = ladders.get(item.id, [])
        for level in item.levels:
            if len(rungs) >= level:
                key = (item.branch_id, level, item.days * level, tuple(rungs[level - 1]))
                groups.setdefault(key, []).append(item.id)
    names = _branches({branch_id for branch_id, *_ in groups})
    for (branch_id, level, days, sign_in_ids), ids in groups.items():
        code, name = names[branch_id]
        notices.send(
            at=at,
            sign_in_ids=sign_in_ids,
            message=SLOW,
            params={"organisation": name, "n": len(ids), "days": days},
            link=f"/declarations?organisation={code}",
            dedupe_prefix=f"slow:{period}:{level}:{min(ids)}",
        )
    _mark(late)


def _late(today: date) -> list[Late]:
    """Those that wait for longer than their organisation allows, and have not been told so far up."""
    rows = db.session.execute(
        select(Declaration.id, Declaration.branch_id, Declaration.sent_at, Declaration.told)
        .where(Declaration.status == "pending", Declaration.told < ABOVE)
        .order_by(Declaration.id)
        # Whoever decides on one right now makes the reminder needless.
        .with_for_update(skip_locked=True)
    ).all()
    allowed = settings.by_organisation({row.branch_id for row in rows}, "review_days")
    sent = {row.id: clock.local(row.sent_at).date() for row in rows}
    waited = {day: workdays.between(day, today) for day in set(sent.values())}
    found = [
        Late(
            row.id,
            row.branch_id,
            row.told,
            _level(waited[sent[row.id]], allowed[row.branch_id]),
            allowed[row.branch_id],
        )
        for row in rows
    ]
    return [item for item in found if item.level > item.told]


def _level(waited: int, allowed: int) -> int:
    return ABOVE if waited > 2 * allowed else BRANCH if waited > allowed else 0


def _branches(ids: Collection[int]) -> Mapping[int, tuple[str, str]]:
    rows = db.session.execute(
        select(Organisation.id, Organisation.code, Organisation.name).where(among(Organisation.id, ids))
    )
    return {row.id: (row.code, row.name) for row in rows}


def _mark(late: Sequence[Late]) -> None:
    for level in (BRANCH, ABOVE):
        ids = [item.id for item in late if item.level == level]
        if ids:
            db.session.execute(
                update(Declaration)
                .where(among(Declaration.id, ids))
                .values(told=level)
                .execution_options(synchronize_session=False)
            )
