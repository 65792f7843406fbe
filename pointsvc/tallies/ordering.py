"""Who may see members ordered by their totals. Every ordered list asks here; nothing else decides it.

Points help a meeting to see who needs help; a league table of members is what the setting
``order_shown_to`` keeps from being made (docs/decisions/0015).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from pointsvc.errors import N_, Forbidden, Message, NotFound
from pointsvc.people import reach, settings
from pointsvc.people.models import Organisation, OrganisationReach, OrganisationSetting
from pointsvc.permissions import Actor, Permission, allowed

SETTING = "order_shown_to"

_NOBODY = N_("%(organisation)s has decided that members are not shown in the order of their totals")
_LEADERS = N_("%(organisation)s shows members in the order of their totals only to those who lead it")


@dataclass(frozen=True)
class Shown:
    """The branches at and below an organisation whose members may be shown in order: all but the ``closed`` ones.

    ``closed`` are the ids of the organisations that have decided against any order, wherever they are.
    """

    owner_id: int
    closed: Sequence[int]

    def ids(self) -> Select[int]:
        """Their ids, as a subquery for ``in_``."""
        below = reach.ids_below(self.owner_id)
        return below.where(_nearest_decision(OrganisationReach.below_id).not_in(self.closed)) if self.closed else below


def branches(actor: Actor, owner: Organisation) -> Shown:
    """The branches at and below ``owner`` whose members the actor may see in order.

    The caller has found ``owner`` within the actor's reach. A branch that has decided for itself
    against any order is left out of the lists of those above. Raises Forbidden 'order_not_shown'.
    """
    decisions = settings.decisions(SETTING)
    shown = settings.nearest(decisions, owner.id, SETTING)
    if shown == "nobody":
        raise _refusal(_NOBODY, owner)
    if shown == "leaders" and not allowed(actor, Permission.STANDINGS_READ):
        raise _refusal(_LEADERS, owner)
    return Shown(owner.id, [organisation_id for organisation_id, value in decisions.items() if value == "nobody"])


def may_order(actor: Actor, owner: Organisation) -> bool:
    """Whether the actor may see the members of this organisation in order."""
    try:
        branches(actor, owner)
    except Forbidden:
        return False
    return True


def may_order_own(actor: Actor, today: date) -> bool:
    """Whether the actor may see those of the own node in order; not while between two branches."""
    try:
        return may_order(actor, reach.node(actor, None, today))
    except NotFound:
        return False


def _refusal(text: str, owner: Organisation) -> Forbidden:
    return Forbidden(Message(text, organisation=owner.name), code="order_not_shown")


def _nearest_decision(branch_id: Any) -> Any:
    """The id of the organisation whose decision holds for this branch; 0 without one."""
    above = OrganisationReach.__table__.alias("above")
    nearest = (
        select(OrganisationSetting.organisation_id)
        .join(above, above.c.above_id == OrganisationSetting.organisation_id)
        .where(above.c.below_id == branch_id, OrganisationSetting.name == SETTING)
        .order_by(above.c.depth)
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(nearest, 0)
