"""The deadline of a reply: on its day those who decide are reminded, after it the level above is told. Each once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, or_, select

from pointsvc import clock
from pointsvc.db import db
from pointsvc.disputes import telling
from pointsvc.disputes.deciders import levels
from pointsvc.disputes.models import Dispute
from pointsvc.people.models import Member


def remind(*, at: datetime) -> int:
    """Tell what is due today or overdue and was not told yet, also after days without service; how many.

    What was told is written down with it, so a second run tells nothing; a decided objection is left alone.
    """
    today = clock.local(at).date()
    rows = _untold(today)
    who = levels([dispute.id for dispute, _ in rows])
    told = 0
    for dispute, name in rows:
        nearest = who.get(dispute.id, [])
        if dispute.reminded_at is None:
            dispute.reminded_at = at
            telling.reminded(dispute, name, at, nearest[0] if nearest else [], overdue=False)
            told += 1
        if dispute.escalated_at is None and dispute.reply_due_on < today:
            dispute.escalated_at = at
            telling.reminded(dispute, name, at, nearest[1] if len(nearest) > 1 else [], overdue=True)
            told += 1
    db.session.flush()
    return told


def _untold(today: date) -> Sequence[Row[*tuple[Any, ...]]]:
    due = and_(Dispute.reply_due_on <= today, Dispute.reminded_at.is_(None))
    overdue = and_(Dispute.reply_due_on < today, Dispute.escalated_at.is_(None))
    return db.session.execute(
        select(Dispute, Member.name)
        .join(Member, Member.id == Dispute.member_id)
        .where(Dispute.status == "open", or_(due, overdue))
        .order_by(Dispute.id)
        .with_for_update(of=Dispute)
    ).all()
