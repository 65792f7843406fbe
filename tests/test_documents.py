"""Official documents: the layout of GB/T 9704-2012, read back out of the Word file."""

from __future__ import annotations

from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from hypothesis import given
from hypothesis import strategies as st

from pointsvc import documents
from pointsvc.documents import HEADING, SUBHEADING, TEXT, Annex, Block, Paper

AT = datetime(2026, 9, 5, 2, 0, tzinfo=UTC)
PAPER = Paper(
    title="关于抽查情况的通报",
    number="青通报〔2026〕9号",
    addressee="各党支部：",
    body=[
        Block(TEXT, "现将情况通报如下。"),
        Block(HEADING, "一、总体情况"),
        Block(SUBHEADING, "（一）组织生活"),
        Block(TEXT, "被抽查单位中，1个单位存在此类问题。"),
    ],
    signature="中共青石区委组织部",
    signed_on="2026年9月5日",
    annexes=[
        Annex("被检查单位名单", table=[["序号", "单位"], ["1", "第一党支部"], ["2", "第二党支部"]]),
        Annex("抽取方法", body=[Block(TEXT, "任何人都可以复核。")]),
    ],
)


@pytest.fixture(scope="module")
def content() -> bytes:
    return documents.word(PAPER, at=AT)


@pytest.fixture(scope="module")
def word(content: bytes) -> Any:
    return Document(BytesIO(content))


def line(word: Any, text: str) -> Any:
    return next(one for one in word.paragraphs if one.text.startswith(text))


def faces(paragraph: Any) -> set[str]:
    return {run._r.rPr.rFonts.get(qn("w:eastAsia")) for run in paragraph.runs}


def test_the_page_has_the_margins_of_the_standard(word: Any) -> None:
    assert len(word.sections) == 3
    for section in word.sections:
        # Word keeps twentieths of a point, so a hundredth of a millimetre may be lost.
        for found, wanted in (
            (section.page_width, 210),
            (section.page_height, 297),
            (section.top_margin, 37),
            (section.bottom_margin, 35),
            (section.left_margin, 28),
            (section.right_margin, 26),
        ):
            assert abs(found - Mm(wanted)) < Mm(1) / 50
    assert word.settings.element.find(qn("w:mirrorMargins")) is not None


def test_a_page_has_22_lines_of_28_characters(word: Any) -> None:
    assert word.styles["Normal"].paragraph_format.line_spacing == Pt(28.95)
    # One line more than fits would be another page: 22 lines fill the 225 mm, 23 do not fit.
    assert 22 * Pt(28.95) <= Mm(225) < 23 * Pt(28.95)
    for section in word.sections:
        grid = section._sectPr.find(qn("w:docGrid"))
        assert grid.get(qn("w:type")) == "lines"
        assert grid.get(qn("w:linePitch")) == "579"
    width = 16 + int(word.styles["Normal"].element.rPr.find(qn("w:spacing")).get(qn("w:val"))) / 20
    assert 28 * width <= Mm(156).pt < 28 * width + 2


def test_each_part_has_its_face_and_size(word: Any) -> None:
    assert (faces(line(word, "关于抽查")), line(word, "关于抽查").runs[0].font.size) == ({"方正小标宋简体"}, Pt(22))
    for start, face in (
        ("现将", "仿宋_GB2312"),
        ("一、", "黑体"),
        ("（一）", "楷体_GB2312"),
        ("被抽查", "仿宋_GB2312"),
    ):
        found = line(word, start)
        assert (faces(found), found.runs[0].font.size) == ({face}, Pt(16)), start
        assert found._p.pPr.ind.get(qn("w:firstLineChars")) == "200"
    assert line(word, "各党支部").paragraph_format.first_line_indent is None
    assert faces(line(word, "附件1")) == {"黑体"}


def test_where_a_face_is_missing_another_stands_in(content: bytes) -> None:
    table = ZipFile(BytesIO(content)).read("word/fontTable.xml").decode()
    assert '<w:font w:name="方正小标宋简体"><w:altName w:val="方正小标宋_GBK,华文中宋' in table
    assert '<w:font w:name="仿宋_GB2312"><w:altName w:val="仿宋,FangSong' in table
    assert table.count('w:name="宋体"') == 1


def test_pages_are_numbered_outside_below(word: Any) -> None:
    assert word.settings.odd_and_even_pages_header_footer
    section = word.sections[0]
    for footer, side in ((section.footer, "right"), (section.even_page_footer, "left")):
        found = footer.paragraphs[0]
        assert found.text == "— PAGE —" or [run.text for run in found.runs if run.text] == ["— ", " —"]
        assert found._p.findall(f".//{qn('w:instrText')}")[0].text == "PAGE"
        assert faces(found) == {"宋体"}
        assert found.runs[0].font.size == Pt(14)
        assert found._p.pPr.jc.val.name.lower() == side
        indent = found.paragraph_format.right_indent if side == "right" else found.paragraph_format.left_indent
        assert indent == Pt(14)
    # 7 mm below the type area lies the middle of the line.
    assert abs(section.bottom_margin - section.footer_distance - Pt(14) / 2 - Mm(7)) < Mm(0.1)
    assert all(one.footer.is_linked_to_previous for one in list(word.sections)[1:])


def test_signature_and_day_stand_where_the_seal_covers_them(word: Any) -> None:
    said = [one.text for one in word.paragraphs]
    place = said.index("2026年9月5日")
    assert said[place - 1] == "中共青石区委组织部"
    signature, signed_on = word.paragraphs[place - 1], word.paragraphs[place]
    cell = Mm(156) / 28
    right = signed_on.paragraph_format.right_indent
    assert abs(right - 4 * cell) < cell / 20
    # 2026年9月5日 is six characters wide, of which three are digits of half a width each; both have one middle.
    middles = {right + 5.5 * cell / 2 + 0.25 * cell, signature.paragraph_format.right_indent + 9 * cell / 2}
    assert max(middles) - min(middles) < cell / 2


def test_annexes_are_named_below_the_body_and_begin_pages(word: Any) -> None:
    said = [one.text for one in word.paragraphs]
    first = said.index("附件：1. 被检查单位名单")
    assert said[first - 1] == ""
    assert said[first + 1] == "2. 抽取方法"
    assert said[said.index("附件1") + 2] == "被检查单位名单"
    (table,) = word.tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [list(row) for row in PAPER.annexes[0].table]
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None


def test_a_paper_without_number_annexes_or_addressee_is_plain() -> None:
    plain = Paper(title="情况", body=[Block(TEXT, "无")], signature="甲", signed_on="2026年10月10日")
    word = Document(BytesIO(documents.word(plain, at=AT)))
    assert [one.text for one in word.paragraphs if one.text] == ["情况", "无", "甲", "2026年10月10日"]
    assert word.tables == []


def test_it_is_kept_and_read_again() -> None:
    assert documents.paper(PAPER.kept()).kept() == PAPER.kept()
    assert PAPER.length == sum(map(len, ("现将情况通报如下。", "一、总体情况", "（一）组织生活", PAPER.body[3].text)))


@pytest.mark.parametrize(("n", "words"), [(1, "一"), (9, "九"), (10, "十"), (11, "十一"), (20, "二十"), (35, "三十五")])
def test_headings_are_numbered_in_chinese(n: int, words: str) -> None:
    assert documents.numeral(n) == words


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_a_day_has_no_leading_zero(day: date) -> None:
    said = documents.day(day)
    assert "年0" not in said
    assert "月0" not in said
    assert date(*map(int, said.replace("年", " ").replace("月", " ").replace("日", "").split())) == day
