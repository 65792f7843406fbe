"""Pledges as the pages show them: words for codes, and what may be done now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext

from pointsvc.people.models import Member
from pointsvc.permissions import SYSTEM, Actor
from pointsvc.pledges import saying
from pointsvc.pledges import service as pledges
from pointsvc.pledges.lifecycle import SHOWN
from pointsvc.pledges.reading import View
from pointsvc.pledges.saying import NAMES

_PLAIN = ("id", "organisation", "organisation_name", "member", "by", "status", "outcome", "minute", "published_on",
          "settled_on", "created_at", *NAMES)  # fmt: skip
ON_A_PART = 5


def shown(who: Actor, views: Sequence[View], today: date) -> list[dict[str, Any]]:
    """Each as the templates take it (see templates/pledges/_parts.html)."""
    stands = pledges.standings(who, views, today)
    return [
        {
            **{name: getattr(view, name) for name in _PLAIN},
            "overdue": view.overdue(today),
            "own": view.member_id is not None and view.member_id == who.member_id,
            "leads": stands[view.id].leads,
            "created_by": gettext("the service itself") if view.created_by == SYSTEM.name else view.created_by,
            "may": pledges.open_to(view.status, stands[view.id]),
            "advice": {name: gettext(text) for name, text in saying.of(view).advice().items()},
            "proposed": differences(view),
        }
        for view in views
    ]


def differences(view: View) -> list[tuple[str, Any, Any]]:
    """What a change that waits would make different: field, now, then."""
    if view.proposed is None:
        return []
    now, then = saying.of(view), saying.from_kept(view.proposed)
    return [
        (name, getattr(now, name), getattr(then, name)) for name in NAMES if getattr(now, name) != getattr(then, name)
    ]


def promised(who: Actor, member: Member, today: date) -> list[dict[str, Any]]:
    """The newest pledges of a member, for a part of the member's pages: what did I promise?"""
    asked = pledges.Asked(
        member=member.number, statuses=("draft", "submitted", "returned", "approved", *SHOWN), limit=ON_A_PART
    )
    return shown(who, pledges.pledges(actor=who, asked=asked, today=today), today)
