"""What an organisation has decided for itself and all below it: the nearest decision above holds.

Every setting is listed in ``KNOWN`` with its default, so that a page can show them all and nothing
unknown is ever kept.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from pointsvc import quiet
from pointsvc.audit import service as audit
from pointsvc.db import among, db
from pointsvc.errors import N_, Invalid, Message
from pointsvc.people import reach
from pointsvc.people.models import Organisation, OrganisationReach, OrganisationSetting
from pointsvc.permissions import Actor


@dataclass(frozen=True)
class Known:
    """A setting: a whole number from ``low`` to ``high``, one of ``choices``, or a text of ``high`` characters."""

    default: Any
    words: str
    low: int = 0
    high: int = 0
    choices: tuple[str, ...] = ()

    def fault(self, value: Any) -> Message | None:
        """What is wrong with this value, if anything."""
        if self.choices:
            return None if value in self.choices else Message(_ONE_OF, choices=", ".join(self.choices))
        if isinstance(self.default, int):
            fits = isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high
            return None if fits else Message(_WHOLE, low=self.low, high=self.high)
        fits = isinstance(value, str) and len(value) <= self.high and value.isprintable()
        return None if fits else Message(_TEXT, high=self.high)


_ONE_OF = N_("One of %(choices)s is needed")
_WHOLE = N_("A whole number from %(low)s to %(high)s is needed")
_TEXT = N_("One line of at most %(high)s characters is needed")

KNOWN: Mapping[str, Known] = {
    "publicity_days": Known(5, N_("Working days for which a tally is publicised"), low=1, high=30),
    "reply_days": Known(5, N_("Working days within which an objection is replied to"), low=1, high=60),
    "review_days": Known(5, N_("Working days after which a slow review is told one level up"), low=1, high=60),
    "facts_days": Known(3, N_("Working days within which a unit confirms the facts of an inspection"), low=1, high=30),
    "rectification_days": Known(15, N_("Working days within which findings are rectified"), low=1, high=250),
    "rectification_remind_days": Known(
        3, N_("Working days before its last day on which a rectification is brought to mind"), low=1, high=60
    ),
    "visit_remind_days": Known(
        3, N_("Working days before the last day on which inspectors are reminded of their units"), low=1, high=60
    ),
    # Ordered results: nobody, those who lead the node, or its members too. Never the public.
    "order_shown_to": Known("leaders", N_("Who sees results in order"), choices=("nobody", "leaders", "members")),
    "supervision_phone": Known("", N_("The office's telephone for objections and supervision"), high=40),
    # A board says less by default: see boards/content.py.
    "board_days": Known(92, N_("Days after which a display board must be renewed"), low=7, high=366),
    "board_years": Known("no", N_("Whether boards may say the years in the Party"), choices=("no", "yes")),
    "review_ceiling": Known(
        "1/3",
        N_("The share of reviewed members up to which the meeting is advised to grade as excellent"),
        choices=("none", "1/5", "1/4", "3/10", "1/3", "2/5", "1/2"),
    ),
    "review_smallest": Known(
        5, N_("Ballots that a part of a review needs for its counts to be shown by themselves"), low=2, high=50
    ),
    "inspections_a_year": Known(
        2, N_("Spot-checks a year after which a unit is proposed to be left out of the draw"), low=1, high=12
    ),
    # Outside of the service (mail, groups); the inbox is silent anyway.
    "quiet_hours": Known(
        "22:00-07:00",
        N_("Quiet hours: when nobody is written to by mail or in groups"),
        choices=quiet.HOURS,
    ),
    # What members read of each other when a review is publicised; counts are always one's own only.
    "review_shown_to": Known("branch", N_("Who reads the grades of a review"), choices=("own", "branch")),
    # Codes of rules in the rule sheet in force; none: a settled pledge posts no points.
    "pledge_rule_fulfilled": Known("", N_("The rule by which a fulfilled pledge gives points (its code)"), high=64),
    "pledge_rule_broken": Known(
        "", N_("The rule for a pledge that was not fulfilled without cause (its code)"), high=64
    ),
    "pledge_remind_first": Known(
        7, N_("Days before its day on which a pledge is first brought to mind"), low=2, high=60
    ),
    "pledge_remind_last": Known(
        1, N_("Days before its day on which a pledge is brought to mind again"), low=0, high=30
    ),
    "pledge_overdue_days": Known(
        5, N_("Working days after which an overdue pledge is told one level up"), low=1, high=60
    ),
    "pledge_rating_days": Known(
        30, N_("Days for which a settled pledge is open to ratings before its year is closed"), low=1, high=120
    ),
    "unclaimed_days": Known(7, N_("Days after which a need that nobody claims is told one level up"), low=1, high=90),
    # Of the home unit: without a rule confirmed hours stand on the card and give no points.
    "service_rule": Known("", N_("The code of the rule by which service in a community counts (empty: none)"), high=64),
    "service_kinds": Known("", N_("Kinds of service posts, with 、 between them (empty: the usual eight)"), high=200),
    "circle_kinds": Known("", N_("Kinds of service nearby, with 、 between them (empty: the usual ones)"), high=200),
}


def value(organisation_id: int, name: str) -> Any:
    """What holds for this organisation: its own decision, else the nearest above, else the default."""
    return values(organisation_id)[name][0]


def values(organisation_id: int) -> dict[str, tuple[Any, str | None]]:
    """Every setting's value here, and the code of the organisation that decided it (None: the default)."""
    rows = db.session.execute(
        select(OrganisationSetting.name, OrganisationSetting.value, Organisation.code)
        .join(Organisation, Organisation.id == OrganisationSetting.organisation_id)
        .join(OrganisationReach, OrganisationReach.above_id == OrganisationSetting.organisation_id)
        .where(OrganisationReach.below_id == organisation_id)
        .order_by(OrganisationReach.depth)
    ).all()
    found: dict[str, tuple[Any, str | None]] = {}
    for row in rows:
        if row.name in KNOWN:
            found.setdefault(row.name, (row.value, row.code))
    return {name: found.get(name, (known.default, None)) for name, known in KNOWN.items()}


