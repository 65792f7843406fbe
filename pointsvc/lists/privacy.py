"""What must not stand in words that the whole district reads: numbers of telephones and of identity cards. Pure."""

from __future__ import annotations

import re

from pointsvc.errors import N_, Message

_MOBILE = re.compile(r"(?<!\d)1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)")
_IDENTITY = re.compile(r"(?<!\d)\d{6}(?:19|20)\d{9}[\dXx](?!\d)")
TOLD = Message(N_("Please write no mobile numbers and no numbers of identity cards here; others read it"))


def tells(text: str) -> bool:
    """Whether this text holds a mobile number or the number of an identity card."""
    return bool(_MOBILE.search(text) or _IDENTITY.search(text))
