"""An objection from the phone to the corrected list: member, secretary and district, each at their own window."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.ledger import service as ledger
from tests import factories
from tests.browser.visitors import PHONE, Site, overflow
from tests.conftest import FrozenClock

pytestmark = pytest.mark.browser


def record() -> None:
    """The secretary has noted that 欧阳凯敏 was absent; it is 2 points off."""
    who = factories.actor("secretary")
    with transaction():
        ledger.record(
            actor=who, at=clock.now(), member="M001", rule="absent", occurred_on=date(2026, 7, 3), note="未到会"
        )


def tally(page: Page, site: Site) -> None:
    """Run the tally that the page offers, and wait until it is there."""
    page.get_by_role("button", name="开始汇总").or_(page.get_by_role("button", name="重新汇总")).click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    site.work()
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_an_objection_is_upheld_and_the_list_says_what_was_corrected(site: Site, frozen_clock: FrozenClock) -> None:
    site.inside(record)
    frozen_clock.advance(minutes=1)
    district = site.signed_in("admin")
    district.goto("/tallies")
    district.get_by_label("统计期").select_option("2026-Q3")
    tally(district, site)
    district.get_by_role("button", name="公示", exact=True).first.click()
    expect(district.get_by_text("还剩 5 个工作日")).to_be_visible()
    site.work()

    # The member is told, finds the own line on the list, and objects to the entry behind it.
    member = site.signed_in("member", PHONE)
    member.goto("/notices")
    member.get_by_role("link", name="现予公示").click()
    row = member.get_by_role("row").filter(has_text="欧阳凯敏")
    expect(row.locator(".key")).to_have_text("58.00")
    assert "未到会" not in member.content()
    assert overflow(member) == 0
    member.goto("/score")
    member.locator(".entry").filter(has_text="无故缺席").get_by_role("link", name="提出异议").click()
    member.get_by_label("哪里不对").fill("那天我在区里参加培训，请过假。")
    assert overflow(member) == 0
    member.get_by_role("button", name="提交异议").click()
    expect(member.get_by_text("异议已登记。")).to_be_visible()
    assert overflow(member) == 0
    member.goto("/score")
    expect(member.locator(".entry.disputed")).to_contain_text("有异议")

    # Whoever recorded the entry may own up to the mistake.
    frozen_clock.advance(minutes=1)
    site.work()
    secretary = site.signed_in("secretary")
    secretary.get_by_role("link", name="件异议待答复").click()
    secretary.get_by_role("link", name="欧阳凯敏").first.click()
    expect(secretary.get_by_text("您可以认定异议成立，但不能单独驳回。")).to_be_visible()
    secretary.get_by_label("成立", exact=True).check()
    secretary.get_by_label("给党员的答复").fill("经核实当天已请假，缺席登记有误，予以冲销。")
    secretary.get_by_role("button", name="提交答复").click()
    expect(secretary.get_by_text("冲销积分记录 1 条")).to_be_visible()
    assert site.points() == {"M001": Decimal("0.00")}

    frozen_clock.advance(minutes=1)
    # The district is led to the tally, runs it again and publicises it again.
    site.work()
    district.goto("/")
    district.get_by_role("link", name="积分需重新汇总").click()
    tally(district, site)
    expect(district.get_by_role("heading", name="第 2 版，更正 1 处")).to_be_visible()
    district.get_by_role("button", name="公示", exact=True).first.click()
    expect(district.get_by_text("还剩 5 个工作日")).to_be_visible()
    site.work()

    member.goto("/notices")
    member.get_by_role("link", name="再次公示").click()
    expect(row.locator(".key")).to_have_text("60.00")
    expect(member.get_by_text("第 2 版，更正 1 处")).to_be_visible()
    expect(member.get_by_text("由 58.00 不合格 更正为 60.00 合格")).to_be_visible()
    expect(member.get_by_text("有异议", exact=True)).to_have_count(0)
    assert overflow(member) == 0


def test_it_works_without_scripts_and_in_large_type(site: Site) -> None:
    site.inside(record)
    member = site.signed_in("member", PHONE, scripts=False)
    member.get_by_role("button", name="大字").click()
    member.goto("/score")
    member.locator(".entry").filter(has_text="无故缺席").get_by_role("link", name="提出异议").click()
    assert overflow(member) == 0
    member.get_by_label("哪里不对").fill("请过假。")
    member.get_by_role("button", name="提交异议").click()
    expect(member.get_by_role("button", name="撤回异议")).to_be_visible()
    assert overflow(member) == 0
    member.get_by_role("button", name="撤回异议").click()
    expect(member.get_by_text("异议已撤回。")).to_be_visible()
    member.goto("/disputes")
    expect(member.get_by_text("已撤回", exact=True)).to_be_visible()
    assert overflow(member) == 0
