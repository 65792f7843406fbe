"""Proving what is sealed against tallies, results and entries, for ``pointsvc verify``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import except_, select

from pointsvc.db import db
from pointsvc.errors import N_, Message
from pointsvc.ledger.models import Entry
from pointsvc.people.models import Member
from pointsvc.seals import checking as seals
from pointsvc.seals import planting, texts
from pointsvc.seals.models import RESULT, Seal, SealLeaf, SealTree
from pointsvc.tallies import leaves
from pointsvc.tallies.models import Publication, Tally, TallyResult

_TALLY = N_("Tally %(tally)s (%(period)s), version %(version)s")
_RESULT = N_("the result of member %(number)s")
_NOT_SEALED = N_("%(where)s: %(what)s has been added since")
_NOT_PRINTED = N_("%(where)s: the root that was publicised is not that of the results")
_OTHER_TALLY = N_("%(where)s: the tally is no longer the one that was sealed")
_NO_SEAL = N_("Tally %(tally)s (%(period)s) says that it is sealed, but there is no seal")


def faults() -> Iterator[Message]:
    """Each publicised or sealed result, and each entry of a sealed tally, that is not as it was then."""
    pressed = {seal.tally_id: seal for seal in db.session.scalars(select(Seal))}
    for tally in db.session.scalars(select(Tally).where(Tally.status == "sealed").order_by(Tally.id)).all():
        if tally.id not in pressed:
            yield Message(_NO_SEAL, tally=tally.id, period=tally.period)
    for seal in sorted(pressed.values(), key=lambda seal: seal.n):
        yield from _seal_faults(seal)
    for tree in db.session.scalars(select(SealTree).where(SealTree.kind == RESULT)).all():
        yield from _result_faults(tree)


def _seal_faults(seal: Seal) -> Iterator[Message]:
    where = seals.named(seal)
    tally = db.session.get_one(Tally, seal.tally_id, populate_existing=True)
    kept = (tally.status, tally.period, tally.version, tally.cutoff_at)
    if kept != ("sealed", seal.period, seal.version, seal.cutoff_at):
        yield Message(_OTHER_TALLY, where=where)
        return
    tree = planting.tree(leaves.bed_of_results(tally.id, seal.version))
    yield from seals.sealed_faults(tree, where, seal.results_size, seal.results_root)
    late = select(Entry.id).join(TallyResult, leaves.of_its_members(tally)).where(leaves.unsealed(tally))
    for entry_id in db.session.scalars(late.order_by(Entry.id)):
        yield Message(_NOT_SEALED, where=where, what=seals.entry_called(entry_id))


def _result_faults(tree: SealTree) -> Iterator[Message]:
    tally = db.session.get_one(Tally, tree.tally_id)
    where = Message(_TALLY, tally=tally.id, period=tally.period, version=tree.version)
    common = leaves.head(tally, tree.version, tree.size)

    def text(row: Any, leaf: SealLeaf) -> bytes:
        return texts.of_result(row, common, leaf.position, leaf.salt)

    def rows(member_ids: Any) -> Any:
        return leaves.results_by_member(tally.id, tree.version, member_ids)

    yield from seals.tree_faults(tree, where, seals.Grown(rows, text, _called))
    own = (TallyResult.tally_id == tally.id, TallyResult.version == tree.version)
    bed = leaves.bed_of_results(tally.id, tree.version)
    planted = select(SealLeaf.ref_id).where(*bed.among(SealLeaf))
    for member_id in db.session.scalars(except_(select(TallyResult.member_id).where(*own), planted)):
        yield Message(_NOT_SEALED, where=where, what=_called(member_id))
    printed = select(Publication.root).where(Publication.tally_id == tally.id, Publication.version == tree.version)
    if db.session.scalar(printed) not in (None, tree.root):
        yield Message(_NOT_PRINTED, where=where)


def _called(member_id: int) -> Message:
    number = db.session.scalar(select(Member.number).where(Member.id == member_id))
    return Message(_RESULT, number=number or member_id)
