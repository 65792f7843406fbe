"""Why a file is not taken."""

from __future__ import annotations

from pointsvc.errors import N_

DAMAGED = N_("%(name)s is damaged or is not what it says to be")
TOO_LARGE = N_("%(name)s is larger than a photo needs to be; please make it smaller")
TOO_LONG = N_("%(name)s has too many pages; at most %(most)s")
LOCKED = N_("%(name)s is locked with a password")


class Unfit(Exception):
    """The file is refused; the text is an English msgid with a place for the file's name."""

    def __init__(self, text: str, **params: object) -> None:
        super().__init__(text)
        self.text, self.params = text, params
