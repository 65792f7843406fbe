"""A new rule sheet in a browser without scripts: from a template, mended, rehearsed on last year, published."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.ledger import service as ledger
from pointsvc.permissions import SYSTEM
from tests.browser.visitors import PHONE, Site, overflow
from tests.conftest import FrozenClock

pytestmark = pytest.mark.browser

NEXT_JANUARY = datetime(2027, 1, 20, 2, 0, tzinfo=UTC)


def last_year() -> None:
    """What two members did in 2026, by the sheet that is in force."""
    with transaction():
        for day in range(1, 8):
            ledger.record(actor=SYSTEM, at=clock.now(), member="M001", rule="themeday", occurred_on=date(2026, day, 5))
        ledger.record(
            actor=SYSTEM,
            at=clock.now(),
            member="M004",
            rule="volunteer",
            occurred_on=date(2026, 3, 5),
            quantity=Decimal(5),
        )


def begin(page: Page, template: str) -> None:
    """Start a draft from this template, to hold from the first of the year."""
    page.goto("/schemes")
    page.get_by_role("link", name="新积分办法").click()
    page.get_by_label("施行日期").fill("2027-01-01")
    page.get_by_label(template).check()
    page.get_by_role("button", name="开始起草").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(template)


def test_a_clerk_writes_rehearses_and_publishes_a_sheet(site: Site, frozen_clock: FrozenClock) -> None:
    frozen_clock.set(NEXT_JANUARY)
    site.inside(last_year)
    page = site.signed_in("admin", scripts=False)
    begin(page, "农村党员积分管理办法")

    page.get_by_role("link", name="参加主题党日").click()
    cap = page.get_by_label("最多计分").nth(3)
    expect(cap).to_have_value("10")
    cap.fill("五分")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("尚未保存")).to_be_visible()
    expect(page.locator("#cap-year-points-error")).to_be_visible()
    expect(cap).to_have_value("五分")
    # The refusal is wanted; anything else that failed is not.
    site.faults[:] = [fault for fault in site.faults if "422" not in fault]
    cap.fill("5")
    page.get_by_role("button", name="预览").click()
    expect(page.get_by_text("每次1分，每月最多计1次，全年最多5分")).to_be_visible()
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#rules-themeday")).to_contain_text("每次1分，每月最多计1次，全年最多5分")

    page.get_by_role("link", name="对照并公布").click()
    expect(page.get_by_role("row", name=re.compile("^参加主题党日"))).to_contain_text("全年最多16分")
    page.get_by_label("试算时段").select_option("2026")
    page.get_by_role("button", name="试算草稿").click()
    expect(page.get_by_role("progressbar", name="正在排队")).to_be_visible()
    site.work()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("“农村党员积分管理办法”试算报告")
    # 60 + 14 becomes 50 + 10 + 5; 60 + 6 becomes 50 + 10 + 6; who works elsewhere has 45 + 10 instead of 50.
    themeday = page.get_by_role("row").filter(has_text="参加主题党日").filter(has_text="全年5分封顶")
    expect(themeday).to_contain_text("1 人 · 未计入 2.00 分")
    expect(page.locator(".figure").filter(has_text="总分下降").locator(".numeral")).to_have_text("1人")
    expect(page.locator(".figure").filter(has_text="总分上升").locator(".numeral")).to_have_text("1人")
    expect(page.get_by_text("1 人现行不计分、草稿计分")).to_be_visible()

    page.get_by_role("link", name="农村党员积分管理办法").click()
    page.get_by_role("link", name="对照并公布").click()
    expect(page.locator("#rehearsals")).to_contain_text("2026年度")
    page.get_by_role("button", name="公布施行").click()
    expect(page.get_by_text("积分办法已公布。")).to_be_visible()
    expect(page.locator("#rehearsals")).to_contain_text("人等次变化")


@pytest.mark.parametrize(
    "path",
    ["new", "edit", "edit/title", "edit/totals", "edit/grades", "edit/activities", "edit/rule?code=award", "publish"],
)
def test_the_editor_fits_a_phone(site: Site, frozen_clock: FrozenClock, path: str) -> None:
    frozen_clock.set(NEXT_JANUARY)
    page = site.signed_in("admin", (320, PHONE[1]))
    begin(page, "农村党员积分管理办法")
    base = page.url.removesuffix("/edit")
    page.goto("/schemes/new" if path == "new" else f"{base}/{path}")
    assert overflow(page) == 0
    with page.expect_navigation():
        page.get_by_role("button", name="大字版").click()
    assert overflow(page) == 0
