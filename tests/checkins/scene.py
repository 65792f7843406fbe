"""Two communities and an office beside the made-up district, and what tests of service do again and again.

    QS01  松岭街道
    ├── QS0110  清泉社区党委   host (secretary)
    └── QS0111  南门社区党委   other (secretary)
    QS03  区直机关工委 (office)
    └── QS0301  区水务局党支部  home (secretary), official (member, own record K001); K001 to K003

Hours count by the rule ``volunteer`` (1.2 an hour) for the office's members.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from pointsvc import clock
from pointsvc.checkins import posts, records, service
from pointsvc.db import transaction
from pointsvc.ledger import service as ledger
from pointsvc.people import settings
from pointsvc.permissions import SYSTEM, Role
from tests import factories
from tests.remembered import remembered
from tests.schemes.sheets import ruled_district

DAY = date(2026, 8, 1)
PEOPLE = (("K001", "高远山"), ("K002", "闻小舟"), ("K003", "苗青禾"))


@remembered
def district() -> None:
    """All of it."""
    ruled_district()
    around()


def around() -> None:
    """What stands here beside the made-up district."""
    factories.organisation("QS0110", "清泉社区党委", "community", "QS01")
    factories.organisation("QS0111", "南门社区党委", "community", "QS01")
    factories.organisation("QS03", "区直机关工委", "office", "QS")
    factories.organisation("QS0301", "区水务局党支部", "branch", "QS03")
    for number, name in PEOPLE:
        factories.member(number, "QS0301", name, joined_on=date(2015, 7, 1))
    factories.sign_in("host", Role.SECRETARY, "QS0110")
    factories.sign_in("other", Role.SECRETARY, "QS0111")
    factories.sign_in("home", Role.SECRETARY, "QS0301")
    factories.sign_in("official", Role.MEMBER, "QS0301", "K001")
    count_by("volunteer")


def count_by(rule: str, organisation: str = "QS03") -> None:
    """Let hours count by this rule for the members of this organisation."""
    with transaction():
        settings.decide(actor=SYSTEM, at=clock.now(), organisation=organisation, name="service_rule", value=rule)


def checked_in(member: str = "K001", community: str = "QS0110", *, accepted: bool = True) -> int:
    """The id of a check-in of this member, from 1 August on."""
    with transaction():
        made = service.request(
            actor=SYSTEM, at=clock.now(), community=community, member=member, requested_on=DAY, skills="水电维修"
        )
        if accepted:
            service.accept(actor=SYSTEM, at=clock.now(), check_in_id=made.id)
    return made.id


def post(places: int = 2, community: str = "QS0110", **more: Any) -> int:
    """The id of an open post."""
    values = {"name": "水电义务维修岗", "kind": "帮困助老", "skills": "水电维修", **more}
    with transaction():
        return posts.open_post(actor=SYSTEM, at=clock.now(), community=community, places=places, **values).id


def claimed(post_id: int, member: str = "K001") -> int:
    """The id of a claim of this post."""
    with transaction():
        return posts.claim(actor=SYSTEM, at=clock.now(), post_id=post_id, member=member).id


def proposed(post_id: int, member: str = "K001", day: date = date(2026, 8, 8), hours: str = "2.5", by: str = "") -> int:
    """The id of hours that wait for the community."""
    actor = factories.actor(by) if by else SYSTEM
    with transaction():
        made = records.propose(
            actor=actor,
            at=clock.now(),
            post_id=post_id,
            served_on=day,
            hours=Decimal(hours),
            deed="为两户老人检修水管",
            member=member,
        )
    return made.id


def confirmed(post_id: int, **more: Any) -> int:
    """The id of hours that the community has confirmed."""
    made = proposed(post_id, **more)
    with transaction():
        records.confirm(actor=SYSTEM, at=clock.now(), record_ids=[made])
    return made


def served(member: str = "K001", **more: Any) -> int:
    """Checked in, a post taken, hours confirmed: the id of the record."""
    checked_in(member)
    made = post()
    claimed(made, member)
    return confirmed(made, member=member, **more)


def points(member: str = "K001") -> list[tuple[str, str, str]]:
    """Rule, points and source of what counts now."""
    return [
        (view.rule, str(view.points), view.source)
        for view in reversed(ledger.entries(actor=SYSTEM, member=member))
        if view.status == "recorded"
    ]
