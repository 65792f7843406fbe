"""A whole quarter as four people live it: from the first meeting to a sealed result that stands up to a doubter.

The secretary records meetings and reviews, the member declares, looks and objects, the district tallies,
publicises and seals, and the auditor, who trusts nobody, checks what was sealed.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitors import PHONE, Site, overflow
from tests.conftest import FrozenClock
from tests.evidence import files

pytestmark = pytest.mark.browser


def noon(month: int, day: int) -> datetime:
    """Noon in Shanghai of a day of 2026."""
    return datetime(2026, month, day, 4, 0, tzinfo=UTC)


def meet(page: Page, kind: str, held_on: date, marks: dict[str, str]) -> None:
    """Record a meeting of the branch: all were there but for those in ``marks`` (name to mark)."""
    page.goto("/")
    page.get_by_role("link", name="登记会议").click()
    page.get_by_label("类型").select_option(kind)
    page.get_by_label("日期").fill(held_on.isoformat())
    page.get_by_role("button", name="签到").click()
    page.get_by_role("button", name="全部到会").click()
    expect(page.locator("#strip")).to_contain_text("3")
    for name, mark in marks.items():
        page.get_by_role("group", name=name).get_by_role("radio", name=mark).check()
        expect(page.locator("#strip div").filter(has=page.get_by_text(mark, exact=True)).locator("dd")).to_have_text(
            "1"
        )


def tally(page: Page, site: Site) -> None:
    """Run the tally that the page offers, and wait until it is there."""
    page.get_by_role("button", name="开始汇总").or_(page.get_by_role("button", name="重新汇总")).click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    site.work()
    expect(page.get_by_role("progressbar")).to_have_count(0)


def publicise(page: Page, site: Site) -> None:
    """Publicise the tally that the page shows, for the five working days that it offers."""
    page.get_by_role("button", name="公示", exact=True).first.click()
    expect(page.get_by_text("还剩 5 个工作日")).to_be_visible()
    site.work()


def total(page: Page, expected: str) -> None:
    """The member's own page shows this total of the quarter."""
    page.goto("/score?period=2026-Q3")
    expect(page.locator(".total .numeral")).to_have_text(expected)
    assert overflow(page) == 0


def test_a_quarter_from_the_meeting_to_the_sealed_result(site: Site, frozen_clock: FrozenClock, tmp_path: Path) -> None:
    # July and August: two meetings. 欧阳凯敏 is marked as absent from the second.
    frozen_clock.set(noon(8, 17))
    secretary = site.signed_in("secretary")
    member = site.signed_in("member", PHONE)
    meet(secretary, "主题党日", date(2026, 7, 3), {"曾晓岚": "请假"})
    meet(secretary, "三会一课", date(2026, 8, 14), {"欧阳凯敏": "缺席"})
    total(member, "60.00")

    # She declares what she did, with a photograph, and sees at once that it waits.
    member.goto("/declarations/new")
    member.get_by_role("link", name="志愿服务").click()
    member.get_by_label("数量").fill("5")
    member.get_by_label("日期").fill("2026-08-16")
    member.get_by_label("事由说明").fill("为社区独居老人送药")
    member.get_by_label("照片或材料").set_input_files(
        {"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": files.photo()}
    )
    member.get_by_role("button", name="提交申报").click()
    expect(member.get_by_role("status")).to_contain_text("申报已提交")
    total(member, "60.00")

    # The secretary finds it among what waits, looks at it, and lets it count.
    frozen_clock.advance(minutes=5)
    site.work()
    secretary.goto("/")
    secretary.get_by_role("link", name="有 1 项自主申报等待审核").click()
    expect(secretary.locator("li.review")).to_contain_text("为社区独居老人送药")
    secretary.locator("li.review").get_by_role("checkbox").check()
    secretary.get_by_role("button", name="通过所选申报").click()
    expect(secretary.get_by_text("已通过 1 项申报。")).to_be_visible()
    total(member, "66.00")

    # The quarter is over: the district tallies and publicises.
    frozen_clock.set(noon(10, 9))
    district = site.signed_in("admin")
    district.goto("/tallies")
    district.get_by_label("统计期").select_option("2026-Q3")
    tally(district, site)
    publicise(district, site)

    # She finds her line, and what she thinks wrong behind it.
    member = site.signed_in("member", PHONE)
    member.goto("/notices")
    member.get_by_role("link", name="现予公示").click()
    row = member.get_by_role("row").filter(has_text="欧阳凯敏")
    expect(row.locator(".key")).to_have_text("66.00")
    total(member, "66.00")
    member.locator(".entry").filter(has_text="无故缺席").get_by_role("link", name="提出异议").click()
    member.get_by_label("哪里不对").fill("八月十四日我请过假，有假条。")
    member.get_by_role("button", name="提交异议").click()
    expect(member.get_by_text("异议已登记。")).to_be_visible()

    # The secretary owns up to it; the district counts and publicises anew.
    frozen_clock.advance(minutes=1)
    site.work()
    secretary = site.signed_in("secretary")
    secretary.get_by_role("link", name="件异议待答复").click()
    secretary.get_by_role("link", name="欧阳凯敏").first.click()
    secretary.get_by_label("成立", exact=True).check()
    secretary.get_by_label("给党员的答复").fill("假条找到了，缺席登记予以冲销。")
    secretary.get_by_role("button", name="提交答复").click()
    expect(secretary.get_by_text("冲销积分记录 1 条")).to_be_visible()
    frozen_clock.advance(minutes=1)
    site.work()
    district.goto("/")
    district.get_by_role("link", name="积分需重新汇总").click()
    tally(district, site)
    publicise(district, site)
    expect(district.get_by_role("button", name="封存")).to_have_count(0)
    address = district.url

    # The working days pass without another objection, so the district seals.
    frozen_clock.set(noon(10, 20))
    site.work()
    district = site.signed_in("admin")
    district.goto(address)
    district.get_by_role("button", name="封存").click()
    expect(district.locator("#seal")).to_contain_text("第 1 号封存")
    chain = district.locator("#seal .fingerprint").first.inner_text()

    # She has her result, and takes the proof of it home.
    member = site.signed_in("member", PHONE)
    total(member, "68.00")
    with member.expect_download() as download:
        member.get_by_role("link", name="下载存证证明").click()
    proof = tmp_path / download.value.suggested_filename
    download.value.save_as(proof)

    # The auditor reads who did what, and checks the proof without the service's word.
    auditor = site.signed_in("auditor")
    auditor.goto("/audit")
    for done in ("封存", "公示", "异议"):
        expect(auditor.locator("main")).to_contain_text(done)
    auditor.goto("/verify")
    auditor.get_by_label("下载的存证证明文件").set_input_files(proof)
    auditor.get_by_label("公示名单或封存公告上的指纹").fill(chain)
    auditor.keyboard.press("Tab")
    expect(auditor.get_by_text("验证通过。")).to_be_visible()
    expect(auditor.locator("[data-field=total]")).to_contain_text("68.00")

    # Nothing that is sealed can be changed: what comes late goes into the next quarter.
    assert site.points()["M001"] == Decimal("8.00")
