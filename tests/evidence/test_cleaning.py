"""What is kept of an uploaded file: the pixels of a photo, the drawn pages of a paper, and nothing else."""

from __future__ import annotations

import warnings
from io import BytesIO

import pytest
from PIL import Image
from pypdf import PdfReader

from pointsvc.errors import Invalid
from pointsvc.evidence import jpeg, pictures
from pointsvc.evidence.cleaning import MOST_BYTES, clean
from pointsvc.evidence.papers import MOST_PAGES
from tests.evidence import files

SECRETS = (b"SECRET", b"Exif", b"GPS", b"/JS", b"JavaScript", b"/AA", b"OpenAction", b"elsewhere", b"/Annots", b"MZ")


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def refused(name: str, content: bytes) -> str:
    with pytest.raises(Invalid) as problem:
        clean(name, content)
    assert list(problem.value.errors) == ["file"]
    return str(problem.value)


# ---- photos


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_becomes_a_jpeg_of_nothing_but_its_pixels(kind: str) -> None:
    piece = clean("合影.bin", files.encoded(files.picture(), kind, exif=files.talkative()))
    assert (piece.filename, piece.media_type) == ("合影.jpg", "image/jpeg")
    made = opened(piece.content)
    assert (made.format, made.size) == ("JPEG", (60, 40))
    assert not made.getexif()
    assert set(made.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert [secret for secret in SECRETS if secret in piece.content] == []
    assert piece.preview
    assert opened(piece.preview).size == (60, 40)


def test_a_photo_is_turned_the_right_way_up() -> None:
    # 6: the telephone was held upright, the first row of the file is the right edge.
    content = files.encoded(files.picture(), exif=files.talkative(orientation=6), quality=95)
    made = opened(clean("a.jpg", content).content)
    assert made.size == (40, 60)
    assert made.getpixel((35, 5)) == pytest.approx((255, 0, 0), abs=20)
    assert made.getpixel((5, 5)) == pytest.approx((255, 255, 255), abs=20)


def test_a_large_photo_is_made_smaller_and_a_small_one_not_larger() -> None:
    piece = clean("a.jpg", files.encoded(files.picture(size=(4000, 3000))))
    assert opened(piece.content).size == (2000, 1500)
    assert piece.preview
    assert opened(piece.preview).size == (320, 240)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_any_mode_of_a_picture_is_taken_and_nothing_shines_through(mode: str) -> None:
    made = opened(clean("a.png", files.encoded(Image.new(mode, (20, 10)), "PNG")).content)
    assert made.mode == "RGB"
    transparent = mode in ("LA", "RGBA")
    assert made.getpixel((5, 5)) == ((255, 255, 255) if transparent else (0, 0, 0))


def test_a_jpeg_of_several_pictures_gives_the_first() -> None:
    small = files.picture("blue", (10, 10))
    content = files.encoded(files.picture(), "MPO", save_all=True, append_images=[small])
    assert opened(clean("a.jpg", content).content).size == (60, 40)


def test_the_same_pixels_have_the_same_fingerprint_whatever_stands_beside_them() -> None:
    plain = files.encoded(files.picture())
    assert clean("a.jpg", files.photo()).sha256 == clean("b.jpg", plain).sha256
    assert clean("c.jpg", files.photo("blue")).sha256 != clean("b.jpg", plain).sha256


@pytest.mark.parametrize("tail", [b"<script>alert(1)</script>", b"PK\x03\x04 a whole archive", files.pdf(armed=True)])
def test_what_hangs_behind_a_picture_is_lost(tail: bytes) -> None:
    piece = clean("a.jpg", files.photo() + tail)
    assert tail[:20] not in piece.content
    assert piece.sha256 == clean("a.jpg", files.photo()).sha256


def test_a_picture_that_unpacks_to_far_too_much_is_not_unpacked() -> None:
    for side in (4500, 9500, 20_000):
        assert "larger than a photo needs to be" in refused("a.png", files.png_of(side, side))


def test_a_jpeg_that_scans_itself_again_and_again_is_refused() -> None:
    content = files.encoded(files.picture(), progressive=True)
    (*_, (marker, first, _)) = jpeg.segments(content)
    assert marker == 0xDA
    again = content[first : content.rindex(b"\xff\xd9")]
    trap = content[:first] + again * (pictures.MOST_SCANS + 1) + b"\xff\xd9"
    assert jpeg.scans(trap) > pictures.MOST_SCANS >= jpeg.scans(content)
    assert "damaged" in refused("a.jpg", trap)


# ---- papers


def test_a_paper_keeps_its_pages_and_loses_all_that_acts_or_tells() -> None:
    armed = files.pdf(2, armed=True)
    assert all(secret in armed for secret in (b"SECRET-CAMERA", b"/JS", b"SECRET-ATTACHMENT", b"elsewhere"))
    piece = clean("证明.PDF", armed)
    assert (piece.filename, piece.media_type, piece.preview) == ("证明.PDF", "application/pdf", None)
    assert [secret for secret in SECRETS if secret in piece.content] == []
    made = PdfReader(BytesIO(piece.content))
    assert set(made.trailer["/Root"]) == {"/Type", "/Pages"}
    assert made.metadata is None
    assert [page.images[0].image.size for page in made.pages if page.images[0].image] == [(60, 40)] * 2


def test_a_paper_is_made_anew_alike_each_time() -> None:
    assert clean("a.pdf", files.pdf(armed=True)).sha256 == clean("b.pdf", files.pdf()).sha256


def test_a_paper_of_too_many_pages_is_refused() -> None:
    assert f"at most {MOST_PAGES}" in refused("a.pdf", files.pdf(MOST_PAGES + 1))
    assert len(PdfReader(BytesIO(clean("a.pdf", files.pdf(MOST_PAGES)).content)).pages) == MOST_PAGES


def test_a_locked_paper_is_refused() -> None:
    assert "password" in refused("a.pdf", files.pdf(password="secret"))


# ---- neither


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.jpg", b"<html><script>alert(1)</script></html>"),
        ("photo.jpg", b"MZ\x90\0 a program"),
        ("photo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"),
        ("photo.gif", files.encoded(files.picture().convert("P"), "GIF")),
        ("photo.tif", files.encoded(files.picture(), "TIFF")),
        ("table.xlsx", b"PK\x03\x04 and so on"),
        ("paper.pdf", b"\n%PDF-1.7 not at the beginning"),
    ],
)
def test_anything_else_is_refused_by_its_name(name: str, content: bytes) -> None:
    assert refused(name, content) == f"{name} is neither a photo (JPEG, PNG, WebP) nor a PDF"


