"""A photo made anew from its pixels: nothing of the uploaded file but what one sees. Pure."""

from __future__ import annotations

import logging
from io import BytesIO

from PIL import Image, ImageOps

from pointsvc.evidence import jpeg
from pointsvc.evidence.unfit import DAMAGED, TOO_LARGE, Unfit

log = logging.getLogger(__name__)

# How many pixels each kind may have. A JPEG is read at the size that is wanted, the others whole.
MOST_PIXELS = {"JPEG": 52_000_000, "PNG": 20_000_000, "WEBP": 20_000_000}
MOST_SCANS = 60
LONGEST = 2000
PREVIEW = 320
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


def photo(content: bytes) -> tuple[bytes, bytes]:
    """The photo and a small one to recognise it by, both as JPEG, turned the right way up.

    Raises Unfit.
    """
    try:
        with Image.open(BytesIO(content), formats=list(MOST_PIXELS)) as image:
            _check(image, content)
            picture = _pixels(image)
    except Unfit:
        raise
    except _BOMBS:
        raise Unfit(TOO_LARGE) from None
    except Exception as error:
        # Whatever a file does to the library, it is the file that is refused.
        log.info("a picture was refused: %s", type(error).__name__)
        raise Unfit(DAMAGED) from None
    picture.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    small = picture.copy()
    small.thumbnail((PREVIEW, PREVIEW), Image.Resampling.LANCZOS)
    return _encoded(picture, 85), _encoded(small, 75)


def _check(image: Image.Image, content: bytes) -> None:
    # A JPEG in which a telephone has put several pictures has a name of its own.
    kind = "JPEG" if image.format == "MPO" else image.format or ""
    if image.width * image.height > MOST_PIXELS[kind]:
        raise Unfit(TOO_LARGE)
    if kind == "JPEG" and jpeg.scans(content) > MOST_SCANS:
        raise Unfit(DAMAGED)


def _pixels(image: Image.Image) -> Image.Image:
    """Only the pixels, as RGB on white; of a moving picture the first one."""
    image.draft("RGB", (LONGEST, LONGEST))
    turned = ImageOps.exif_transpose(image)
    plain = Image.new("RGB", turned.size, "white")
    if turned.has_transparency_data:
        turned = turned.convert("RGBA")
        plain.paste(turned, mask=turned.getchannel("A"))
    else:
        plain.paste(turned.convert("RGB"))
    return plain


def _encoded(picture: Image.Image, quality: int) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=quality, optimize=True)
    return buffer.getvalue()
