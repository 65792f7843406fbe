"""What is publicised or sealed, as it is read: a member's proof, and the lists that a proof is from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, select

from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Message, NotFound
from pointsvc.people import reach
from pointsvc.people.models import Organisation
from pointsvc.permissions import Actor
from pointsvc.seals import proofs, reading, texts
from pointsvc.seals.models import RESULT, Seal, SealTree
from pointsvc.tallies import leaves
from pointsvc.tallies.models import Tally, TallyResult

PUBLICISED = N_("The result of member %(number)s for %(period)s stands at place %(place)s of %(size)s on the list")
IN_SEAL = N_(
    "The result of member %(number)s for %(period)s stands at place %(place)s of %(size)s on the list "
    "that seal no. %(n)s covers"
)


def proof(*, actor: Actor, tally_id: int, member: str) -> proofs.Proof:
    """The proof of a member's result, from the day on which the list is publicised.

    Whoever reaches the member may have it, whoever's tally it is. Raises NotFound, Conflict
    'not_publicised' or 'broken_seal'.
    """
    found = reach.member(actor, member)
    tally = db.session.get(Tally, tally_id)
    if tally is None or not _has_result(tally, found.id):
        raise NotFound()
    tree = db.session.scalar(_trees().where(SealTree.tally_id == tally_id).order_by(SealTree.version.desc()).limit(1))
    if tree is None:
        raise Conflict(N_("The list has not been publicised yet"), code="not_publicised")
    seal = reading.of_tallies([tally_id]).get(tally_id)
    leaf = proofs.leaf_of(leaves.bed_of_results(tally_id, tree.version), found.id)
    row = leaves.results_by_member(tally_id, tree.version, [found.id]).get(found.id)
    head = leaves.head(tally, tree.version, tree.size)
    text = texts.of_result(row, head, leaf.position, leaf.salt) if row else b""
    place = {"number": member, "period": tally.period, "place": leaf.position + 1, "size": tree.size}
    words = Message(IN_SEAL, **place, n=seal.n) if seal else Message(PUBLICISED, **place)
    return proofs.made(leaf, text, seal, words)


def _trees() -> Select[SealTree]:
    return select(SealTree).where(SealTree.kind == RESULT)


def _has_result(tally: Tally, member_id: int) -> bool:
    return db.session.get(TallyResult, (tally.id, tally.version, member_id)) is not None


def lists_with(*, member_id: int, period: str) -> Sequence[Row[Tally, Organisation, Seal | None]]:
    """The publicised and sealed tallies of this period in which the member has a result, the nearest first."""
    own = (TallyResult.tally_id == Tally.id) & (TallyResult.version == Tally.version)
    planted = (SealTree.tally_id == Tally.id) & (SealTree.version == Tally.version)
    query = (
        select(Tally, Organisation, Seal)
        .join(Organisation, Organisation.id == Tally.organisation_id)
        .join(TallyResult, own & (TallyResult.member_id == member_id))
        .join(SealTree, planted & (SealTree.kind == RESULT))
        .outerjoin(Seal, Seal.tally_id == Tally.id)
        .where(Tally.period == period)
        .order_by(Tally.members, Tally.id)
    )
    return db.session.execute(query).all()


def roots(tally: Tally) -> dict[str, Any] | None:
    """The root of the tally's publicised list and of how many results, once it is planted."""
    tree = db.session.get(SealTree, (RESULT, tally.id, tally.version))
    return {"root": tree.root, "size": tree.size} if tree else None
