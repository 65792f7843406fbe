"""From a sheet to its data rows."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pointsvc.imports.columns import recognise
from pointsvc.imports.headings import Kind
from pointsvc.imports.rows import Row, rows
from pointsvc.imports.workbook import Book, Sheet
from tests.imports.sheets import sheet_of


def walked(kind: Kind, *sheets: Sheet) -> list[Row]:
    found = {sheet.name: recognise(sheet, kind, year_hint=2026) for sheet in sheets}
    return list(rows(Book("x.xlsx", list(sheets)), kind, found))


def values(found: list[Row], field: str) -> list[Any]:
    return [row.cells[field] for row in found]


HEAD = ["序号", "姓名", "党支部", "入党时间"]


def test_rows_carry_the_numbers_that_a_spreadsheet_shows() -> None:
    sheet = sheet_of(["党员花名册"], HEAD, [1, "谢怡", "甲支部", "1975.3"], [], [2, "龙明", "甲支部", ""], name="甲")
    assert walked("members", sheet) == [
        Row("甲", 3, {"name": "谢怡", "organisation": "甲支部", "joined_on": "1975.3"}),
        Row("甲", 5, {"name": "龙明", "organisation": "甲支部", "joined_on": ""}),
    ]


@pytest.mark.parametrize(
    "footer",
    [
        ["合计", "2人", "", ""],
        ["合 计", "", "", 12.0],
        ["", "总计", "", 2.0],
        ["小计：2人"],
        ["说明：√到会 ×缺席，请假须经支部同意"],
        ["备注：本表一式两份"],
        ["注：1.入党时间填到月"],
        ["填表人：张三", "", "审核人：李四", "2026年7月5日"],
        ["支部书记（签字）：", "", "", "2026年7月5日"],
        ["党支部（盖章）", "", "", ""],
        ["以上数据截至2026年7月"],
        ["例", "张三", "某支部", "2020.1"],
        ["示例：", "张三", "某支部", "2020.1"],
        ["　", " ", "", ""],
        [3.0, "", "", ""],
    ],
)
def test_footers_examples_and_empty_rows_are_left_out(footer: list[Any]) -> None:
    sheet = sheet_of(HEAD, [1, "谢怡", "甲支部", "1975.3"], footer, [2, "龙明", "甲支部", "1980.1"])
    assert values(walked("members", sheet), "name") == ["谢怡", "龙明"]


def test_the_lines_of_a_note_are_left_out_but_never_a_full_row() -> None:
    sheet = sheet_of(
        ["编号", "姓名", "党支部"],
        ["D1", "谢怡", "甲支部"],
        ["说明：1.按月填报"],
        ["2.请假须经支部同意"],
        ["D2", "龙明", "甲支部"],
    )
    assert values(walked("members", sheet), "number") == ["D1", "D2"]


def test_titles_and_headings_repeated_at_page_breaks_are_left_out() -> None:
    title = ["党员花名册"]
    sheet = sheet_of(title, HEAD, [1, "谢怡", "甲支部", ""], ["制表人：张三"], title, HEAD, [2, "龙明", "甲支部", ""])
    assert values(walked("members", sheet), "name") == ["谢怡", "龙明"]


def test_an_empty_branch_means_the_one_above_within_a_sheet() -> None:
    first = sheet_of(
        HEAD, [1, "谢怡", "甲支部", ""], [2, "龙明", "　", ""], [3, "黎佳", "乙支部", ""], [4, "余洋", "", ""]
    )
    second = sheet_of(HEAD, [1, "肖青", "", ""], name="Sheet2")
    assert values(walked("members", first, second), "organisation") == ["甲支部", "甲支部", "乙支部", "乙支部", ""]


def test_other_empty_cells_stay_empty() -> None:
    sheet = sheet_of(["姓名", "日期", "积分项目", "得分"], ["谢怡", "2026-07-05", "志愿服务", 2], ["龙明", "", "", ""])
    assert walked("entries", sheet)[1].cells == {"name": "龙明", "occurred_on": "", "rule": "", "points": ""}


def test_an_empty_parent_means_the_one_above_except_for_the_district() -> None:
    sheet = sheet_of(
        ["代码", "名称", "类别", "上级"],
        ["A1", "青山街道党工委", "街道党工委", "云溪区委"],
        ["A2", "白鹭镇党委", "乡镇党委", ""],
        ["A", "云溪区委", "区委", ""],
    )
    assert values(walked("organisations", sheet), "parent") == ["云溪区委", "云溪区委", ""]


def test_joined_cells_count_for_all_their_rows_but_points_do_not() -> None:
    sheet = sheet_of(
        ["姓名", "日期", "积分项目", "得分"],
        ["谢怡", "2026-07-05", "志愿服务", 2],
        ["", "2026-07-06", "好人好事", ""],
        ["", "", "", ""],
        ["龙明", "2026-07-07", "志愿服务", 1],
        merged=[((1, 0), (2, 0)), ((1, 3), (2, 3))],
    )
    found = walked("entries", sheet)
    assert values(found, "name") == ["谢怡", "谢怡", "龙明"]
    assert values(found, "points") == [2, "", 1]


def test_a_joined_row_names_the_branch_of_the_rows_below() -> None:
    sheet = sheet_of(
        ["序号", "姓名", "入党时间"],
        ["一、中坊社区第1党支部（2人）", "", ""],
        [1, "谢怡", "1975.3"],
        ["第二党小组", "", ""],
        [2, "龙明", "1980.1"],
        ["中岭社区第2党支部", "", ""],
        [1, "黎佳", "1990.1"],
        ["说明：本表由东坊社区第3党支部填报", "", ""],
        [2, "肖青", "1991.1"],
        merged=[((1, 0), (1, 2)), ((3, 0), (3, 2)), ((5, 0), (5, 2)), ((7, 0), (7, 2))],
    )
    found = walked("members", sheet)
    assert values(found, "name") == ["谢怡", "龙明", "黎佳", "肖青"]
    first, second = "中坊社区第1党支部", "中岭社区第2党支部"
    assert values(found, "organisation") == [first, first, second, second]


def test_marks_come_with_their_meeting() -> None:
    sheet = sheet_of(
        ["姓名", "7月5日主题党日", "7月16日三会一课", "备注"], ["谢怡", "√", ""], ["", "", ""], ["龙明", 1.0, 0.0]
    )
    found = walked("attendance", sheet)
    assert [[(m.day, m.kind, raw) for m, raw in row.marks] for row in found] == [
        [(date(2026, 7, 5), "主题党日", "√"), (date(2026, 7, 16), "三会一课", "")],
        [(date(2026, 7, 5), "主题党日", 1.0), (date(2026, 7, 16), "三会一课", 0.0)],
    ]


def test_marks_without_a_name_are_not_dropped() -> None:
    sheet = sheet_of(["姓名", "7月5日主题党日", "备注"], ["谢怡", "√"], ["", "√"])
    assert [row.cells["name"] for row in walked("attendance", sheet)] == ["谢怡", ""]


def test_the_long_form_fills_the_meeting_downwards() -> None:
    sheet = sheet_of(
        ["日期", "活动类型", "姓名", "签到"],
        ["2026-07-05", "主题党日", "谢怡", "√"],
        ["", "", "龙明", ""],
        ["2026-07-16", "三会一课", "谢怡", "√"],
    )
    found = walked("attendance", sheet)
    assert values(found, "occurred_on") == ["2026-07-05", "2026-07-05", "2026-07-16"]
    assert values(found, "kind") == ["主题党日", "主题党日", "三会一课"]
    assert values(found, "mark") == ["√", "", "√"]


def test_a_stray_separator_in_a_text_file_is_a_problem_of_its_row() -> None:
    lines = (["姓名", "日期", "积分项目"], ["谢怡", "2026-07-05", "志愿", "服务"], ["龙明", "2026-07-05", "志愿服务"])
    found = walked("entries", sheet_of(*lines, delimited=True))
    assert [row.problem is not None for row in found] == [True, False]
    assert [row.problem for row in walked("entries", sheet_of(*lines))] == [None, None]


def test_two_equal_rows_are_two_rows() -> None:
    line = ["谢怡", "2026-07-05", "志愿服务"]
    assert len(walked("entries", sheet_of(["姓名", "日期", "积分项目"], line, line))) == 2


def test_sheets_without_headings_are_passed_over() -> None:
    assert walked("members", sheet_of(["请先阅读"]), sheet_of(HEAD, [1, "谢怡", "甲", ""], name="b"))[0].sheet == "b"
