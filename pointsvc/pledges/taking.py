"""Taking a step with pledges: held, checked, written down. What every verb has in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from pointsvc import clock, queues
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Forbidden, Invalid, Message, Problem
from pointsvc.permissions import SYSTEM, Actor
from pointsvc.pledges.lifecycle import Standing, take
from pointsvc.pledges.models import Pledge, PledgeStep
from pointsvc.pledges.reading import locked, standings

MOST_AT_ONCE = 200
# Of these steps those whom the pledge concerns are told.
TOLD = ("approve", "return", "fulfil", "excuse", "fail", "unsettle")
_THE_SERVICE = Standing(leads=True)


def one(step: str, actor: Actor, at: datetime, pledge_id: int) -> tuple[Pledge, str]:
    """The pledge, held, and its status behind the step.

    Raises NotFound, Forbidden ('own_pledge' for deciding on the own), Conflict 'wrong_status'.
    """
    today = clock.local(at).date()
    row = locked(actor, [pledge_id], today)[pledge_id]
    return row, take(step, row.status, _stands(actor, [row], at)[row.id])


def many(step: str, actor: Actor, at: datetime, pledge_ids: Sequence[int]) -> list[tuple[Pledge, str]]:
    """These pledges, held, each with its status behind the step: all of them or none.

    One alone raises as ``one``. Of several, each that the step cannot be taken with is named under
    ``pledges.<n>`` of one Invalid 'none_taken'; NotFound as for one.
    """
    if not pledge_ids:
        raise Invalid({"pledges": N_("Please choose at least one")})
    if len(pledge_ids) > MOST_AT_ONCE or len(set(pledge_ids)) < len(pledge_ids):
        raise Invalid({"pledges": Message(N_("At most %(most)s, each once"), most=MOST_AT_ONCE)})
    rows = locked(actor, pledge_ids, clock.local(at).date())
    stands = _stands(actor, list(rows.values()), at)
    found: list[tuple[Pledge, str]] = []
    refused: dict[int, Problem] = {}
    for n, pledge_id in enumerate(pledge_ids):
        row = rows[pledge_id]
        try:
            found.append((row, take(step, row.status, stands[row.id])))
        except (Forbidden, Conflict) as problem:
            refused[n] = problem
    if refused:
        _refuse(refused, len(pledge_ids))
    return found


def write_down(
    step: str,
    actor: Actor,
    at: datetime,
    rows: Sequence[tuple[Pledge, str]],
    text: str | None = None,
    before: Mapping[int, Any] | None = None,
) -> list[int]:
    """Give each pledge its new status and write the step into its log; the ids of the log's rows in order."""
    values = [
        {
            "pledge_id": row.id,
            "step": step,
            "old": row.status,
            "new": status,
            "at": at,
            "by_id": actor.sign_in_id,
            "text": text,
            "before": (before or {}).get(row.id),
        }
        for row, status in rows
    ]
    for row, status in rows:
        row.status = status
    db.session.flush()
    ids = sorted(db.session.scalars(insert(PledgeStep).returning(PledgeStep.id), values))
    if step in TOLD:
        queues.enqueue(topic=queues.PLEDGES_TELL, payload={"steps": ids}, at=at, dedupe=f"pledged:{ids[0]}")
    return ids


def _stands(actor: Actor, rows: Sequence[Pledge], at: datetime) -> dict[int, Standing]:
    if actor == SYSTEM:
        return {row.id: _THE_SERVICE for row in rows}
    return standings(actor, rows, clock.local(at).date())


def _refuse(refused: Mapping[int, Problem], asked: int) -> None:
    if asked == 1:
        raise refused[0]
    words = {f"pledges.{n}": problem.detail or Message(problem.title) for n, problem in refused.items()}
    raise Invalid(words, code="none_taken")
