"""From an uploaded file to what is kept of it. Pure, and slow: call it before a transaction begins."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from pointsvc.errors import N_, Invalid, Message
from pointsvc.evidence.papers import paper
from pointsvc.evidence.pictures import photo
from pointsvc.evidence.unfit import Unfit

MOST_BYTES = 8 * 1024**2
LONGEST_NAME = 100
JPEG, PDF = "image/jpeg", "application/pdf"

_PICTURE = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|RIFF....WEBP", re.DOTALL)
_PAPER = b"%PDF-"


@dataclass(frozen=True, slots=True)
class Piece:
    """A file made anew, ready to be kept. ``preview``: a small picture to recognise a photo by."""

    filename: str
    media_type: str
    content: bytes
    preview: bytes | None

    @property
    def sha256(self) -> str:
        """The fingerprint of the content."""
        return hashlib.sha256(self.content).hexdigest()


def clean(filename: str, content: bytes) -> Piece:
    """The photo or PDF made anew, told by its content and not by its name.

    Raises Invalid under ``file``, naming the file.
    """
    name = _shown(filename)
    try:
        if not content:
            raise Unfit(N_("%(name)s is empty"))
        if len(content) > MOST_BYTES:
            raise Unfit(N_("%(name)s is larger than %(most)s MB"), most=MOST_BYTES // 1024**2)
        if _PICTURE.match(content):
            return Piece(_ending(name, ".jpg", ".jpeg"), JPEG, *photo(content))
        if content.startswith(_PAPER):
            return Piece(_ending(name, ".pdf"), PDF, paper(content), None)
        raise Unfit(N_("%(name)s is neither a photo (JPEG, PNG, WebP) nor a PDF"))
    except Unfit as unfit:
        raise Invalid({"file": Message(unfit.text, name=name, **unfit.params)}) from None


def _shown(filename: str) -> str:
    """The file's own name without folders and without characters that nobody sees."""
    last = re.split(r"[/\\]", filename)[-1]
    return "".join(c for c in unicodedata.normalize("NFC", last) if c.isprintable()).strip()[-LONGEST_NAME:] or "file"


def _ending(name: str, *endings: str) -> str:
    stem, dot, ending = name.rpartition(".")
    if f".{ending.lower()}" in endings:
        return name
    return f"{stem if dot and stem else name}{endings[0]}"
