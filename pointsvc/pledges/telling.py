"""What people are told of a pledge: how it was decided, that its day comes, that its day has passed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from pointsvc.db import among, db
from pointsvc.errors import N_
from pointsvc.notices import service as notices
from pointsvc.pledges.leaders import promisers
from pointsvc.pledges.models import Pledge, PledgeStep

APPROVED = N_("Your pledge “%(pledge)s” has been approved")
RETURNED = N_("Your pledge “%(pledge)s” has been returned: %(reason)s")
CHANGED = N_("The change of your pledge “%(pledge)s” has been approved")
UNCHANGED = N_("The change of your pledge “%(pledge)s” was not approved: %(reason)s")
FULFILLED = N_("Your pledge “%(pledge)s” has been found fulfilled")
EXCUSED = N_("Your pledge “%(pledge)s” was not fulfilled, for an objective cause: %(reason)s")
FAILED = N_("Your pledge “%(pledge)s” was not fulfilled: %(reason)s")
UNSETTLED = N_("The settlement of your pledge “%(pledge)s” was taken back: %(reason)s")

# By the step and the status before it.
_WORDS = {
    ("approve", "submitted"): APPROVED,
    ("return", "submitted"): RETURNED,
    ("approve", "changing"): CHANGED,
    ("return", "changing"): UNCHANGED,
    ("fulfil", "published"): FULFILLED,
    ("excuse", "published"): EXCUSED,
    ("fail", "published"): FAILED,
}
SHORT = 40


def tell(*, at: datetime, step_ids: Collection[int]) -> None:
    """Tell those whose pledges these are how they were decided."""
    rows = db.session.execute(
        select(PledgeStep.id, PledgeStep.step, PledgeStep.old, PledgeStep.text, PledgeStep.pledge_id, Pledge.text)
        .join(Pledge, Pledge.id == PledgeStep.pledge_id)
        .where(among(PledgeStep.id, step_ids))
        .order_by(PledgeStep.id)
    ).all()
    readers = promisers({row.pledge_id for row in rows})
    for step_id, step, old, said, pledge_id, text in rows:
        notices.send(
            at=at,
            sign_in_ids=readers.get(pledge_id, ()),
            message=_WORDS.get((step, old or ""), UNSETTLED),
            params={"pledge": short(text), "reason": said or ""},
            link=f"/pledges/{pledge_id}",
            dedupe_prefix=f"pledge:{pledge_id}:{step_id}",
        )


def short(text: str) -> str:
    """The beginning of what is promised, for a sentence."""
    return text if len(text) <= SHORT else text[: SHORT - 1] + "…"
