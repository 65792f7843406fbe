"""Headings of many offices, and where they stand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from pointsvc.imports.columns import Recognition, recognise
from pointsvc.imports.headings import Kind, heading_key, synonyms
from tests.imports.sheets import sheet_of


def recognised(kind: Kind, headings: list[str], remembered: dict[str, str] | None = None) -> Recognition:
    return recognise(sheet_of(headings), kind, remembered)


def fields(kind: Kind, headings: list[str]) -> list[str | None]:
    """The field of each column; the sheet must need no question."""
    found = recognised(kind, headings)
    assert found.doubtful == []
    return [found.columns.get(index) for index in range(len(headings))]


# One line an office. A heading before "|" each; "-" stands for a column that is left out.
MEMBERS = [
    ("党员编号|姓名|入党时间|党员类别|所在党支部", "number name joined_on category organisation"),
    (
        "序号|姓名|性别|民族|出生年月|入党日期|人员类别|所属支部|联系电话|备注",
        "- name - - - joined_on category organisation - -",
    ),
    ("工号|姓 名|加入党组织时间|党员身份|支部名称", "number name joined_on category organisation"),
    ("支部|姓名|身份证号|学历|入党年月|转正时间|类别", "organisation name - - joined_on - category"),
    ("党组织名称|党员姓名|加入党组织日期|发展类型", "organisation name joined_on category"),
    ("编号|名字|身份|入党时间（年月）|党支部", "number name category joined_on organisation"),
    ("人员编号|姓名*|所在党组织|党员类型|加入中国共产党时间", "number name organisation category joined_on"),
    ("所属党支部|姓名|职工号|入党时间|身份类别|手机号码", "organisation name number joined_on category -"),
    ("学号|姓名|组织关系所在支部|入党时间|党员分类", "number name organisation joined_on category"),
    ("党员ID|姓名|所在支部名称|何时入党|党员性质", "number name organisation joined_on category"),
    ("【必填】姓名|【必填】所在党支部|【选填】入党时间|党员类别（正式/预备）", "name organisation joined_on category"),
    ("姓名|党员编码|基层党组织|入党 时间|人员身份|工作单位", "name number organisation joined_on category -"),
    ("党员证号|党员|现所在支部|批准入党时间|类型", "number name organisation joined_on category"),
    (
        "序号|党员代码|姓名|性别|接收为预备党员时间|党员类别|组织关系所在地",
        "- number name - joined_on category organisation",
    ),
    ("Number|Name|Branch|Joined on|Category", "number name organisation joined_on category"),
    ("member_no|full name|party branch|join date|member type", "number name organisation joined_on category"),
    ("序|姓名|组织名称|入党日期|党员种类|籍贯|职务|党费标准", "- name organisation joined_on category - - -"),
    ("党员编号：|姓名：|入党时间：|党员类别：|所在党支部：", "number name joined_on category organisation"),
    ("ＩＤ|姓　名|入党时间|党员类别|隶属党支部", "number name joined_on category organisation"),
    ("员工编号|员工姓名|党支部名称|入党时间|党员身份", "number ? organisation joined_on category"),
]
ORGANISATIONS = [
    ("组织代码|组织名称|组织类别|上级组织|书记|监督电话", "code name kind parent secretary phone"),
    ("编码|党组织名称|党组织类别|上级党组织|党组织书记|联系电话", "code name kind parent secretary phone"),
    ("序号|代码|名称|类型|上级|负责人|电话", "- code name kind parent secretary phone"),
    ("党组织代码|党组织全称|组织类型|上级党组织名称|书记姓名|联系方式", "code name kind parent secretary phone"),
    ("支部编号|支部名称|类别|隶属党委|支部书记|办公电话", "code name kind parent secretary phone"),
    ("编号|单位名称|性质|主管党委|负责人姓名|座机", "code name kind parent secretary phone"),
    ("机构编码|机构名称|层级|直接上级|书记（负责人）|值班电话", "code name kind parent secretary phone"),
    ("上级党委|党支部名称|党支部代码|党员人数|成立时间|换届时间", "parent name code - - -"),
    ("组织编号|组织全称|组织层级|上级组织代码|现任书记|举报电话", "code name kind parent secretary phone"),
    ("code|name|kind|parent|secretary|phone", "code name kind parent secretary phone"),
    ("ID|组织|级别|父级组织|书记|电话", "code name kind parent secretary phone"),
    ("组织ID|组织名|组织性质|所属上级|党组织负责人|组织联系电话", "code name kind parent secretary phone"),
    ("党支部编码|党支部全称|党支部类型|所属党委|党支部书记|书记电话", "code name kind parent secretary phone"),
    ("单位代码|党组织|单位类型|归属党组织|主要负责人|公开电话", "code name kind parent secretary phone"),
    ("层级码|基层党组织名称|党组织级别|直属上级|组织书记|手机", "code name kind parent secretary phone"),
    ("组织机构代码|组织名称|组织分类|隶属关系|书记或负责人|固定电话", "code name kind parent secretary phone"),
    ("党组织编码|所辖党组织|党组织层级|上级单位|书记|地址|备注", "code name kind parent secretary - -"),
    ("支部代码|支部|支部类型|上级名称|支书|监督举报电话", "code name kind parent secretary phone"),
    ("党组织编号|下属党组织|党组织性质|上级党工委|党委书记|支部电话", "code name kind parent secretary phone"),
    ("机构代码|党组织名|机构类型|上级机构|书记|电话号码|副书记|党员数", "code name kind parent secretary phone - -"),
]
ENTRIES = [
    ("党员编号|姓名|所在党支部|日期|积分细则|数量|级别|分值|事由|备注",
     "number name organisation occurred_on rule quantity tier points matter note"),
    ("姓名|支部|时间|加减分项目|得分|具体事由", "name organisation occurred_on rule points matter"),
    ("序号|党员姓名|支部名称|活动日期|积分项目|次数|说明", "- name organisation occurred_on rule quantity note"),
    ("工号|姓名|发生时间|评分项目|加分|扣分|原因", "number name occurred_on rule points deducted matter"),
    ("党支部|姓名|考核项目|服务时长（小时）|服务日期|审核人", "organisation name rule quantity occurred_on -"),
    ("所属支部|申报人|申报事项|申报分值|发生日期|佐证材料", "organisation name rule points occurred_on matter"),
    ("姓名|加分事项|加分分值|加分日期|加分理由", "name rule points occurred_on matter"),
    ("姓名|扣分项|扣分值|时间|扣分原因|党员签字", "name rule deducted occurred_on matter -"),
    ("党员|党组织|日期|指标名称|等次|分数", "name organisation occurred_on rule tier points"),
    ("编号|积分党员|积分内容|积分值|积分时间|摘要", "number name rule points occurred_on matter"),
    ("姓名|所在党组织|事项|件数|事项日期|事迹", "name organisation rule quantity occurred_on matter"),
    ("人员编号|姓名|量化指标|时长|完成时间|内容", "number name rule quantity occurred_on matter"),
    ("姓名|支部|受表彰日期|评分细则|表彰级别|荣誉名称", "name organisation occurred_on rule tier matter"),
    ("姓名|年月日|赋分项目|赋分|理由", "name occurred_on rule points matter"),
    ("党员编码|党员姓名|计分项目|计分日期|计分|描述", "number name rule occurred_on points matter"),
    ("姓名|考评内容|考评日期|加减分值|备注", "name rule ? points note"),
    ("number|name|branch|date|rule|quantity|level|points|matter|note",
     "number name organisation occurred_on rule quantity tier points matter note"),
    ("Member No.|Name|Date|Rule|Hours|Score|Reason", "number name occurred_on rule quantity points matter"),
    ("志愿者姓名|服务项目|服务小时数|服务日期", "? rule quantity occurred_on"),
    ("姓名|奖惩项目|奖惩分值|事件日期|等级|审核意见", "name rule points occurred_on tier -"),
]  # fmt: skip
LONG_ATTENDANCE = [
    ("日期|活动类型|姓名|签到", "occurred_on kind name mark"),
    ("会议日期|会议名称|党员编号|姓名|出勤情况", "occurred_on kind number name mark"),
    ("活动时间|活动名称|支部|姓名|是否到会", "occurred_on kind organisation name mark"),
    ("党支部|党员姓名|会议类型|召开时间|到会情况|请假原因", "organisation name kind occurred_on mark -"),
    ("组织生活类型|组织生活时间|参会人员|考勤", "kind occurred_on name mark"),
    ("工号|姓名|时间|类别|状态", "number name occurred_on kind mark"),
    ("学习日期|学习形式|姓名|参学情况|备注", "occurred_on kind name mark -"),
    ("开展日期|活动|应到人员|出席情况", "occurred_on kind name mark"),
    ("date|kind|member|mark", "occurred_on kind name mark"),
    ("编号|姓名|所在支部|签到日期|会议形式|签到状态", "number name organisation occurred_on kind mark"),
]
OFFICES: list[tuple[Kind, str, str]] = [
    *(("members", *office) for office in MEMBERS),
    *(("organisations", *office) for office in ORGANISATIONS),
    *(("entries", *office) for office in ENTRIES),
    *(("attendance", *office) for office in LONG_ATTENDANCE),
]


@pytest.mark.parametrize(("kind", "headings", "meant"), OFFICES)
def test_the_headings_of_an_office(kind: Kind, headings: str, meant: str) -> None:
    found = recognised(kind, headings.split("|"))
    asked = {doubt.column for doubt in found.doubtful}
    seen = ["?" if i in asked else found.columns.get(i, "-") for i in range(len(found.headings))]
    assert " ".join(seen) == meant
    assert found.missing == []


def test_every_word_means_one_thing_within_its_kind() -> None:
    for kind in synonyms.certain:
        words = [synonyms.certain[kind], synonyms.weak[kind], synonyms.ask[kind]]
        assert sum(map(len, words)) == len({word for group in words for word in group}), kind


def test_titles_above_are_passed_and_the_year_is_read_from_them() -> None:
    sheet = sheet_of(
        ["青山街道中坊社区第1党支部2026年第三季度组织生活签到表"],
        [],
        ["填表人：张三", "", "2025年12月1日"],
        ["党员编号", "姓名", "7月5日主题党日", "三会一课（8月20日）", "出勤率", "备注"],
        ["D00001", "余洋志", "√", "到", "100%"],
    )
    found = recognise(sheet, "attendance", year_hint=2020)
    assert (found.header_row, found.data_row) == (3, 4)
    assert found.title == "青山街道中坊社区第1党支部2026年第三季度组织生活签到表"
    assert found.place == "青山街道中坊社区第1党支部"
    assert found.year_hint == 2026
    assert found.meetings == [(2, date(2026, 7, 5), "主题党日"), (3, date(2026, 8, 20), "三会一课")]
    assert found.complete


def test_the_file_name_gives_the_year_when_the_sheet_does_not() -> None:
    sheet = sheet_of(["姓名", "7月5日主题党日"])
    assert recognise(sheet, "attendance", year_hint=2026).meetings == [(1, date(2026, 7, 5), "主题党日")]
    assert recognise(sheet, "attendance").missing == ["year"]


def test_the_name_of_the_sheet_may_name_the_branch() -> None:
    assert recognise(sheet_of(["姓名", "入党时间"], name="中坊社区党支部"), "members").place == "中坊社区党支部"


@pytest.mark.parametrize(
    ("title", "place"),
    [
        ("支部名称：青山街道第1党支部", "青山街道第1党支部"),
        ("党支部（盖章）：中坊支部 2026年7月", "中坊支部"),
        ("中共云溪区委组织部", "中共云溪区委"),
        ("白鹭镇党委2026年花名册", "白鹭镇党委"),
        ("党员花名册", None),
    ],
)
def test_the_place_in_a_title(title: str, place: str | None) -> None:
    assert recognise(sheet_of([title], ["姓名", "入党时间", "类别"]), "members").place == place


def test_headings_in_two_rows_with_joined_cells() -> None:
    sheet = sheet_of(
        ["积分登记表"],
        ["序号", "姓名", "积分情况", "", "", "备注"],
        ["", "", "日期", "积分项目", "得分", ""],
        [1, "谢怡", "2026-07-05", "志愿服务", 2, ""],
        merged=[((0, 0), (0, 5)), ((1, 0), (2, 0)), ((1, 1), (2, 1)), ((1, 2), (1, 4)), ((1, 5), (2, 5))],
    )
    found = recognise(sheet, "entries")
    assert (found.header_row, found.data_row) == (1, 3)
    assert found.columns == {1: "name", 2: "occurred_on", 3: "rule", 4: "points", 5: "note"}


@pytest.mark.parametrize("merged", [[((0, 2), (0, 3)), ((0, 4), (0, 4))], []])
def test_a_month_above_the_days(merged: list[Any]) -> None:
    sheet = sheet_of(
        ["编号", "姓名", "7月", "", "8月", ""],
        ["", "", "5日主题党日", "16日三会一课", "5日主题党日", ""],
        ["D1", "谢怡", "√", "√", "×", ""],
        merged=merged,
    )
    found = recognise(sheet, "attendance", year_hint=2026)
    assert found.data_row == 2
    assert found.meetings == [
        (2, date(2026, 7, 5), "主题党日"),
        (3, date(2026, 7, 16), "三会一课"),
        (4, date(2026, 8, 5), "主题党日"),
    ]


def test_a_day_above_the_kind_of_meeting() -> None:
    sheet = sheet_of(
        ["姓名", datetime(2026, 7, 5), "7月16日"],  # noqa: DTZ001 - cells have no zone
        ["", "主题党日", "三会一课"],
        ["谢怡", "√", "√"],
    )
    found = recognise(sheet, "attendance", year_hint=2026)
    assert found.meetings == [(1, date(2026, 7, 5), "主题党日"), (2, date(2026, 7, 16), "三会一课")]


def test_real_dates_as_headings_take_the_kind_from_the_title() -> None:
    sheet = sheet_of(["主题党日签到表"], ["姓名", date(2026, 7, 5), date(2026, 8, 5)], ["谢怡", "√", "√"])
    found = recognise(sheet, "attendance")
    assert found.meetings == [(1, date(2026, 7, 5), "主题党日"), (2, date(2026, 8, 5), "主题党日")]
    assert found.complete


def test_one_meeting_named_in_the_title() -> None:
    sheet = sheet_of(["2026年7月5日主题党日签到表"], ["编号", "姓名", "签到"], ["D1", "谢怡", "√"])
    found = recognise(sheet, "attendance")
    assert found.meetings == [(2, date(2026, 7, 5), "主题党日")]
    assert found.columns == {0: "number", 1: "name"}


def test_a_meeting_without_a_kind_is_missing_one() -> None:
    assert recognise(sheet_of(["姓名", "2026-07-05"], ["谢怡", "√"]), "attendance").missing == ["meeting_kind"]


def test_marks_under_a_heading_without_a_day_are_asked_about() -> None:
    sheet = sheet_of(["姓名", "7月5日主题党日", "8月主题党日", "组"], ["谢怡", "√", "√", 3])
    found = recognise(sheet, "attendance", year_hint=2026)
    assert found.doubtful == [(2, "8月主题党日", ("ignore",))]
    answered = recognise(sheet, "attendance", {"8月主题党日": "ignore"}, 2026)
    assert answered.complete
    assert len(answered.meetings) == 1


def test_a_day_that_does_not_exist_is_asked_about() -> None:
    found = recognise(sheet_of(["姓名", "7月5日主题党日", "2月30日主题党日"]), "attendance", year_hint=2026)
    assert found.doubtful == [(2, "2月30日主题党日", ("ignore",))]


def test_a_sheet_without_meetings_says_so() -> None:
    assert recognise(sheet_of(["编号", "姓名", "备注"]), "attendance").missing == ["meetings"]


def test_similar_headings_are_asked_about_and_answers_remembered() -> None:
    headings = ["姓名", "本人所在的党支部", "入党时间"]
    found = recognised("members", headings)
    assert [(doubt.heading, doubt.candidates[0]) for doubt in found.doubtful] == [("本人所在的党支部", "organisation")]
    assert not found.complete
    assert found.missing == []
    answered = recognised("members", headings, {" 本人所在的 党支部": "organisation"})
    assert answered.columns[1] == "organisation"
    assert answered.complete
    ignored = recognised("members", headings, {"本人所在的党支部": "ignore"})
    assert ignored.missing == ["organisation"]


def test_what_is_nearest_to_an_ignored_heading_is_not_asked_about() -> None:
    assert fields("organisations", ["代码", "名称", "书记出生年月"]) == ["code", "name", None]


def test_words_of_one_character_resemble_nothing() -> None:
    assert fields("entries", ["姓名", "日期", "积分项目", "分管领导"]) == ["name", "occurred_on", "rule", None]


def test_a_typing_error_is_asked_about() -> None:
    found = recognised("entries", ["姓名", "发生日期", "积分细责"])
    assert [(doubt.heading, doubt.candidates[0]) for doubt in found.doubtful] == [("积分细责", "rule")]


def test_two_columns_for_one_field_are_asked_about_until_one_is_chosen() -> None:
    headings = ["姓名", "日期", "积分项目", "申报分值", "认定分值"]
    found = recognised("entries", headings)
    assert [(doubt.heading, doubt.candidates) for doubt in found.doubtful] == [
        ("申报分值", ("points",)),
        ("认定分值", ("points",)),
    ]
    answered = recognised("entries", headings, {"认定分值": "points"})
    assert answered.complete
    assert answered.columns[4] == "points"
    assert 3 not in answered.columns


def test_an_answer_wins_over_the_dictionary() -> None:
    found = recognised("entries", ["姓名", "日期", "项目", "事由"], {"项目": "ignore", "事由": "rule"})
    assert found.columns == {0: "name", 1: "occurred_on", 3: "rule"}


def test_last_resorts_step_back_for_better_headings() -> None:
    assert fields("entries", ["姓名", "日期", "类别", "积分细则"]) == ["name", "occurred_on", None, "rule"]
    assert fields("entries", ["姓名", "日期", "类别"]) == ["name", "occurred_on", "rule"]


def test_unknown_headings_are_asked_about_only_while_something_is_missing() -> None:
    assert recognised("members", ["姓名", "党支部", "血型"]).complete
    found = recognised("entries", ["姓名", "日期", "啥"])
    assert found.missing == ["rule"]
    assert found.doubtful == [(2, "啥", ("rule",))]


def test_what_is_required_and_missing() -> None:
    assert recognised("organisations", ["组织名称", "书记"]).missing == ["code"]
    assert recognised("members", ["编号", "所在支部"]).missing == ["name"]
    assert recognised("entries", ["编号", "积分项目"]).missing == ["occurred_on"]


@pytest.mark.parametrize("rows", [[["随便写写"]], [["D1", "谢怡", "√"], ["D2", "龙明", "×"]], [[""]]])
def test_a_sheet_without_headings(rows: list[list[str]]) -> None:
    found = recognise(sheet_of(*rows), "members")
    assert found.header_row is None
    assert not found.complete


def test_a_row_of_column_numbers_is_no_data() -> None:
    sheet = sheet_of(["序号", "姓名", "党支部"], ["甲", 1.0, 2.0], [1, "谢怡", "第1党支部"])
    assert recognise(sheet, "members").data_row == 2
    assert recognise(sheet_of(["编号", "姓名", "党支部"], ["1", "2", "3"]), "members").data_row == 2
    assert recognise(sheet_of(["编号", "姓名", "党支部"], ["1", "谢怡", "3"]), "members").data_row == 1


def test_headings_are_compared_without_width_case_spaces_and_punctuation() -> None:
    assert heading_key(" ＊姓　名：") == heading_key("姓名") == "姓名"
    assert heading_key("Member_No.") == heading_key("member no")
