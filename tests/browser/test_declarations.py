"""Declarations in a browser: from a member's phone by way of the secretary's ticks into the score."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.declarations import service as declarations
from pointsvc.permissions import Role
from tests import factories
from tests.browser.visitors import PHONE, Site, overflow
from tests.evidence import files

pytestmark = pytest.mark.browser

NARROW = (320, 640)


def photo(colour: str = "red") -> Any:
    return {"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": files.photo(colour)}


def declare(page: Page, rule: str, *, note: str, colour: str | None = None, **fields: str) -> None:
    """Declare by this rule as a person does: choose it, fill in, send."""
    page.goto("/declarations/new")
    page.get_by_role("link", name=rule).click()
    for label, value in fields.items():
        page.get_by_label(label).fill(value)
    page.get_by_label("事由说明").fill(note)
    if colour:
        page.get_by_label("照片或材料").set_input_files(photo(colour))
    page.get_by_role("button", name="提交申报").click()
    expect(page.get_by_role("status")).to_contain_text("申报已提交")


def of_others(site: Site, *members: str) -> None:
    """A declaration of each of these members, typed in by somebody else who leads the branch."""

    def make() -> None:
        factories.sign_in("deputy", Role.SECRETARY, "QS0101")
        deputy = factories.actor("deputy")
        for member in members:
            with transaction():
                deed = declarations.Deed(member, "volunteer", date(2026, 8, 1), Decimal(1))
                declarations.declare(actor=deputy, at=clock.now(), deed=deed)

    site.inside(make)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_deed_goes_from_the_phone_through_the_review_into_the_score(site: Site, scripts: bool) -> None:
    member = site.signed_in("member", PHONE, scripts=scripts)
    member.get_by_role("link", name="我要申报").click()
    expect(member.get_by_role("heading", level=1)).to_have_text("我要申报")
    declare(member, "志愿服务", note="巡河", colour="red", 数量="2")
    expect(member.locator(".thumbs img")).to_have_js_property("naturalWidth", 60)
    declare(member, "建议被采纳", note="加装扶手", 分值="2.5")
    assert overflow(member) <= 0
    of_others(site, "M002", "M003")
    assert site.points() == {}

    secretary = site.signed_in("secretary", scripts=scripts)
    secretary.get_by_role("link", name="有 4 项自主申报等待审核").click()
    rows = secretary.locator("li.review")
    expect(rows).to_have_count(4)
    expect(rows.filter(has_text="代录")).to_have_count(2)
    expect(rows.first.locator(".thumbs img")).to_have_js_property("naturalWidth", 60)
    rows.filter(has_text="曾晓岚").get_by_text("退回修改").first.click()
    rows.filter(has_text="曾晓岚").get_by_label("原因").fill("请写明地点")
    rows.filter(has_text="曾晓岚").get_by_role("button", name="退回修改").click()
    expect(rows).to_have_count(3)
    if scripts:
        secretary.get_by_role("button", name="全选本页").click()
    else:
        for box in secretary.get_by_role("checkbox").all():
            box.check()
    secretary.get_by_role("button", name="通过所选申报").click()
    expect(secretary.get_by_text("已通过 3 项申报。")).to_be_visible()
    expect(secretary.get_by_text("没有待审核的申报")).to_be_visible()
    assert site.points() == {"M001": Decimal("4.90"), "M003": Decimal("1.20")}

    member.goto("/score")
    expect(member.locator(".total .numeral")).to_have_text("64.90")
    expect(member.locator(".entry").filter(has_text="志愿服务")).to_contain_text("+2.40")
    expect(member.locator(".entry").filter(has_text="自主申报")).to_have_count(2)
    site.work()
    member.goto("/notices")
    expect(member.get_by_text("您申报的“志愿服务”（2026-08-15）已审核通过，计 2.40 分")).to_be_visible()


def test_a_returned_deed_is_amended_on_the_phone(site: Site) -> None:
    member = site.signed_in("member", PHONE)
    declare(member, "志愿服务", note="巡河", 数量="2")
    secretary = site.signed_in("secretary")
    secretary.goto("/declarations")
    secretary.get_by_text("退回修改").first.click()
    secretary.get_by_label("原因").fill("时长不对")
    secretary.get_by_role("button", name="退回修改").click()

    member.goto("/")
    member.get_by_role("link", name="有 1 项申报被退回，请修改").click()
    expect(member.locator(".why")).to_contain_text("时长不对")
    member.get_by_role("link", name="修改后重新提交").click()
    member.get_by_label("数量").fill("3")
    member.get_by_role("button", name="重新提交").click()
    expect(member.get_by_role("status")).to_contain_text("已重新提交")
    secretary.goto("/declarations")
    expect(secretary.locator("li.review")).to_contain_text("+3.60")


def test_a_sheet_is_printed_and_its_lines_are_typed_in(site: Site) -> None:
    page = site.signed_in("secretary")
    page.goto("/declarations")
    page.get_by_role("link", name="纸质申报表").click()
    page.get_by_label("打印张数").fill("2")
    page.get_by_role("button", name="生成申报表").click()
    expect(page.locator(".paper-sheet")).to_have_count(2)
    printed = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True)))
    assert len(printed.pages) == 2
    code = page.locator(".paper-code strong").first.inner_text()

    page.goto("/declarations/lines")
    page.get_by_label("表号").fill(code)
    page.get_by_role("button", name="查找").click()
    page.get_by_label("姓名 第 2 行").fill("almj")
    page.get_by_label("积分细则 第 2 行").select_option("award")
    page.get_by_label("日期 第 2 行").fill("2026-08-02")
    page.get_by_label("数量、级别或分值 第 2 行").fill("市")
    page.get_by_role("button", name="录入以上各行").click()
    expect(page.get_by_text("已录入 1 项申报，由其他人审核。")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="已录入")).to_have_count(1)
    page.goto("/declarations")
    expect(page.get_by_text("没有待审核的申报")).to_be_visible()
    page.goto("/declarations?show=pending")
    expect(page.locator("li.review")).to_contain_text(f"{code} 号纸质申报表第 2 行")


@pytest.mark.parametrize("elder", [False, True])
def test_every_page_fits_a_narrow_phone(site: Site, elder: bool) -> None:
    member = site.signed_in("member", NARROW)
    declare(member, "志愿服务", note="为独居老人送药并打扫卫生，共两小时，地点在松岭街道" * 3, colour="red", 数量="2")
    made = member.url.rsplit("/", 1)[1].split("?")[0]
    secretary = site.signed_in("secretary", NARROW)
    secretary.goto("/declarations/sheets")
    secretary.get_by_role("button", name="生成申报表").click()
    paper = secretary.url.removeprefix(site.base)
    walks = {
        member: ("/declarations/own", "/declarations/new", "/declarations/new?rule=award", f"/declarations/{made}"),
        secretary: (
            "/declarations",
            "/declarations?show=pending",
            f"/declarations/{made}",
            "/declarations/lines",
            "/declarations/sheets",
            paper,
        ),
    }
    for page, addresses in walks.items():
        if elder:
            page.get_by_role("button", name="大字版").click()
        for address in addresses:
            page.goto(address)
            # In large type the frame around the page has its own measure.
            wide = page.locator("main").evaluate("main => main.scrollWidth - main.clientWidth")
            assert (address, wide if elder else overflow(page)) == (address, 0)
