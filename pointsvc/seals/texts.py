"""What is hashed: the text of an entry's leaf, of a result's leaf, and of a seal. Pure.

A leaf says all of its row that matters to anybody, and its place in the tree, so that rows which
changed places are named. It holds no name. Of what somebody wrote freely (note, matter) only a hash
is there, made with random bytes of its own that no proof gives away. The salt makes a leaf's hash
say nothing to those who only guess at its few points.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from pointsvc.seals.canonical import instant, points, written

FIRST = "0" * 64
SALT = 16


def of_entry(row: Any, position: int, salt: bytes, words: bytes | None) -> bytes:
    """The leaf of an entry, with codes for ids (a row of ``reading.entries``)."""
    return written(
        {
            "v": 1,
            "kind": "entry",
            "position": position,
            "entry": str(row.id),
            "member": row.member,
            "branch": row.branch,
            "rule": row.rule,
            "scheme": row.scheme,
            "points": points(row.points),
            "quantity": points(row.quantity),
            "tier": row.tier,
            "occurred_on": row.occurred_on.isoformat(),
            "recorded_at": instant(row.recorded_at),
            "recorded_by": _ref(row.recorded_by_id),
            "source": row.source,
            "reverses": _ref(row.reverses_id),
            "words": words[SALT:].hex() if words else None,
            "salt": salt.hex(),
        }
    )


def of_result(row: Any, head: Mapping[str, Any], position: int, salt: bytes) -> bytes:
    """The leaf of a result, with codes for ids. ``head``: organisation, period, version, and of how many."""
    return written(
        {
            **head,
            "v": 1,
            "kind": "result",
            "position": position,
            "member": row.member,
            "branch": row.branch,
            "category": row.category,
            "scheme": row.scheme,
            "raw": points(row.raw),
            "base": points(row.base),
            "carried": points(row.carried),
            "rules": _by_code(row.rules),
            "groups": _by_code(row.groups),
            "total": None if row.total is None else points(row.total),
            "grade": row.grade,
            "veto": int(row.veto),
            "salt": salt.hex(),
        }
    )


def of_seal(seal: Any) -> bytes:
    """The text whose hash is the seal's ``chain``: it holds the chain before it and both roots."""
    return written(
        {
            "v": 1,
            "kind": "seal",
            "previous": seal.previous,
            "n": seal.n,
            "organisation": seal.organisation,
            "period": seal.period,
            "version": seal.version,
            "schemes": list(seal.schemes),
            "cutoff": instant(seal.cutoff_at),
            "entries": {"size": seal.entries_size, "root": seal.entries_root},
            "results": {"size": seal.results_size, "root": seal.results_root},
            "sealed_at": instant(seal.sealed_at),
        }
    )


def chain(seal: Any) -> str:
    """The hash of the seal's text."""
    return sha256(of_seal(seal)).hexdigest()


def words_hash(row: Any, salt: bytes) -> bytes:
    """The hash of what was written freely with an entry."""
    return sha256(salt + written({"matter": row.matter, "note": row.note})).digest()


def hidden(row: Any, salt: bytes) -> bytes | None:
    """What is kept of an entry's words (``SealLeaf.words``); None when there are none."""
    return None if row.matter is None and row.note is None else salt + words_hash(row, salt)


def same_words(row: Any, words: bytes | None) -> bool:
    """Whether the entry's words are those of which ``words`` was kept."""
    return hidden(row, words[:SALT]) == words if words else row.matter is None and row.note is None


def _by_code(figures: Mapping[str, int]) -> dict[str, str]:
    return {code: points(value) for code, value in figures.items()}


def _ref(value: int | None) -> str | None:
    return None if value is None else str(value)
