"""Seals, and the Merkle trees that they fix. All append-only: triggers in the database see to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Json, Model, UtcTime

ENTRY, RESULT = "entry", "result"
# The tree of a tally's entries belongs to its seal, whichever version of the results was sealed.
OF_NO_VERSION = 0


class SealLeaf(Model):
    """One leaf: which entry or result it is of (``ref_id``: entry or member), its place and its hash.

    The text that was hashed is made again from the row itself and ``salt``. ``words`` is there when
    the entry has a note or matter: 16 random bytes, and the hash of these with the words. Only that
    hash stands in the leaf, so that the words can be erased one day without breaking the tree.

    Without foreign keys, like the results: checking each would cost as much as planting it.
    """

    __tablename__ = "seal_leaf"

    kind: Mapped[str] = mapped_column(String(6), primary_key=True)
    tally_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ref_id: Mapped[int] = mapped_column(Id)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    words: Mapped[bytes | None] = mapped_column(LargeBinary)

    __table_args__ = (
        CheckConstraint(f"kind IN ('{ENTRY}', '{RESULT}')", name="kind"),
        # An entry is sealed once, whatever tallies it counts in.
        Index(
            "uq_seal_leaf_entry",
            "ref_id",
            unique=True,
            sqlite_where=text(f"kind = '{ENTRY}'"),
            postgresql_where=text(f"kind = '{ENTRY}'"),
        ),
        Index(
            "uq_seal_leaf_result",
            "tally_id",
            "version",
            "ref_id",
            unique=True,
            sqlite_where=text(f"kind = '{RESULT}'"),
            postgresql_where=text(f"kind = '{RESULT}'"),
        ),
    )


class SealTree(Model):
    """A finished tree: of a version's results, planted when they are publicised, or of a seal's entries.

    ``blocks``: the roots of each 256 leaves (see merkle.py), 32 bytes each.
    """

    __tablename__ = "seal_tree"

    kind: Mapped[str] = mapped_column(String(6), primary_key=True)
    tally_id: Mapped[int] = mapped_column(ForeignKey("tally.id"), primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int]
    root: Mapped[str] = mapped_column(String(64))
    blocks: Mapped[bytes] = mapped_column(LargeBinary)
    planted_at: Mapped[datetime] = mapped_column(UtcTime)

    __table_args__ = (CheckConstraint(f"kind IN ('{ENTRY}', '{RESULT}')", name="kind"),)


class Seal(Model):
    """The seal of one tally. ``chain`` is the hash of its text (texts.py), which holds the chain before it.

    Everything of that text stands here, so that the chain can be proven without other tables.
    """

    n: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    tally_id: Mapped[int] = mapped_column(ForeignKey("tally.id"), unique=True)
    organisation: Mapped[str] = mapped_column(String(64))
    period: Mapped[str] = mapped_column(String(10))
    version: Mapped[int]
    schemes: Mapped[list[Any]] = mapped_column(Json)
    cutoff_at: Mapped[datetime] = mapped_column(UtcTime)
    entries_size: Mapped[int]
    entries_root: Mapped[str] = mapped_column(String(64))
    results_size: Mapped[int]
    results_root: Mapped[str] = mapped_column(String(64))
    previous: Mapped[str] = mapped_column(String(64))
    chain: Mapped[str] = mapped_column(String(64), unique=True)
    sealed_at: Mapped[datetime] = mapped_column(UtcTime)
    sealed_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
