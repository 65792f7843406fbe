"""Photos and papers for tests, honest ones and attacks."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

GPS, MAKE, ORIENTATION = 0x8825, 0x010F, 0x0112


def picture(colour: str = "red", size: tuple[int, int] = (60, 40)) -> Image.Image:
    """A picture that is white but for one quarter, so that one sees how it is turned."""
    made = Image.new("RGB", size, "white")
    made.paste(colour, (0, 0, size[0] // 2, size[1] // 2))
    return made


def encoded(image: Image.Image, kind: str = "JPEG", **more: Any) -> bytes:
    """The picture as a file."""
    buffer = BytesIO()
    image.save(buffer, kind, **more)
    return buffer.getvalue()


def talkative(orientation: int = 1) -> Image.Exif:
    """What a telephone writes beside a photo: where, with what, and which way is up."""
    exif = Image.Exif()
    exif[MAKE] = "SECRET-CAMERA"
    exif[ORIENTATION] = orientation
    exif[GPS] = {1: "N", 2: (35.0, 6.0, 1.0), 3: "E", 4: (104.0, 5.0, 2.0)}
    return exif


def photo(colour: str = "red", **more: Any) -> bytes:
    """A small JPEG with all that a telephone tells."""
    return encoded(picture(colour), exif=talkative(), comment=b"SECRET-COMMENT", **more)


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it is so large and holds almost nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


def pdf(pages: int = 1, *, armed: bool = False, password: str = "") -> bytes:
    """A PDF of photos; armed with a script, an action on opening, an attachment, a link and an author."""
    first, *others = [picture() for _ in range(pages)]
    plain = encoded(first, "PDF", save_all=True, append_images=others, exif=talkative())
    writer = PdfWriter(clone_from=PdfReader(BytesIO(plain)))
    if armed:
        _arm(writer)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    buffer = BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def _arm(writer: PdfWriter) -> None:
    name = NameObject
    script = DictionaryObject({name("/S"): name("/JavaScript"), name("/JS"): TextStringObject("app.alert(1)")})
    writer.root_object[name("/OpenAction")] = script
    page = writer.pages[0]
    page[name("/AA")] = DictionaryObject({name("/O"): script})
    image = page["/Resources"]["/XObject"]["/image"]  # type: ignore[index] # as Pillow names it
    image[name("/Metadata")] = TextStringObject("SECRET-METADATA")
    image[name("/F")] = TextStringObject("http://elsewhere.example/picture")
    writer.add_attachment("tool.exe", b"MZ SECRET-ATTACHMENT")
    writer.add_metadata({"/Author": "SECRET-AUTHOR"})
    writer.add_uri(0, "http://elsewhere.example/", [0, 0, 10, 10])
