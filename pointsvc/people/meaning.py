"""Whom somebody means who types a number, a name or pinyin initials."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from pointsvc.errors import N_, Invalid, Message
from pointsvc.people import listing, reach
from pointsvc.permissions import Actor

_NOBODY = N_("Nobody within your reach is called %(name)s")
_SEVERAL = N_("%(name)s fits several: %(members)s. Please write the number")
LOOKED_AT = 50


def who(text: str, members: Sequence[Mapping[str, Any]]) -> str:
    """The number of whoever is meant by a number, a name or pinyin initials.

    ``members``: mappings of number, name, initials. Raises Invalid under ``member`` for nobody and for several.
    """
    wanted = _folded(text)
    for name in ("number", "name", "initials"):
        found = [one for one in members if _folded(str(one[name])) == wanted]
        if len(found) == 1:
            return str(found[0]["number"])
        if found:
            names = "、".join(f"{one['name']} {one['number']}" for one in found[:5])
            raise Invalid({"member": Message(_SEVERAL, name=text, members=names)})
    raise Invalid({"member": Message(_NOBODY, name=text)})


def number_of(actor: Actor, text: str) -> str:
    """The same among all whom the actor reaches. Raises Invalid under ``member``."""
    if text in reach.members(actor, [text]):
        # Also a number that was merged into another.
        return text
    # By initials, so that those who are called exactly so come before longer ones.
    rows = listing.members(actor=actor, find=_folded(text), sort="name", limit=LOOKED_AT)
    return who(text, [{"number": row.number, "name": row.name, "initials": row.place} for row in rows])


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()
