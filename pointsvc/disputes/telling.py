"""Who is told of an objection: those who decide it, the member, and whoever must correct a tally."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select

from pointsvc.db import among, db
from pointsvc.disputes.correcting import corrections
from pointsvc.disputes.deciders import levels
from pointsvc.disputes.models import Dispute
from pointsvc.errors import N_
from pointsvc.notices import service as notices
from pointsvc.people import listing as people
from pointsvc.people.models import Member, SignIn
from pointsvc.permissions import PERMISSION_MAP, Permission

RAISED = N_("%(member)s objects; please reply until %(due_on)s")
TAKEN_DOWN = N_("Your objection has been taken down; you will have a reply until %(due_on)s")
DUE = N_("The objection of %(member)s is to be replied to by the end of %(due_on)s")
OVERDUE = N_("The objection of %(member)s should have been replied to until %(due_on)s; please see to it")
UPHELD = N_("Your objection was upheld")
DISMISSED = N_("Your objection was not upheld; the reasons are in the reply")
UPHELD_FOR = N_("The objection that you took down for %(member)s was upheld; please tell the member")
DISMISSED_FOR = N_("The objection that you took down for %(member)s was not upheld; please tell the member")
CORRECT = N_("An objection was upheld: please compute and publicise the results for %(for_period)s again")

OUTCOMES = {"upheld": (UPHELD, UPHELD_FOR), "dismissed": (DISMISSED, DISMISSED_FOR)}
RUNNERS = sorted(PERMISSION_MAP[Permission.TALLIES_RUN])


def raised(dispute: Dispute, member: Member, at: datetime) -> None:
    """Tell those who decide it; and the member, when somebody else took it down."""
    nearest = levels([dispute.id]).get(dispute.id, [[]])[0]
    _tell(dispute, at, "raised", nearest, RAISED, {"member": member.name, "due_on": _due(dispute)})
    own = people.accounts_of([dispute.member_id])
    if dispute.raised_by_id not in own:
        _tell(dispute, at, "taken", own, TAKEN_DOWN, {"due_on": _due(dispute)})


def reminded(dispute: Dispute, member: str, at: datetime, sign_in_ids: Collection[int], *, overdue: bool) -> None:
    """Tell these that the reply is due, or that it is overdue."""
    kind, message = ("overdue", OVERDUE) if overdue else ("due", DUE)
    _tell(dispute, at, kind, sign_in_ids, message, {"member": member, "due_on": _due(dispute)})


def decided(dispute: Dispute, at: datetime) -> None:
    """Tell the member, and whoever took it down, what came of it; and who has a tally to correct for it."""
    member = db.session.get_one(Member, dispute.member_id)
    own = people.accounts_of([dispute.member_id])
    to_member, to_other = OUTCOMES[dispute.status]
    _tell(dispute, at, "decided", own, to_member, {})
    if dispute.raised_by_id is not None and dispute.raised_by_id not in own:
        _tell(dispute, at, "decided", [dispute.raised_by_id], to_other, {"member": member.name})
    _tell_runners(dispute, at)


def _tell_runners(dispute: Dispute, at: datetime) -> None:
    due = corrections(Dispute.id == dispute.id)
    owners = {one.organisation_id for one in due}
    rows = db.session.execute(
        select(SignIn.id, SignIn.organisation_id).where(
            among(SignIn.organisation_id, owners), SignIn.role.in_(RUNNERS), SignIn.disabled_at.is_(None)
        )
    ).all()
    for one in due:
        ids = [row.id for row in rows if row.organisation_id == one.organisation_id]
        link = f"/tallies/{one.tally_id}"
        _tell(dispute, at, f"tally:{one.tally_id}", ids, CORRECT, {"for_period": one.period}, link)


def _tell(
    dispute: Dispute,
    at: datetime,
    kind: str,
    sign_in_ids: Collection[int],
    message: str,
    params: dict[str, Any],
    link: str = "",
) -> None:
    notices.send_soon(
        at=at,
        sign_in_ids=sign_in_ids,
        message=message,
        params=params,
        link=link or f"/disputes/{dispute.id}",
        dedupe_prefix=f"dispute:{dispute.id}:{kind}",
    )


def _due(dispute: Dispute) -> str:
    return dispute.reply_due_on.isoformat()
