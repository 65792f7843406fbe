"""A PDF made anew page by page: what is drawn on each page, and nothing that acts, hides or tells. Pure.

Of each page only its drawing and what the drawing needs is taken over. Scripts, actions, forms,
notes, attachments, links and metadata hang elsewhere in the file and stay behind.
"""

from __future__ import annotations

import logging
from io import BytesIO
from typing import Any

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject

from pointsvc.evidence import jpeg
from pointsvc.evidence.unfit import DAMAGED, LOCKED, TOO_LONG, Unfit

log = logging.getLogger(__name__)

MOST_PAGES = 20
MOST_OBJECTS = 20_000
_BOXES = ("/MediaBox", "/CropBox", "/Rotate", "/UserUnit")
_NEEDED = ("/ExtGState", "/ColorSpace", "/Pattern", "/Shading", "/XObject", "/Font")
# What a picture or font may carry that is not drawn. No resource has such a name.
_UNSEEN = (
    "/Metadata", "/PieceInfo", "/AF", "/EF", "/OPI", "/Ref", "/JS", "/JavaScript", "/OpenAction", "/Annots",
    "/Names", "/AcroForm", "/Parent", "/StructParent", "/StructParents", "/LastModified", "/Measure", "/PtData",
)  # fmt: skip
# Where a stream would be read from another file.
_ELSEWHERE = ("/F", "/FFilter", "/FDecodeParms")


def paper(content: bytes) -> bytes:
    """The PDF with nothing but its drawn pages. Raises Unfit."""
    try:
        reader = PdfReader(BytesIO(content))
        if reader.is_encrypted:
            raise Unfit(LOCKED)
        _check(reader)
        return _made_anew(reader)
    except Unfit:
        raise
    except Exception as error:
        # Whatever a file does to the library, it is the file that is refused.
        log.info("a paper was refused: %s", type(error).__name__)
        raise Unfit(DAMAGED) from None


def _check(reader: PdfReader) -> None:
    objects = sum(len(part) for part in reader.xref.values()) + len(reader.xref_objStm)
    if objects > MOST_OBJECTS:
        raise Unfit(DAMAGED)
    if not 1 <= len(reader.pages) <= MOST_PAGES:
        raise Unfit(TOO_LONG if len(reader.pages) else DAMAGED, most=MOST_PAGES)


def _made_anew(reader: PdfReader) -> bytes:
    writer = PdfWriter()
    for page in reader.pages:
        _draw(writer, page)
    for number in range(1, len(writer._objects) + 1):
        _quiet(writer.get_object(number))
    writer.metadata = None
    buffer = BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def _draw(writer: PdfWriter, page: PageObject) -> None:
    copy = writer.add_blank_page(page.mediabox.width, page.mediabox.height)
    for name in (*_BOXES, "/Group", "/Contents"):
        _take(writer, page, copy, name)
    drawn_with, resources = page.get("/Resources", DictionaryObject()).get_object(), DictionaryObject()
    for name in _NEEDED:
        _take(writer, drawn_with, resources, name)
    copy[NameObject("/Resources")] = resources


def _take(writer: PdfWriter, source: DictionaryObject, target: DictionaryObject, name: str) -> None:
    if name in source:
        target[NameObject(name)] = source.raw_get(name).clone(writer, ignore_fields=_UNSEEN)


def _quiet(item: Any) -> None:
    """Let a stream hold only itself, and a photo only its picture."""
    if not isinstance(item, StreamObject):
        return
    for name in _ELSEWHERE:
        item.pop(name, None)
    if item.get("/Filter") in ("/DCTDecode", ["/DCTDecode"]):
        item._data = jpeg.silent(item._data)
