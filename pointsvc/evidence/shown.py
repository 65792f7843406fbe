"""A piece of evidence as the answer to a request, for the noun whose it is."""

from __future__ import annotations

from io import BytesIO

from flask import Response, send_file

from pointsvc.evidence.cleaning import JPEG
from pointsvc.evidence.models import Evidence

# Even opened by itself it is a picture and nothing more: no script, no frame, no other address.
_ALONE = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


def answer(piece: Evidence, *, preview: bool = False) -> Response:
    """The bytes: a photo to be looked at, a PDF to be saved. Never kept in a cache.

    ``preview``: the small picture instead, where there is one.
    """
    small = piece.preview if preview else None
    response = send_file(
        BytesIO(small or piece.content),
        mimetype=piece.media_type,
        as_attachment=piece.media_type != JPEG,
        download_name=piece.filename,
        etag=False,
    )
    response.headers["Content-Security-Policy"] = _ALONE
    response.headers["Cache-Control"] = "private, no-store"
    return response
