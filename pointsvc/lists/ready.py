"""The sets of lists that each district begins with. Their words are data: a district renames them as it likes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from pointsvc.db import among, db
from pointsvc.lists.models import ListSet
from pointsvc.people.loading import begins
from pointsvc.people.models import Organisation


@dataclass(frozen=True)
class Ready:
    """A set as it comes: its code, name, kind of life, and the (key, name, side) of its three lists."""

    code: str
    name: str
    life: str
    lists: tuple[tuple[str, str, str], ...]
    links: tuple[tuple[str, str], ...]
    confidential: bool = False


_CLOSING = (("problems", "问题清单", "problem"), ("tasks", "任务清单", "task"), ("duties", "责任清单", "duty"))
_CLOSING_LINKS = (("tasks", "problems"), ("duties", "tasks"))

READY = (
    Ready(
        "exchange",
        "需求、资源、项目三张清单",
        "exchange",
        (("needs", "需求清单", "need"), ("resources", "资源清单", "offer"), ("projects", "项目清单", "project")),
        (("needs", "resources"), ("projects", "needs"), ("projects", "resources")),
    ),
    Ready("problems", "问题、任务、责任三张清单", "closing", _CLOSING, _CLOSING_LINKS),
    Ready("weak", "软弱涣散党组织整顿台账", "closing", _CLOSING, _CLOSING_LINKS, confidential=True),
    Ready("villages", "重点村、难点村整治台账", "closing", _CLOSING, _CLOSING_LINKS, confidential=True),
)


@begins
def prepare(organisation_ids: Collection[int], at: datetime) -> None:
    """Give each of these new organisations that is a district its sets."""
    query = select(Organisation.id).where(among(Organisation.id, organisation_ids), Organisation.kind == "district")
    rows = [_row(district_id, ready, at) for district_id in db.session.scalars(query) for ready in READY]
    if rows:
        db.session.execute(insert(ListSet), rows)


def _row(district_id: int, ready: Ready, at: datetime) -> dict[str, object]:
    return {
        "organisation_id": district_id,
        "code": ready.code,
        "name": ready.name,
        "life": ready.life,
        "lists": [{"key": key, "name": name, "side": side} for key, name, side in ready.lists],
        "links": [list(pair) for pair in ready.links],
        "template": ready.code,
        "confidential": ready.confidential,
        "last_number": 0,
        "created_at": at,
    }
