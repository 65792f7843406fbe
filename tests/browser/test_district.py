"""The district's work in a browser: a workbook in and out again, doubtful columns, a tally."""

from __future__ import annotations

import io
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitors import Site
from tests.imports.sheets import xlsx

pytestmark = pytest.mark.browser

HEADINGS = ("党员编号", "姓名", "日期", "积分细则", "数量")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def upload(page: Page, *rows: Sequence[Any]) -> None:
    """Choose a workbook of declared points and send it."""
    page.goto("/imports")
    page.get_by_text("积分申报", exact=True).first.click()
    page.get_by_label("文件").set_input_files(
        {"name": "三季度积分申报.xlsx", "mimeType": XLSX, "buffer": xlsx(rows, title="申报")}
    )
    page.get_by_role("button", name="试导入").click()
    expect(page.get_by_text("正在排队")).to_be_visible()


def figure(page: Page, what: str) -> Any:
    return page.locator(".figure").filter(has=page.get_by_text(what, exact=True)).locator(".numeral")


def test_a_workbook_is_looked_through_taken_in_and_taken_back(site: Site) -> None:
    page = site.signed_in("admin")
    upload(
        page,
        HEADINGS,
        ("M001", "欧阳凯敏", "2026-07-05", "志愿服务", 2),
        ("M404", "无此人", "2026-07-05", "志愿服务", 2),
        ("M004", "单文博", "2026-07-05", "志愿服务", 1.5),
    )
    site.work()
    # The page comes by this itself: nobody loads it again.
    take_in = page.get_by_role("button", name="导入 2 行")
    expect(take_in).to_be_visible()
    expect(page.get_by_text("试导入完成，数据尚未入库。")).to_be_visible()
    assert [figure(page, what).inner_text() for what in ("文件行数", "通过", "未通过")] == ["3", "2", "1"]
    refused = page.locator("#rejected tbody tr")
    expect(refused).to_have_count(1)
    assert refused.locator("td").all_inner_texts()[:2] == ["申报", "3"]
    reason = refused.locator("strong").inner_text()
    assert "M404" in reason
    assert site.points() == {}

    with page.expect_download() as download:
        page.get_by_role("link", name="下载未通过的行").click()
    assert refused_cells(download.value.path()) >= {"M404", reason}

    take_in.click()
    site.work()
    expect(page.get_by_text("导入完成。")).to_be_visible()
    assert site.points() == {"M001": Decimal("2.40"), "M004": Decimal("1.80")}

    page.get_by_text("撤销本次导入").click()
    page.get_by_label("原因").fill("上报的表格有误")
    page.get_by_role("button", name="撤回").click()
    expect(page.get_by_text("本次导入已撤销。")).to_be_visible()
    expect(page.get_by_text("上报的表格有误")).to_be_visible()
    assert site.points() == {"M001": Decimal("0.00"), "M004": Decimal("0.00")}


def refused_cells(path: Path) -> set[str]:
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    return {str(value) for sheet in book for row in sheet.iter_rows(values_only=True) for value in row}


def test_a_doubtful_column_is_asked_for_once(site: Site) -> None:
    page = site.signed_in("admin")
    headings = (*HEADINGS[:4], "服务数量时长")
    upload(page, headings, ("M001", "欧阳凯敏", "2026-07-05", "志愿服务", 2))
    site.work()
    expect(page.get_by_role("heading", level=1)).to_have_text("核对各列")
    question = page.locator(".question")
    expect(question).to_have_count(1)
    expect(question).to_contain_text("服务数量时长")
    expect(question.locator(".samples")).to_have_text("2")
    question.get_by_role("combobox").select_option("quantity")
    page.get_by_role("button", name="试导入").click()
    site.work()
    expect(page.get_by_role("button", name="导入 1 行")).to_be_visible()

    upload(page, headings, ("M004", "单文博", "2026-07-06", "志愿服务", 3))
    site.work()
    expect(page.get_by_role("button", name="导入 1 行")).to_be_visible()


def test_a_tally_shows_progress_then_results_and_why(site: Site) -> None:
    page = site.signed_in("admin")
    upload(page, HEADINGS, ("M001", "欧阳凯敏", "2026-07-05", "志愿服务", 2))
    site.work()
    page.get_by_role("button", name="导入 1 行").click()
    site.work()

    page.goto("/tallies")
    page.get_by_label("统计期").select_option("2026-Q3")
    page.get_by_role("button", name="开始汇总").click()
    expect(page.get_by_role("progressbar", name="正在排队")).to_be_visible()
    site.work()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    result = page.get_by_role("row").filter(has_text="欧阳凯敏")
    expect(result.locator(".key")).to_have_text("62.40")
    expect(page.get_by_role("link", name="下载")).to_be_visible()

    result.get_by_role("link", name="欧阳凯敏").click()
    expect(page.locator(".total .numeral")).to_have_text("62.40")
    expect(page.locator(".entry").filter(has_text="志愿服务")).to_contain_text("+2.40")
