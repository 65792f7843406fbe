"""A fingerprint of words that may not be read yet, so that it can be shown later that they stood so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def fingerprint(content: Mapping[str, Any], salt: str) -> str:
    """SHA-256 of the content as JSON (sorted keys, no blanks, UTF-8) with the salt in it.

    Without the salt a short text could be guessed from its fingerprint.
    """
    whole = json.dumps({**content, "salt": salt}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(whole.encode()).hexdigest()
