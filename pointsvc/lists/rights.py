"""What the reader may do with an item now: the same rules that the verbs hold, asked before."""

from __future__ import annotations

from collections.abc import Sequence

from pointsvc.errors import Conflict, Forbidden
from pointsvc.lists import changing, closing, exchange
from pointsvc.lists import service as lists
from pointsvc.people import reach
from pointsvc.permissions import Actor, Permission, allowed


def rights(actor: Actor, found: lists.ItemView) -> list[str]:
    """The acts that would be accepted of this actor, in the order of the item's life."""
    if found.life == "exchange":
        return _exchange(actor, found) if allowed(actor, Permission.LISTS_FILE) else []
    need = Permission.LEDGERS_WORK if found.confidential else Permission.LISTS_WORK
    if not allowed(actor, need) or not reach.reaches(actor, found.organisation_id):
        return []
    return _closing(actor, found)


def _exchange(actor: Actor, found: lists.ItemView) -> list[str]:
    parts = changing.parts_of(actor, found)
    finisher = actor.sign_in_id == found.finished_by_id
    acts = []
    for act in exchange.ACTS:
        try:
            exchange.after(found.status, act)
            exchange.check_parts(act, side=found.side, parts=parts)
            exchange.check_own_work(act, finisher=finisher)
        except (Conflict, Forbidden):
            continue
        acts.append(act)
    if found.taken >= found.quota or actor.organisation_id == found.organisation_id:
        return [act for act in acts if act != exchange.CLAIM]
    return acts


def _closing(actor: Actor, found: lists.ItemView) -> list[str]:
    asker, open_stages = actor.sign_in_id == found.finished_by_id, _open(lists.stages(found.id))
    acts = []
    for act in closing.ACTS:
        try:
            new = closing.after(found.status, act)
            closing.check_other(new, asker=asker)
            closing.check_stages(new, open_stages=open_stages)
        except (Conflict, Forbidden):
            continue
        acts.append(act)
    return acts


def _open(stages: Sequence[object]) -> int:
    return sum(getattr(stage, "done_at", None) is None for stage in stages)