@pytest.mark.parametrize(
    "content",
    [
        files.photo()[:400],
        b"\xff\xd8\xff" + b"\0" * 200,
        b"\xff\xd8\xff\xe0\xff",
        b"RIFF\0\0\0\0WEBPVP8 " + b"\xff" * 50,
        files.encoded(files.picture(), "PNG")[:60],
        b"%PDF-1.7\n" + b"x" * 500,
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 1 0 R>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF",
        b"%PDF-1.4\n" + b"[" * 20_000,
        files.pdf()[:300],
    ],
)
def test_a_damaged_file_is_refused_by_its_name(content: bytes) -> None:
    assert "file.x is damaged" in refused("file.x", content)


def test_size_and_emptiness_are_told() -> None:
    assert refused("a.jpg", b"") == "a.jpg is empty"
    assert refused("a.jpg", b"\xff\xd8\xff" + b"\0" * MOST_BYTES) == "a.jpg is larger than 8 MB"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("C:\\照片\\合影.jpeg", "合影.jpeg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("a\u202egpj.exe", "agpj.jpg"),
        ("a\r\nX-Evil: 1.jpg", "aX-Evil: 1.jpg"),
        (".png", ".png.jpg"),
        ("", "file.jpg"),
        ("/", "file.jpg"),
    ],
)
def test_a_name_is_only_a_name(given: str, shown: str) -> None:
    assert clean(given, files.photo()).filename == shown


def test_a_name_is_not_too_long() -> None:
    assert len(clean("长" * 500 + ".png", files.photo()).filename) <= 104


def test_nothing_is_said_of_a_large_picture_but_that_it_is_refused() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert "larger" in refused("a.png", files.png_of(9500, 9500))
