"""Opening what offices upload: every kind of file, and every kind of bad one."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from contextlib import suppress
from datetime import date, datetime

import openpyxl
import pytest
import xlsxwriter
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles import Font

from pointsvc.errors import Invalid
from pointsvc.imports import archive, compound, delimited, extent
from pointsvc.imports.cells import CellError, text
from pointsvc.imports.workbook import MAX_BYTES, read
from tests.imports.sheets import saved, saved_xls, text_file, xls, xlsx

ROWS = [["党员编号", "姓名"], ["D00001", "黎　佳"], ["D00002", "谢怡"]]


def refusal(content: bytes, filename: str = "x.xlsx") -> str:
    """The code of the refusal; the reason is a sentence about the file."""
    with pytest.raises(Invalid) as caught:
        read(content, filename)
    assert list(caught.value.errors) == ["file"]
    assert str(caught.value.errors["file"][0])
    return caught.value.code


@pytest.mark.parametrize("filename", ["a.xlsx", "a.xls", "a.csv", "a", "名册.docx"])
@pytest.mark.parametrize("content", [xlsx(ROWS), xls(ROWS), text_file(ROWS)], ids=["xlsx", "xls", "csv"])
def test_the_content_decides_and_not_the_ending(content: bytes, filename: str) -> None:
    assert read(content, filename).sheets[0].rows == ROWS


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_text_files_in_every_encoding_and_with_every_separator(encoding: str, delimiter: str) -> None:
    rows = [*ROWS, ["D00003", "她说“好”; 1,5\t及其他\n第二行"]]
    book = read(text_file(rows, encoding=encoding, delimiter=delimiter), "花名册.csv")
    assert book.sheets[0].rows == rows
    assert book.sheets[0].name == "花名册"
    assert book.sheets[0].delimited


def test_a_title_line_does_not_hide_the_separator() -> None:
    content = "云溪区党员名册，2026年\n党员编号;姓名;得分\nD1;谢怡;1,5\n".encode()
    assert read(content, "x.csv").sheets[0].rows == [
        ["云溪区党员名册，2026年", "", ""],
        ["党员编号", "姓名", "得分"],
        ["D1", "谢怡", "1,5"],
    ]


def test_empty_lines_keep_the_row_numbers_of_a_text_file() -> None:
    assert read(b"a,b\n\n\nc,d\n", "x.csv").sheets[0].rows == [["a", "b"], ["", ""], ["", ""], ["c", "d"]]


def test_values_keep_their_types_and_rows_begin_at_a1() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["B3"], sheet["C3"], sheet["D3"] = 1.2, True, date(2026, 7, 5)
    sheet["E3"] = datetime(2026, 7, 5, 9, 30)  # noqa: DTZ001 - cells have no zone
    sheet.merge_cells("B4:C6")
    found = read(saved(book), "x.xlsx").sheets[0]
    assert found.rows[:3] == [
        [""] * 5,
        [""] * 5,
        ["", 1.2, True, date(2026, 7, 5), datetime(2026, 7, 5, 9, 30)],  # noqa: DTZ001 - as above
    ]
    assert found.merged == [((3, 1), (5, 2))]


def test_hidden_sheets_are_named_and_not_read() -> None:
    book = openpyxl.Workbook()
    book.active.append(["姓名"])
    book.create_sheet("旧").sheet_state = "hidden"
    found = read(saved(book), "x.xlsx")
    assert [sheet.name for sheet in found.sheets] == ["Sheet"]
    assert found.hidden == ["旧"]


def test_formulas_count_with_their_result() -> None:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.add_worksheet().write_formula("A1", "=1+1", value=2)
    assert read(content.getvalue(), "x.xlsx").sheets[0].rows == [[2.0]]


def test_formulas_without_result_and_errors_are_not_taken_for_empty_cells() -> None:
    content = xlsx([["分值"], ['=B2*1.2&"<"'], ["#N/A"], ["=1/0"], ["x", "", "=A1"]])
    rows = read(content, "x.xlsx").sheets[0].rows
    assert rows[1][0] == '=B2*1.2&"<"'
    assert rows[2][0] == "#N/A"
    assert rows[4] == ["x", "", "=A1"]
    for cell in (rows[1][0], rows[2][0], rows[3][0]):
        with pytest.raises(CellError):
            text(cell)


# --- What is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\r\n \n", b"\xff\xfe", b"\0" * 100])
def test_an_empty_file(content: bytes) -> None:
    assert refusal(content) == "file_empty"


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7 x",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"Rar!\x1a",
        b"{\\rtf1",
        b"<html><table><tr><td>1</td></tr></table></html>",
        b'\xef\xbb\xbf\n<?xml version="1.0"?><Workbook/>',
        xls(ROWS).replace("Workbook".encode("utf-16-le"), "WordDocu".encode("utf-16-le")),
        b"MZ\x90\0\3\0\0\0",
    ],
)
def test_other_kinds_of_files(content: bytes) -> None:
    assert refusal(content) == "file_kind"


def archive_of(parts: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as packed:
        for name, part in parts.items():
            packed.writestr(name, part)
    return content.getvalue()


@pytest.mark.parametrize("part", ["word/document.xml", "content.xml", "xl/workbook.bin", "名册.xlsx"])
def test_other_kinds_of_archives(part: str) -> None:
    assert refusal(archive_of({part: b"<x/>"})) == "file_kind"


def test_locked_workbooks() -> None:
    old = bytearray(xls(ROWS))
    at = old.index("Workbook".encode("utf-16-le"))
    old[at : at + 32] = "EncryptedPackage".encode("utf-16-le")
    old[at + 64] = 34
    assert refusal(bytes(old)) == "file_locked"
    content = bytearray(xlsx(ROWS))
    at = content.index(b"PK\1\2")
    content[at + 8] |= 1
    assert refusal(bytes(content)) == "file_locked"


def test_a_file_that_is_larger_than_anything_honest() -> None:
    assert refusal(b"a" * (MAX_BYTES + 1)) == "file_too_large"


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("make", [xlsx, xls])
def test_a_workbook_cut_short(make: object, keep: float) -> None:
    content = make([["姓名", n] for n in range(300)])  # type: ignore[operator]  # one of the two makers
    assert refusal(content[: int(len(content) * keep)]) in {"file_broken", "file_kind"}


WHOLE = [xlsx(ROWS), xls(ROWS), text_file(ROWS, encoding="gb18030")]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(WHOLE), st.lists(st.tuples(st.floats(0, 0.999999), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_workbook_is_read_or_refused(whole: bytes, hits: list[tuple[float, int]]) -> None:
    content = bytearray(whole)
    for place, value in hits:
        content[int(place * len(content))] = value
    with suppress(Invalid):
        read(bytes(content), "x.xlsx")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(Invalid):
        read(content, "x.csv")


@pytest.mark.parametrize(
    "content",
    [
        "党员编号,姓名".encode()[:-1],
        b"\xef\xbb\xbf\xff\xff,a",
        "姓名,备注\n".encode("gb18030") + b"\xff\xff\n",
        b"\xff\xfea\x00b",
    ],
)
def test_text_in_no_known_encoding(content: bytes) -> None:
    assert refusal(content) == "file_encoding"


@pytest.mark.parametrize("content", [b'a,b\n"c,d\n', b'a,b\n"c"d,e\n', b'a,"' + b"x" * 200_000])
def test_quotation_marks_that_do_not_match(content: bytes) -> None:
    assert refusal(content) == "file_broken"


# --- Bombs --------------------------------------------------------------------------------------


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = {info.filename: packed.read(info) for info in packed.infolist()}
    return archive_of(parts | {name: part})


SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEAD = b'<worksheet xmlns="' + NAMESPACE + b'"><sheetData>'
TAIL = b"</sheetData></worksheet>"


def test_an_archive_that_unpacks_to_too_much_is_refused_unread() -> None:
    bomb = with_part(xlsx(ROWS), "xl/sharedStrings.xml", b" " * (archive.MAX_UNCOMPRESSED + 1))
    assert len(bomb) < 1_000_000
    tracemalloc.start()
    assert refusal(bomb) == "file_too_large"
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_a_part_that_shrinks_beyond_belief_is_refused() -> None:
    assert refusal(with_part(xlsx(ROWS), "xl/media/x.bin", b"\0" * 30_000_000)) == "file_too_large"


def test_an_archive_that_lies_about_its_sizes_is_refused() -> None:
    content = with_part(xlsx(ROWS), "xl/sharedStrings.xml", b" " * 5_000_000)
    lying = content.replace(struct.pack("<L", 5_000_000), struct.pack("<L", 50))
    assert lying != content
    with pytest.raises(Invalid, match="damaged"):
        archive.inspect(lying)


def test_too_many_parts_are_refused() -> None:
    content = archive_of({"xl/workbook.xml": b"<x/>"} | {f"p{n}": b"" for n in range(archive.MAX_PARTS)})
    assert refusal(content) == "file_too_large"


def test_declared_entities_are_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + HEAD + TAIL
    assert refusal(with_part(xlsx(ROWS), SHEET, bomb)) == "file_broken"


def test_ten_thousand_columns_are_refused() -> None:
    assert refusal(xlsx([range(10_000)])) == "file_too_large"
    assert refusal(",".join("x" * 10_000).encode()) == "file_too_large"


@pytest.mark.parametrize(
    "cells",
    [
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="199999"><c r="OI199999"><v>1</v></c></row>',
        b'<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>',
        b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>',
        b'<row r="1"><c r="A1048576"><v>1</v></c></row>',
        b"<row r=\"1\"><c s='1' r='XFD1'><v>1</v></c></row>",
        b'<row r="200001"><c><v>1</v></c></row>',
        b'<row r="2"><c r="OI150000"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>',
        b'<row r="1"><x:c xmlns:x="' + NAMESPACE + b'" r="XFD1"><v>1</v></x:c></row>',
    ],
)
def test_two_cells_in_far_corners_are_refused_before_a_block_is_built(cells: bytes) -> None:
    content = with_part(xlsx(ROWS), SHEET, HEAD + cells + TAIL)
    with pytest.raises(Invalid, match=r"A sheet has|The sheets have"):
        archive.inspect(content)


@pytest.mark.parametrize("far", ["a", "b"])
def test_two_cells_in_far_corners_of_an_old_workbook(far: str) -> None:
    book = xlwt.Workbook()
    for name in ("a", "b"):
        sheet = book.add_sheet(name)
        sheet.write(0, 0, 1)
        if name == far:
            sheet.write(65535, 255, 1)
    with pytest.raises(Invalid, match="The sheets have"):
        compound.inspect(saved_xls(book))


def test_sheets_that_are_too_much_only_together() -> None:
    book = xlwt.Workbook()
    for name in "abc":
        book.add_sheet(name).write(29_999, 39, 1)
    assert refusal(saved_xls(book)) == "file_too_large"


@pytest.mark.parametrize("rows", [1, 300, 20_000])
def test_old_workbooks_of_every_size(rows: int) -> None:
    lines = [[f"D{n:05}", "谢怡", float(n)] for n in range(rows)]
    assert read(xls(lines), "x.xls").sheets[0].rows == lines


def test_errors_in_old_workbooks_are_not_taken_for_empty_cells() -> None:
    book = xlwt.Workbook()
    book.add_sheet("a").write(0, 0, "x")
    sheet = book.add_sheet("b")
    sheet.write(0, 0, "x")
    sheet.row(1).set_cell_error(2, 0x2A)
    sheet.write(3, 1, xlwt.Formula("1/0"))
    content = saved_xls(book)
    plain = struct.pack("<HHHQ", 3, 1, 17, 0xFFFF000000000003)
    assert plain in content
    content = content.replace(plain, struct.pack("<HHHQ", 3, 1, 17, 0xFFFF000000070002))
    assert read(content, "x.xls").sheets[1].rows == [
        ["x", "", ""],
        ["", "", "#N/A"],
        ["", "", ""],
        ["", "#DIV/0!", ""],
    ]


def test_many_rows_are_refused_in_a_text_file() -> None:
    assert refusal(b"a,b\n" * (extent.MAX_ROWS + 1)) == "file_too_large"


def test_empty_cells_with_a_format_do_not_make_a_sheet_large() -> None:
    book = openpyxl.Workbook()
    book.active.append(["姓名"])
    book.active["XFD9"].font = Font(bold=True)
    book.active["A300000"].font = Font(bold=True)
    assert read(saved(book), "x.xlsx").sheets[0].rows == [["姓名"]]


def test_cells_without_references_are_understood() -> None:
    cells = b'<row><c><v>1</v></c><c t="str"><v>a</v></c></row><row><c><v>2</v></c></row>'
    assert read(with_part(xlsx(ROWS), SHEET, HEAD + cells + TAIL), "x.xlsx").sheets[0].rows[0] == [1.0, "a"]


@given(
    st.integers(1, extent.MAX_ROWS), st.integers(1, extent.MAX_COLUMNS), st.integers(1, 999_999), st.integers(1, 702)
)
def test_the_search_finds_exactly_the_cells_outside(rows: int, columns: int, row: int, column: int) -> None:
    letters = (chr(64 + (column - 1) // 26) if column > 26 else "") + chr(65 + (column - 1) % 26)
    assert extent.column_number(letters) == column
    cell = f'<c r="{letters}{row}"'.encode()
    assert bool(extent._unusual(rows, columns).search(cell)) == (row > rows or column > columns)


@pytest.mark.parametrize(
    ("cell", "read_as"),
    [
        (b'<c r="B1" t="str"><f>IF(A1,"","")</f><v></v></c>', ""),
        (b'<c r="B1"><f>1+1</f><v>2</v></c>', 2.0),
        (b'<c r="B1"><f>1+1</f></c>', "=1+1"),
        (b'<c r="B1" s="3"><f t="shared" si="0"/><v/></c>', "=..."),
        (b'<c r="B1" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "#DIV/0!"),
        (b'<c s="1" r="B1" t="e"><v>#N/A</v></c>', "#N/A"),
        (b'<c r="B1" t="e"/>', ""),
    ],
)
def test_what_a_formula_leaves_in_its_cell(cell: bytes, read_as: object) -> None:
    part = HEAD + b'<row r="1"><c r="A1"><v>1</v></c>' + cell + b'<c r="C1"><v>3</v></c></row>' + TAIL
    assert read(with_part(xlsx(ROWS), SHEET, part), "x.xlsx").sheets[0].rows == [[1.0, read_as, 3.0]]


def test_formulas_are_found_under_prefixed_elements() -> None:
    part = (
        HEAD.replace(b"xmlns=", b"xmlns:x=").replace(b"<", b"<x:")
        + b'<x:row r="1"><x:c r="A1"><x:f>1+1</x:f></x:c></x:row>'
    )
    part += TAIL.replace(b"</", b"</x:")
    assert read(with_part(xlsx(ROWS), SHEET, part), "x.xlsx").sheets[0].rows == [["=1+1"]]


def test_stored_parts_are_read_like_packed_ones() -> None:
    with zipfile.ZipFile(io.BytesIO(xlsx(ROWS))) as packed:
        parts = {info.filename: packed.read(info) for info in packed.infolist()}
    assert read(archive_of(parts, zipfile.ZIP_STORED), "x.xlsx").sheets[0].rows == ROWS


def test_semicolons_in_a_note_are_not_taken_for_the_separator() -> None:
    rows = delimited.rows_of('姓名,备注\r\n江帆,"a;b;c;d;e;f;g"\r\n'.encode())
    assert rows == [["姓名", "备注"], ["江帆", "a;b;c;d;e;f;g"]]