def by_organisation(organisation_ids: Collection[int], name: str) -> dict[int, Any]:
    """What holds for each of these organisations, by id, in one query."""
    rows = db.session.execute(
        select(OrganisationReach.below_id, OrganisationSetting.value)
        .join(OrganisationReach, OrganisationReach.above_id == OrganisationSetting.organisation_id)
        .where(OrganisationSetting.name == name, among(OrganisationReach.below_id, organisation_ids))
        .order_by(OrganisationReach.depth)
    )
    found: dict[int, Any] = {}
    for row in rows:
        found.setdefault(row.below_id, row.value)
    return {one: found.get(one, KNOWN[name].default) for one in organisation_ids}


def decisions(name: str) -> dict[int, Any]:
    """All decisions of this one setting, by the id of the organisation that made it."""
    rows = db.session.execute(
        select(OrganisationSetting.organisation_id, OrganisationSetting.value).where(OrganisationSetting.name == name)
    )
    return {row.organisation_id: row.value for row in rows}


def nearest(decided: Mapping[int, Any], organisation_id: int, name: str) -> Any:
    """As ``value``, from ``decisions`` that have been read already."""
    if not decided:
        return KNOWN[name].default
    found = db.session.scalar(
        select(OrganisationReach.above_id)
        .where(OrganisationReach.below_id == organisation_id, OrganisationReach.above_id.in_(decided))
        .order_by(OrganisationReach.depth)
        .limit(1)
    )
    return KNOWN[name].default if found is None else decided[found]


def decide(*, actor: Actor, at: datetime, organisation: str, name: str, value: Any) -> None:
    """Let ``value`` hold from now on for this organisation and all below; None: what holds above.

    Raises NotFound for the organisation, Invalid under the setting's name.
    """
    owner = reach.organisation(actor, organisation)
    known = KNOWN.get(name)
    if known is None:
        raise Invalid({name: N_("There is no such setting")})
    if value is not None and (fault := known.fault(value)):
        raise Invalid({name: fault})
    row = db.session.get(OrganisationSetting, (owner.id, name), with_for_update=True)
    if value is None:
        if row is not None:
            db.session.delete(row)
    elif row is None:
        db.session.add(OrganisationSetting(organisation_id=owner.id, name=name, value=value, decided_at=at))
    else:
        row.value, row.decided_at = value, at
    db.session.flush()
    audit.note(actor=actor, at=at, action="setting:decide", object_id=owner.code, name=name, value=value)
