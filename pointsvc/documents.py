"""Official documents (公文) in the layout of GB/T 9704-2012, as Word files and as data for a page. No noun's matter.

A4, 37 mm above and 28 mm at the binding edge, a type area of 156 by 225 mm with 22 lines of 28
characters, third-size 仿宋, the title in second-size 小标宋, page numbers outside below. Faces of
offices are licensed and not ours to give away: the file names them and what may stand in for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from io import BytesIO
from math import floor
from typing import Any

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.section import WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.oxml import serialize_part_xml
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from docx.section import _Footer
from docx.shared import Length, Mm, Pt
from docx.text.paragraph import Paragraph
from docx.text.run import Run

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

PAGE = (Mm(210), Mm(297))
TOP, BOTTOM, LEFT, RIGHT = Mm(37), Mm(35), Mm(28), Mm(26)
LINES, CHARACTERS = 22, 28
# Third size is 16 pt to a word processor; 22 lines of 28.95 pt fill 225 mm, of 29 pt they would not fit.
SIZE, LINE = Pt(16), Pt(28.95)
TITLE_SIZE, NUMBER_SIZE, TABLE_SIZE = Pt(22), Pt(14), Pt(12)
CELL = Length(Mm(156) // CHARACTERS)
# The dash of the page number lies 7 mm below the type area: half a line of 14 pt above its foot.
FOOT = Length(BOTTOM - Mm(7) - NUMBER_SIZE // 2)

TITLE, BODY, FIRST, SECOND, NUMBER = "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312", "宋体"
INSTEAD: Mapping[str, Sequence[str]] = {
    TITLE: ("方正小标宋_GBK", "华文中宋", "思源宋体", "Noto Serif CJK SC", "宋体"),
    BODY: ("仿宋", "FangSong", "华文仿宋", "Noto Serif CJK SC"),
    FIRST: ("SimHei", "思源黑体", "Noto Sans CJK SC"),
    SECOND: ("楷体", "KaiTi", "华文楷体", "Noto Serif CJK SC"),
    NUMBER: ("SimSun", "思源宋体", "Noto Serif CJK SC"),
}
LATIN = "Times New Roman"

# Of the settings that a new document has.
_BEFORE = ("w:writeProtection", "w:view", "w:zoom", "w:embedTrueTypeFonts", "w:embedSystemFonts", "w:saveSubsetFonts")

HEADING, SUBHEADING, TEXT = "heading", "subheading", "text"
_FACES = {HEADING: FIRST, SUBHEADING: SECOND, TEXT: BODY}


@dataclass(frozen=True)
class Block:
    """One paragraph: a ``heading`` (一、), a ``subheading`` (（一）) or ``text``."""

    kind: str
    text: str


@dataclass(frozen=True)
class Annex:
    """An annex on pages of its own: paragraphs, and perhaps a table (its first row the headings)."""

    title: str
    body: Sequence[Block] = ()
    table: Sequence[Sequence[str]] = ()


@dataclass(frozen=True)
class Paper:
    """A document as it is to be read: what stands in it and in which order, and nothing of how it looks."""

    title: str
    body: Sequence[Block]
    signature: str
    signed_on: str
    number: str = ""
    addressee: str = ""
    annexes: Sequence[Annex] = field(default_factory=tuple)

    def kept(self) -> dict[str, Any]:
        """The paper as JSON, to be kept and hashed."""
        return _plain(asdict(self))

    @property
    def texts(self) -> Iterator[str]:
        """The sentences on it in their order. The tables of annexes hold what was counted and drawn, digests too."""
        yield from (self.number, self.title, self.addressee, *(block.text for block in self.body), self.signature)
        for annex in self.annexes:
            yield from (annex.title, *(block.text for block in annex.body))

    @property
    def length(self) -> int:
        """How many characters the body has."""
        return sum(len(block.text) for block in self.body)


def paper(kept: Mapping[str, Any]) -> Paper:
    """The paper that was kept."""
    annexes = [
        Annex(one["title"], [Block(**block) for block in one["body"]], [list(row) for row in one["table"]])
        for one in kept["annexes"]
    ]
    return Paper(**{**kept, "body": [Block(**block) for block in kept["body"]], "annexes": annexes})


def day(value: date) -> str:
    """2026年9月5日: without leading zeros."""
    return f"{value.year}年{value.month}月{value.day}日"


def numeral(n: int) -> str:
    """一 to 九十九, as headings are numbered."""
    ones = "〇一二三四五六七八九"
    if n < 10:
        return ones[n]
    tens, rest = divmod(n, 10)
    return f"{ones[tens] if tens > 1 else ''}十{ones[rest] if rest else ''}"


def word(found: Paper, *, at: datetime) -> bytes:
    """The paper as a Word file, said to be made at this instant."""
    document = Document()
    _set_page(document)
    _set_fonts(document)
    _head(document, found)
    for block in found.body:
        _block(document, block)
    _annex_list(document, found)
    _sign(document, found)
    for place, annex in enumerate(found.annexes, 1):
        _annex(document, annex, place, of=len(found.annexes))
    about = document.core_properties
    about.title, about.author, about.created, about.modified = found.title, found.signature, at, at
    about.comments = ""
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


# ---- inside


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def _set_page(document: WordDocument) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = PAGE
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = TOP, BOTTOM, LEFT, RIGHT
    section.footer_distance = FOOT
    grid = section._sectPr.find(qn("w:docGrid"))
    if grid is None:
        grid = OxmlElement("w:docGrid")
        section._sectPr.append(grid)
    # Lines only: not every program snaps characters that are wider than their cell to the same cells.
    grid.set(qn("w:type"), "lines")
    grid.set(qn("w:linePitch"), str(LINE.twips))
    # Printed on both sides the binding edge changes sides.
    _setting(document, "w:mirrorMargins")
    document.settings.odd_and_even_pages_header_footer = True
    _page_number(section.footer, WD_ALIGN_PARAGRAPH.RIGHT)
    _page_number(section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT)


def _setting(document: WordDocument, name: str) -> None:
    """Say this of the whole document; before it stand only those that the format has before it."""
    settings = document.settings.element
    before = [place for place, one in enumerate(settings) if one.tag in map(qn, _BEFORE)]
    settings.insert(max(before, default=-1) + 1, OxmlElement(name))


def _page_number(footer: _Footer, side: WD_ALIGN_PARAGRAPH) -> None:
    """— 1 —, one character in from the outer edge."""
    line = footer.paragraphs[0]
    line.alignment = side
    layout = line.paragraph_format
    layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, NUMBER_SIZE
    if side == WD_ALIGN_PARAGRAPH.RIGHT:
        layout.right_indent = NUMBER_SIZE
    else:
        layout.left_indent = NUMBER_SIZE
    _run(line, "— ", NUMBER, NUMBER_SIZE, latin=NUMBER)
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        run = _run(line, "", NUMBER, NUMBER_SIZE, latin=NUMBER)
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        part.text = text or None
        run._r.append(part)
    _run(line, " —", NUMBER, NUMBER_SIZE, latin=NUMBER)


def _set_fonts(document: WordDocument) -> None:
    style: Any = document.styles["Normal"]
    style.font.size, style.font.name = SIZE, LATIN
    style.element.rPr.rFonts.set(qn("w:eastAsia"), BODY)
    # In twentieths of a point: a character stands closer by what its cell is narrower, so 28 fill a line.
    closer = OxmlElement("w:spacing")
    closer.set(qn("w:val"), str(floor((CELL.pt - SIZE.pt) * 20)))
    style.element.rPr.find(qn("w:sz")).addprevious(closer)
    layout = style.paragraph_format
    layout.space_before = layout.space_after = Pt(0)
    layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, LINE
    layout.widow_control = False
    for relation in document.part.rels.values():
        if relation.reltype == RELATIONSHIP_TYPE.FONT_TABLE:
            part: Any = relation.target_part
            part._blob = _with_stand_ins(part.blob)


def _with_stand_ins(table: bytes) -> bytes:
    """The table of fonts with what may stand in for each of ours where a machine lacks it."""
    root = parse_xml(table)
    for name, instead in INSTEAD.items():
        for old in root.findall(qn("w:font")):
            if old.get(qn("w:name")) == name:
                root.remove(old)
        font, others = OxmlElement("w:font"), OxmlElement("w:altName")
        font.set(qn("w:name"), name)
        others.set(qn("w:val"), ",".join(instead))
        font.append(others)
        root.append(font)
    return bytes(serialize_part_xml(root))


def _head(document: WordDocument, found: Paper) -> None:
    if found.number:
        _line(document, found.number, align=WD_ALIGN_PARAGRAPH.CENTER)
        _blank(document, 2)
    _title(document, found.title)
    _blank(document, 1)
    if found.addressee:
        _line(document, found.addressee)


def _title(document: WordDocument, text: str) -> None:
    line = document.add_paragraph()
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(line, text, TITLE, TITLE_SIZE)


def _block(document: WordDocument, block: Block) -> None:
    line = document.add_paragraph()
    line.paragraph_format.first_line_indent = Length(2 * CELL)
    # The count of characters goes before the length where a program knows it.
    line._p.get_or_add_pPr().get_or_add_ind().set(qn("w:firstLineChars"), "200")
    line.paragraph_format.keep_with_next = block.kind != TEXT
    _run(line, block.text, _FACES[block.kind], SIZE)


def _annex_list(document: WordDocument, found: Paper) -> None:
    """附件： one line below the body, two characters in; several are numbered and stand below each other."""
    several = len(found.annexes) > 1
    for place, annex in enumerate(found.annexes, 1):
        if place == 1:
            _blank(document, 1)
        mark = "附件：" if place == 1 else ""
        line = _line(document, f"{mark}{f'{place}. ' if several else ''}{annex.title}")
        line.paragraph_format.left_indent = Length((2 if place == 1 else 5) * CELL)


def _sign(document: WordDocument, found: Paper) -> None:
    """The seal covers both: the day four characters from the edge, the signature centred above it."""
    _blank(document, 2)
    right = 4 + (_width(found.signed_on) - _width(found.signature)) / 2
    for text, indent in ((found.signature, max(right, 0)), (found.signed_on, 4)):
        line = _line(document, text, align=WD_ALIGN_PARAGRAPH.RIGHT)
        line.paragraph_format.right_indent = Length(round(indent * CELL))
        line.paragraph_format.keep_together = True


def _width(text: str) -> float:
    """How many characters wide a line is; digits and Latin letters are half as wide."""
    return sum(0.5 if character.isascii() else 1 for character in text)


def _annex(document: WordDocument, annex: Annex, place: int, *, of: int) -> None:
    document.add_section(WD_SECTION.NEW_PAGE)
    mark = _line(document, f"附件{place if of > 1 else ''}")
    for run in mark.runs:
        _face(run, FIRST, LATIN)
    _blank(document, 1)
    _title(document, annex.title)
    _blank(document, 1)
    for block in annex.body:
        _block(document, block)
    if annex.table:
        _table(document, annex.table)


def _table(document: WordDocument, rows: Sequence[Sequence[str]]) -> None:
    made = document.add_table(rows=len(rows), cols=len(rows[0]), style="Table Grid")
    made.alignment = WD_TABLE_ALIGNMENT.CENTER
    for n, (cells, texts) in enumerate(zip((row.cells for row in made.rows), rows, strict=True)):
        for cell, text in zip(cells, texts, strict=True):
            line = cell.paragraphs[0]
            line.paragraph_format.line_spacing = Pt(20)
            line.alignment = WD_ALIGN_PARAGRAPH.CENTER if n == 0 else WD_ALIGN_PARAGRAPH.LEFT
            _run(line, text, FIRST if n == 0 else BODY, TABLE_SIZE)
    # The headings stand again on each further page.
    repeat = OxmlElement("w:tblHeader")
    made.rows[0]._tr.get_or_add_trPr().append(repeat)


def _line(document: WordDocument, text: str, *, align: WD_ALIGN_PARAGRAPH | None = None) -> Paragraph:
    line = document.add_paragraph()
    if align is not None:
        line.alignment = align
    _run(line, text, BODY, SIZE)
    return line


def _blank(document: WordDocument, count: int) -> None:
    for _ in range(count):
        document.add_paragraph()


def _run(line: Paragraph, text: str, face: str, size: Length, *, latin: str = LATIN) -> Run:
    run = line.add_run(text)
    run.font.size = size
    _face(run, face, latin)
    return run


def _face(run: Run, face: str, latin: str) -> None:
    run.font.name = latin
    fonts: Any = run._r.get_or_add_rPr().rFonts
    fonts.set(qn("w:eastAsia"), face)
